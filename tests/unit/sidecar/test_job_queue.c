/* Job queue, worker pool and background tasks: order, ends, and that nothing is lost. */
#include "tests/unit/nice.h"
#include "tests/unit/suite.h"

#include "kernel/state/unhurried_thread.h"
#include "sidecar/threads/job_queue.h"
#include "sidecar/threads/worker_pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <unistd.h>

struct counted_job {
    struct job job;
    int number;
    atomic_int *ran, *dropped;
};

static void counted_run(struct job *job, void *owner)
{
    struct counted_job *j = (struct counted_job *)job;

    if (owner) *(int *)owner = j->number;
    atomic_fetch_add(j->ran, 1);
    free(j);
}

static void counted_drop(struct job *job)
{
    struct counted_job *j = (struct counted_job *)job;

    atomic_fetch_add(j->dropped, 1);
    free(j);
}

static struct job *counted_make(int number, atomic_int *ran, atomic_int *dropped)
{
    struct counted_job *j = calloc(1, sizeof *j);

    CU_ASSERT_PTR_NOT_NULL_FATAL(j);
    *j = (struct counted_job){.job = {.run = counted_run, .drop = counted_drop},
                              .number = number,
                              .ran = ran,
                              .dropped = dropped};
    return &j->job;
}

static void job_queue__jobs_come_in_the_order_posted(void)
{
    struct job_queue *q = NULL;
    atomic_int ran = 0, dropped = 0;
    int last = 0;

    CU_ASSERT_EQUAL_FATAL(job_queue_open(NULL, NULL, &q, NULL), HS_OK);
    for (int i = 1; i <= 100; i++) {
        job_queue_post(q, counted_make(i, &ran, &dropped));
    }
    for (int i = 1; i <= 100; i++) {
        struct job *job = job_queue_take(q, -1);

        CU_ASSERT_PTR_NOT_NULL_FATAL(job);
        job->run(job, &last);
        CU_ASSERT_EQUAL(last, i);
    }
    CU_ASSERT_PTR_NULL(job_queue_take(q, 0));
    CU_ASSERT_EQUAL(ran, 100);
    job_queue_close(q);
    CU_ASSERT_EQUAL(dropped, 0);
}

