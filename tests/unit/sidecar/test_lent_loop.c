/* Lent loop, and its baton: one thread at a time, each sees what the other did, and whoever waits
 * is woken. What is lost in here hangs, and ctest ends it. */
#include "tests/unit/suite.h"

#include "sidecar/threads/lent_loop.h"
#include "sidecar/threads/loop_baton.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

enum { ROUNDS = 2000, LONG_EVERY = 200, PATIENCE_MS = 3600000, SPIN_US = 100 };

/* --- the baton --- */

struct hands {
    struct loop_baton *baton;
    int plain; /* written with the baton alone: a sanitizer sees where that is not enough */
    int borrowed, owned;
    atomic_int owner_had;
    bool over;
};

static void *hands_borrow(void *data)
{
    struct hands *h = data;

    for (int i = 0; i < ROUNDS; i++) {
        int had = atomic_load(&h->owner_had);

        while (!loop_baton_ask(h->baton)) {
            (void)sched_yield();
        }
        h->plain++;
        h->borrowed++;
        h->over = i == ROUNDS - 1;
        if (h->over) loop_baton_end(h->baton);
        loop_baton_lay(h->baton, true);
        while (i % LONG_EVERY == 0 && !h->over && atomic_load(&h->owner_had) == had) {
            (void)sched_yield(); /* long work: until the owner has picked it up */
        }
    }
    return NULL;
}

static void loop_baton__is_in_one_hand_and_long_work_leaves_it_to_the_owner(void)
{
    struct hands h = {.plain = 0};
    pthread_t borrower;
    bool over = false;

    CU_ASSERT_EQUAL_FATAL(loop_baton_open(&h.baton, NULL), HS_OK);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&borrower, NULL, hands_borrow, &h), 0);
    while (!over) {
        loop_baton_await(h.baton);
        h.plain++;
        h.owned++;
        over = h.over;
        (void)atomic_fetch_add(&h.owner_had, 1);
        while (!over && !loop_baton_asked(h.baton)) {
            (void)sched_yield();
        }
        if (!over) CU_ASSERT_TRUE(loop_baton_give(h.baton));
    }
    (void)pthread_join(borrower, NULL);
    CU_ASSERT_EQUAL(h.borrowed, ROUNDS);
    CU_ASSERT(h.owned >= ROUNDS / LONG_EVERY);
    CU_ASSERT_EQUAL(h.plain, h.borrowed + h.owned);
    loop_baton_close(h.baton);
}

static void loop_baton__says_where_it_is_and_once_ended_stays_with_the_owner(void)
{
    struct loop_baton *b = NULL;
    bool mine = true;

    CU_ASSERT_EQUAL_FATAL(loop_baton_open(&b, NULL), HS_OK);
    CU_ASSERT_EQUAL(loop_baton_place(b, &mine), LOOP_BATON_OWNER);
    CU_ASSERT_FALSE(mine);
    CU_ASSERT_FALSE(loop_baton_take(b));
    CU_ASSERT_FALSE(loop_baton_asked(b));
    CU_ASSERT_FALSE(loop_baton_ask(b));
    CU_ASSERT_TRUE(loop_baton_asked(b));
    loop_baton_hurry(b); /* needed again before it was given */
    CU_ASSERT_FALSE(loop_baton_asked(b));
    CU_ASSERT_FALSE(loop_baton_give(b));
    CU_ASSERT_EQUAL(loop_baton_place(b, &mine), LOOP_BATON_OWNER);
    CU_ASSERT_FALSE(loop_baton_ask(b));
    CU_ASSERT_TRUE(loop_baton_give(b));
    CU_ASSERT_FALSE(loop_baton_asked(b));
    CU_ASSERT_EQUAL(loop_baton_place(b, &mine), LOOP_BATON_LIES);
    CU_ASSERT_TRUE(loop_baton_take(b));
    CU_ASSERT_EQUAL(loop_baton_place(b, &mine), LOOP_BATON_BORROWER);
    CU_ASSERT_TRUE(mine);
    loop_baton_lay(b, true);
    loop_baton_hurry(b);
    loop_baton_await(b); /* at once */
    CU_ASSERT_FALSE(loop_baton_ask(b));
    CU_ASSERT_TRUE(loop_baton_give(b));
    CU_ASSERT_TRUE(loop_baton_take(b));
    loop_baton_end(b);
    loop_baton_lay(b, true);
    CU_ASSERT_FALSE(loop_baton_take(b));
    CU_ASSERT_FALSE(loop_baton_ask(b));
    CU_ASSERT_FALSE(loop_baton_asked(b));
    loop_baton_await(b);
    CU_ASSERT_EQUAL(loop_baton_place(b, &mine), LOOP_BATON_OWNER);
    loop_baton_close(b);
}

