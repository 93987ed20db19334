#include "sidecar/steward/snapshot_keeper_state.h"

#include <assert.h>

enum { QUIET_US = 1000000 };

void snapshot_keeper_learn(struct snapshot_keeper *k)
{
    assert(k->work == SNAPSHOT_WORK_NONE);
    k->records_len = k->db ? snapshot_db_list(k->db, k->records, HS_SNAPSHOT_KEEP_MAX) : 0;
    if (k->records_len > HS_SNAPSHOT_KEEP_MAX) k->records_len = HS_SNAPSHOT_KEEP_MAX;
    k->verified = k->db && snapshot_db_verified(k->db);
}

void snapshot_keeper_fill_in(const struct snapshot_keeper *k, struct figures *f)
{
    f->snapshot.count = k->records_len;
    f->snapshot.newest = k->records_len > 0 ? k->records[0].at.seqnum : 0;
    f->snapshot.made_at_s = k->records_len > 0 ? k->records[0].made_at : 0;
    f->snapshot.bytes = k->disk_bytes;
    f->disk.snapshots_failing_since_s = k->failing_since_s;
}

void snapshot_keeper_show(const struct snapshot_keeper *k)
{
    snapshot_keeper_fill_in(k, figures_acquire(k->o.reporter->board));
    figures_release(k->o.reporter->board);
}

/* How much there is on disk is asked before the figures are locked: it reads folders. */
void snapshot_keeper_list(struct snapshot_keeper *k)
{
    k->disk_bytes = k->db ? snapshot_db_disk_bytes(k->db) : 0;
    snapshot_keeper_learn(k);
    snapshot_keeper_show(k);
}

/* The present content is another: what was taken of the one before says nothing of it. */
void snapshot_keeper_moved(struct snapshot_keeper *k)
{
    snapshot_keeper_list(k);
    k->taken_seqnum = k->records_len > 0 ? k->records[0].at.seqnum : 0;
    k->run_us = 0;
    k->run_us_open = 0;
}

void snapshot_keeper_not_quiet(struct snapshot_keeper *k)
{
    k->quiet_after_us = clock_now_us(k->o.reporter->clock) + QUIET_US;
}

static void snapshot_told(void *data, const char *words)
{
    struct snapshot_keeper *k = data;

    logger_write(k->o.reporter->logger, LOG_LEVEL_ERROR, "%s", words);
}

enum hs_status snapshot_keeper_open_store(struct snapshot_keeper *k, struct snapshot_db **out,
                                          struct hs_error *err)
{
    struct snapshot_db_options db = {
        .dir = k->dir,
        .quarantine_dir = folder_keeper_quarantine(k->o.folder),
        .epoch = k->o.epoch,
        .keep = k->o.keep,
        .told = snapshot_told,
        .data = k,
    };

    if (!k->dir) return hs_fail(err, HS_IO, "the data folder has none");
    return snapshot_db_open(&db, out, err);
}

/* By the owner, before a worker may open the store. */
void snapshot_keeper_ask_place(struct snapshot_keeper *k)
{
    if (!k->db) k->dir = folder_keeper_place(k->o.folder, DATA_FOLDER_SNAPSHOT);
}

void snapshot_keeper_proven(struct snapshot_keeper *k)
{
    if (k->db) snapshot_db_proven(k->db);
}

const struct snapshot_record *snapshot_keeper_records(const struct snapshot_keeper *k, size_t *len)
{
    *len = k->records_len;
    return k->records;
}

const struct snapshot_record *snapshot_keeper_newest(const struct snapshot_keeper *k)
{
    return k->records_len > 0 ? &k->records[0] : NULL;
}

/* From the oldest kept snapshot on, everything stays, so that each of them can be rolled forward.
 * Nothing goes before one was verified: until then an older generation may have to be gone back to,
 * or, where nothing was kept, the log from its beginning. Later on none of what is kept need be
 * one: a verification of much takes so long, and waits so long for the next, that snapshots come
 * and go meanwhile; what lies before the oldest leads from nothing that is there. */
