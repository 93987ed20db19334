/* Opening the snapshot store: find the generation to use, put the others where they belong. */
#include "snapshot/opening_mark.h"
#include "snapshot/snapshot_db.h"
#include "snapshot/snapshot_state.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char lock_place[] = "snapshot.folder";
static const char lock_name[] = "LOCK";

enum { GENERATIONS_MAX = 1024, TOLD_BYTES_MAX = HS_ERROR_TEXT_BYTES_MAX + 256 };

enum hs_status snapshot_generation_make(struct snapshot_db *db, struct generation **out,
                                        struct hs_error *err)
{
    char name[GENERATION_NAME_BYTES];
    struct snapshot_path path;
    enum hs_status st;

    assert(!db->read_only);
    generation_name(db->number_last + 1, name);
    st = snapshot_path_join(db->dir, name, &path, err);
    if (st == HS_OK) st = generation_remove(db->disk, db->dir, db->number_last + 1, err);
    if (st == HS_OK)
        st = generation_open(db->disk, path.text, db->number_last + 1, GENERATION_NEW, out, err);
    if (st == HS_OK) db->number_last++;
    return st;
}

/* Where generation `number` is to be opened: in place, or a copy of it for a reader. */
static enum hs_status candidate_place(struct snapshot_db *db, uint64_t number,
                                      struct snapshot_path *out, struct hs_error *err)
{
    char name[GENERATION_NAME_BYTES];
    struct snapshot_path path;
    enum hs_status st;

    generation_name(number, name);
    if (!db->read_only) return snapshot_path_join(db->dir, name, out, err);
    st = snapshot_path_join(db->dir, name, &path, err);
    if (st == HS_OK && !db->reader_lock) {
        st = reader_dir_make(db->disk, db->dir, &db->reader_dir, &db->reader_lock, err);
    }
    *out = db->reader_dir;
    return st == HS_OK ? database_clone(db->disk, path.text, db->reader_dir.text,
                                        db->without_pages ? CLONE_TO_LIST : CLONE_TO_READ, err)
                       : st;
}

static enum generation_mode candidate_mode(const struct snapshot_db *db)
{
    if (!db->read_only) return GENERATION_AT_START;
    return db->without_pages ? GENERATION_WITHOUT_PAGES : GENERATION_READ_ONLY;
}

static void tell_put_aside(const struct snapshot_db *db, uint64_t number, const char *why)
{
    char words[TOLD_BYTES_MAX], name[GENERATION_NAME_BYTES];

    if (!db->told) return;
    generation_name(number, name);
    (void)snprintf(words, sizeof words, "snapshots: %s is now in %s: %s", name, db->quarantine_dir,
                   why);
    db->told(db->told_data, words);
}

static enum hs_status candidate_put_aside(const struct snapshot_db *db, uint64_t number,
                                          const char *why, struct hs_error *err)
{
    enum hs_status st = generation_quarantine(db->disk, db->dir, number, db->quarantine_dir, err);

    if (st == HS_OK) tell_put_aside(db, number, why);
    return st;
}

/* Beside a reader: is somebody at work on the store, whose mark it is? */
static bool store_in_use(const struct snapshot_db *db)
{
    struct disk_file *file = NULL;
    bool in_use;

    if (disk_open(db->disk, lock_place, db->dir, lock_name, DISK_READ, &file, NULL) != HS_OK) {
        return false;
    }
    in_use = disk_lock_file(file, DISK_LOCK_SHARED, NULL) == HS_LOCKED;
    disk_close(file);
    return in_use;
}

/* Has opening it ended a process, and would again? Else it is marked as being opened; a reader
 * marks nothing, and sees what the next start would. */
static bool candidate_deadly(struct snapshot_db *db, uint64_t number, const char *path)
{
    unsigned count = opening_mark_read(db->disk, db->dir, number);

    if (db->read_only && (count == 0 || store_in_use(db))) return false;
    if (count > 1 ||
        (count == 1 && !opening_survived(db->disk, path, number, candidate_mode(db)))) {
        return true;
    }
    if (db->read_only) return false;
    opening_mark_write(db->disk, db->dir, number, count + 1);
    db->marked = true;
    return false;
}

/* In place, or from a copy. What cannot be read is tried once more: that may pass. */
static enum hs_status candidate_open(struct snapshot_db *db, uint64_t number,
                                     struct generation **out, struct hs_error *err)
{
    struct snapshot_path path;
    enum hs_status st = candidate_place(db, number, &path, err);

