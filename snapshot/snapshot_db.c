/* Which generation is in use, and the way from one to the next.
 *
 *               begin_anew, another epoch          first put
 *   current gen ───────────────────────► new gen ────────────► current gen    (CURRENT names it)
 *        │                                                          │ first verified snapshot
 *        │ damaged, rejected                                        ▼
 *        └───────────────────► quarantine/                 the older ones go
 *
 * A generation that CURRENT does not name and that is newer than the named one was being filled
 * when the process died: it is removed. An older one waits for the current one to be verified.
 * CURRENT itself is only a pointer: when it is damaged, the newest generation that holds a
 * snapshot is found without it.
 *
 * A failed write leaves LevelDB's log with an unknown tail, and the handle only reads. The next
 * change goes on in a copy of the folder (the tables copied, the file of heap pages linked), opened
 * anew; readers are moved over, and what the failed write may have brought in is undone first. */
#include "snapshot/snapshot_db.h"
#include "snapshot/snapshot_state.h"

#include <assert.h>
#include <string.h>
#include <time.h>

enum { GENERATIONS_MAX = 1024, FILL_PIECE_BYTES = 1 << 20 };

static size_t record_count(const struct snapshot_db *db)
{
    return db->live && db->current && !db->rejected ? db->live->records_len : 0;
}

size_t snapshot_db_list(struct snapshot_db *db, struct snapshot_record *out, size_t max)
{
    size_t count = record_count(db);

    assert(db && (out || max == 0));
    for (size_t i = 0; i < count && i < max; i++) {
        out[i] = db->live->records[count - 1 - i].record;
    }
    return count;
}

enum hs_status snapshot_db_newest(struct snapshot_db *db, struct snapshot_record *out,
                                  struct hs_error *err)
{
    assert(db && out);
    if (snapshot_db_list(db, out, 1) == 0) return hs_fail(err, HS_NOT_FOUND, "snapshot: none");
    return HS_OK;
}

bool snapshot_db_verified(const struct snapshot_db *db)
{
    return !db->rejected && db->live->verified;
}

uint64_t snapshot_db_disk_bytes(struct snapshot_db *db)
{
    uint64_t numbers[GENERATIONS_MAX];
    uint64_t bytes = 0;
    size_t len = 0;

    assert(db);
    if (generation_list(db->disk, db->dir, numbers, GENERATIONS_MAX, &len, NULL) != HS_OK) return 0;
    for (size_t i = 0; i < len; i++) {
        bytes += generation_bytes(db->disk, db->dir, numbers[i]);
    }
    return bytes;
}

static uint64_t clock_now(const struct snapshot_db *db)
{
    return db->clock ? db->clock() : (uint64_t)time(NULL);
}

/* Take back snapshots that are newer than `newest` says: a write that was reported as failed. */
static enum hs_status uncertain_undo(struct generation *g, const struct record_value *newest,
                                     struct hs_error *err)
{
    enum hs_status st = HS_OK;

    while (st == HS_OK && newest && g->records_len > 1 &&
           generation_newest(g)->record.at.seqnum > newest->record.at.seqnum) {
        st = generation_undo_newest(g, err);
    }
    return st;
}

/* After a failed write: go on in a copy of live. On failure live stays as it was. */
static enum hs_status live_renew(struct snapshot_db *db, struct hs_error *err)
{
    const struct record_value *newest = generation_newest(db->live);
    enum generation_mode mode = newest ? GENERATION_PRESENT : GENERATION_NEW;
    uint64_t number = db->number_last + 1, before = db->live->number;
    struct generation *g = NULL;
    char name[GENERATION_NAME_BYTES];
    struct snapshot_path path;
    enum hs_status st;

    generation_name(number, name);
    st = snapshot_path_join(db->dir, name, &path, err);
    if (st == HS_OK) st = generation_remove(db->disk, db->dir, number, err);
    if (st == HS_OK)
        st = database_clone(db->disk, db->live->path.text, path.text, CLONE_TO_GO_ON, err);
    if (st == HS_OK) st = generation_open(db->disk, path.text, number, mode, &g, err);
    if (st == HS_OK) st = uncertain_undo(g, newest, err);
    if (st == HS_OK) st = disk_sync_folder(db->disk, "snapshot.folder", db->dir, err);
    if (st == HS_OK && db->current) st = generation_current_write(db->disk, db->dir, number, err);
    if (st != HS_OK) {
        generation_close(g);
        generation_discard(db->disk, db->dir, number);
        return st;
    }
    g->partial = db->live->partial || !newest;
    db->number_last = number;
    snapshot_live_replace(db, g);
    generation_discard(db->disk, db->dir, before);
    return HS_OK;
}

/* Before any change: a live generation that can be written. */
static enum hs_status live_ready(struct snapshot_db *db, struct hs_error *err)
{
    assert(!db->read_only);
    if (db->rejected) {
        return hs_fail(err, HS_INVALID, "snapshot: these were rejected; begin anew first");
    }
    return kv_leveldb_fenced(db->live->db) ? live_renew(db, err) : HS_OK;
}