uint64_t snapshot_keeper_spared_seqnum(const struct snapshot_keeper *k)
{
    if (!k->verified || k->records_len == 0) return 0;
    return k->records[k->records_len - 1].at.seqnum;
}

struct kv_store *snapshot_keeper_base(struct snapshot_keeper *k)
{
    return k->db ? snapshot_db_base(k->db) : NULL;
}

struct heap_image_source *snapshot_keeper_images(struct snapshot_keeper *k, bool *elsewhere)
{
    struct heap_image_source *own;

    *elsewhere = false;
    if (!k->o.images || !k->db) return NULL;
    own = snapshot_db_images(k->db);
    if (own) return own;
    *elsewhere = true;
    return snapshot_db_images_before(k->db);
}

enum hs_status snapshot_keeper_return_to(struct snapshot_keeper *k, uint64_t seqnum,
                                         struct hs_error *err)
{
    enum hs_status st;

    assert(k->work == SNAPSHOT_WORK_NONE);
    st = snapshot_db_return_to(k->db, seqnum, err);
    snapshot_keeper_moved(k);
    return st;
}

/* It could not be opened at the start: now, perhaps. */
static enum hs_status snapshot_open_anew(struct snapshot_keeper *k, struct hs_error *err)
{
    enum hs_status st;

    snapshot_keeper_ask_place(k);
    st = snapshot_keeper_open_store(k, &k->db, err);
    if (st == HS_OK) st = snapshot_db_begin_anew(k->db, err);
    snapshot_keeper_moved(k);
    return st == HS_OK || st == HS_NOMEM ? st : HS_IO;
}

enum hs_status snapshot_keeper_begin_anew(struct snapshot_keeper *k, struct hs_error *err)
{
    enum hs_status st;

    assert(k->work == SNAPSHOT_WORK_NONE);
    if (!k->db) return snapshot_open_anew(k, err);
    st = snapshot_db_begin_anew(k->db, err);
    snapshot_keeper_moved(k);
    return st;
}

enum hs_status snapshot_keeper_fill(struct snapshot_keeper *k, struct slice key, struct slice value,
                                    struct hs_error *err)
{
    return snapshot_db_fill(k->db, key, value, err);
}

enum hs_status snapshot_keeper_fill_end(struct snapshot_keeper *k, struct hs_error *err)
{
    return snapshot_db_fill_end(k->db, err);
}

enum hs_status snapshot_keeper_begin_after(struct snapshot_keeper *k, uint64_t seqnum,
                                           struct hs_error *err)
{
    enum hs_status st;

    assert(k->work == SNAPSHOT_WORK_NONE);
    st = snapshot_db_begin_after(k->db, seqnum, err);
    snapshot_keeper_moved(k);
    return st;
}

void snapshot_keeper_after_end(struct snapshot_keeper *k, bool worked)
{
    if (worked) {
        snapshot_db_before_release(k->db);
    } else {
        snapshot_db_before_restore(k->db);
    }
    snapshot_keeper_moved(k);
}

enum hs_status snapshot_keeper_salvage(struct snapshot_keeper *k, const char *reason,
                                       const atomic_bool *cancel, struct hs_error *err)
{
    enum hs_status st;

    assert(k->work == SNAPSHOT_WORK_NONE);
    if (!k->db) return hs_fail(err, HS_NOT_FOUND, "there is no snapshot store");
    st = snapshot_db_salvage(k->db, reason, cancel, err);
    snapshot_keeper_moved(k);
    return st;
}

enum hs_status snapshot_keeper_reject(struct snapshot_keeper *k, const char *reason,
                                      struct hs_error *err)
{
    enum hs_status st;

    assert(k->work == SNAPSHOT_WORK_NONE);
    if (!k->db) return HS_OK;
    st = snapshot_db_reject(k->db, reason, err);
    snapshot_keeper_list(k);
    return st;
}
