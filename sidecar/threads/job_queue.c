#include "sidecar/threads/job_queue.h"

#include "sidecar/threads/timed_wait.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

struct job_queue {
    pthread_mutex_t mutex;
    pthread_cond_t posted;
    struct job *first, *last;
    bool ended, nudged;
    unsigned waiting; /* for `posted` */
    void (*wake)(void *data);
    void *wake_data;
};

enum hs_status job_queue_open(void (*wake)(void *data), void *wake_data, struct job_queue **out,
                              struct hs_error *err)
{
    struct job_queue *q = calloc(1, sizeof *q);

    *out = NULL;
    if (!q) return hs_fail(err, HS_NOMEM, "job queue");
    (void)pthread_mutex_init(&q->mutex, NULL);
    timed_wait_init(&q->posted);
    q->wake = wake;
    q->wake_data = wake_data;
    *out = q;
    return HS_OK;
}

void job_queue_close(struct job_queue *q)
{
    struct job *job;

    if (!q) return;
    while ((job = q->first)) {
        q->first = job->next;
        job->drop(job);
    }
    (void)pthread_cond_destroy(&q->posted);
    (void)pthread_mutex_destroy(&q->mutex);
    free(q);
}

/* Whoever waits is woken once the lock is free, or it would wake to wait for that; whoever waits
 * elsewhere under the lock: who closes the queue after an end may then also close what wakes. */
static void job_queue_unlock(struct job_queue *q, bool news)
{
    bool signal = news && q->waiting > 0;

    if (news && q->wake) q->wake(q->wake_data);
    (void)pthread_mutex_unlock(&q->mutex);
    if (signal) (void)pthread_cond_signal(&q->posted);
}

void job_queue_post(struct job_queue *q, struct job *job)
{
    bool ended;

    assert(job->run && job->drop);
    (void)pthread_mutex_lock(&q->mutex);
    ended = q->ended;
    if (!ended) {
        job->next = NULL;
        if (q->last) {
            q->last->next = job;
        } else {
            q->first = job;
        }
        q->last = job;
    }
    job_queue_unlock(q, !ended);
    if (ended) job->drop(job);
}

void job_queue_end(struct job_queue *q)
{
    (void)pthread_mutex_lock(&q->mutex);
    q->ended = true;
    if (q->wake) q->wake(q->wake_data);
    (void)pthread_cond_broadcast(&q->posted);
    (void)pthread_mutex_unlock(&q->mutex);
}

void job_queue_nudge(struct job_queue *q)
{
    (void)pthread_mutex_lock(&q->mutex);
    q->nudged = true;
    job_queue_unlock(q, true);
}

bool job_queue_has_news(struct job_queue *q)
{
    bool news;

    (void)pthread_mutex_lock(&q->mutex);
    news = q->first || q->ended || q->nudged;
    (void)pthread_mutex_unlock(&q->mutex);
    return news;
}

/* With the lock: until there is something to take; timeout_ms: as job_queue_take's. */
static void job_queue_wait(struct job_queue *q, int timeout_ms)
{
    struct timespec deadline = {0};
    int waited = 0;

    if (timeout_ms > 0) deadline = timed_wait_until((unsigned)timeout_ms);
    q->waiting++;
    while (!q->first && !q->ended && !q->nudged && waited == 0) {
        waited = timeout_ms < 0 ? pthread_cond_wait(&q->posted, &q->mutex)
                                : pthread_cond_timedwait(&q->posted, &q->mutex, &deadline);
    }
    q->waiting--;
}

struct job *job_queue_take(struct job_queue *q, int timeout_ms)
{
    struct job *job;

    (void)pthread_mutex_lock(&q->mutex);
    /* A look costs no system call: to wait until now would take two. */
    if (timeout_ms != 0) job_queue_wait(q, timeout_ms);
    q->nudged = false;
    job = q->first;
    if (job) {
        q->first = job->next;
        if (!q->first) q->last = NULL;
    }
    (void)pthread_mutex_unlock(&q->mutex);
    return job;
}