/* The first snapshot of `g` makes it the current generation. */
static enum hs_status put_first(struct snapshot_db *db, struct generation *g,
                                const struct mark_changes *changes, struct hs_error *err)
{
    enum hs_status st = generation_put_first(g, db->epoch, changes, clock_now(db), err);

    if (st != HS_OK) return st;
    st = disk_sync_folder(db->disk, "snapshot.folder", db->dir, err);
    if (st == HS_OK) st = generation_current_write(db->disk, db->dir, g->number, err);
    if (st == HS_OK) return HS_OK;
    g->records_len = 0; /* not reached: the next put makes it anew */
    g->partial = true;
    return st;
}

/* The images here are of another epoch: the store moves to a new generation, the old one waits
 * until that has a verified snapshot. */
static enum hs_status put_in_new_epoch(struct snapshot_db *db, const struct mark_changes *changes,
                                       struct hs_error *err)
{
    struct generation *g = NULL;
    enum hs_status st = snapshot_generation_make(db, &g, err);

    if (st != HS_OK) return st;
    st = generation_copy_store(g, db->live, err);
    if (st == HS_OK) st = put_first(db, g, changes, err);
    if (st != HS_OK) {
        uint64_t number = g->number;

        generation_close(g);
        generation_discard(db->disk, db->dir, number);
        return st;
    }
    snapshot_live_replace(db, g);
    return HS_OK;
}

static enum hs_status put_any(struct snapshot_db *db, const struct mark_changes *changes,
                              struct hs_error *err)
{
    const struct record_value *newest = generation_newest(db->live);
    enum hs_status st;

    if (!newest) {
        st = put_first(db, db->live, changes, err);
        if (st == HS_OK) db->current = true;
        return st;
    }
    if (changes->at.seqnum <= newest->record.at.seqnum) {
        return hs_fail(err, HS_STALE, "snapshot: there is one at seqnum %llu already",
                       (unsigned long long)newest->record.at.seqnum);
    }
    if (strcmp(buffer_text(&db->live->epoch), db->epoch) != 0) {
        return put_in_new_epoch(db, changes, err);
    }
    return generation_put_next(db->live, changes, clock_now(db), db->keep, err);
}

enum hs_status snapshot_db_put(struct snapshot_db *db, const struct mark_changes *changes,
                               struct snapshot_record *out, struct hs_error *err)
{
    enum hs_status st;

    assert(db && changes && !(db->before && db->current));
    assert(position_valid(changes->at.seqnum, slice_text(changes->at.hash)));
    st = live_ready(db, err);
    if (st == HS_OK && db->fill) st = snapshot_db_fill_end(db, err);
    if (st != HS_OK) return st;
    snapshot_readers_wait(db);
    st = put_any(db, changes, err);
    if (st != HS_OK) return st;
    generation_flush(db->live, GENERATION_UNFLUSHED_BYTES_MAX);
    if (out) *out = generation_newest(db->live)->record;
    return HS_OK;
}

static bool is_kept(const struct snapshot_db *db, uint64_t seqnum)
{
    for (size_t i = 0; i < record_count(db); i++) {
        if (db->live->records[i].record.at.seqnum == seqnum) return true;
    }
    return false;
}

/* Open a reader's copy again; its handle is the only one there may be. */
static enum hs_status reader_reopen(struct snapshot_db *db, enum generation_mode mode,
                                    struct hs_error *err)
{
    uint64_t number = db->live->number;
    struct generation *g = NULL;
    enum hs_status st;

    assert(db->read_only);
    snapshot_live_replace(db, NULL);
    st = generation_open(db->disk, db->reader_dir.text, number, mode, &g, err);
    if (st == HS_OK) snapshot_live_replace(db, g);
    return st;
}

enum hs_status snapshot_db_return_to(struct snapshot_db *db, uint64_t seqnum, struct hs_error *err)
{
    enum hs_status st = db->read_only ? HS_OK : live_ready(db, err);

    assert(!db->without_pages);
    if (st != HS_OK) return st;
    if (!is_kept(db, seqnum)) {
        return hs_fail(err, HS_NOT_FOUND, "snapshot: none is kept at seqnum %llu",
                       (unsigned long long)seqnum);
    }
    if (db->read_only) st = reader_reopen(db, GENERATION_PRESENT, err);
    while (st == HS_OK && generation_newest(db->live)->record.at.seqnum > seqnum) {
        st = generation_undo_newest(db->live, err);
    }
    if (st == HS_OK && db->read_only) st = reader_reopen(db, GENERATION_READ_ONLY, err);
    return st;
}

/* Generations that the current one has proven it can do without. */
static enum hs_status superseded_drop(struct snapshot_db *db, struct hs_error *err)
{
    uint64_t numbers[GENERATIONS_MAX];
    enum hs_status st;
    size_t len;

    st = generation_list(db->disk, db->dir, numbers, GENERATIONS_MAX, &len, err);
    for (size_t i = 0; st == HS_OK && i < len; i++) {
        if (numbers[i] == db->live->number) continue;
        if (generation_rejected(db->disk, db->dir, numbers[i])) {
            st = generation_quarantine(db->disk, db->dir, numbers[i], db->quarantine_dir, err);
        } else {
            st = generation_remove(db->disk, db->dir, numbers[i], err);
        }
    }
    return st;
}

