/* The snapshot store's keeper: a snapshot is considered at each block's end and written on a worker
 * while messages go on; what is on disk is verified now and then, off to the side.
 *
 *            due, idle                         due meanwhile
 *   block end ───────► take the mark ──► put ──────────────► take again
 *                                         │ done
 *                                         ▼        verification due
 *                                       listed ───────────────────► verify ──► trim the log
 *
 * While a put or a verification runs, the store is the worker's but for reads of its base; the
 * steward collects the result before it does anything else with it. A verification re-reads
 * everything, so it may take a twentieth of the time and no more: the next one waits twenty times
 * as long as the last one took. */
#include "sidecar/steward/steward_internal.h"

#include "sidecar/report/clock.h"
#include "snapshot/snapshot_policy.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

enum { VERIFY_PAUSE_FACTOR = 20, VERIFY_PAUSE_US_MIN = 1000000 };

void snapshot_keeper_list(struct steward *s)
{
    struct snapshot_keeper *k = &s->snapshots;
    struct figures *f;

    assert(k->work == SNAPSHOT_WORK_NONE);
    k->records_len = snapshot_db_list(k->db, k->records, HS_SNAPSHOT_KEEP_MAX);
    if (k->records_len > HS_SNAPSHOT_KEEP_MAX) k->records_len = HS_SNAPSHOT_KEEP_MAX;
    f = figures_acquire(s->o.board);
    f->snapshot.count = k->records_len;
    f->snapshot.newest = k->records_len > 0 ? k->records[0].at.seqnum : 0;
    f->snapshot.made_at_s = k->records_len > 0 ? k->records[0].made_at : 0;
    f->snapshot.bytes = snapshot_db_disk_bytes(k->db);
    figures_release(s->o.board);
}

enum hs_status snapshot_keeper_open(struct steward *s, struct hs_error *err)
{
    struct snapshot_db_options options = {
        .dir = data_folder_path(s->o.folder, DATA_FOLDER_SNAPSHOT),
        .quarantine_dir = data_folder_path(s->o.folder, DATA_FOLDER_QUARANTINE),
        .epoch = vat_engine_epoch(s->o.engine),
        .keep = s->o.config->snapshot_keep,
    };
    enum hs_status st;

    s->snapshots.records = calloc(HS_SNAPSHOT_KEEP_MAX, sizeof *s->snapshots.records);
    if (!s->snapshots.records) return hs_fail(err, HS_NOMEM, "snapshot list");
    st = snapshot_db_open(&options, &s->snapshots.db, err);
    if (st != HS_OK) return hs_fail_prefix(err, st, "snapshot store");
    snapshot_keeper_list(s);
    return HS_OK;
}

void snapshot_keeper_close(struct steward *s)
{
    snapshot_db_close(s->snapshots.db);
    s->snapshots.db = NULL;
}

static void snapshot_count_skip(struct steward *s, enum snapshot_skip reason)
{
    struct figures *f = figures_acquire(s->o.board);

    f->snapshot_skips[reason]++;
    figures_release(s->o.board);
}

/* On a worker. */
static enum hs_status snapshot_put_run(void *data, struct hs_error *err)
{
    struct snapshot_keeper *k = &((struct steward *)data)->snapshots;
    uint64_t began_us = clock_us();
    enum hs_status st = snapshot_db_put(k->db, &k->changes, &k->written, err);

    k->work_us = clock_us() - began_us;
    return st;
}

static enum hs_status snapshot_verify_run(void *data, struct hs_error *err)
{
    struct snapshot_keeper *k = &((struct steward *)data)->snapshots;
    uint64_t began_us = clock_us();
    enum hs_status st = snapshot_db_verify(k->db, &k->cancel, err);

    k->work_us = clock_us() - began_us;
    return st;
}

static void snapshot_work_done(void *data)
{
    job_queue_nudge(((struct steward *)data)->queue);
}

static void snapshot_begin_put(struct steward *s)
{
    struct snapshot_keeper *k = &s->snapshots;
    struct hs_error err = {0};

    assert(k->work == SNAPSHOT_WORK_NONE && s->kernel);
    k->due = false;
    k->forced = false;
    k->taken_seqnum = kernel_mark_position(s->kernel).seqnum;
    if (kernel_snapshot_take(s->kernel, s->o.config->images, &k->changes, &err) != HS_OK) {
        logger_write(s->o.logger, LOG_LEVEL_ERROR, "snapshot: %s", err.text);
        snapshot_count_skip(s, SNAPSHOT_SKIP_FAILED);
        return;
    }
    if (background_start(&k->background, s->workers, snapshot_put_run, s, snapshot_work_done,
                         &err) != HS_OK) {
        kernel_snapshot_done(s->kernel, &k->changes, false);
        mark_changes_fini(&k->changes);
        snapshot_count_skip(s, SNAPSHOT_SKIP_FAILED);
        return;
    }
    k->work = SNAPSHOT_WORK_PUT;
}

