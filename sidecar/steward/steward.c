/* The steward's thread: one job after the other, and between them a look at what the workers have
 * finished. The phase and everything of struct steward belong to this thread; others see the
 * figures. */
#include "sidecar/steward/steward_internal.h"

#include "sidecar/report/clock.h"
#include "sidecar/steward/steward_jobs.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    WORKERS_MAX = 8,
    WORKERS_MIN = 2, /* a snapshot being verified leaves one for what is waited for */
    IDLE_MS = 200,   /* figures are at most this old once the steward is idle */
    VATS_SHOWN_EVERY_US = 250000,
};

void sidecar_advance(struct steward *s, enum phase_event event)
{
    enum phase from = s->phase, to = phase_next(from, event);
    struct figures *f;

    assert(to != PHASE_NONE);
    s->phase = to; /* the only place that writes it */
    assert(to != PHASE_LIVE || s->kernel);
    f = figures_acquire(s->o.board);
    f->phase = to;
    figures_release(s->o.board);
    if (from != to) {
        logger_write(s->o.logger, LOG_LEVEL_DEBUG, "phase: %s, %s, now %s", phase_name(from),
                     phase_event_name(event), phase_name(to));
    }
}

bool steward_stopping(const struct steward *s)
{
    return atomic_load(&s->stopping);
}

bool steward_node_waits(const struct steward *s, uint64_t node_epoch)
{
    return atomic_load(&s->node_epoch) == node_epoch;
}

/* Figures. */

static void publish_vats(struct steward *s)
{
    uint64_t now_us = clock_us();
    struct kernel_vat_info *vats;
    size_t count, filled;

    if (s->vats_shown_us != 0 && now_us - s->vats_shown_us < VATS_SHOWN_EVERY_US) return;
    s->vats_shown_us = now_us;
    count = s->kernel ? kernel_vats(s->kernel, NULL, 0) : 0;
    vats = count > 0 ? calloc(count, sizeof *vats) : NULL;
    filled = vats ? kernel_vats(s->kernel, vats, count) : 0;
    assert(filled <= count);
    figures_take_vats(s->o.board, vats, filled);
}

void steward_publish(struct steward *s)
{
    struct replay_log_summary log = log_keeper_summary(s);
    struct figures *f;

    f = figures_acquire(s->o.board);
    f->at = s->kernel ? kernel_position(s->kernel) : position_origin();
    f->height = s->kernel ? kernel_height(s->kernel) : 0;
    f->mark_seqnum = s->kernel ? kernel_mark_position(s->kernel).seqnum : 0;
    f->floor_seqnum = s->floor.seqnum;
    f->log.first = log.first;
    f->log.last = log.last;
    f->log.entries = log.entries;
    f->log.bytes = log.bytes;
    figures_release(s->o.board);
}

/* The kernel's life. */

void steward_drop_kernel(struct steward *s)
{
    snapshot_keeper_settle(s);
    kernel_close(s->kernel);
    s->kernel = NULL;
    kv_memory_close(s->memory);
    s->memory = NULL;
}

struct kv_store *steward_mirror(struct steward *s)
{
    return s->memory ? kv_memory_store(s->memory) : snapshot_db_base(s->snapshots.db);
}

bool steward_disk_failed(enum hs_status status)
{
    return status == HS_IO || status == HS_PERMISSION;
}

enum hs_status steward_base_in_memory(struct steward *s, const struct hs_error *why,
                                      struct hs_error *err)
{
    char words[HS_ERROR_TEXT_BYTES_MAX]; /* `why` may be `err` */

    assert(!s->kernel && !s->memory);
    (void)snprintf(words, sizeof words, "%s", why->text);
    logger_write(s->o.logger, LOG_LEVEL_ERROR,
                 "the snapshot store cannot be written: %s; the kernel runs from memory, without "
                 "snapshots, until the next start",
                 words);
    return kv_memory_open(&s->memory, err);
}

enum hs_status steward_base_anew(struct steward *s, struct hs_error *err)
{
    enum hs_status st;

    steward_drop_kernel(s);
    st = snapshot_db_begin_anew(s->snapshots.db, err);
    s->snapshots.taken_seqnum = 0;
    if (steward_disk_failed(st)) return steward_base_in_memory(s, err, err);
    if (st == HS_OK) snapshot_keeper_list(s);
    return st;
}

struct kernel_watch {
    struct steward *steward;
    struct progress progress;
};

static bool watch_transcripts(void *data, uint64_t done, uint64_t total)
{
    struct kernel_watch *w = data;

    progress_step(&w->progress, done, total);
    return !steward_stopping(w->steward);
}

/* Those of the base itself; while it is filled after another, that one's. */
static void steward_find_images(struct steward *s, struct kernel_options *options)
{
    options->images = snapshot_db_images(s->snapshots.db);
    if (options->images) return;
    options->images = snapshot_db_images_before(s->snapshots.db);
    options->images_elsewhere = options->images != NULL;
}

