/* The steward's thread: one job after the other, and between them a look at what the workers have
 * finished. What a job does is the helm's; this is how it gets there and how the answer gets back.
 */
#include "sidecar/steward/steward.h"

#include "ipc/spin.h"
#include "sidecar/report/kernel_watch.h"
#include "sidecar/steward/delivery_answer.h"
#include "sidecar/steward/helm.h"
#include "sidecar/steward/query_gate.h"
#include "sidecar/steward/wire_job.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    WORKERS_MAX = 8,
    UNHURRIED_WORKERS = 2, /* a folder is mended beside a verification */
    IDLE_MS = 200,         /* figures are at most this old once the steward is idle */
    QUIET_MS = 1,          /* a node in a block delivers again before that: queries wait so long */
};

struct steward {
    struct steward_options o;
    struct job_queue *queue;
    struct job_queue *queries; /* taken while nothing else is there */
    struct query_gate gate;
    atomic_uint queries_len;
    atomic_uint deliveries; /* not done yet: until then queries are `busy` */
    uint64_t job_us;        /* the kernel thread's: when the last job was done */
    struct spin spin;       /* the kernel thread's */
    bool spin_came;         /* something, while it spun */
    bool worked;            /* likewise: a job was done since it last waited */
    struct worker_pool *workers, *unhurried, *syncer;
    struct kernel_watch watch; /* the thread's */
    pthread_t thread;
    atomic_bool stopping;
    atomic_uint_fast64_t node_epoch; /* odd while a node is connected; written with the loop */
};

/* --- the thread --- */

void steward_nudge(struct steward *s)
{
    job_queue_nudge(s->queue);
}

static void steward_nudged(void *data)
{
    steward_nudge(data);
}

/* There is something in its queue: the thread may wait in the loop. */
static void steward_wake(void *data)
{
    lent_loop_recall(((struct steward *)data)->o.lent);
}

static enum hs_status steward_open_watch(struct steward *s, struct hs_error *err)
{
    const struct slog_options options = {.disk = disk_system(),
                                         .clock = s->o.clock,
                                         .logger = s->o.logger,
                                         .path = s->o.config->slog_path};

    s->watch.logger = s->o.logger;
    return options.path ? slog_open(&options, &s->watch.slog, err) : HS_OK;
}

static enum hs_status steward_open_helm(struct steward *s, struct helm **out, struct hs_error *err)
{
    const struct helm_options options = {
        .holdings = {.config = s->o.config,
                     .kernel_config = s->o.kernel_config,
                     .reporter = {.clock = s->o.clock,
                                  .logger = s->o.logger,
                                  .board = s->o.board,
                                  .watch = &s->watch},
                     .folder = s->o.folder,
                     .engine = s->o.engine,
                     .link = s->o.link,
                     .workers = s->workers,
                     .unhurried = s->unhurried,
                     .syncer = s->syncer,
                     .stopping = &s->stopping,
                     .nudge = steward_nudged,
                     .data = s},
        .node_epoch = &s->node_epoch,
    };

    return helm_open(&options, out, err);
}

/* Long enough after the last job that a query is not begun between two deliveries of a block. */
static bool steward_is_quiet(const struct steward *s)
{
    return clock_now_us(s->o.clock) - s->job_us >= QUIET_MS * 1000;
}

static int steward_patience_ms(const struct steward *s)
{
    if (atomic_load(&s->queries_len) == 0) return IDLE_MS;
    return steward_is_quiet(s) ? 0 : QUIET_MS;
}

static void steward_flush(struct steward *s)
{
    if (s->o.lent) lent_loop_flush(s->o.lent);
}

/* Nothing else is there: answer a query, if there is one and it is its turn. */
static void steward_ask(struct steward *s, struct helm *h)
{
    struct job *job = NULL;

    if (!steward_is_quiet(s) || !query_gate_enter(&s->gate)) return;
    job = job_queue_take(s->queries, 0);
    if (job) {
        (void)atomic_fetch_sub(&s->queries_len, 1);
        if (s->o.lent) lent_loop_hurry(s->o.lent); /* a delivery that comes must be seen coming */
        job->run(job, h);
        steward_flush(s);
    }
    query_gate_leave(&s->gate);
}

/* While the loop is borrowed: whoever was just answered may have more. True: something came. */
static bool steward_spin(struct steward *s)
{
    uint32_t bound_us;

    if (!s->worked || s->spin.bound_us == 0) return false;
    s->worked = false;
    bound_us = spin_begin(&s->spin, clock_now_us(s->o.clock));
    s->spin_came = bound_us > 0 && lent_loop_spin(s->o.lent, bound_us);
    return s->spin_came;
}

/* With a job the wait is over; what came while it spun may have been a nudge, and then it goes on.
 */