    if (st == HS_IO) st = candidate_place(db, number, &path, err);
    if (st != HS_OK) return st;
    if (candidate_deadly(db, number, path.text)) {
        return hs_fail(err, HS_CORRUPT, "opening it ends the process");
    }
    st = generation_open(db->disk, path.text, number, candidate_mode(db), out, err);
    if (st == HS_IO)
        st = generation_open(db->disk, path.text, number, candidate_mode(db), out, err);
    return st;
}

/* Try one generation. HS_OK with *found false: it is of no use and has been dealt with. */
static enum hs_status candidate_try(struct snapshot_db *db, uint64_t number, bool is_named,
                                    bool *found, struct hs_error *err)
{
    struct generation *g = NULL;
    struct hs_error why = {0};
    enum hs_status st;

    *found = false;
    if (generation_rejected(db->disk, db->dir, number)) {
        if (db->read_only) return HS_OK;
        return generation_quarantine(db->disk, db->dir, number, db->quarantine_dir, err);
    }
    st = candidate_open(db, number, &g, &why);
    if (st == HS_OK) {
        db->live = g;
        db->current = is_named || db->read_only;
        *found = true;
        return HS_OK;
    }
    if (st == HS_IO && disk_unreadable(&why)) st = HS_CORRUPT;
    if (st != HS_CORRUPT && st != HS_NOT_FOUND) {
        if (err) *err = why;
        return st;
    }
    if (db->read_only) return HS_OK;
    /* One that CURRENT names had a snapshot; others may never have got that far. */
    if (st == HS_NOT_FOUND && !is_named) return generation_remove(db->disk, db->dir, number, err);
    return candidate_put_aside(db, number, why.text, err);
}

/* Newer than the one in use: being filled when the process died. What cannot be removed now is in
 * nobody's way. */
static void leftovers_remove(struct snapshot_db *db, const uint64_t *numbers, size_t len)
{
    for (size_t i = 0; i < len && numbers[i] > db->live->number; i++) {
        generation_discard(db->disk, db->dir, numbers[i]);
    }
}

static enum hs_status live_find(struct snapshot_db *db, struct hs_error *err)
{
    uint64_t numbers[GENERATIONS_MAX];
    uint64_t named = generation_current_read(db->disk, db->dir);
    bool found = false;
    enum hs_status st;
    size_t len;

    st = generation_list(db->disk, db->dir, numbers, GENERATIONS_MAX, &len, err);
    if (st != HS_OK) return st;
    db->number_last = len ? numbers[0] : 0;
    for (size_t i = 0; st == HS_OK && !found && i < len; i++) {
        if (numbers[i] == named) st = candidate_try(db, named, true, &found, err);
    }
    for (size_t i = 0; st == HS_OK && !found && i < len; i++) {
        if (numbers[i] != named) st = candidate_try(db, numbers[i], false, &found, err);
    }
    if (st != HS_OK || !found || db->read_only) return st;
    leftovers_remove(db, numbers, len);
    if (db->current) return HS_OK;
    st = generation_current_write(db->disk, db->dir, db->live->number, err);
    db->current = st == HS_OK;
    return st;
}

/* Something else stands where a file of ours should. */
static enum hs_status name_put_aside(const struct snapshot_db *db, const char *name,
                                     struct hs_error *err)
{
    char words[TOLD_BYTES_MAX], as[64];
    enum hs_status st;

    (void)snprintf(as, sizeof as, "snapshot-%s", name);
    st =
        disk_put_aside(db->disk, "snapshot.quarantine", db->dir, name, db->quarantine_dir, as, err);
    if (st != HS_OK || !db->told) return st;
    (void)snprintf(words, sizeof words, "snapshots: %s was no file of ours: it is now in %s", name,
                   db->quarantine_dir);
    db->told(db->told_data, words);
    return HS_OK;
}

static enum hs_status db_lock(struct snapshot_db *db, struct hs_error *err)
{
    enum hs_status st = disk_lock(db->disk, lock_place, db->dir, lock_name, &db->lock_file, err);

    if (st != HS_CORRUPT && st != HS_NOT_FOUND) return st;
    st = name_put_aside(db, lock_name, err);
    if (st != HS_OK) return st;
    return disk_lock(db->disk, lock_place, db->dir, lock_name, &db->lock_file, err);
}

