#include "sidecar/threads/lent_loop.h"

#include "sidecar/threads/loop_baton.h"

#include <assert.h>
#include <stdlib.h>
#include <uv.h>

struct lent_loop {
    uv_loop_t loop;
    uv_async_t async;    /* something was posted, or the loop is asked for */
    uv_timer_t patience; /* the borrower's */
    struct loop_baton *baton;
    struct job_queue *queue;
    void *jobs_owner;
    bool left;     /* lent_loop_leave; for whoever has the baton */
    bool recalled; /* while the borrower has it */
};

static void lent_loop_drain(struct lent_loop *l)
{
    struct job *job;

    while ((job = job_queue_take(l->queue, 0))) {
        job->run(job, l->jobs_owner);
    }
}

static void lent_loop_woken(uv_async_t *async)
{
    struct lent_loop *l = async->data;

    l->recalled = true; /* or else something was posted, which ends a run as well */
    lent_loop_drain(l);
    if (loop_baton_asked(l->baton)) uv_stop(&l->loop);
}

/* On the poster's thread. What the borrower posts while it works, it flushes, unless the owner
 * picks the baton up before, who then looks as well. */
static void lent_loop_posted(void *data)
{
    struct lent_loop *l = data;
    bool borrower;
    enum loop_baton_place place = loop_baton_place(l->baton, &borrower);

    if (!borrower || place == LOOP_BATON_OWNER) {
        (void)uv_async_send(&l->async);
    } else if (place == LOOP_BATON_BORROWER) {
        uv_stop(&l->loop);
    }
}

void lent_loop_recall(struct lent_loop *l)
{
    bool borrower;

    if (loop_baton_place(l->baton, &borrower) != LOOP_BATON_BORROWER) return;
    if (borrower) {
        l->recalled = true;
        uv_stop(&l->loop); /* from a callback of its own */
    } else {
        (void)uv_async_send(&l->async);
    }
}

/* --- opening and closing --- */

static enum hs_status lent_loop_init(struct lent_loop *l, struct hs_error *err)
{
    int code = uv_loop_init(&l->loop);

    if (code == 0) {
        code = uv_async_init(&l->loop, &l->async, lent_loop_woken);
        if (code != 0) (void)uv_loop_close(&l->loop);
    }
    if (code != 0) return hs_fail(err, HS_IO, "event loop: %s", uv_strerror(code));
    (void)uv_timer_init(&l->loop, &l->patience); /* cannot fail once the loop is open */
    l->async.data = l;
    l->patience.data = l;
    return HS_OK;
}

static void lent_loop_free(struct lent_loop *l)
{
    job_queue_close(l->queue);
    loop_baton_close(l->baton);
    free(l);
}

enum hs_status lent_loop_open(void *jobs_owner, struct lent_loop **out, struct hs_error *err)
{
    struct lent_loop *l = calloc(1, sizeof *l);
    enum hs_status st;

    *out = NULL;
    if (!l) return hs_fail(err, HS_NOMEM, "no memory for the event loop");
    l->jobs_owner = jobs_owner;
    st = loop_baton_open(&l->baton, err);
    if (st == HS_OK) st = job_queue_open(lent_loop_posted, l, &l->queue, err);
    if (st == HS_OK) st = lent_loop_init(l, err);
    if (st != HS_OK) {
        lent_loop_free(l);
        return st;
    }
    *out = l;
    return HS_OK;
}

void lent_loop_close(struct lent_loop *l)
{
    int code;

    if (!l) return;
    uv_close((uv_handle_t *)&l->async, NULL);
    uv_close((uv_handle_t *)&l->patience, NULL);
    while (uv_run(&l->loop, UV_RUN_DEFAULT) != 0) { /* a stop may be left from before */
    }
    code = uv_loop_close(&l->loop);
    assert(code == 0);
    (void)code;
    lent_loop_free(l);
}

uv_loop_t *lent_loop_uv(struct lent_loop *l)
{
    return &l->loop;
}

struct job_queue *lent_loop_queue(struct lent_loop *l)
{
    return l->queue;
}

/* --- the owner --- */

void lent_loop_serve(struct lent_loop *l, void (*given)(void *data), void *data)
{
    for (;;) {
        loop_baton_await(l->baton);
        lent_loop_drain(l);
        if (!l->left) (void)uv_run(&l->loop, UV_RUN_DEFAULT);
        if (l->left) return;
        if (loop_baton_give(l->baton)) given(data);
    }
}

void lent_loop_end_queue(struct lent_loop *l)
{
    job_queue_end(l->queue);
    lent_loop_drain(l);
}

void lent_loop_keep(struct lent_loop *l)
{
    loop_baton_end(l->baton);
}

void lent_loop_leave(struct lent_loop *l)
{
    l->left = true;
    loop_baton_end(l->baton);
    uv_stop(&l->loop);
}

/* --- the borrower --- */

bool lent_loop_borrow(struct lent_loop *l)
{
    bool borrowed = loop_baton_ask(l->baton);

    if (!borrowed) (void)uv_async_send(&l->async);
    return borrowed;
}

static void lent_loop_patience_over(uv_timer_t *timer)
{
    (void)timer; /* that it returns from the poll is all that is wanted */
}

void lent_loop_run(struct lent_loop *l, int timeout_ms)
{
    assert(timeout_ms >= 0);
    uv_update_time(&l->loop); /* it stood still while the borrower worked */
    if (timeout_ms > 0) {
        (void)uv_timer_start(&l->patience, lent_loop_patience_over, (uint64_t)timeout_ms, 0);
    }
    (void)uv_run(&l->loop, timeout_ms > 0 ? UV_RUN_ONCE : UV_RUN_NOWAIT);
    (void)uv_timer_stop(&l->patience);
    lent_loop_drain(l);
}

bool lent_loop_spin(struct lent_loop *l, uint32_t bound_us)
{
    uint64_t begun_ns = uv_hrtime();

    l->recalled = false;
    do {
        (void)uv_run(&l->loop, UV_RUN_NOWAIT);
    } while (!l->recalled && uv_hrtime() - begun_ns < bound_us * UINT64_C(1000));
    lent_loop_drain(l);
    return l->recalled;
}

void lent_loop_return(struct lent_loop *l)
{
    loop_baton_lay(l->baton, true);
}

void lent_loop_flush(struct lent_loop *l)
{
    if (!loop_baton_take(l->baton)) return;
    lent_loop_drain(l);
    loop_baton_lay(l->baton, false);
}

void lent_loop_hurry(struct lent_loop *l)
{
    loop_baton_hurry(l->baton);
}
