/* A verification re-reads everything, so it may take a twentieth of the time and no more: the next
 * one waits twenty times as long as the last one took. What was verified may rot later, so it is
 * verified again, for a five-hundredth of the time. */
#include "sidecar/steward/snapshot_keeper.h"

#include "sidecar/steward/retry.h"
#include "snapshot/snapshot_policy.h"

#include <assert.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { VERIFY_PAUSE_FACTOR = 20, VERIFY_PAUSE_US_MIN = 1000000 };
enum { VERIFY_AGAIN_FACTOR = 500, VERIFY_AGAIN_US_MIN = 600000000 };

enum snapshot_work { SNAPSHOT_WORK_NONE, SNAPSHOT_WORK_PUT, SNAPSHOT_WORK_VERIFY };

struct snapshot_keeper {
    struct snapshot_keeper_options o;
    struct snapshot_db *db;     /* NULL: it cannot be opened now. The owner's to set and to read */
    struct snapshot_db *opened; /* by a put that found none; `db` once that is collected */
    const char *dir;            /* as of the last attempt; NULL: there is no place for a store */
    struct snapshot_record
        *records; /* what the store keeps, newest first, as of the last listing */
    size_t records_len;
    struct background background;
    enum snapshot_work work; /* what the background does; the store is its own until collected */
    struct mark_changes changes;    /* of a put */
    struct snapshot_record written; /* of a put */
    uint64_t work_us;               /* how long it took; set by the worker */
    struct kv_store *memory;        /* of a put: the base to move in first; NULL: there is none */
    atomic_bool cancel;             /* of a verification, or of moving in */
    uint64_t taken_seqnum;          /* of the newest snapshot, written or begun */
    uint64_t run_us;                /* what was executed since took, up to the last mark seen */
    uint64_t run_us_open;           /* and since that mark */
    uint64_t run_us_taken;          /* of what a put writes */
    uint64_t write_us;              /* what the last put took */
    bool due;                       /* begin one as soon as nothing else runs, and … */
    struct retry retry;             /* … not before this says so */
    uint64_t failing_since_s;       /* Unix; 0: they do not fail */
    bool forced;                    /* the next block end is due, whatever the policy says */
    uint64_t verify_after_us;       /* the clock's: no verification before */
    uint64_t verify_again_after_us; /* nor, before this, one of what was verified already */
};

/* How much there is on disk is asked before the figures are locked: it reads folders. */
static void snapshot_list(struct snapshot_keeper *k)
{
    uint64_t bytes;
    struct figures *f;

    assert(k->work == SNAPSHOT_WORK_NONE);
    bytes = k->db ? snapshot_db_disk_bytes(k->db) : 0;
    k->records_len = k->db ? snapshot_db_list(k->db, k->records, HS_SNAPSHOT_KEEP_MAX) : 0;
    if (k->records_len > HS_SNAPSHOT_KEEP_MAX) k->records_len = HS_SNAPSHOT_KEEP_MAX;
    f = figures_acquire(k->o.reporter->board);
    f->snapshot.count = k->records_len;
    f->snapshot.newest = k->records_len > 0 ? k->records[0].at.seqnum : 0;
    f->snapshot.made_at_s = k->records_len > 0 ? k->records[0].made_at : 0;
    f->snapshot.bytes = bytes;
    figures_release(k->o.reporter->board);
}

/* The present content is another: what was taken of the one before says nothing of it. */
static void snapshot_moved(struct snapshot_keeper *k)
{
    snapshot_list(k);
    k->taken_seqnum = k->records_len > 0 ? k->records[0].at.seqnum : 0;
    k->run_us = 0;
    k->run_us_open = 0;
}

static void snapshot_told(void *data, const char *words)
{
    struct snapshot_keeper *k = data;

    logger_write(k->o.reporter->logger, LOG_LEVEL_ERROR, "%s", words);
}

static void snapshot_show_failing(struct snapshot_keeper *k, uint64_t since_s)
{
    k->failing_since_s = since_s;
    figures_acquire(k->o.reporter->board)->disk.snapshots_failing_since_s = since_s;
    figures_release(k->o.reporter->board);
}