static void job_queue__ended_gives_what_is_left_and_drops_what_comes(void)
{
    struct job_queue *q = NULL;
    atomic_int ran = 0, dropped = 0;
    struct job *job;

    CU_ASSERT_EQUAL_FATAL(job_queue_open(NULL, NULL, &q, NULL), HS_OK);
    job_queue_post(q, counted_make(1, &ran, &dropped));
    job_queue_post(q, counted_make(2, &ran, &dropped));
    job_queue_end(q);
    job_queue_post(q, counted_make(3, &ran, &dropped));
    CU_ASSERT_EQUAL(dropped, 1);
    job = job_queue_take(q, -1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(job);
    job->run(job, NULL);
    job_queue_close(q); /* the second was never taken */
    CU_ASSERT_EQUAL(ran, 1);
    CU_ASSERT_EQUAL(dropped, 2);
}

static void count_wake(void *data)
{
    atomic_fetch_add((atomic_int *)data, 1);
}

static void job_queue__post_wakes_and_nudge_returns_without_a_job(void)
{
    struct job_queue *q = NULL;
    atomic_int ran = 0, dropped = 0, wakes = 0;
    struct job *job;

    CU_ASSERT_EQUAL_FATAL(job_queue_open(count_wake, &wakes, &q, NULL), HS_OK);
    job_queue_post(q, counted_make(1, &ran, &dropped));
    CU_ASSERT_EQUAL(wakes, 1);
    job = job_queue_take(q, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(job);
    job->run(job, NULL);
    job_queue_nudge(q);
    CU_ASSERT_PTR_NULL(job_queue_take(q, -1)); /* would wait for ever otherwise */
    job_queue_close(q);
}

enum { POSTERS = 4, POSTED_EACH = 5000 };

struct poster {
    struct job_queue *queue;
    atomic_int *ran, *dropped;
};

static void *poster_main(void *data)
{
    struct poster *p = data;

    for (int i = 0; i < POSTED_EACH; i++) {
        job_queue_post(p->queue, counted_make(i, p->ran, p->dropped));
    }
    return NULL;
}

static void *taker_main(void *data)
{
    struct job_queue *q = data;
    struct job *job;

    while ((job = job_queue_take(q, -1))) { /* nobody nudges: NULL is the end */
        job->run(job, NULL);
    }
    return NULL;
}

static void job_queue__many_threads_lose_nothing(void)
{
    atomic_int ran = 0, dropped = 0;
    struct poster poster = {.ran = &ran, .dropped = &dropped};
    pthread_t posters[POSTERS], takers[2];

    CU_ASSERT_EQUAL_FATAL(job_queue_open(NULL, NULL, &poster.queue, NULL), HS_OK);
    for (int i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL_FATAL(pthread_create(&takers[i], NULL, taker_main, poster.queue), 0);
    }
    for (int i = 0; i < POSTERS; i++) {
        CU_ASSERT_EQUAL_FATAL(pthread_create(&posters[i], NULL, poster_main, &poster), 0);
    }
    for (int i = 0; i < POSTERS; i++) {
        (void)pthread_join(posters[i], NULL);
    }
    job_queue_end(poster.queue);
    for (int i = 0; i < 2; i++) {
        (void)pthread_join(takers[i], NULL);
    }
    job_queue_close(poster.queue);
    CU_ASSERT_EQUAL(ran, POSTERS * POSTED_EACH);
    CU_ASSERT_EQUAL(dropped, 0);
}

enum { BATCH = 1000 };

static void mark_index(void *data, size_t i)
{
    atomic_fetch_add(&((atomic_int *)data)[i], 1);
}

static void worker_pool__runs_each_index_once_whatever_the_count(void)
{
    struct worker_pool *p = NULL;
    static const size_t counts[] = {0, 1, 2, 3, BATCH};
    static atomic_int seen[BATCH];

    CU_ASSERT_EQUAL_FATAL(worker_pool_open(WORKER_AWAITED, 3, &p, NULL), HS_OK);
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        for (size_t i = 0; i < BATCH; i++) {
            atomic_store(&seen[i], 0);
        }
        worker_crew_run_jobs(&(struct worker_crew){.pool = p}, mark_index, seen, counts[c]);
        for (size_t i = 0; i < BATCH; i++) {
            CU_ASSERT_EQUAL(atomic_load(&seen[i]), i < counts[c] ? 1 : 0);
        }
    }
    worker_pool_close(p);
}

/* Threads that work on a batch: each waits until as many are there as are expected. */
struct meeting {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    pthread_t seen[8];
    size_t len, expected;
};

static void meet(void *data, size_t i)
{
    struct meeting *m = data;
    bool known = false;

    (void)i;
    (void)pthread_mutex_lock(&m->mutex);
    for (size_t j = 0; j < m->len; j++) {
        known = known || pthread_equal(m->seen[j], pthread_self());
    }
    if (!known) m->seen[m->len++] = pthread_self();
    (void)pthread_cond_broadcast(&m->changed);
    while (m->len < m->expected) {
        (void)pthread_cond_wait(&m->changed, &m->mutex);
    }
    (void)pthread_mutex_unlock(&m->mutex);
}

static void worker_crew__has_so_many_threads_and_no_more(void)
{
    static const size_t threads[] = {1, 2, 4, 0};
    struct worker_pool *p = NULL;

    CU_ASSERT_EQUAL_FATAL(worker_pool_open(WORKER_AWAITED, 4, &p, NULL), HS_OK);
    for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
        struct worker_crew crew = {.pool = p, .threads = threads[t]};
        struct meeting m = {.mutex = PTHREAD_MUTEX_INITIALIZER,
                            .changed = PTHREAD_COND_INITIALIZER,
                            .expected = threads[t] ? threads[t] : 5};

        worker_crew_run_jobs(&crew, meet, &m, BATCH);
        CU_ASSERT_EQUAL(m.len, m.expected);
    }
    worker_pool_close(p);
}

struct gate {
    pthread_mutex_t mutex;
    pthread_cond_t opened;
    bool open;
    atomic_int told;
};

static void gate_open(struct gate *g)
{
    (void)pthread_mutex_lock(&g->mutex);
    g->open = true;
    (void)pthread_cond_broadcast(&g->opened);
    (void)pthread_mutex_unlock(&g->mutex);
}

static enum hs_status wait_at_gate(void *data, struct hs_error *err)
{
    struct gate *g = data;

    (void)pthread_mutex_lock(&g->mutex);
    while (!g->open) {
        (void)pthread_cond_wait(&g->opened, &g->mutex);
    }
    (void)pthread_mutex_unlock(&g->mutex);
    return hs_fail(err, HS_IO, "as the test wants");
}

static void gate_told(void *data)
{
    atomic_fetch_add(&((struct gate *)data)->told, 1);
}

static void background__is_collected_once_with_its_status(void)
{
    struct gate g = {.mutex = PTHREAD_MUTEX_INITIALIZER, .opened = PTHREAD_COND_INITIALIZER};
    struct worker_pool *p = NULL;
    struct background b;

    background_init(&b);
    CU_ASSERT_EQUAL_FATAL(worker_pool_open(WORKER_AWAITED, 1, &p, NULL), HS_OK);
    CU_ASSERT_TRUE(background_idle(&b));
    CU_ASSERT_EQUAL(background_start(&b, p, wait_at_gate, &g, gate_told, NULL), HS_OK);
    CU_ASSERT_FALSE(background_idle(&b));
    CU_ASSERT_FALSE(background_collect(&b));
    gate_open(&g);
    background_wait(&b);
    CU_ASSERT_FALSE(background_idle(&b)); /* until it is collected */
    CU_ASSERT_TRUE(background_collect(&b));
    CU_ASSERT_FALSE(background_collect(&b));
    CU_ASSERT_EQUAL(b.status, HS_IO);
    CU_ASSERT_STRING_EQUAL(b.error.text, "as the test wants");
    CU_ASSERT_EQUAL(g.told, 1);
    worker_pool_close(p);
    background_fini(&b);
}