enum hs_status snapshot_db_verify(struct snapshot_db *db, const _Atomic bool *cancel,
                                  struct hs_error *err)
{
    enum hs_status st = HS_OK;

    assert(db);
    if (record_count(db) == 0) return hs_fail(err, HS_NOT_FOUND, "snapshot: none to verify");
    if (!db->read_only) st = live_ready(db, err);
    if (st == HS_OK) st = generation_verify(db->live, cancel, err);
    if (st != HS_OK || db->read_only) return st;
    return superseded_drop(db, err);
}

enum hs_status snapshot_db_reject(struct snapshot_db *db, const char *reason, struct hs_error *err)
{
    enum hs_status st = HS_OK;

    assert(db && reason);
    if (!db->read_only) st = generation_reject(db->disk, db->dir, db->live->number, reason, err);
    if (st == HS_OK) db->rejected = true;
    return st;
}

/* HS_CORRUPT: there is none. */
static enum hs_status salvage_older(struct snapshot_db *db, const _Atomic bool *cancel,
                                    struct hs_error *err)
{
    enum hs_status st = HS_CORRUPT;

    while (st == HS_CORRUPT && db->live->records_len > 1) {
        st = db->read_only ? HS_OK : live_ready(db, err);
        if (st == HS_OK) st = generation_undo_newest(db->live, err);
        if (st == HS_CORRUPT) return st; /* the way to the one before is damaged itself */
        if (st == HS_OK) st = generation_verify(db->live, cancel, err);
    }
    return st;
}

enum hs_status snapshot_db_salvage(struct snapshot_db *db, const char *reason,
                                   const _Atomic bool *cancel, struct hs_error *err)
{
    struct hs_error why = {0};
    enum hs_status st = HS_OK;

    assert(db && !db->without_pages && !db->before && reason);
    if (record_count(db) == 0) return hs_fail(err, HS_NOT_FOUND, "snapshot: none is kept");
    if (db->read_only) st = reader_reopen(db, GENERATION_PRESENT, &why);
    if (st == HS_OK) st = salvage_older(db, cancel, &why);
    if (st == HS_OK && db->read_only) st = reader_reopen(db, GENERATION_READ_ONLY, &why);
    if (st == HS_OK) return HS_OK;
    if (st != HS_CORRUPT) return hs_fail(err, st, "%s", why.text);
    st = snapshot_db_reject(db, reason, err);
    return st == HS_OK ? hs_fail(err, HS_NOT_FOUND, "snapshot: all that were kept are damaged")
                       : st;
}

enum hs_status snapshot_db_begin_anew(struct snapshot_db *db, struct hs_error *err)
{
    uint64_t before = db->live->number;
    bool drop = !db->current && !db->rejected;
    struct generation *g = NULL;
    enum hs_status st;

    assert(!db->read_only && !db->before);
    st = snapshot_generation_make(db, &g, err);
    if (st != HS_OK) return st;
    kv_leveldb_batch_close(db->fill);
    db->fill = NULL;
    snapshot_live_replace(db, g);
    if (drop) {
        st = generation_remove(db->disk, db->dir, before, err); /* it never had a snapshot */
    } else if (db->rejected) {
        st = generation_quarantine(db->disk, db->dir, before, db->quarantine_dir, err);
    }
    db->current = false;
    db->rejected = false;
    return st;
}

static enum hs_status fill_write(struct snapshot_db *db, size_t bytes_min, struct hs_error *err)
{
    enum hs_status st;

    if (kv_leveldb_batch_bytes(db->fill) < bytes_min) return HS_OK;
    st = kv_leveldb_write(db->live->db, db->fill, false, err);
    kv_leveldb_batch_clear(db->fill);
    return st;
}

enum hs_status snapshot_db_fill(struct snapshot_db *db, struct slice key, struct slice value,
                                struct hs_error *err)
{
    struct buffer whole_key = {0};
    enum hs_status st = HS_OK;

    assert(db && !db->read_only && !db->current && !db->rejected);
    assert(db->live->records_len == 0);
    if (!db->fill) st = kv_leveldb_batch_open(&db->fill, err);
    if (st == HS_OK) st = buffer_assign(&whole_key, slice_text("s/"));
    if (st == HS_OK) st = buffer_append(&whole_key, key);
    if (st == HS_OK) {
        kv_leveldb_batch_put(db->fill, buffer_slice(&whole_key), value);
        st = fill_write(db, FILL_PIECE_BYTES, err);
    }
    buffer_fini(&whole_key);
    return st;
}

enum hs_status snapshot_db_fill_end(struct snapshot_db *db, struct hs_error *err)
{
    enum hs_status st;

    assert(db && !db->read_only);
    if (!db->fill) return HS_OK;
    st = fill_write(db, 1, err);
    kv_leveldb_batch_close(db->fill);
    db->fill = NULL;
    if (st == HS_OK) kv_leveldb_flush(db->live->db);
    return st;
}