/* The first failure is told as an error; what follows, to whoever wants to know. */
static void snapshot_failing(struct snapshot_keeper *k, const char *why)
{
    enum log_level level = k->failing_since_s == 0 ? LOG_LEVEL_ERROR : LOG_LEVEL_DEBUG;

    logger_write(k->o.reporter->logger, level,
                 "snapshot was not written: %s; deliveries go on without, and it is tried again",
                 why);
    if (k->failing_since_s == 0) snapshot_show_failing(k, clock_now_unix_s(k->o.reporter->clock));
}

static void snapshot_failing_no_more(struct snapshot_keeper *k)
{
    retry_worked(&k->retry);
    if (k->failing_since_s == 0) return;
    logger_write(k->o.reporter->logger, LOG_LEVEL_WARN,
                 "snapshots are written again, at seqnum %" PRIu64, k->written.at.seqnum);
    snapshot_show_failing(k, 0);
}

static void snapshot_pause(struct snapshot_keeper *k)
{
    retry_failed(&k->retry, clock_now_us(k->o.reporter->clock), k->work_us);
}

static enum hs_status snapshot_open(struct snapshot_keeper *k, struct snapshot_db **out,
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
static void snapshot_ask_place(struct snapshot_keeper *k)
{
    if (!k->db) k->dir = folder_keeper_place(k->o.folder, DATA_FOLDER_SNAPSHOT);
}

enum hs_status snapshot_keeper_open(const struct snapshot_keeper_options *options,
                                    struct snapshot_keeper **out, struct hs_error *err)
{
    struct snapshot_keeper *k = calloc(1, sizeof *k);
    struct hs_error why = {0};
    enum hs_status st = HS_NOMEM;

    *out = NULL;
    if (!k) return hs_fail(err, st, "out of memory for the snapshots");
    k->o = *options;
    snapshot_ask_place(k);
    background_init(&k->background);
    k->records = calloc(HS_SNAPSHOT_KEEP_MAX, sizeof *k->records);
    if (k->records) {
        st = snapshot_open(k, &k->db, &why);
    } else {
        (void)hs_fail(&why, st, "out of memory");
    }
    if (st == HS_LOCKED || st == HS_NOMEM) {
        snapshot_keeper_close(k);
        return hs_fail(err, st, "snapshot store: %s", why.text);
    }
    if (st != HS_OK) snapshot_failing(k, why.text);
    snapshot_moved(k);
    k->verify_again_after_us = clock_now_us(k->o.reporter->clock) + VERIFY_AGAIN_US_MIN;
    *out = k;
    return HS_OK;
}

void snapshot_keeper_take_up(struct snapshot_keeper *k)
{
    assert(k->work == SNAPSHOT_WORK_NONE);
    if (k->db) return;
    snapshot_ask_place(k);
    if (snapshot_open(k, &k->db, NULL) != HS_OK) return;
    retry_worked(&k->retry);
    snapshot_moved(k);
    if (k->failing_since_s == 0) return;
    logger_write(k->o.reporter->logger, LOG_LEVEL_WARN, "the snapshot store is open again");
    snapshot_show_failing(k, 0);
}

void snapshot_keeper_close(struct snapshot_keeper *k)
{
    if (!k) return;
    (void)snapshot_keeper_settle(k, NULL, NULL);
    snapshot_db_close(k->db);
    background_fini(&k->background);
    free(k->records);
    free(k);
}

static void snapshot_count_skip(struct snapshot_keeper *k, enum snapshot_skip reason)
{
    struct figures *f = figures_acquire(k->o.reporter->board);

    f->snapshot_skips[reason]++;
    figures_release(k->o.reporter->board);
}

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
    enum hs_status st = k->db ? HS_OK : snapshot_open(k, &k->opened, err);
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
    enum hs_status st = k->memory ? snapshot_move_in(k, err)
                                  : snapshot_db_put(k->db, &k->changes, &k->written, err);

    k->work_us = clock_now_us(k->o.reporter->clock) - began_us;
    return st;
}

static enum hs_status snapshot_verify_run(void *data, struct hs_error *err)
{
    struct snapshot_keeper *k = data;
    uint64_t began_us = clock_now_us(k->o.reporter->clock);
    enum hs_status st = snapshot_db_verify(k->db, &k->cancel, err);

    k->work_us = clock_now_us(k->o.reporter->clock) - began_us;
    return st;
}

static void snapshot_work_done(void *data)
{
    struct snapshot_keeper *k = data;

    k->o.nudge(k->o.data);
}

