/* Putting: the mark is taken by the owner, written by a worker, and the kernel told of it when the
 * owner collects. */
#include "sidecar/steward/snapshot_keeper_state.h"

#include <assert.h>
#include <inttypes.h>

/* LevelDB's compaction, on a thread of its own, was measured to take half of what putting takes:
 * with it, and some to spare, a snapshot costs so many times as much. */
enum { COMPACTION_FACTOR = 2 };

/* A new generation, beside the one that is kept, if there is one. */
static enum hs_status snapshot_begin_beside(struct snapshot_db *db, struct hs_error *err)
{
    struct snapshot_record newest;

    if (snapshot_db_newest(db, &newest, NULL) != HS_OK) return snapshot_db_begin_anew(db, err);
    return snapshot_db_begin_after(db, newest.at.seqnum, err);
}

/* The base in memory, which no kernel writes. */
static enum hs_status snapshot_fill_from_memory(struct snapshot_keeper *k, struct snapshot_db *db,
                                                struct hs_error *err)
{
    struct buffer key = {0}, value = {0};
    enum hs_status st = HS_OK;

    while (st == HS_OK) {
        enum hs_status next = kv_store_next(k->memory, buffer_slice(&key), &key, &value, err);

        if (next == HS_NOT_FOUND) break;
        st = next == HS_OK ? snapshot_db_fill(db, buffer_slice(&key), buffer_slice(&value), err)
                           : next;
        if (st == HS_OK && atomic_load(&k->cancel)) {
            st = hs_fail(err, HS_CANCELLED, "the kernel is led elsewhere");
        }
    }
    buffer_fini(&key);
    buffer_fini(&value);
    return st == HS_OK ? snapshot_db_fill_end(db, err) : st;
}

/* On a worker. */
static enum hs_status snapshot_move_in(struct snapshot_keeper *k, struct hs_error *err)
{
    enum hs_status st = k->db ? HS_OK : snapshot_keeper_open_store(k, &k->opened, err);
    struct snapshot_db *db = k->db ? k->db : k->opened;

    if (st != HS_OK) return st;
    snapshot_db_proven(db); /* no kernel is about to load what is there */
    st = snapshot_begin_beside(db, err);
    if (st != HS_OK) return st;
    st = snapshot_fill_from_memory(k, db, err);
    if (st == HS_OK) st = snapshot_db_put(db, &k->changes, &k->written, err);
    snapshot_db_beside_end(db, st == HS_OK);
    return st;
}

/* On a worker. */
static enum hs_status snapshot_put_run(void *data, struct hs_error *err)
{
    struct snapshot_keeper *k = data;
    uint64_t began_us = clock_now_us(k->o.reporter->clock);
    uint64_t cpu_us = clock_now_cpu_us(k->o.reporter->clock);
    enum hs_status st = k->memory ? snapshot_move_in(k, err)
                                  : snapshot_db_put(k->db, &k->changes, &k->written, err);

    if (st == HS_OK) {
        mark_changes_fini(&k->changes); /* here: it may be megabytes */
        k->disk_bytes = snapshot_db_disk_bytes(k->db ? k->db : k->opened);
    }
    k->work_us = clock_now_us(k->o.reporter->clock) - began_us;
    k->put_cpu_us += clock_now_cpu_us(k->o.reporter->clock) - cpu_us;
    return st;
}

static void snapshot_not_begun(struct snapshot_keeper *k, const struct hs_error *why)
{
    logger_write(k->o.reporter->logger, LOG_LEVEL_ERROR, "snapshot: %s", why->text);
    snapshot_keeper_skipped(k, SNAPSHOT_SKIP_FAILED);
    k->run_us += k->run_us_taken;
    snapshot_keeper_pause(k);
    k->due = true;
}

void snapshot_keeper_begin_put(struct snapshot_keeper *k, struct kernel *kernel,
                               struct kv_store *memory, struct worker_pool *pool)
{
    uint64_t cpu_us = clock_now_cpu_us(k->o.reporter->clock);
    struct hs_error err = {0};

