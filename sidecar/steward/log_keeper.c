/* The replay log's keeper: entries go in, and reach the disk as the mode says.
 *
 *   append ──► always:     synced here, before the answer
 *              background: a sync begins at once on the syncer; what comes meanwhile waits for the
 *                          next one, so that syncs coalesce by themselves
 *              block:      a sync begins at the block's end, and prepare_commit waits for one
 *
 * After a failure the log is fenced: nothing is appended, deliveries go on, and every now and then
 * a new segment is tried. What was executed meanwhile is missing from the log: a gap, which a
 * snapshot at the next block end makes harmless.
 *
 * With --no-log there is no log at all, and everything here behaves as if it were empty. */
#include "sidecar/steward/steward_internal.h"

#include "sidecar/report/clock.h"

#include <assert.h>
#include <inttypes.h>

enum { REOPEN_EVERY_US = 1000000 };

enum hs_status log_keeper_open(struct steward *s, struct hs_error *err)
{
    struct replay_log_options options = {
        .dir = data_folder_path(s->o.folder, DATA_FOLDER_LOG),
        .quarantine_dir = data_folder_path(s->o.folder, DATA_FOLDER_QUARANTINE),
    };
    struct replay_log_summary log;
    enum hs_status st;

    if (!s->o.config->log) return HS_OK;
    st = replay_log_open(&options, &s->log.log, err);
    if (st != HS_OK) return hs_fail_prefix(err, st, "replay log");
    log = replay_log_summary(s->log.log);
    if (log.cut_bytes > 0) {
        logger_write(s->o.logger, LOG_LEVEL_INFO,
                     "replay log: a torn tail of %" PRIu64 " bytes was cut", log.cut_bytes);
    }
    s->log.fenced = log.fenced;
    if (log.fenced) {
        logger_write(s->o.logger, LOG_LEVEL_ERROR,
                     "replay log: it can be read but not written; deliveries go on without it");
    }
    if (log.damaged) {
        logger_write(s->o.logger, LOG_LEVEL_ERROR,
                     "replay log: damaged after seqnum %" PRIu64
                     "; what follows is in quarantine and will be replayed from the node",
                     log.damaged_after);
    }
    return HS_OK;
}

struct replay_log_summary log_keeper_summary(const struct steward *s)
{
    return s->log.log ? replay_log_summary(s->log.log) : (struct replay_log_summary){0};
}

bool log_keeper_position(const struct steward *s, uint64_t seqnum, struct position *out)
{
    return s->log.log && replay_log_position(s->log.log, seqnum, out, NULL, NULL) == HS_OK;
}

enum hs_status log_keeper_restart(struct steward *s, struct hs_error *err)
{
    enum hs_status st = s->log.log ? replay_log_restart(s->log.log, err) : HS_OK;

    return st == HS_IO ? HS_OK : st; /* fenced: the next append tells */
}

enum hs_status log_keeper_reject(struct steward *s, const char *reason, struct hs_error *err)
{
    return s->log.log ? replay_log_reject(s->log.log, reason, err) : HS_OK;
}

void log_keeper_close(struct steward *s)
{
    background_wait(&s->log.background);
    (void)background_collect(&s->log.background);
    replay_log_close(s->log.log);
    s->log.log = NULL;
}

static void log_keeper_fence(struct steward *s, const struct hs_error *why)
{
    struct figures *f = figures_acquire(s->o.board);

    f->log_failures++;
    figures_release(s->o.board);
    if (!s->log.fenced) {
        logger_write(s->o.logger, LOG_LEVEL_ERROR,
                     "%s; deliveries go on without the log, and a restart now costs more",
                     why->text);
    }
    s->log.fenced = true;
    s->log.unsynced = false;
    s->log.reopen_after_us = clock_us() + REOPEN_EVERY_US;
}

/* A sync that runs on the syncer uses the segment that a reopen replaces. */
static bool log_keeper_reopen(struct steward *s)
{
    struct hs_error err = {0};

    if (clock_us() < s->log.reopen_after_us) return false;
    background_wait(&s->log.background);
    (void)background_collect(&s->log.background);
    if (replay_log_reopen(s->log.log, &err) != HS_OK) {
        log_keeper_fence(s, &err);
        return false;
    }
    s->log.fenced = false;
    s->snapshots.forced = true;
    logger_write(s->o.logger, LOG_LEVEL_WARN,
                 "replay log: writing works again; the next snapshot closes the gap");
    return true;
}