static void snapshot_not_begun(struct snapshot_keeper *k, const struct hs_error *why)
{
    logger_write(k->o.reporter->logger, LOG_LEVEL_ERROR, "snapshot: %s", why->text);
    snapshot_count_skip(k, SNAPSHOT_SKIP_FAILED);
    k->run_us += k->run_us_taken;
    snapshot_pause(k);
    k->due = true;
}

static void snapshot_begin_put(struct snapshot_keeper *k, struct kernel *kernel,
                               struct kv_store *memory)
{
    struct hs_error err = {0};

    assert(k->work == SNAPSHOT_WORK_NONE);
    k->due = false;
    k->taken_seqnum = kernel_mark_position(kernel).seqnum;
    k->run_us_taken = k->run_us;
    k->run_us = 0;
    k->memory = memory;
    snapshot_ask_place(k);
    atomic_store(&k->cancel, false);
    if (kernel_snapshot_take(kernel, k->o.images, &k->changes, &err) != HS_OK) {
        snapshot_not_begun(k, &err);
        return;
    }
    if (background_start(&k->background, k->o.workers, snapshot_put_run, k, snapshot_work_done,
                         &err) != HS_OK) {
        kernel_snapshot_done(kernel, &k->changes, false);
        mark_changes_fini(&k->changes);
        snapshot_not_begun(k, &err);
        return;
    }
    k->work = SNAPSHOT_WORK_PUT;
}

static void snapshot_begin_verify(struct snapshot_keeper *k)
{
    uint64_t now_us = clock_now_us(k->o.reporter->clock);

    if (k->records_len == 0 || now_us < k->verify_after_us) return;
    if (k->records[0].verified && now_us < k->verify_again_after_us) return;
    atomic_store(&k->cancel, false);
    if (background_start(&k->background, k->o.workers, snapshot_verify_run, k, snapshot_work_done,
                         NULL) == HS_OK) {
        k->work = SNAPSHOT_WORK_VERIFY;
    }
}

void snapshot_keeper_begin(struct snapshot_keeper *k, struct kernel *kernel,
                           struct kv_store *memory)
{
    if (k->work != SNAPSHOT_WORK_NONE) return;
    if (k->due && retry_due(&k->retry, clock_now_us(k->o.reporter->clock))) {
        snapshot_begin_put(k, kernel, memory);
    } else {
        snapshot_begin_verify(k);
    }
}

void snapshot_keeper_proven(struct snapshot_keeper *k)
{
    if (k->db) snapshot_db_proven(k->db);
}

void snapshot_keeper_idle(struct snapshot_keeper *k)
{
    if (k->db && k->work == SNAPSHOT_WORK_NONE) snapshot_db_proven_settle(k->db);
}

void snapshot_keeper_rest(struct snapshot_keeper *k)
{
    k->verify_after_us = clock_now_us(k->o.reporter->clock) + VERIFY_PAUSE_US_MIN;
}

void snapshot_keeper_force(struct snapshot_keeper *k)
{
    k->forced = true;
}

static void snapshot_put_told(struct snapshot_keeper *k, bool written)
{
    struct figures *f = figures_acquire(k->o.reporter->board);

    f->snapshot_writes[written ? SNAPSHOT_WRITTEN : SNAPSHOT_FAILED]++;
    if (written) {
        f->snapshot_success_unix_s = clock_now_unix_s(k->o.reporter->clock);
        histogram_add(&f->snapshot_write, k->work_us);
    }
    figures_release(k->o.reporter->board);
    if (written) {
        struct log_field fields[] = {{.name = "seqnum", .number = k->written.at.seqnum},
                                     {.name = "bytes", .number = k->written.batch_bytes}};

        logger_write_fields(k->o.reporter->logger, LOG_LEVEL_DEBUG, fields, 2,
                            "snapshot at seqnum %" PRIu64 ": %" PRIu64 " bytes in %.1f ms",
                            k->written.at.seqnum, k->written.batch_bytes,
                            (double)k->work_us / 1000.0);
    }
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
    snapshot_failing(k, k->background.error.text);
    snapshot_pause(k);
    k->due = true;
}

static enum snapshot_finding snapshot_put_collected(struct snapshot_keeper *k,
                                                    struct kernel *kernel)
{
    bool written = k->background.status == HS_OK, moved = written && k->memory;

