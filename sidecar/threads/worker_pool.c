#include "sidecar/threads/worker_pool.h"

#include "kernel/state/limits.h"
#include "kernel/state/unhurried_thread.h"
#include "sidecar/threads/job_queue.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { WORKER_COUNT_MAX = HS_REPLAY_THREADS_MAX };

struct worker_pool {
    struct job_queue *queue;
    enum worker_class kind;
    pthread_t threads[WORKER_COUNT_MAX];
    size_t count;
};

static void *worker_main(void *data)
{
    struct worker_pool *p = data;
    struct job *job;

    if (p->kind == WORKER_UNHURRIED) unhurried_thread_begin();
    while ((job = job_queue_take(p->queue, -1))) {
        job->run(job, p);
    }
    if (p->kind == WORKER_UNHURRIED) unhurried_thread_end();
    return NULL;
}

enum hs_status worker_pool_open(enum worker_class kind, size_t count, struct worker_pool **out,
                                struct hs_error *err)
{
    struct worker_pool *p = calloc(1, sizeof *p);
    pthread_attr_t attributes;
    enum hs_status st;
    int failed = 0;

    assert(count >= 1 && count <= WORKER_COUNT_MAX);
    *out = NULL;
    if (!p) return hs_fail(err, HS_NOMEM, "worker pool");
    p->kind = kind;
    st = job_queue_open(NULL, NULL, &p->queue, err);
    if (st != HS_OK) {
        free(p);
        return st;
    }
    (void)pthread_attr_init(&attributes);
    (void)pthread_attr_setstacksize(&attributes, HS_VAT_THREAD_STACK_BYTES);
    while (p->count < count && failed == 0) {
        failed = pthread_create(&p->threads[p->count], &attributes, worker_main, p);
        if (failed == 0) p->count++;
    }
    (void)pthread_attr_destroy(&attributes);
    if (failed != 0) {
        worker_pool_close(p);
        return hs_fail_errno(err, HS_NOMEM, failed, "cannot start worker threads");
    }
    *out = p;
    return HS_OK;
}

void worker_pool_close(struct worker_pool *p)
{
    if (!p) return;
    job_queue_end(p->queue);
    for (size_t i = 0; i < p->count; i++) {
        (void)pthread_join(p->threads[i], NULL);
    }
    job_queue_close(p->queue);
    free(p);
}

/* --- batches --- */

/* Helpers may still wait in the queue when the batch is long done (behind a snapshot,
 * say), so the batch lives until the last of its holders lets go. */
struct batch {
    pthread_mutex_t mutex;
    pthread_cond_t finished;
    void (*job)(void *job_data, size_t i);
    void *job_data;
    size_t count, done;
    size_t holders;
    atomic_size_t next;
};

struct batch_helper {
    struct job job;
    struct batch *batch;
};

static void batch_let_go(struct batch *b)
{
    bool last;

    (void)pthread_mutex_lock(&b->mutex);
    assert(b->holders > 0);
    last = --b->holders == 0;
    (void)pthread_mutex_unlock(&b->mutex);
    if (!last) return;
    (void)pthread_cond_destroy(&b->finished);
    (void)pthread_mutex_destroy(&b->mutex);
    free(b);
}

static void batch_work(struct batch *b)
{
    size_t i;

    while ((i = atomic_fetch_add(&b->next, 1)) < b->count) {
        b->job(b->job_data, i);
        (void)pthread_mutex_lock(&b->mutex);
        b->done++;
        if (b->done == b->count) (void)pthread_cond_signal(&b->finished);
        (void)pthread_mutex_unlock(&b->mutex);
    }
}

static void batch_helper_drop(struct job *job)
{
    struct batch_helper *h = (struct batch_helper *)job;

    batch_let_go(h->batch);
    free(h);
}

static void batch_helper_run(struct job *job, void *owner)
{
    (void)owner;
    batch_work(((struct batch_helper *)job)->batch);
    batch_helper_drop(job);
}

/* A helper that cannot be had is no error: the caller then does more of the work itself. */
static void batch_call_helper(struct worker_pool *p, struct batch *b)
{
    struct batch_helper *h = calloc(1, sizeof *h);

    if (!h) return;
    h->job.run = batch_helper_run;
    h->job.drop = batch_helper_drop;
    h->batch = b;
    (void)pthread_mutex_lock(&b->mutex);
    b->holders++;
    (void)pthread_mutex_unlock(&b->mutex);
    job_queue_post(p->queue, &h->job);
}