static void steward_spin_over(struct steward *s, bool job)
{
    bool came = s->spin_came;

    s->spin_came = false;
    if (!job || !s->spin.waits) return;
    if (came) {
        spin_paid(&s->spin);
    } else {
        spin_end(&s->spin, clock_now_us(s->o.clock));
    }
}

/* The next job, or NULL after a while, or after a nudge. Looked for again once the loop is
 * borrowed: what came before recalled nobody. */
static struct job *steward_next(struct steward *s)
{
    int patience_ms;

    if (job_queue_has_news(s->queue)) return job_queue_take(s->queue, 0);
    patience_ms = steward_patience_ms(s);
    if (!s->o.lent || !lent_loop_borrow(s->o.lent)) return job_queue_take(s->queue, patience_ms);
    if (!job_queue_has_news(s->queue) && !steward_spin(s)) lent_loop_run(s->o.lent, patience_ms);
    lent_loop_return(s->o.lent);
    return job_queue_take(s->queue, 0);
}

static void steward_serve(struct steward *s, struct helm *h)
{
    helm_tend(h);
    while (!atomic_load(&s->stopping)) {
        struct job *job = steward_next(s);

        steward_spin_over(s, job != NULL);
        if (job) {
            job->run(job, h);
            steward_flush(s);
            query_gate_passed(&s->gate);
            s->job_us = clock_now_us(s->o.clock);
            s->worked = true;
        }
        helm_tend(h); /* behind the answer: it can wait, and nobody waits for it then */
        if (!job) {
            steward_ask(s, h);
            helm_idle(h); /* observers that ask all the time keep nothing from being done */
        }
        helm_show(h);
        helm_show_vats(h);
    }
}

static void *steward_main(void *data)
{
    struct steward *s = data;
    struct helm *h = NULL;
    struct hs_error err = {0};
    enum hs_status st = steward_open_watch(s, &err);

    if (st == HS_OK) st = steward_open_helm(s, &h, &err);
    if (st == HS_OK) {
        st = helm_preload(h, &err);
        helm_show(h);
        helm_show_vats(h);
    }
    if (st == HS_OK) {
        steward_serve(s, h);
    } else if (st != HS_CANCELLED) {
        s->o.failed(s->o.data, &err);
    }
    helm_close(h);
    slog_close(s->watch.slog);
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

/* One a processor; more if a replay may have more. */
static size_t workers_wanted(const struct sidecar_config *config)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t wanted = processors > WORKERS_MAX ? WORKERS_MAX : (size_t)processors;

    if (processors < 1) wanted = 1;
    return wanted < config->replay_threads ? config->replay_threads : wanted;
}

static void steward_free(struct steward *s)
{
    worker_pool_close(s->workers);
    worker_pool_close(s->unhurried);
    worker_pool_close(s->syncer);
    job_queue_close(s->queue);
    job_queue_close(s->queries);
    query_gate_fini(&s->gate);
    free(s);
}

enum hs_status steward_start(const struct steward_options *options, struct steward **out,
                             struct hs_error *err)
{
    struct steward *s = calloc(1, sizeof *s);
    enum hs_status st;

    *out = NULL;
    if (!s) return hs_fail(err, HS_NOMEM, "out of memory for the kernel thread");
    s->o = *options;
    if (!s->o.clock) s->o.clock = clock_system();
    s->spin.bound_us = s->o.config->spin_us;
    query_gate_init(&s->gate, s->o.engine);
    st = job_queue_open(s->o.lent ? steward_wake : NULL, s, &s->queue, err);
    if (st == HS_OK) st = job_queue_open(NULL, NULL, &s->queries, err);
    if (st == HS_OK) {
        st = worker_pool_open(WORKER_AWAITED, workers_wanted(s->o.config), &s->workers, err);
    }
    if (st == HS_OK) {
        st = worker_pool_open(WORKER_UNHURRIED, UNHURRIED_WORKERS, &s->unhurried, err);
    }
    if (st == HS_OK) st = worker_pool_open(WORKER_AWAITED, 1, &s->syncer, err);
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
    query_gate_close(&s->gate); /* a message may have hours to go */
    job_queue_end(s->queue);
    job_queue_end(s->queries);
}

void steward_close(struct steward *s)
{
    if (!s) return;
    steward_stop(s);
    (void)pthread_join(s->thread, NULL);
    vat_engine_resume(s->o.engine);
    steward_free(s);
}

void steward_post(struct steward *s, struct job *job)
{
    query_gate_ahead(&s->gate);
    job_queue_post(s->queue, job);
}

/* --- the wire's methods, on the steward's thread; their data is the helm --- */

/* A node that waited went away, or has what it waited for, or words. */
static void steward_answer(struct wire_job *j, enum hs_status st, const struct hs_error *err)
{
    if (st == HS_OK) {
        wire_job_done(j);
    } else {
        wire_job_fail(j, delivery_answer_code(st), err->text);
    }
}