enum hs_status steward_start_kernel(struct steward *s, enum phase phase, struct hs_error *err)
{
    struct kernel_watch watch = {.steward = s};
    struct kernel_start_report report = {0};
    struct kernel_options options = {
        .base = steward_mirror(s),
        .engine = s->o.engine,
        .config = s->o.kernel_config,
        .vat_limits = vat_limits_default(),
        .run_jobs = worker_pool_run_jobs,
        .run_jobs_data = s->workers,
        .progress = watch_transcripts,
        .progress_data = &watch,
    };
    enum hs_status st;

    assert(!s->kernel);
    if (s->o.config->images && !s->memory) steward_find_images(s, &options);
    progress_begin(&watch.progress, s->o.board, s->o.logger, phase, "transcript entries", 0, 0);
    st = kernel_start(&options, &s->kernel, &report, err);
    progress_end(&watch.progress);
    if (st != HS_OK) {
        s->kernel = NULL;
        return st;
    }
    s->start_report = report;
    steward_measured_start(s, &report, clock_us() - watch.progress.started_us);
    logger_write(s->o.logger, LOG_LEVEL_INFO,
                 "kernel at seqnum %llu: %llu vats, %llu from images, %llu transcript entries "
                 "replayed",
                 (unsigned long long)kernel_position(s->kernel).seqnum,
                 (unsigned long long)report.vats, (unsigned long long)report.vats_from_images,
                 (unsigned long long)report.transcript_entries_replayed);
    return HS_OK;
}

enum hs_status steward_start_empty(struct steward *s, struct hs_error *err)
{
    enum hs_status st = steward_base_anew(s, err);

    if (st == HS_OK && !s->memory) st = snapshot_db_fill_end(s->snapshots.db, err);
    if (steward_disk_failed(st)) st = steward_base_in_memory(s, err, err);
    if (st != HS_OK) return st;
    return steward_start_kernel(s, s->phase, err);
}

/* Jobs. */

static void steward_node_job(struct job *job, void *owner)
{
    struct node_job *j = (struct node_job *)job;
    struct steward *s = owner;
    struct figures *f;

    s->attached = false;
    f = figures_acquire(s->o.board);
    if (j->connected) { /* of one that went away, what it was stays to be seen */
        f->node = (struct figures_node){.connected = true};
        memcpy(f->node.client, j->client, sizeof f->node.client);
    }
    f->node.connected = j->connected;
    figures_release(s->o.board);
    if (!j->connected) sidecar_advance(s, EVENT_NODE_GONE);
    logger_write(s->o.logger, LOG_LEVEL_INFO, j->connected ? "node connected: %s" : "node gone%s",
                 j->client);
    node_job_free(job);
}

static void steward_commit_job(struct job *job, void *owner)
{
    struct commit_job *j = (struct commit_job *)job;
    struct steward *s = owner;

    /* The kernel stands where the node's last delivery up to that block left it, unless that one's
     * transaction failed: the next delivery tells, so the mark, which must be the node's, waits. */
    if (s->attached && s->kernel && kernel_height(s->kernel) <= j->height) {
        s->floor = kernel_position(s->kernel);
    }
    commit_job_free(job);
}

static void steward_prepare_job(struct job *job, void *owner)
{
    struct prepare_job *j = (struct prepare_job *)job;
    struct steward *s = owner;
    struct hs_error err = {0};

    if (log_keeper_sync_now(s, &err) == HS_OK) {
        answer_post_ok(s->o.loop, j->request);
    } else {
        answer_post_error(s->o.loop, j->request, IPC_STORAGE_FAILED, err.text);
    }
    j->request = NULL;
    prepare_job_free(job);
}

static void steward_deliver_job(struct job *job, void *owner)
{
    delivery_execute(owner, (struct delivery_job *)job);
}

/* The thread. */

static enum hs_status steward_open(struct steward *s, struct hs_error *err)
{
    bool epoch_changed = false;
    enum hs_status st =
        data_folder_adopt_epoch(s->o.folder, vat_engine_epoch(s->o.engine), &epoch_changed, err);

    if (st != HS_OK) return st;
    if (epoch_changed) {
        logger_write(s->o.logger, LOG_LEVEL_WARN,
                     "the data folder was written with another engine: its heap images are not "
                     "used, transcripts are replayed instead");
    }
    st = snapshot_keeper_open(s, err);
    if (st == HS_OK) st = log_keeper_open(s, err);
    if (st == HS_OK) steward_rates_load(s);
    return st;
}

static void steward_collect(struct steward *s)
{
    snapshot_keeper_collect(s);
    log_keeper_collect(s);
}

static void steward_serve(struct steward *s)
{
    while (!steward_stopping(s)) {
        struct job *job = job_queue_take(s->queue, IDLE_MS);

        steward_collect(s);
        if (job) {
            job->run(job, s);
        } else {
            steward_rates_idle(s);
        }
        steward_publish(s);
        publish_vats(s);
    }
}

