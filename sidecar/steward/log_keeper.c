#include "sidecar/steward/log_keeper.h"

#include <inttypes.h>
#include <stdlib.h>

enum { REOPEN_EVERY_US = 1000000 };

struct log_keeper {
    struct log_keeper_options o;
    struct replay_log *log;       /* NULL: none is kept, or, while fenced, it cannot be opened */
    struct background background; /* a sync */
    bool unsynced;                /* entries were appended since the last sync began */
    bool fenced;
    uint64_t sync_us;         /* how long it took; set by the syncer */
    uint64_t reopen_after_us; /* the clock's: no attempt before, while fenced */
};

static void log_keeper_told_at_open(const struct log_keeper *k,
                                    const struct replay_log_summary *log)
{
    const struct logger *logger = k->o.reporter->logger;

    if (log->cut_bytes > 0) {
        logger_write(logger, LOG_LEVEL_INFO, "replay log: a torn tail of %" PRIu64 " bytes was cut",
                     log->cut_bytes);
    }
    if (log->fenced) {
        logger_write(logger, LOG_LEVEL_ERROR,
                     "replay log: it can be read but not written; deliveries go on without it");
    }
    if (log->damaged) {
        logger_write(logger, LOG_LEVEL_ERROR,
                     "replay log: damaged after seqnum %" PRIu64
                     "; what follows is in quarantine and will be replayed from the node",
                     log->damaged_after);
    }
}

static enum hs_status log_keeper_open_log(struct log_keeper *k, bool anew, struct hs_error *err)
{
    struct replay_log_options options = {
        .dir = k->o.dir, .quarantine_dir = k->o.quarantine_dir, .anew = anew};
    struct replay_log_summary log;
    enum hs_status st;

    if (!k->o.dir) return hs_fail(err, HS_IO, "the data folder has none");
    st = replay_log_open(&options, &k->log, err);
    if (st != HS_OK) return st;
    log = replay_log_summary(k->log);
    k->fenced = log.fenced;
    log_keeper_told_at_open(k, &log);
    return HS_OK;
}

void log_keeper_close(struct log_keeper *k)
{
    if (!k) return;
    background_wait(&k->background);
    (void)background_collect(&k->background);
    replay_log_close(k->log);
    background_fini(&k->background);
    free(k);
}

struct replay_log_summary log_keeper_summary(const struct log_keeper *k)
{
    return k->log ? replay_log_summary(k->log) : (struct replay_log_summary){0};
}

bool log_keeper_fenced(const struct log_keeper *k)
{
    return k->fenced;
}

bool log_keeper_position(const struct log_keeper *k, uint64_t seqnum, struct position *out)
{
    return k->log && replay_log_position(k->log, seqnum, out, NULL, NULL) == HS_OK;
}

bool log_keeper_floor(const struct log_keeper *k, struct position *out)
{
    return k->log && replay_log_floor(k->log, out, NULL) == HS_OK;
}

enum hs_status log_keeper_seek(struct log_keeper *k, uint64_t seqnum, struct replay_cursor **out,
                               struct hs_error *err)
{
    if (!k->log) return hs_fail(err, HS_GAP, "no log is kept");
    return replay_log_seek(k->log, seqnum, out, err);
}

static void log_keeper_fence(struct log_keeper *k, const struct hs_error *why)
{
    struct figures *f = figures_acquire(k->o.reporter->board);

    f->log_failures++;
    figures_release(k->o.reporter->board);
    if (!k->fenced) {
        logger_write(k->o.reporter->logger, LOG_LEVEL_ERROR,
                     "replay log: %s; deliveries go on without it, and a restart now costs more",
                     why->text);
    }
    k->fenced = true;
    k->unsynced = false;
    k->reopen_after_us = clock_now_us(k->o.reporter->clock) + REOPEN_EVERY_US;
}

enum hs_status log_keeper_open(const struct log_keeper_options *options, struct log_keeper **out,
                               struct hs_error *err)
{
    struct log_keeper *k = calloc(1, sizeof *k);
    struct hs_error why = {0};
    enum hs_status st = HS_OK;

    *out = NULL;
    if (!k) return hs_fail(err, HS_NOMEM, "out of memory for the replay log");
    k->o = *options;
    background_init(&k->background);
    if (k->o.wanted) st = log_keeper_open_log(k, false, &why);
    if (st == HS_LOCKED || st == HS_NOMEM) {
        log_keeper_close(k);
        return hs_fail(err, st, "replay log: %s", why.text);
    }
    if (st != HS_OK) log_keeper_fence(k, &why);
    *out = k;
    return HS_OK;
}

void log_keeper_restart(struct log_keeper *k)
{
    struct hs_error err = {0};

    if (k->log && replay_log_restart(k->log, &err) != HS_OK) log_keeper_fence(k, &err);
}

enum hs_status log_keeper_reject(struct log_keeper *k, const char *reason, struct hs_error *err)
{
    return k->log ? replay_log_reject(k->log, reason, err) : HS_OK;
}

void log_keeper_trim(struct log_keeper *k, uint64_t spared_seqnum)
{
    struct hs_error err = {0};

    if (spared_seqnum == 0 || !k->log || k->fenced) return;
    if (replay_log_trim(k->log, spared_seqnum, &err) != HS_OK) {
        logger_write(k->o.reporter->logger, LOG_LEVEL_WARN, "replay log: trimming: %s", err.text);
    }
}