void steward_attach(void *helm, struct wire_job *j)
{
    const struct ipc_attach *a = wire_job_params(j);
    const struct helm_meeting meeting = {
        .real = a->real, .node_epoch = j->node_epoch, .arrived_us = j->arrived_us};
    struct hs_error err = {0};
    enum hs_status st = helm_meet(helm, &meeting, wire_job_packed(j), &err);

    steward_answer(j, st, &err);
}

void steward_query(void *helm, struct wire_job *j)
{
    const struct ipc_query *q = wire_job_params(j);
    const struct helm_query query = {.message = q->message, .placed = q->placed, .at = q->at};
    struct hs_error err = {0};
    enum hs_status st = helm_query(helm, &query, wire_job_packed(j), &err);

    if (st == HS_BUSY) {
        wire_job_fail(j, IPC_BUSY, err.text);
    } else if (st == HS_UNAVAILABLE) {
        wire_job_fail(j, IPC_NOT_READY, err.text);
    } else {
        steward_answer(j, st, &err);
    }
}

void steward_deliver(void *helm, struct wire_job *j)
{
    const struct ipc_delivery *d = wire_job_params(j);
    const struct helm_delivery delivery = {
        .meeting = {.real = d->real, .node_epoch = j->node_epoch, .arrived_us = j->arrived_us},
        .message = d->message};
    struct hs_error err;
    enum hs_status st;

    hs_error_clear(&err);
    st = helm_deliver(helm, &delivery, wire_job_packed(j), &err);
    steward_answer(j, st, &err);
}

void steward_prepare_commit(void *helm, struct wire_job *j)
{
    struct hs_error err = {0};

    if (helm_prepare_commit(helm, &err) == HS_OK) {
        wire_job_done(j);
    } else {
        wire_job_fail(j, IPC_STORAGE_FAILED, err.text);
    }
}

void steward_commit(void *helm, struct wire_job *j)
{
    const struct ipc_commit *block = wire_job_params(j);

    helm_commit(helm, block->height, block->placed ? &block->at : NULL);
    wire_job_done(j);
}

/* --- what is posted from the loop --- */

static void steward_query_post(struct steward *s, struct wire_job *j)
{
    if (atomic_load(&s->deliveries) > 0) {
        wire_job_fail(j, IPC_BUSY, "a delivery is in progress: ask again");
        return;
    }
    (void)atomic_fetch_add(&s->queries_len, 1);
    job_queue_post(s->queries, &j->job);
    job_queue_nudge(s->queue);
}

/* A delivery ends those that run, and those that wait. */
static void steward_queries_end(struct steward *s)
{
    struct job *job;

    while ((job = job_queue_take(s->queries, 0)) != NULL) {
        (void)atomic_fetch_sub(&s->queries_len, 1);
        wire_job_fail((struct wire_job *)job, IPC_BUSY, "a delivery came: ask again");
    }
}

void steward_request(struct steward *s, struct ipc_request *request)
{
    const struct ipc_method *method = ipc_request_method(request);
    struct wire_job *j = wire_job_open(s->o.loop, request);

    j->node_epoch = atomic_load(&s->node_epoch);
    j->arrived_us = clock_now_us(s->o.clock);
    if (method->job == steward_query) {
        steward_query_post(s, j);
        return;
    }
    if (method->kind == IPC_DELIVERY) {
        (void)atomic_fetch_add(&s->deliveries, 1);
        j->counted = &s->deliveries;
        steward_queries_end(s);
    }
    steward_post(s, &j->job);
}

struct node_job { /* a node came, or went */
    struct job job;
    bool connected;
    char client[HS_NAME_BYTES_MAX];
};

static void node_job_run(struct job *job, void *helm)
{
    struct node_job *j = (struct node_job *)job;

    helm_node(helm, j->connected, j->client);
    free(j);
}

static void node_job_drop(struct job *job)
{
    free(job);
}

static void steward_node(struct steward *s, bool connected, const char *client)
{
    struct node_job *j = calloc(1, sizeof *j);

    (void)atomic_fetch_add(&s->node_epoch, 1);
    if (!j) {
        logger_write(s->o.logger, LOG_LEVEL_ERROR, "out of memory: who the node is stays unknown");
        return;
    }
    j->job = (struct job){.run = node_job_run, .drop = node_job_drop};
    j->connected = connected;
    (void)snprintf(j->client, sizeof j->client, "%s", client);
    steward_post(s, &j->job);
}

void steward_node_attached(struct steward *s, const char *client)
{
    steward_node(s, true, client);
}

void steward_node_detached(struct steward *s)
{
    steward_node(s, false, "");
}
