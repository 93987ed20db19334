/* Opening the snapshot store: find the generation to use, put the others where they belong. */
#include "snapshot/snapshot_db.h"
#include "snapshot/snapshot_state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { GENERATIONS_MAX = 1024 };

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

/* Open generation `number` in place, or a copy of it for a reader. */
static enum hs_status candidate_open(struct snapshot_db *db, uint64_t number,
                                     struct generation **out, struct hs_error *err)
{
    char name[GENERATION_NAME_BYTES];
    struct snapshot_path path;
    enum hs_status st;

    generation_name(number, name);
    st = snapshot_path_join(db->dir, name, &path, err);
    if (st != HS_OK) return st;
    if (!db->read_only)
        return generation_open(db->disk, path.text, number, GENERATION_PRESENT, out, err);
    if (!db->reader_lock) {
        st = reader_dir_make(db->disk, db->dir, &db->reader_dir, &db->reader_lock, err);
        if (st != HS_OK) return st;
    }
    st = database_clone(db->disk, path.text, db->reader_dir.text,
                        db->without_pages ? CLONE_TO_LIST : CLONE_TO_READ, err);
    if (st != HS_OK) return st;
    return generation_open(db->disk, db->reader_dir.text, number,
                           db->without_pages ? GENERATION_WITHOUT_PAGES : GENERATION_READ_ONLY, out,
                           err);
}

/* Try one generation. HS_OK with *found false: it is of no use and has been dealt with. */
static enum hs_status candidate_try(struct snapshot_db *db, uint64_t number, bool is_named,
                                    bool *found, struct hs_error *err)
{
    struct generation *g = NULL;
    enum hs_status st;

    *found = false;
    if (generation_rejected(db->disk, db->dir, number)) {
        if (db->read_only) return HS_OK;
        return generation_quarantine(db->disk, db->dir, number, db->quarantine_dir, err);
    }
    st = candidate_open(db, number, &g, err);
    if (st == HS_OK) {
        db->live = g;
        db->current = is_named || db->read_only;
        *found = true;
        return HS_OK;
    }
    if (st != HS_CORRUPT && st != HS_NOT_FOUND) return st;
    if (db->read_only) return HS_OK;
    /* One that CURRENT names had a snapshot; others may never have got that far. */
    if (st == HS_NOT_FOUND && !is_named) return generation_remove(db->disk, db->dir, number, err);
    return generation_quarantine(db->disk, db->dir, number, db->quarantine_dir, err);
}

/* Newer than the one in use: being filled when the process died. */
static enum hs_status leftovers_remove(struct snapshot_db *db, const uint64_t *numbers, size_t len,
                                       struct hs_error *err)
{
    enum hs_status st = HS_OK;

    if (db->read_only || !db->live) return HS_OK;
    for (size_t i = 0; st == HS_OK && i < len && numbers[i] > db->live->number; i++) {
        st = generation_remove(db->disk, db->dir, numbers[i], err);
    }
    return st;
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
    st = leftovers_remove(db, numbers, len, err);
    if (st != HS_OK || db->current) return st;
    st = generation_current_write(db->disk, db->dir, db->live->number, err);
    db->current = st == HS_OK;
    return st;
}

static enum hs_status writable_open(struct snapshot_db *db, struct hs_error *err)
{
    struct generation *g = NULL;
    enum hs_status st = disk_make_folder(db->disk, "snapshot.folder", db->dir, NULL, err);

    if (st == HS_OK)
        st = disk_lock(db->disk, "snapshot.folder", db->dir, "LOCK", &db->lock_file, err);
    if (st != HS_OK) return st;
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

void snapshot_db_close(struct snapshot_db *db)
{
    if (!db) return;
    kv_leveldb_batch_close(db->fill);
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
