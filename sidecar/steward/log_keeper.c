#include "sidecar/steward/log_keeper.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { REOPEN_EVERY_US = 1000000, SINCE_BYTES_MAX = 48 };
enum { SYNC_AFTER_US = 1000000, SYNC_QUIET_US = 150000, SYNC_BYTES_MAX = 1 << 20 };

enum log_work { LOG_WORK_NONE, LOG_WORK_OPEN, LOG_WORK_SYNC, LOG_WORK_REOPEN };

struct log_keeper {
    struct log_keeper_options o;
    struct replay_log *log;       /* NULL: none is kept, or, while fenced, it cannot be opened */
    const char *dir;              /* as of the last attempt; NULL: there is no place for one */
    struct background background; /* on the syncer */
    enum log_work work;           /* what it does; a log that it opens is its own until collected */
    struct replay_log_summary seen; /* what the log was when a reopen began */
    bool unsynced;                  /* entries were appended since the last sync began, … */
    uint64_t unsynced_bytes;        /* … of so many bytes, … */
    uint64_t unsynced_since_us;     /* … the first of them then, … */
    uint64_t appended_us;           /* … the last of them then */
    bool fenced;
    bool begun_anew;          /* it was fenced since the last append */
    uint64_t missed;          /* the lowest seqnum executed meanwhile; 0: none */
    uint64_t fenced_since;    /* the lowest that may be missing, missed or lost; 0: none is */
    uint64_t sync_us;         /* how long it took; set by the syncer */
    uint64_t reopen_after_us; /* the clock's: no attempt before, while fenced */
};

/* --- fenced, and not any more --- */

static void log_keeper_show_fence(const struct log_keeper *k)
{
    struct figures *f = figures_acquire(k->o.reporter->board);

    f->disk.log_fenced = k->fenced;
    f->disk.log_fenced_since = k->fenced_since;
    figures_release(k->o.reporter->board);
}

/* What was not known to be on disk may be lost with the file. */
static void log_keeper_begin_fence(struct log_keeper *k, uint64_t seqnum)
{
    struct replay_log_summary log = log_keeper_summary(k);

    if (log.synced < log.last) seqnum = log.synced < log.first ? log.first : log.synced + 1;
    k->fenced = true;
    k->begun_anew = true;
    k->fenced_since = seqnum;
}

/* "" while nothing is missing. */
static void fenced_since_words(const struct log_keeper *k, char words[SINCE_BYTES_MAX])
{
    words[0] = '\0';
    if (k->fenced_since == 0) return;
    (void)snprintf(words, SINCE_BYTES_MAX, " since seqnum %" PRIu64, k->fenced_since);
}

/* `seqnum`: what was to be appended; 0: nothing. */
static void log_keeper_fence(struct log_keeper *k, uint64_t seqnum, const struct hs_error *why)
{
    struct figures *f = figures_acquire(k->o.reporter->board);
    char since[SINCE_BYTES_MAX];

    f->log_failures++;
    figures_release(k->o.reporter->board);
    if (!k->fenced) {
        log_keeper_begin_fence(k, seqnum);
        fenced_since_words(k, since);
        logger_write(k->o.reporter->logger, LOG_LEVEL_ERROR,
                     "replay log: fenced%s: %s; deliveries go on without it, and a restart now "
                     "costs more",
                     since, why->text);
    }
    k->unsynced = false;
    k->reopen_after_us = clock_now_us(k->o.reporter->clock) + REOPEN_EVERY_US;
    log_keeper_show_fence(k);
}

static void log_keeper_end_fence(struct log_keeper *k)
{
    char since[SINCE_BYTES_MAX];

    fenced_since_words(k, since);
    logger_write(k->o.reporter->logger, LOG_LEVEL_WARN,
                 "replay log: writing works again, it was fenced%s; the next snapshot closes the "
                 "gap",
                 since);
    k->fenced = false;
    k->fenced_since = 0;
    log_keeper_show_fence(k);
}

/* --- what the syncer does --- */