static void worker_pool__batch_does_not_wait_for_a_busy_worker(void)
{
    struct gate g = {.mutex = PTHREAD_MUTEX_INITIALIZER, .opened = PTHREAD_COND_INITIALIZER};
    static atomic_int seen[BATCH];
    struct worker_pool *p = NULL;
    struct background b;

    background_init(&b);
    CU_ASSERT_EQUAL_FATAL(worker_pool_open(WORKER_AWAITED, 1, &p, NULL), HS_OK);
    CU_ASSERT_EQUAL(background_start(&b, p, wait_at_gate, &g, NULL, NULL), HS_OK);
    /* The only worker waits at the gate. */
    worker_crew_run_jobs(&(struct worker_crew){.pool = p}, mark_index, seen, BATCH);
    CU_ASSERT_EQUAL(atomic_load(&seen[0]), 1);
    CU_ASSERT_EQUAL(atomic_load(&seen[BATCH - 1]), 1);
    gate_open(&g);
    background_wait(&b);
    CU_ASSERT_TRUE(background_collect(&b));
    worker_pool_close(p);
    background_fini(&b);
}

static enum hs_status see_nice(void *data, struct hs_error *err)
{
    (void)err;
    *(int *)data = getpriority(PRIO_PROCESS, (id_t)gettid());
    return HS_OK;
}

static void do_at_once(struct worker_pool *p, enum hs_status (*run)(void *, struct hs_error *),
                       void *data)
{
    struct background b;

    background_init(&b);
    CU_ASSERT_EQUAL(background_start(&b, p, run, data, NULL, NULL), HS_OK);
    background_wait(&b);
    CU_ASSERT_TRUE(background_collect(&b));
    background_fini(&b);
}

static int nice_of_a_worker(enum worker_class kind)
{
    struct worker_pool *p = NULL;
    int nice = -100;

    CU_ASSERT_EQUAL_FATAL(worker_pool_open(kind, 1, &p, NULL), HS_OK);
    do_at_once(p, see_nice, &nice);
    worker_pool_close(p);
    return nice;
}

/* Who is woken comes before an unhurried worker, and before no other. */
static void worker_pool__unhurried_weighs_less(void)
{
    int own = getpriority(PRIO_PROCESS, 0), nice = nice_of_a_worker(WORKER_UNHURRIED);

    CU_ASSERT_EQUAL(nice_of_a_worker(WORKER_AWAITED), own);
    if (nice_may_return()) {
        CU_ASSERT_EQUAL(nice, own > 16 ? own : 16);
    } else { /* it could not be hurried */
        CU_ASSERT_TRUE(nice <= own + 1);
    }
    CU_ASSERT_EQUAL(getpriority(PRIO_PROCESS, 0), own);
}

/* In the middle of its work, too. */
static void worker_pool__unhurried_is_hurried_by_who_waits(void)
{
    struct gate g = {.mutex = PTHREAD_MUTEX_INITIALIZER, .opened = PTHREAD_COND_INITIALIZER};
    int own = getpriority(PRIO_PROCESS, 0), nice = -100;
    struct worker_pool *p = NULL;
    struct background b;

    if (!nice_or_skip()) return;
    background_init(&b);
    CU_ASSERT_EQUAL_FATAL(worker_pool_open(WORKER_UNHURRIED, 1, &p, NULL), HS_OK);
    do_at_once(p, see_nice, &nice);
    CU_ASSERT_EQUAL(nice, 16);
    CU_ASSERT_EQUAL(background_start(&b, p, wait_at_gate, &g, NULL, NULL), HS_OK);
    unhurried_threads_hurry();
    CU_ASSERT_EQUAL(nice_of_a_worker(WORKER_UNHURRIED), own);
    gate_open(&g);
    background_wait(&b);
    CU_ASSERT_TRUE(background_collect(&b));
    do_at_once(p, see_nice, &nice);
    CU_ASSERT_EQUAL(nice, own);
    unhurried_threads_relax();
    do_at_once(p, see_nice, &nice);
    CU_ASSERT_EQUAL(nice, 16);
    worker_pool_close(p);
    background_fini(&b);
}

static const struct suite_case cases[] = {
    SUITE_CASE(job_queue__jobs_come_in_the_order_posted),
    SUITE_CASE(job_queue__ended_gives_what_is_left_and_drops_what_comes),
    SUITE_CASE(job_queue__post_wakes_and_nudge_returns_without_a_job),
    SUITE_CASE(job_queue__many_threads_lose_nothing),
    SUITE_CASE(worker_pool__runs_each_index_once_whatever_the_count),
    SUITE_CASE(worker_crew__has_so_many_threads_and_no_more),
    SUITE_CASE(background__is_collected_once_with_its_status),
    SUITE_CASE(worker_pool__batch_does_not_wait_for_a_busy_worker),
    SUITE_CASE(worker_pool__unhurried_weighs_less),
    SUITE_CASE(worker_pool__unhurried_is_hurried_by_who_waits),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("job_queue", cases, argc, argv);
}