static void log_keeper_synced(struct steward *s, uint64_t sync_us)
{
    struct figures *f = figures_acquire(s->o.board);

    histogram_add(&f->log_sync, sync_us);
    figures_release(s->o.board);
}

enum hs_status log_keeper_sync_now(struct steward *s, struct hs_error *err)
{
    uint64_t began_us = clock_us();
    enum hs_status st;

    if (!s->log.log) return HS_OK;
    if (s->log.fenced) return hs_fail(err, HS_IO, "the replay log cannot be written");
    s->log.unsynced = false;
    st = replay_log_sync(s->log.log, err);
    if (st == HS_OK) {
        log_keeper_synced(s, clock_us() - began_us);
    } else {
        struct hs_error why = {0};

        (void)hs_fail(&why, st, "%s", err ? err->text : hs_status_text(st));
        log_keeper_fence(s, &why);
    }
    return st;
}

/* On the syncer. */
static enum hs_status log_sync_run(void *data, struct hs_error *err)
{
    struct steward *s = data;
    uint64_t began_us = clock_us();
    enum hs_status st = replay_log_sync(s->log.log, err);

    s->log.sync_us = clock_us() - began_us;
    return st;
}

static void log_sync_done(void *data)
{
    job_queue_nudge(((struct steward *)data)->queue);
}

static void log_keeper_sync_later(struct steward *s)
{
    struct hs_error err = {0};

    if (s->log.fenced || !s->log.unsynced || !background_idle(&s->log.background)) return;
    s->log.unsynced = false;
    if (background_start(&s->log.background, s->syncer, log_sync_run, s, log_sync_done, &err) !=
        HS_OK) {
        s->log.unsynced = true; /* tried again with the next entry */
    }
}

void log_keeper_collect(struct steward *s)
{
    if (background_collect(&s->log.background)) {
        if (s->log.background.status == HS_OK) {
            log_keeper_synced(s, s->log.sync_us);
        } else if (s->log.background.status != HS_CANCELLED) {
            log_keeper_fence(s, &s->log.background.error);
        }
    }
    if (s->o.config->log_sync == SIDECAR_LOG_SYNC_BACKGROUND) log_keeper_sync_later(s);
}

void log_keeper_append(struct steward *s, const struct log_entry *entry)
{
    struct hs_error err = {0};
    enum hs_status st;
    struct figures *f;

    if (!s->log.log || (s->log.fenced && !log_keeper_reopen(s))) return;
    st = replay_log_append(s->log.log, entry, &err);
    if (st == HS_GAP) { /* what it holds does not lead here: it begins anew */
        st = replay_log_restart(s->log.log, &err);
        if (st == HS_OK) st = replay_log_append(s->log.log, entry, &err);
    }
    if (st != HS_OK) {
        log_keeper_fence(s, &err);
        return;
    }
    f = figures_acquire(s->o.board);
    f->log_appends++;
    figures_release(s->o.board);
    s->log.unsynced = true;
    /* A failure is logged and counted, and fences the log; the delivery goes on. */
    if (s->o.config->log_sync == SIDECAR_LOG_SYNC_ALWAYS && log_keeper_sync_now(s, &err) != HS_OK) {
        return;
    }
    if (s->o.config->log_sync == SIDECAR_LOG_SYNC_BACKGROUND) log_keeper_sync_later(s);
}

void log_keeper_block_end(struct steward *s)
{
    if (s->o.config->log_sync == SIDECAR_LOG_SYNC_BLOCK) log_keeper_sync_later(s);
}

void log_keeper_trim(struct steward *s)
{
    const struct snapshot_keeper *k = &s->snapshots;
    struct hs_error err = {0};
    bool any_verified = false;

    for (size_t i = 0; i < k->records_len; i++) {
        any_verified |= k->records[i].verified;
    }
    if (!any_verified || !s->log.log || s->log.fenced) return;
    /* From the oldest kept snapshot on, everything stays, so that each of them can be rolled
     * forward; one that passed its verification is among them. */
    if (replay_log_trim(s->log.log, k->records[k->records_len - 1].at.seqnum, &err) != HS_OK) {
        logger_write(s->o.logger, LOG_LEVEL_WARN, "trimming: %s", err.text);
    }
}