/* How many workers are to help the caller. */
static size_t crew_helpers(const struct worker_crew *crew, size_t count)
{
    size_t helpers = crew->pool->count;

    if (crew->threads > 0 && helpers > crew->threads - 1) helpers = crew->threads - 1;
    return count > helpers ? helpers : count - 1;
}

void worker_crew_run_jobs(void *crew, void (*job)(void *job_data, size_t i), void *job_data,
                          size_t count)
{
    size_t helpers = count > 1 ? crew_helpers(crew, count) : 0;
    struct worker_pool *p = ((struct worker_crew *)crew)->pool;
    struct batch *b = helpers > 0 ? calloc(1, sizeof *b) : NULL;

    if (!b) {
        for (size_t i = 0; i < count; i++) {
            job(job_data, i);
        }
        return;
    }
    (void)pthread_mutex_init(&b->mutex, NULL);
    (void)pthread_cond_init(&b->finished, NULL);
    b->job = job;
    b->job_data = job_data;
    b->count = count;
    b->holders = 1;
    for (size_t i = 0; i < helpers; i++) {
        batch_call_helper(p, b);
    }
    batch_work(b);
    (void)pthread_mutex_lock(&b->mutex);
    while (b->done < b->count) {
        (void)pthread_cond_wait(&b->finished, &b->mutex);
    }
    (void)pthread_mutex_unlock(&b->mutex);
    batch_let_go(b);
}

/* --- background tasks --- */

struct background_job {
    struct job job;
    struct background *background;
    background_run_fn run;
    void *data;
    void (*done)(void *data);
};

void background_init(struct background *b)
{
    *b = (struct background){.state = BACKGROUND_IDLE};
    (void)pthread_mutex_init(&b->mutex, NULL);
    (void)pthread_cond_init(&b->changed, NULL);
}

void background_fini(struct background *b)
{
    assert(b->state == BACKGROUND_IDLE);
    (void)pthread_cond_destroy(&b->changed);
    (void)pthread_mutex_destroy(&b->mutex);
}

static void background_finish(struct background_job *j, enum hs_status status,
                              const struct hs_error *error)
{
    struct background *b = j->background;

    /* All under the lock: once the owner sees DONE it may free the background and what `done`
     * needs, and seeing it takes this lock. */
    (void)pthread_mutex_lock(&b->mutex);
    b->status = status;
    b->error = *error;
    b->state = BACKGROUND_DONE;
    if (j->done) j->done(j->data);
    (void)pthread_cond_broadcast(&b->changed);
    (void)pthread_mutex_unlock(&b->mutex);
    free(j);
}

static void background_job_run(struct job *job, void *owner)
{
    struct background_job *j = (struct background_job *)job;
    struct hs_error error = {0};

    (void)owner;
    background_finish(j, j->run(j->data, &error), &error);
}

static void background_job_drop(struct job *job)
{
    struct hs_error error = {.status = HS_CANCELLED, .text = "cancelled"};

    background_finish((struct background_job *)job, HS_CANCELLED, &error);
}

enum hs_status background_start(struct background *b, struct worker_pool *pool,
                                background_run_fn run, void *data, void (*done)(void *data),
                                struct hs_error *err)
{
    struct background_job *j = calloc(1, sizeof *j);

    assert(b->state == BACKGROUND_IDLE);
    if (!j) return hs_fail(err, HS_NOMEM, "background task");
    j->job.run = background_job_run;
    j->job.drop = background_job_drop;
    j->background = b;
    j->run = run;
    j->data = data;
    j->done = done;
    b->state = BACKGROUND_RUNNING; /* nobody else sees it yet */
    job_queue_post(pool->queue, &j->job);
    return HS_OK;
}

bool background_idle(struct background *b)
{
    bool idle;

    (void)pthread_mutex_lock(&b->mutex);
    idle = b->state == BACKGROUND_IDLE;
    (void)pthread_mutex_unlock(&b->mutex);
    return idle;
}

bool background_collect(struct background *b)
{
    bool finished;

    (void)pthread_mutex_lock(&b->mutex);
    finished = b->state == BACKGROUND_DONE;
    if (finished) b->state = BACKGROUND_IDLE;
    (void)pthread_mutex_unlock(&b->mutex);
    return finished;
}

void background_wait(struct background *b)
{
    (void)pthread_mutex_lock(&b->mutex);
    while (b->state == BACKGROUND_RUNNING) {
        (void)pthread_cond_wait(&b->changed, &b->mutex);
    }
    (void)pthread_mutex_unlock(&b->mutex);
}