/* --- the loop: a borrower that works as the steward does --- */

struct house {
    struct lent_loop *loop;
    struct job_queue *work; /* the borrower's */
    pthread_t borrower, owner;
    void *(*script)(void *data);
    atomic_bool stopping;
    int plain;  /* with the loop alone */
    bool spins; /* the borrower, before it sleeps */
};

static void house_given(void *data)
{
    job_queue_nudge(((struct house *)data)->work);
}

static void house_wake(void *data)
{
    lent_loop_recall(((struct house *)data)->loop);
}

static bool house_spin(struct house *h)
{
    return h->spins && lent_loop_spin(h->loop, SPIN_US);
}

static struct job *house_next(struct house *h)
{
    if (job_queue_has_news(h->work)) return job_queue_take(h->work, 0);
    if (!lent_loop_borrow(h->loop)) return job_queue_take(h->work, PATIENCE_MS);
    if (!job_queue_has_news(h->work) && !house_spin(h)) lent_loop_run(h->loop, PATIENCE_MS);
    lent_loop_return(h->loop);
    return job_queue_take(h->work, 0);
}

static void *house_borrower(void *data)
{
    struct house *h = data;

    while (!atomic_load(&h->stopping)) {
        struct job *job = house_next(h);

        if (!job) continue;
        job->run(job, h);
        lent_loop_flush(h->loop);
    }
    return NULL;
}

struct errand {
    struct job job;
    struct house *house;
    void (*act)(struct errand *e);
    sem_t done;
    pthread_t ran_on;
};

static void errand_run(struct job *job, void *owner)
{
    struct errand *e = (struct errand *)job;

    (void)owner;
    e->ran_on = pthread_self();
    if (e->act) e->act(e);
    (void)sem_post(&e->done);
}

static void errand_drop(struct job *job)
{
    (void)job;
    CU_FAIL("dropped");
}

static void errand_send(struct errand *e, struct house *h, struct job_queue *to,
                        void (*act)(struct errand *e))
{
    *e = (struct errand){.job = {.run = errand_run, .drop = errand_drop}, .house = h, .act = act};
    (void)sem_init(&e->done, 0, 0);
    job_queue_post(to, &e->job);
}

static void errand_await(struct errand *e)
{
    while (sem_wait(&e->done) != 0) {
    }
    (void)sem_destroy(&e->done);
}

static void act_leave(struct errand *e)
{
    lent_loop_leave(e->house->loop);
}

static void *house_script(void *data)
{
    struct house *h = data;
    struct errand leave;

    (void)h->script(h);
    errand_send(&leave, h, lent_loop_queue(h->loop), act_leave);
    errand_await(&leave);
    return NULL;
}

/* `script` runs on a third thread; then the loop is left, wherever it is. */
static void house_run(struct house *h, void *(*script)(void *data), bool spins)
{
    pthread_t thread;

    *h = (struct house){.script = script, .owner = pthread_self(), .spins = spins};
    CU_ASSERT_EQUAL_FATAL(lent_loop_open(h, &h->loop, NULL), HS_OK);
    CU_ASSERT_EQUAL_FATAL(job_queue_open(house_wake, h, &h->work, NULL), HS_OK);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&h->borrower, NULL, house_borrower, h), 0);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, house_script, h), 0);
    lent_loop_serve(h->loop, house_given, h);
    h->plain++;
    lent_loop_end_queue(h->loop);
    atomic_store(&h->stopping, true);
    job_queue_end(h->work);
    (void)pthread_join(h->borrower, NULL);
    (void)pthread_join(thread, NULL);
    lent_loop_close(h->loop);
    job_queue_close(h->work);
}

static void act_count(struct errand *e)
{
    e->house->plain++;
}

static void *script_posts(void *data)
{
    struct house *h = data;

    for (int i = 0; i < ROUNDS; i++) {
        struct errand work, callback;

        errand_send(&work, h, h->work, NULL);
        if (i % 2 == 0) errand_await(&work);
        errand_send(&callback, h, lent_loop_queue(h->loop), act_count);
        errand_await(&callback);
        if (i % 2 != 0) errand_await(&work);
        CU_ASSERT_TRUE(pthread_equal(work.ran_on, h->borrower));
    }
    return NULL;
}