/* It could not be opened at the start, so nothing that it holds led to where the kernel stands. */
static enum hs_status log_keeper_open_anew(struct log_keeper *k, struct hs_error *err)
{
    enum hs_status st = log_keeper_open_log(k, true, err);

    return st == HS_OK ? replay_log_reopen(k->log, err) : st;
}

/* A sync that runs on the syncer uses the segment that a reopen replaces. */
static bool log_keeper_reopen(struct log_keeper *k)
{
    struct hs_error err = {0};
    enum hs_status st;

    if (!k->o.dir || clock_now_us(k->o.reporter->clock) < k->reopen_after_us) return false;
    background_wait(&k->background);
    (void)background_collect(&k->background);
    st = k->log ? replay_log_reopen(k->log, &err) : log_keeper_open_anew(k, &err);
    if (st != HS_OK) {
        log_keeper_fence(k, &err);
        return false;
    }
    k->fenced = false;
    logger_write(k->o.reporter->logger, LOG_LEVEL_WARN,
                 "replay log: writing works again; the next snapshot closes the gap");
    return true;
}

static void log_keeper_synced(struct log_keeper *k, uint64_t sync_us)
{
    struct figures *f = figures_acquire(k->o.reporter->board);

    histogram_add(&f->log_sync, sync_us);
    figures_release(k->o.reporter->board);
}

enum hs_status log_keeper_sync_now(struct log_keeper *k, struct hs_error *err)
{
    uint64_t began_us = clock_now_us(k->o.reporter->clock);
    struct hs_error why = {0};
    enum hs_status st;

    if (!k->o.wanted) return HS_OK;
    if (k->fenced) {
        return hs_fail(err, HS_IO,
                       "the replay log cannot be written, so nothing since its failure "
                       "is on disk");
    }
    k->unsynced = false;
    st = replay_log_sync(k->log, &why);
    if (st == HS_OK) {
        log_keeper_synced(k, clock_now_us(k->o.reporter->clock) - began_us);
        return HS_OK;
    }
    log_keeper_fence(k, &why);
    return hs_fail(err, st, "replay log: %s", why.text);
}

/* On the syncer. */
static enum hs_status log_sync_run(void *data, struct hs_error *err)
{
    struct log_keeper *k = data;
    uint64_t began_us = clock_now_us(k->o.reporter->clock);
    enum hs_status st = replay_log_sync(k->log, err);

    k->sync_us = clock_now_us(k->o.reporter->clock) - began_us;
    return st;
}

static void log_sync_done(void *data)
{
    struct log_keeper *k = data;

    k->o.nudge(k->o.data);
}

static void log_keeper_sync_later(struct log_keeper *k)
{
    if (k->fenced || !k->unsynced || !background_idle(&k->background)) return;
    k->unsynced = false;
    if (background_start(&k->background, k->o.syncer, log_sync_run, k, log_sync_done, NULL) !=
        HS_OK) {
        k->unsynced = true; /* tried again with the next entry */
    }
}

void log_keeper_collect(struct log_keeper *k)
{
    if (background_collect(&k->background)) {
        if (k->background.status == HS_OK) {
            log_keeper_synced(k, k->sync_us);
        } else if (k->background.status != HS_CANCELLED) {
            log_keeper_fence(k, &k->background.error);
        }
    }
    if (k->o.mode == SIDECAR_LOG_SYNC_BACKGROUND) log_keeper_sync_later(k);
}

static enum hs_status log_keeper_put(struct log_keeper *k, const struct log_entry *entry,
                                     struct hs_error *err)
{
    enum hs_status st = replay_log_append(k->log, entry, err);

    if (st != HS_GAP) return st;
    st = replay_log_restart(k->log, err); /* what it holds does not lead here: it begins anew */
    return st == HS_OK ? replay_log_append(k->log, entry, err) : st;
}

enum log_appended log_keeper_append(struct log_keeper *k, const struct log_entry *entry)
{
    bool anew = k->fenced;
    struct hs_error err = {0};
    struct figures *f;

    if (!k->o.wanted) return LOG_APPENDED;
    if (anew && !log_keeper_reopen(k)) return LOG_APPENDED_NOTHING;
    if (log_keeper_put(k, entry, &err) != HS_OK) {
        log_keeper_fence(k, &err);
        return LOG_APPENDED_NOTHING;
    }
    f = figures_acquire(k->o.reporter->board);
    f->log_appends++;
    figures_release(k->o.reporter->board);
    k->unsynced = true;
    /* A failure is logged and counted, and fences the log; the delivery goes on. */
    if (k->o.mode == SIDECAR_LOG_SYNC_ALWAYS && log_keeper_sync_now(k, &err) != HS_OK) {
        return LOG_APPENDED_NOTHING;
    }
    if (k->o.mode == SIDECAR_LOG_SYNC_BACKGROUND) log_keeper_sync_later(k);
    return anew ? LOG_APPENDED_ANEW : LOG_APPENDED;
}

void log_keeper_block_end(struct log_keeper *k)
{
    if (k->o.mode == SIDECAR_LOG_SYNC_BLOCK) log_keeper_sync_later(k);
}

void log_keeper_show(const struct log_keeper *k)
{
    struct replay_log_summary log = log_keeper_summary(k);
    struct figures *f = figures_acquire(k->o.reporter->board);

    f->log.first = log.first;
    f->log.last = log.last;
    f->log.entries = log.entries;
    f->log.bytes = log.bytes;
    figures_release(k->o.reporter->board);
}