    assert(k->work == SNAPSHOT_WORK_NONE);
    k->due = false;
    k->at_once = false;
    k->rest_until_us = 0;
    k->taken_seqnum = kernel_mark_position(kernel).seqnum;
    k->run_us_taken = k->run_us;
    k->run_us = 0;
    k->memory = memory;
    snapshot_keeper_ask_place(k);
    atomic_store(&k->cancel, false);
    if (kernel_snapshot_take(kernel, k->o.images, &k->changes, &err) != HS_OK) {
        snapshot_not_begun(k, &err);
        return;
    }
    k->put_cpu_us = clock_now_cpu_us(k->o.reporter->clock) - cpu_us;
    if (background_start(&k->background, pool, snapshot_put_run, k, snapshot_keeper_work_done,
                         &err) != HS_OK) {
        kernel_snapshot_done(kernel, &k->changes, false);
        mark_changes_fini(&k->changes);
        snapshot_not_begun(k, &err);
        return;
    }
    k->work = SNAPSHOT_WORK_PUT;
}

/* Under one lock: who sees that one more was written, or failed, sees what is kept now. */
static void snapshot_put_show(const struct snapshot_keeper *k, bool written)
{
    struct figures *f = figures_acquire(k->o.reporter->board);

    snapshot_keeper_fill_in(k, f);
    f->snapshot_writes[written ? SNAPSHOT_WRITTEN : SNAPSHOT_FAILED]++;
    if (written) {
        f->snapshot_success_unix_s = clock_now_unix_s(k->o.reporter->clock);
        histogram_add(&f->snapshot_write, k->work_us);
    }
    figures_release(k->o.reporter->board);
}

static void snapshot_put_worked(struct snapshot_keeper *k)
{
    struct log_field fields[] = {{.name = "seqnum", .number = k->written.at.seqnum},
                                 {.name = "bytes", .number = k->written.batch_bytes}};

    logger_write_fields(k->o.reporter->logger, LOG_LEVEL_DEBUG, fields, 2,
                        "snapshot at seqnum %" PRIu64 ": %" PRIu64 " bytes in %.1f ms",
                        k->written.at.seqnum, k->written.batch_bytes, (double)k->work_us / 1000.0);
    snapshot_keeper_failing_no_more(k);
}

/* Against what is kept, and not against the disk, no other attempt helps. */
static void snapshot_put_failed(struct snapshot_keeper *k)
{
    switch (k->background.status) {
    case HS_CANCELLED: return;
    case HS_STALE:
        logger_write(k->o.reporter->logger, LOG_LEVEL_ERROR, "snapshot was not written: %s",
                     k->background.error.text);
        return;
    default: break;
    }
    snapshot_keeper_failing(k, k->background.error.text);
    snapshot_keeper_pause(k);
    k->due = true;
}

enum snapshot_finding snapshot_keeper_put_collected(struct snapshot_keeper *k,
                                                    struct kernel *kernel)
{
    bool written = k->background.status == HS_OK, moved = written && k->memory;

    k->write_us = k->put_cpu_us;
    if (k->records_len > 0) { /* else it was a whole one */
        snapshot_allowance_spend(&k->allowance, k->put_cpu_us * COMPACTION_FACTOR);
    }
    k->memory = NULL;
    if (k->opened) k->db = k->opened;
    k->opened = NULL;
    if (!written) k->run_us += k->run_us_taken;
    if (kernel && moved) kernel_move_base(kernel, snapshot_db_base(k->db));
    if (kernel) kernel_snapshot_done(kernel, &k->changes, written);
    mark_changes_fini(&k->changes);
    snapshot_keeper_not_quiet(k);
    snapshot_keeper_learn(k);
    if (written) {
        snapshot_put_worked(k);
    } else {
        snapshot_put_failed(k);
    }
    snapshot_put_show(k, written);
    if (moved) return SNAPSHOT_FINDING_MOVED;
    return written ? SNAPSHOT_FINDING_WRITTEN : SNAPSHOT_FINDING_FAILED;
}