    k->write_us = k->work_us;
    k->memory = NULL;
    if (k->opened) k->db = k->opened;
    k->opened = NULL;
    if (!written) k->run_us += k->run_us_taken;
    if (kernel && moved) kernel_move_base(kernel, snapshot_db_base(k->db));
    if (kernel) kernel_snapshot_done(kernel, &k->changes, written);
    mark_changes_fini(&k->changes);
    snapshot_put_told(k, written);
    snapshot_list(k); /* first: who sees that they do not fail any more sees the snapshot */
    if (written) {
        snapshot_failing_no_more(k);
    } else {
        snapshot_put_failed(k);
    }
    if (moved) return SNAPSHOT_FINDING_MOVED;
    return written ? SNAPSHOT_FINDING_WRITTEN : SNAPSHOT_FINDING_FAILED;
}

static uint64_t snapshot_pause_until(const struct snapshot_keeper *k, uint64_t factor,
                                     uint64_t us_min)
{
    uint64_t pause_us = k->work_us * factor;

    return clock_now_us(k->o.reporter->clock) + (pause_us > us_min ? pause_us : us_min);
}

static enum snapshot_finding snapshot_verify_collected(struct snapshot_keeper *k,
                                                       struct hs_error *err)
{
    k->verify_after_us = snapshot_pause_until(k, VERIFY_PAUSE_FACTOR, VERIFY_PAUSE_US_MIN);
    switch (k->background.status) {
    case HS_OK:
        k->verify_again_after_us =
            snapshot_pause_until(k, VERIFY_AGAIN_FACTOR, VERIFY_AGAIN_US_MIN);
        figures_acquire(k->o.reporter->board)->snapshot_verifications++;
        figures_release(k->o.reporter->board);
        return SNAPSHOT_FINDING_VERIFIED;
    case HS_CANCELLED: return SNAPSHOT_FINDING_VERIFIED;
    case HS_CORRUPT:
        (void)hs_fail(err, HS_CORRUPT, "%s", k->background.error.text);
        return SNAPSHOT_FINDING_DAMAGED;
    default: break;
    }
    logger_write(k->o.reporter->logger, LOG_LEVEL_WARN, "snapshot could not be verified: %s",
                 k->background.error.text);
    return SNAPSHOT_FINDING_FAILED;
}

enum snapshot_finding snapshot_keeper_collect(struct snapshot_keeper *k, struct kernel *kernel,
                                              struct hs_error *err)
{
    enum snapshot_work work = k->work;
    enum snapshot_finding finding;

    if (work == SNAPSHOT_WORK_NONE || !background_collect(&k->background)) {
        return SNAPSHOT_FINDING_NONE;
    }
    k->work = SNAPSHOT_WORK_NONE;
    if (work == SNAPSHOT_WORK_PUT) return snapshot_put_collected(k, kernel);
    finding = snapshot_verify_collected(k, err);
    snapshot_list(k);
    return finding;
}

enum snapshot_finding snapshot_keeper_settle(struct snapshot_keeper *k, struct kernel *kernel,
                                             struct hs_error *err)
{
    enum snapshot_finding finding;

    atomic_store(&k->cancel, true);
    background_wait(&k->background);
    finding = snapshot_keeper_collect(k, kernel, err);
    k->due = false;
    assert(k->work == SNAPSHOT_WORK_NONE);
    return finding;
}

static bool snapshot_due(struct snapshot_keeper *k, struct kernel *kernel, uint64_t height_next)
{
    struct snapshot_rhythm rhythm = {.messages = k->forced ? 1 : k->o.every,
                                     .run_us = k->o.run_us_max};
    struct snapshot_moment now = {.height_last = kernel_height(kernel),
                                  .height_next = height_next,
                                  .seqnum_mark = kernel_mark_position(kernel).seqnum,
                                  .seqnum_newest = k->taken_seqnum};

    k->run_us += k->run_us_open;
    k->run_us_open = 0;
    now.run_us = k->run_us;
    now.write_us = k->write_us;
    return k->o.every > 0 && snapshot_policy_due(&now, &rhythm);
}

void snapshot_keeper_ran(struct snapshot_keeper *k, uint64_t run_us)
{
    k->run_us_open += run_us;
}