static void lent_loop__wakes_the_borrower_for_all_that_is_posted(void)
{
    struct house h;

    house_run(&h, script_posts, false);
    CU_ASSERT_EQUAL(h.plain, ROUNDS + 1);
    house_run(&h, script_posts, true);
    CU_ASSERT_EQUAL(h.plain, ROUNDS + 1);
}

/* Within the borrower's work: only the owner can run it. */
static void act_wait_for_the_owner(struct errand *e)
{
    struct errand callback;

    errand_send(&callback, e->house, lent_loop_queue(e->house->loop), act_count);
    errand_await(&callback);
    CU_ASSERT_TRUE(pthread_equal(callback.ran_on, e->house->owner));
}

static void act_hurry_the_owner(struct errand *e)
{
    struct errand callback;

    errand_send(&callback, e->house, lent_loop_queue(e->house->loop), act_count);
    lent_loop_hurry(e->house->loop);
    errand_await(&callback);
    CU_ASSERT_TRUE(pthread_equal(callback.ran_on, e->house->owner));
}

static void *script_waits(void *data)
{
    struct house *h = data;

    for (int i = 0; i < 50; i++) {
        struct errand work;

        errand_send(&work, h, h->work, i % 5 == 0 ? act_wait_for_the_owner : act_hurry_the_owner);
        errand_await(&work);
    }
    return NULL;
}

static void lent_loop__goes_on_with_the_owner_while_the_borrower_works(void)
{
    struct house h;

    house_run(&h, script_waits, false);
    CU_ASSERT_EQUAL(h.plain, 51);
}

struct delivery { /* as one from a socket: each posts the next */
    struct errand callback, work, answer;
};

static void act_answer(struct errand *e)
{
    struct delivery *d = (struct delivery *)((char *)e - offsetof(struct delivery, work));

    errand_send(&d->answer, e->house, lent_loop_queue(e->house->loop), act_count);
}

static void act_post_work(struct errand *e)
{
    struct delivery *d = (struct delivery *)e;

    errand_send(&d->work, e->house, e->house->work, act_answer);
}

static void *script_delivers(void *data)
{
    struct house *h = data;
    int on_borrower = 0;

    for (int i = 0; i < ROUNDS; i++) {
        struct delivery d;

        errand_send(&d.callback, h, lent_loop_queue(h->loop), act_post_work);
        errand_await(&d.callback);
        errand_await(&d.work);
        errand_await(&d.answer);
        on_borrower += pthread_equal(d.answer.ran_on, h->borrower) != 0;
    }
    CU_ASSERT(on_borrower > 0); /* all, but for what was picked up */
    return NULL;
}

static void lent_loop__what_the_work_posts_is_done_behind_it(void)
{
    struct house h;

    house_run(&h, script_delivers, false);
    CU_ASSERT_EQUAL(h.plain, ROUNDS + 1);
    house_run(&h, script_delivers, true);
    CU_ASSERT_EQUAL(h.plain, ROUNDS + 1);
}

/* A spin ends: by its bound where nothing comes, at once where something does. */
static void *script_spins_in_vain(void *data)
{
    struct house *h = data;
    struct errand work;

    for (int i = 0; i < 20; i++) {
        (void)usleep(10 * SPIN_US);
        errand_send(&work, h, h->work, NULL);
        errand_await(&work);
    }
    return NULL;
}

static void lent_loop__spin_that_is_over_sleeps(void)
{
    struct house h;

    house_run(&h, script_spins_in_vain, true);
    CU_ASSERT_EQUAL(h.plain, 1);
}

int main(int argc, char **argv)
{
    static const struct suite_case cases[] = {
        SUITE_CASE(loop_baton__is_in_one_hand_and_long_work_leaves_it_to_the_owner),
        SUITE_CASE(loop_baton__says_where_it_is_and_once_ended_stays_with_the_owner),
        SUITE_CASE(lent_loop__wakes_the_borrower_for_all_that_is_posted),
        SUITE_CASE(lent_loop__goes_on_with_the_owner_while_the_borrower_works),
        SUITE_CASE(lent_loop__what_the_work_posts_is_done_behind_it),
        SUITE_CASE(lent_loop__spin_that_is_over_sleeps),
    };

    return SUITE_RUN("lent_loop", cases, argc, argv);
}