static void names_check(const struct snapshot_db *db)
{
    static const char *const names[] = {"CURRENT", "OPENING"};
    struct disk_entry found;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        enum hs_status st = disk_look(db->disk, "snapshot.file", db->dir, names[i], &found, NULL);

        if (st == HS_NOT_FOUND || (st == HS_OK && found.kind == DISK_FILE)) continue;
        if (st != HS_OK && st != HS_CORRUPT) continue;
        (void)(name_put_aside(db, names[i], NULL) == HS_OK);
    }
}

static enum hs_status writable_open(struct snapshot_db *db, struct hs_error *err)
{
    struct generation *g = NULL;
    enum hs_status st = disk_make_folder(db->disk, "snapshot.folder", db->dir, NULL, err);

    if (st == HS_OK) st = db_lock(db, err);
    if (st != HS_OK) return st;
    names_check(db);
    reader_dirs_sweep(db->disk, db->dir);
    disk_sweep(db->disk, "snapshot.file", db->dir);
    st = live_find(db, err);
    if (st != HS_OK || db->live) return st;
    st = snapshot_generation_make(db, &g, err);
    if (st == HS_OK) db->live = g;
    return st;
}

static enum hs_status db_init(struct snapshot_db *db, const struct snapshot_db_options *options,
                              struct hs_error *err)
{
    db->disk = options->disk ? options->disk : disk_system();
    db->keep = options->keep;
    db->read_only = options->read_only;
    db->without_pages = options->without_pages;
    db->clock = options->clock;
    db->told = options->told;
    db->told_data = options->data;
    snapshot_views_init(db);
    if (pthread_rwlock_init(&db->swap, NULL) != 0) abort(); /* only resource limits of threads */
    db->dir = strdup(options->dir);
    db->quarantine_dir = strdup(options->quarantine_dir ? options->quarantine_dir : "");
    db->epoch = strdup(options->epoch ? options->epoch : "");
    if (db->dir && db->quarantine_dir && db->epoch) return HS_OK;
    return hs_fail(err, HS_NOMEM, "snapshot: no memory");
}

enum hs_status snapshot_db_open(const struct snapshot_db_options *options, struct snapshot_db **out,
                                struct hs_error *err)
{
    struct snapshot_db *db;
    enum hs_status st;

    assert(options && options->dir && out);
    assert(options->read_only || (options->quarantine_dir && options->epoch));
    assert(options->read_only || !options->without_pages);
    assert(options->keep >= 1 && options->keep <= HS_SNAPSHOT_KEEP_MAX);
    db = calloc(1, sizeof *db);
    if (!db) return hs_fail(err, HS_NOMEM, "snapshot: no memory");
    st = db_init(db, options, err);
    if (st == HS_OK) st = db->read_only ? live_find(db, err) : writable_open(db, err);
    if (st != HS_OK) {
        snapshot_db_close(db);
        return st;
    }
    *out = db;
    return HS_OK;
}

void snapshot_db_proven(struct snapshot_db *db)
{
    if (!db->marked) return;
    opening_mark_remove(db->disk, db->dir);
    db->marked = false;
    db->marked_unsettled = true;
}

void snapshot_db_settle(struct snapshot_db *db)
{
    if (db->marked_unsettled) opening_mark_settle(db->disk, db->dir);
    db->marked_unsettled = false;
    if (!db->read_only) kv_leveldb_settle(db->live->db);
}

bool snapshot_db_flush_due(struct snapshot_db *db)
{
    return !db->read_only && !kv_leveldb_fenced(db->live->db) &&
           kv_leveldb_unflushed_bytes(db->live->db) > GENERATION_UNFLUSHED_BYTES_QUIET;
}

void snapshot_db_flush(struct snapshot_db *db)
{
    generation_flush(db->live, GENERATION_UNFLUSHED_BYTES_QUIET);
}

void snapshot_db_close(struct snapshot_db *db)
{
    if (!db) return;
    snapshot_db_proven(db); /* an orderly end is no death */
    kv_leveldb_batch_close(db->fill);
    /* The next start shall find it open and ready. */
    if (db->live && !kv_leveldb_fenced(db->live->db)) generation_flush(db->live, 0);
    generation_close(db->before);
    generation_close(db->live);
    reader_dir_remove(db->disk, &db->reader_dir, db->reader_lock);
    disk_close(db->lock_file);
    (void)pthread_rwlock_destroy(&db->swap);
    free(db->epoch);
    free(db->quarantine_dir);
    free(db->dir);
    free(db);
}