/* Of the last block's messages it is not known here which lie behind the mark: they count as
 * before it, so the one that follows comes a little later. */
void snapshot_keeper_consider_start(struct snapshot_keeper *k, struct kernel *kernel)
{
    uint64_t height = kernel_height(kernel);

    if (height > 0 && snapshot_due(k, kernel, height + 1)) k->due = true;
}

/* One that is forced has a gap in the log behind it: it comes as soon as it can. Any other comes
 * with a later block. */
void snapshot_keeper_consider(struct snapshot_keeper *k, struct kernel *kernel,
                              struct kv_store *memory, uint64_t height_next)
{
    bool due = snapshot_due(k, kernel, height_next);
    bool paused = !retry_due(&k->retry, clock_now_us(k->o.reporter->clock));

    if (memory && k->o.every > 0) k->due = true;
    if (due && paused) snapshot_count_skip(k, SNAPSHOT_SKIP_FAILED);
    if (due && k->work == SNAPSHOT_WORK_PUT) {
        snapshot_count_skip(k, SNAPSHOT_SKIP_BUSY);
        due = k->forced;
    }
    if (due) { /* behind a verification, or in a pause, it waits for the end */
        k->due = true;
        k->forced = false;
    }
    if (k->due) snapshot_keeper_begin(k, kernel, memory);
}

void snapshot_keeper_finish(struct snapshot_keeper *k, struct kernel *kernel)
{
    bool due = k->due;

    if (snapshot_keeper_settle(k, kernel, NULL) == SNAPSHOT_FINDING_FAILED || !due) return;
    snapshot_begin_put(k, kernel, NULL);
    (void)snapshot_keeper_settle(k, kernel, NULL);
}

void snapshot_keeper_refused(struct snapshot_keeper *k, const char *why)
{
    snapshot_failing(k, why);
    snapshot_pause(
        k); /* what the kernel's mark is now may be no block's end: the next one is due */
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

/* From the oldest kept snapshot on, everything stays, so that each of them can be rolled forward;
 * one that passed its verification is among them. */
uint64_t snapshot_keeper_spared_seqnum(const struct snapshot_keeper *k)
{
    for (size_t i = 0; i < k->records_len; i++) {
        if (k->records[i].verified) return k->records[k->records_len - 1].at.seqnum;
    }
    return 0;
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
    snapshot_moved(k);
    return st;
}

/* It could not be opened at the start: now, perhaps. */
static enum hs_status snapshot_open_anew(struct snapshot_keeper *k, struct hs_error *err)
{
    enum hs_status st;

    snapshot_ask_place(k);
    st = snapshot_open(k, &k->db, err);
    if (st == HS_OK) st = snapshot_db_begin_anew(k->db, err);
    snapshot_moved(k);
    return st == HS_OK || st == HS_NOMEM ? st : HS_IO;
}

enum hs_status snapshot_keeper_begin_anew(struct snapshot_keeper *k, struct hs_error *err)
{
    enum hs_status st;

    assert(k->work == SNAPSHOT_WORK_NONE);
    if (!k->db) return snapshot_open_anew(k, err);
    st = snapshot_db_begin_anew(k->db, err);
    snapshot_moved(k);
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
    snapshot_moved(k);
    return st;
}

void snapshot_keeper_after_end(struct snapshot_keeper *k, bool worked)
{
    if (worked) {
        snapshot_db_before_release(k->db);
    } else {
        snapshot_db_before_restore(k->db);
    }
    snapshot_moved(k);
}

enum hs_status snapshot_keeper_salvage(struct snapshot_keeper *k, const char *reason,
                                       const atomic_bool *cancel, struct hs_error *err)
{
    enum hs_status st;

    assert(k->work == SNAPSHOT_WORK_NONE);
    if (!k->db) return hs_fail(err, HS_NOT_FOUND, "there is no snapshot store");
    st = snapshot_db_salvage(k->db, reason, cancel, err);
    snapshot_moved(k);
    return st;
}

enum hs_status snapshot_keeper_reject(struct snapshot_keeper *k, const char *reason,
                                      struct hs_error *err)
{
    enum hs_status st;

    assert(k->work == SNAPSHOT_WORK_NONE);
    if (!k->db) return HS_OK;
    st = snapshot_db_reject(k->db, reason, err);
    snapshot_list(k);
    return st;
}