static void snapshot_begin_verify(struct steward *s)
{
    struct snapshot_keeper *k = &s->snapshots;

    if (k->records_len == 0 || k->records[0].verified || clock_us() < k->verify_after_us) return;
    atomic_store(&k->cancel, false);
    if (background_start(&k->background, s->workers, snapshot_verify_run, s, snapshot_work_done,
                         NULL) == HS_OK) {
        k->work = SNAPSHOT_WORK_VERIFY;
    }
}

void snapshot_keeper_rest(struct steward *s)
{
    s->snapshots.verify_after_us = clock_us() + VERIFY_PAUSE_US_MIN;
}

static void snapshot_put_collected(struct steward *s)
{
    struct snapshot_keeper *k = &s->snapshots;
    enum hs_status st = k->background.status;
    bool written = st == HS_OK;
    struct figures *f;

    assert(s->kernel);
    kernel_snapshot_done(s->kernel, &k->changes, written);
    mark_changes_fini(&k->changes);
    f = figures_acquire(s->o.board);
    f->snapshot_writes[written ? SNAPSHOT_WRITTEN : SNAPSHOT_FAILED]++;
    if (written) {
        f->snapshot_success_unix_s = clock_unix_s();
        histogram_add(&f->snapshot_write, k->work_us);
    }
    figures_release(s->o.board);
    if (written) {
        logger_write(s->o.logger, LOG_LEVEL_DEBUG,
                     "snapshot at seqnum %" PRIu64 ": %" PRIu64 " bytes in %.1f ms",
                     k->written.at.seqnum, k->written.batch_bytes, (double)k->work_us / 1000.0);
    } else {
        logger_write(s->o.logger, LOG_LEVEL_ERROR, "snapshot was not written: %s",
                     k->background.error.text);
    }
}

static void snapshot_verify_collected(struct steward *s)
{
    struct snapshot_keeper *k = &s->snapshots;
    uint64_t pause_us = k->work_us * VERIFY_PAUSE_FACTOR;

    if (pause_us < VERIFY_PAUSE_US_MIN) pause_us = VERIFY_PAUSE_US_MIN;
    k->verify_after_us = clock_us() + pause_us;
    if (k->background.status == HS_OK || k->background.status == HS_CANCELLED) return;
    if (k->background.status == HS_CORRUPT) {
        /* The kernel reads from what is damaged: nothing of it may be believed any more. */
        steward_reject(s, ENTRY_CAUSE_DAMAGED, &k->background.error);
        return;
    }
    logger_write(s->o.logger, LOG_LEVEL_WARN, "snapshot could not be verified: %s",
                 k->background.error.text);
}

/* One finished work, if there is one. */
static bool snapshot_collect_one(struct steward *s)
{
    struct snapshot_keeper *k = &s->snapshots;
    enum snapshot_work work = k->work;

    if (work == SNAPSHOT_WORK_NONE || !background_collect(&k->background)) return false;
    k->work = SNAPSHOT_WORK_NONE;
    if (work == SNAPSHOT_WORK_PUT) {
        snapshot_put_collected(s);
    } else {
        snapshot_verify_collected(s);
    }
    snapshot_keeper_list(s);
    log_keeper_trim(s);
    return true;
}

void snapshot_keeper_collect(struct steward *s)
{
    struct snapshot_keeper *k = &s->snapshots;

    (void)snapshot_collect_one(s);
    if (k->work != SNAPSHOT_WORK_NONE || !s->kernel) return;
    if (k->due) {
        snapshot_begin_put(s);
    } else {
        snapshot_begin_verify(s);
    }
}

void snapshot_keeper_settle(struct steward *s)
{
    struct snapshot_keeper *k = &s->snapshots;

    if (k->work == SNAPSHOT_WORK_VERIFY) atomic_store(&k->cancel, true);
    background_wait(&k->background);
    (void)snapshot_collect_one(s);
    k->due = false;
    assert(k->work == SNAPSHOT_WORK_NONE);
}

void snapshot_keeper_consider(struct steward *s, uint64_t height_next)
{
    struct snapshot_keeper *k = &s->snapshots;
    struct snapshot_moment now = {.height_last = kernel_height(s->kernel),
                                  .height_next = height_next,
                                  .seqnum_mark = kernel_mark_position(s->kernel).seqnum,
                                  .seqnum_newest = k->taken_seqnum};
    uint64_t every = s->o.config->snapshot_every;

    if (every == 0 || !snapshot_policy_due(&now, k->forced ? 1 : every)) return;
    if (s->memory) { /* what is on disk is not what the kernel stands on */
        snapshot_count_skip(s, SNAPSHOT_SKIP_FAILED);
        return;
    }
    if (k->work == SNAPSHOT_WORK_PUT) {
        snapshot_count_skip(s, SNAPSHOT_SKIP_BUSY);
        return;
    }
    k->due = true; /* behind a verification, it waits for its end */
    if (k->work == SNAPSHOT_WORK_NONE) snapshot_begin_put(s);
}