static void steward_shut(struct steward *s)
{
    struct hs_error err = {0};

    sidecar_advance(s, EVENT_STOP);
    if (s->log.log && log_keeper_sync_now(s, &err) != HS_OK) {
        logger_write(s->o.logger, LOG_LEVEL_WARN, "stopping: %s", err.text);
    }
    steward_rates_save(s);
    atomic_store(&s->snapshots.cancel, true);
    steward_drop_kernel(s);
    log_keeper_close(s);
    snapshot_keeper_close(s);
}

static void *steward_main(void *data)
{
    struct steward *s = data;
    struct hs_error err = {0};
    enum hs_status st = steward_open(s, &err);

    if (st == HS_OK) {
        sidecar_advance(s, EVENT_OPENED);
        st = steward_preload(s, &err);
        steward_publish(s);
    }
    if (st == HS_OK) {
        steward_serve(s);
    } else if (st != HS_CANCELLED) {
        s->o.failed(s->o.data, &err);
    }
    steward_shut(s);
    return NULL;
}

static enum hs_status steward_start_thread(struct steward *s, struct hs_error *err)
{
    pthread_attr_t attributes;
    int failed;

    (void)pthread_attr_init(&attributes);
    (void)pthread_attr_setstacksize(&attributes, HS_VAT_THREAD_STACK_BYTES);
    failed = pthread_create(&s->thread, &attributes, steward_main, s);
    (void)pthread_attr_destroy(&attributes);
    return failed ? hs_fail_errno(err, HS_NOMEM, failed, "cannot start the kernel thread") : HS_OK;
}

static size_t workers_wanted(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);

    if (processors < WORKERS_MIN) return WORKERS_MIN;
    return processors > WORKERS_MAX ? WORKERS_MAX : (size_t)processors;
}

static void steward_free(struct steward *s)
{
    worker_pool_close(s->workers);
    worker_pool_close(s->syncer);
    real_store_close(s->real_store);
    job_queue_close(s->queue);
    background_fini(&s->snapshots.background);
    background_fini(&s->log.background);
    steward_forget_divergence(s);
    free(s->snapshots.records);
    free(s);
}

enum hs_status steward_start(const struct steward_options *options, struct steward **out,
                             struct hs_error *err)
{
    struct steward *s = calloc(1, sizeof *s);
    enum hs_status st;

    *out = NULL;
    if (!s) return hs_fail(err, HS_NOMEM, "steward");
    s->o = *options;
    s->phase = PHASE_STARTING;
    s->started_us = clock_us();
    background_init(&s->snapshots.background);
    background_init(&s->log.background);
    st = job_queue_open(NULL, NULL, &s->queue, err);
    if (st == HS_OK) st = real_store_open(s->o.link, s->o.board, &s->real_store, err);
    if (st == HS_OK) st = worker_pool_open(workers_wanted(), &s->workers, err);
    if (st == HS_OK) st = worker_pool_open(1, &s->syncer, err);
    if (st == HS_OK) st = steward_start_thread(s, err);
    if (st != HS_OK) {
        steward_free(s);
        return st;
    }
    *out = s;
    return HS_OK;
}

void steward_stop(struct steward *s)
{
    atomic_store(&s->stopping, true);
    job_queue_end(s->queue);
}

void steward_close(struct steward *s)
{
    if (!s) return;
    steward_stop(s);
    (void)pthread_join(s->thread, NULL);
    steward_free(s);
}

/* What the loop thread posts. Without memory for a job, the peer is told and nothing is queued. */

void steward_deliver(struct steward *s, struct ipc_request *request,
                     const struct ipc_delivery *delivery)
{
    struct delivery_job *j = delivery_job_open(s->o.loop, request, delivery);

    if (!j) {
        ipc_reply_error(request, IPC_INTERNAL, "out of memory");
        return;
    }
    j->node_epoch = atomic_load(&s->node_epoch);
    j->job.run = steward_deliver_job;
    job_queue_post(s->queue, &j->job);
}

void steward_prepare_commit(struct steward *s, struct ipc_request *request, uint64_t height)
{
    struct prepare_job *j = prepare_job_open(s->o.loop, request, height);

    if (!j) {
        ipc_reply_error(request, IPC_INTERNAL, "out of memory");
        return;
    }
    j->job.run = steward_prepare_job;
    job_queue_post(s->queue, &j->job);
}

void steward_commit(struct steward *s, uint64_t height)
{
    struct commit_job *j = commit_job_open(height);

    if (!j) return; /* advice: the next height says the same */
    j->job.run = steward_commit_job;
    job_queue_post(s->queue, &j->job);
}

static void steward_node(struct steward *s, bool connected, const char *client)
{
    struct node_job *j = node_job_open(connected, client);

    (void)atomic_fetch_add(&s->node_epoch, 1);
    if (!j) {
        logger_write(s->o.logger, LOG_LEVEL_ERROR, "out of memory");
        return;
    }
    j->job.run = steward_node_job;
    job_queue_post(s->queue, &j->job);
}

void steward_node_attached(struct steward *s, const char *client)
{
    steward_node(s, true, client);
}

void steward_node_detached(struct steward *s)
{
    steward_node(s, false, "");
}