static enum hs_status log_keeper_open_log(const struct log_keeper *k, bool anew,
                                          struct replay_log **out, struct hs_error *err)
{
    struct replay_log_options options = {.dir = k->dir,
                                         .quarantine_dir = folder_keeper_quarantine(k->o.folder),
                                         .settle_later = true,
                                         .anew = anew};

    if (!k->dir) return hs_fail(err, HS_IO, "the data folder has none");
    return replay_log_open(&options, out, err);
}

/* On the syncer. */
static enum hs_status log_open_run(void *data, struct hs_error *err)
{
    struct log_keeper *k = data;

    return log_keeper_open_log(k, false, &k->log, err);
}

static void log_work_done(void *data)
{
    struct log_keeper *k = data;

    k->o.nudge(k->o.data);
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

/* On the syncer. One that could not be opened at the start holds nothing that led to where the
 * kernel stands: it begins anew. */
static enum hs_status log_reopen_run(void *data, struct hs_error *err)
{
    struct log_keeper *k = data;
    enum hs_status st = k->log ? HS_OK : log_keeper_open_log(k, true, &k->log, err);

    return st == HS_OK ? replay_log_reopen(k->log, err) : st;
}

static bool log_keeper_start(struct log_keeper *k, enum log_work work, background_run_fn run)
{
    assert(k->work == LOG_WORK_NONE);
    if (background_start(&k->background, k->o.syncer, run, k, log_work_done, NULL) != HS_OK) {
        return false;
    }
    k->work = work;
    return true;
}

static void log_keeper_sync_later(struct log_keeper *k)
{
    if (k->fenced || !k->unsynced || k->work != LOG_WORK_NONE) return;
    k->unsynced = !log_keeper_start(k, LOG_WORK_SYNC, log_sync_run); /* or with the next entry */
}

/* A sync costs a hundred microseconds of processor time whatever it syncs, and what runs beside it
 * takes longer: with twenty a second the slowest thousandth of the messages took 1.7 times as long,
 * with one as long as without a log. So one covers what comes within a second; and once nothing has
 * come for a while, the rest. */
static void log_keeper_sync_in_time(struct log_keeper *k, uint64_t now_us)
{
    if (k->o.mode != SIDECAR_LOG_SYNC_BACKGROUND) return;
    if (k->unsynced_bytes >= SYNC_BYTES_MAX || now_us - k->unsynced_since_us >= SYNC_AFTER_US ||
        now_us - k->appended_us >= SYNC_QUIET_US) {
        log_keeper_sync_later(k);
    }
}

static void log_keeper_note_unsynced(struct log_keeper *k, const struct log_entry *entry,
                                     uint64_t now_us)
{
    k->appended_us = now_us;
    if (!k->unsynced) {
        k->unsynced_bytes = 0;
        k->unsynced_since_us = now_us;
    }
    k->unsynced = true;
    k->unsynced_bytes += entry->message.text.len;
}

static void log_keeper_reopen_later(struct log_keeper *k)
{
    if (!k->fenced || !k->o.wanted || k->work != LOG_WORK_NONE) return;
    if (!k->log) k->dir = folder_keeper_place(k->o.folder, DATA_FOLDER_LOG);
    if (!k->dir) return;
    if (clock_now_us(k->o.reporter->clock) < k->reopen_after_us) return;
    k->seen = log_keeper_summary(k);
    (void)log_keeper_start(k, LOG_WORK_REOPEN, log_reopen_run);
}

static void log_keeper_synced(struct log_keeper *k, uint64_t sync_us)
{
    struct figures *f = figures_acquire(k->o.reporter->board);

    histogram_add(&f->log_sync, sync_us);
    figures_release(k->o.reporter->board);
}

static void log_keeper_finish(struct log_keeper *k)
{
    enum log_work work = k->work;

    if (work == LOG_WORK_NONE || !background_collect(&k->background)) return;
    k->work = LOG_WORK_NONE;
    if (k->background.status == HS_CANCELLED) return;
    if (k->background.status != HS_OK) {
        log_keeper_fence(k, 0, &k->background.error);
    } else if (work == LOG_WORK_SYNC) {
        log_keeper_synced(k, k->sync_us);
    } else {
        log_keeper_end_fence(k);
    }
}

/* For whoever uses the log: it is the owner's again. */
static void log_keeper_settle(struct log_keeper *k)
{
    if (k->work != LOG_WORK_REOPEN) return;
    background_wait(&k->background);
    log_keeper_finish(k);
}

void log_keeper_collect(struct log_keeper *k)
{
    log_keeper_finish(k);
    log_keeper_reopen_later(k);
    if (k->unsynced) log_keeper_sync_in_time(k, clock_now_us(k->o.reporter->clock));
}

/* --- opening and closing --- */

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

void log_keeper_close(struct log_keeper *k)
{
    if (!k) return;
    background_wait(&k->background);
    (void)background_collect(&k->background);
    replay_log_close(k->log);
    background_fini(&k->background);
    free(k);
}

static void log_keeper_opened(struct log_keeper *k)
{
    struct replay_log_summary log = log_keeper_summary(k);

    log_keeper_told_at_open(k, &log);
    /* What was found is synced as if it had been appended now: a node that comes at once shall not
     * have a sync beside its first delivery. */
    k->unsynced = !log.fenced && log.synced < log.last;
    k->unsynced_since_us = clock_now_us(k->o.reporter->clock);
    k->appended_us = k->unsynced_since_us;
    if (!log.fenced) return;
    log_keeper_begin_fence(k, 0);
    log_keeper_show_fence(k);
}

enum hs_status log_keeper_open(const struct log_keeper_options *options, struct log_keeper **out,
                               struct hs_error *err)
{
    struct log_keeper *k = calloc(1, sizeof *k);
    enum hs_status st = HS_OK;

    *out = NULL;
    if (!k) return hs_fail(err, HS_NOMEM, "out of memory for the replay log");
    k->o = *options;
    k->dir = folder_keeper_place(k->o.folder, DATA_FOLDER_LOG);
    background_init(&k->background);
    if (k->o.wanted) {
        st = background_start(&k->background, k->o.syncer, log_open_run, k, NULL, err);
    }
    if (st != HS_OK) {
        log_keeper_close(k);
        return hs_fail_prefix(err, st, "replay log");
    }
    k->work = k->o.wanted ? LOG_WORK_OPEN : LOG_WORK_NONE;
    *out = k;
    return HS_OK;
}

enum hs_status log_keeper_open_end(struct log_keeper *k, struct hs_error *err)
{
    enum hs_status st;

    if (k->work != LOG_WORK_OPEN) return HS_OK;
    background_wait(&k->background);
    (void)background_collect(&k->background);
    k->work = LOG_WORK_NONE;
    st = k->background.status;
    if (st == HS_LOCKED || st == HS_NOMEM) {
        return hs_fail(err, st, "replay log: %s", k->background.error.text);
    }
    if (st == HS_OK) {
        log_keeper_opened(k);
    } else {
        log_keeper_fence(k, 0, &k->background.error);
    }
    return HS_OK;
}

void log_keeper_take_up(struct log_keeper *k)
{
    log_keeper_settle(k);
    if (!k->o.wanted || k->log || k->missed != 0) return;
    k->dir = folder_keeper_place(k->o.folder, DATA_FOLDER_LOG);
    if (!k->dir || log_keeper_open_log(k, false, &k->log, NULL) != HS_OK) return;
    logger_write(k->o.reporter->logger, LOG_LEVEL_WARN, "replay log: opened, writing works");
    k->fenced = false;
    k->begun_anew = false;
    log_keeper_opened(k);
    log_keeper_show_fence(k);
}

/* --- in use --- */

struct replay_log_summary log_keeper_summary(const struct log_keeper *k)
{
    if (k->work == LOG_WORK_REOPEN) return k->seen;
    return k->log ? replay_log_summary(k->log) : (struct replay_log_summary){0};
}

bool log_keeper_fenced(const struct log_keeper *k)
{
    return k->fenced;
}

bool log_keeper_position(struct log_keeper *k, uint64_t seqnum, struct position *out)
{
    log_keeper_settle(k);
    return k->log && replay_log_position(k->log, seqnum, out, NULL, NULL) == HS_OK;
}

bool log_keeper_floor(struct log_keeper *k, struct position *out)
{
    log_keeper_settle(k);
    return k->log && replay_log_floor(k->log, out, NULL) == HS_OK;
}

enum hs_status log_keeper_seek(struct log_keeper *k, uint64_t seqnum, struct replay_cursor **out,
                               struct hs_error *err)
{
    log_keeper_settle(k);
    if (!k->log) return hs_fail(err, HS_GAP, "no log is kept");
    return replay_log_seek(k->log, seqnum, out, err);
}

void log_keeper_restart(struct log_keeper *k)
{
    struct hs_error err = {0};

    log_keeper_settle(k);
    if (k->log && replay_log_restart(k->log, &err) != HS_OK) log_keeper_fence(k, 0, &err);
}

enum hs_status log_keeper_reject(struct log_keeper *k, const char *reason, struct hs_error *err)
{
    log_keeper_settle(k);
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

enum hs_status log_keeper_sync_now(struct log_keeper *k, struct hs_error *err)
{
    uint64_t began_us = clock_now_us(k->o.reporter->clock);
    struct hs_error why = {0};
    enum hs_status st;

    if (!k->o.wanted) return HS_OK;
    if (k->work == LOG_WORK_SYNC) { /* a file tells of its failure once: to whom of two is chance */
        background_wait(&k->background);
        log_keeper_finish(k);
    }
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
    log_keeper_fence(k, 0, &why);
    return hs_fail(err, st, "replay log: %s", why.text);
}

static enum hs_status log_keeper_put(struct log_keeper *k, const struct log_entry *entry,
                                     struct hs_error *err)
{
    bool skipped = k->missed != 0 && k->missed < entry->after.seqnum;
    enum hs_status st = skipped ? HS_GAP : replay_log_append(k->log, entry, err);

    if (st != HS_GAP) return st;
    st = replay_log_restart(k->log, err); /* what it holds does not lead here: it begins anew */
    return st == HS_OK ? replay_log_append(k->log, entry, err) : st;
}

static void log_keeper_missed(struct log_keeper *k, uint64_t seqnum)
{
    if (k->missed == 0 || seqnum < k->missed) k->missed = seqnum;
    if (k->fenced_since != 0 && k->fenced_since <= seqnum) return;
    k->fenced_since = seqnum;
    log_keeper_show_fence(k);
}

enum log_appended log_keeper_append(struct log_keeper *k, const struct log_entry *entry)
{
    struct hs_error err = {0};
    struct figures *f;
    bool anew = k->begun_anew;
    uint64_t now_us;

    if (!k->o.wanted) return LOG_APPENDED;
    if (k->fenced) {
        log_keeper_missed(k, entry->after.seqnum);
        return LOG_APPENDED_NOTHING;
    }
    if (log_keeper_put(k, entry, &err) != HS_OK) {
        log_keeper_fence(k, entry->after.seqnum, &err);
        log_keeper_missed(k, entry->after.seqnum);
        return LOG_APPENDED_NOTHING;
    }
    k->begun_anew = false;
    k->missed = 0;
    f = figures_acquire(k->o.reporter->board);
    f->log_appends++;
    figures_release(k->o.reporter->board);
    now_us = clock_now_us(k->o.reporter->clock);
    log_keeper_note_unsynced(k, entry, now_us);
    /* A failure is logged and counted, and fences the log; the delivery goes on. */
    if (k->o.mode == SIDECAR_LOG_SYNC_ALWAYS && log_keeper_sync_now(k, &err) != HS_OK) {
        return LOG_APPENDED_NOTHING;
    }
    log_keeper_sync_in_time(k, now_us);
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
