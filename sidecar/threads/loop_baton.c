#include "sidecar/threads/loop_baton.h"

#include "sidecar/threads/timed_wait.h"

#include <assert.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

enum {
    LOOK_MS = 5,          /* while the borrower works now and then */
    LOOK_SELDOM_MS = 100, /* once it has not for LOOKS_IDLE looks */
    LOOKS_IDLE = 20,
    LAID_IDLE = 1, /* between two looks, by a borrower that only looks after itself */
};

struct loop_baton {
    pthread_mutex_t mutex;
    pthread_cond_t changed; /* the owner's */
    enum loop_baton_place place;
    uint64_t laid; /* times, after a run of the loop */
    bool asked, hurried, ended;
    bool taken; /* ever: then `borrower` is who did */
    pthread_t borrower;
};

enum hs_status loop_baton_open(struct loop_baton **out, struct hs_error *err)
{
    struct loop_baton *b = calloc(1, sizeof *b);

    *out = NULL;
    if (!b) return hs_fail(err, HS_NOMEM, "no memory for the event loop's baton");
    (void)pthread_mutex_init(&b->mutex, NULL);
    timed_wait_init(&b->changed);
    b->place = LOOP_BATON_OWNER;
    *out = b;
    return HS_OK;
}

void loop_baton_close(struct loop_baton *b)
{
    if (!b) return;
    (void)pthread_cond_destroy(&b->changed);
    (void)pthread_mutex_destroy(&b->mutex);
    free(b);
}

/* --- the borrower --- */

static bool baton_take(struct loop_baton *b, bool ask)
{
    bool taken;

    (void)pthread_mutex_lock(&b->mutex);
    assert(b->place != LOOP_BATON_BORROWER);
    taken = b->place == LOOP_BATON_LIES && !b->ended;
    if (taken) {
        b->place = LOOP_BATON_BORROWER;
        b->borrower = pthread_self();
        b->taken = true;
        b->hurried = false; /* what it was needed for is over */
    } else if (ask) {
        b->asked = !b->ended;
    }
    (void)pthread_mutex_unlock(&b->mutex);
    return taken;
}

bool loop_baton_take(struct loop_baton *b)
{
    return baton_take(b, false);
}

bool loop_baton_ask(struct loop_baton *b)
{
    return baton_take(b, true);
}

void loop_baton_lay(struct loop_baton *b, bool ran)
{
    bool ended;

    (void)pthread_mutex_lock(&b->mutex);
    assert(b->place == LOOP_BATON_BORROWER);
    b->place = LOOP_BATON_LIES;
    b->laid += ran;
    ended = b->ended;
    (void)pthread_mutex_unlock(&b->mutex);
    if (ended) (void)pthread_cond_signal(&b->changed);
}

void loop_baton_hurry(struct loop_baton *b)
{
    bool lies;

    (void)pthread_mutex_lock(&b->mutex);
    assert(b->place != LOOP_BATON_BORROWER);
    lies = b->place == LOOP_BATON_LIES;
    b->hurried = lies;
    b->asked = false;
    (void)pthread_mutex_unlock(&b->mutex);
    if (lies) (void)pthread_cond_signal(&b->changed);
}

/* --- the owner --- */

/* With the lock: until the next look, or until there is a reason to pick it up before. */
static void baton_rest(struct loop_baton *b, unsigned ms)
{
    const struct timespec until = timed_wait_until(ms);
    int waited = 0;

    while (waited == 0 && !(b->place == LOOP_BATON_LIES && (b->hurried || b->ended))) {
        waited = pthread_cond_timedwait(&b->changed, &b->mutex, &until);
    }
}

void loop_baton_await(struct loop_baton *b)
{
    uint64_t seen = 0; /* laid so often at the last look; 0: it did not lie there */
    uint64_t laid;
    unsigned idle = 0;

    (void)pthread_mutex_lock(&b->mutex);
    laid = b->laid;
    while (b->place != LOOP_BATON_OWNER) {
        bool lies = b->place == LOOP_BATON_LIES;

        if (lies && (b->hurried || b->ended || (seen != 0 && seen == b->laid))) {
            b->place = LOOP_BATON_OWNER;
            break;
        }
        idle = !lies && b->laid - laid <= LAID_IDLE ? idle + 1 : 0;
        laid = b->laid;
        seen = lies ? b->laid : 0;
        baton_rest(b, idle < LOOKS_IDLE ? LOOK_MS : LOOK_SELDOM_MS);
    }
    b->hurried = false;
    (void)pthread_mutex_unlock(&b->mutex);
}

bool loop_baton_asked(struct loop_baton *b)
{
    bool asked;

    (void)pthread_mutex_lock(&b->mutex);
    asked = b->asked && !b->ended;
    (void)pthread_mutex_unlock(&b->mutex);
    return asked;
}

bool loop_baton_give(struct loop_baton *b)
{
    bool given;

    (void)pthread_mutex_lock(&b->mutex);
    assert(b->place == LOOP_BATON_OWNER);
    given = b->asked && !b->ended;
    if (given) {
        b->place = LOOP_BATON_LIES;
        b->laid++;
        b->asked = false;
    }
    (void)pthread_mutex_unlock(&b->mutex);
    return given;
}

/* --- any thread --- */

void loop_baton_end(struct loop_baton *b)
{
    (void)pthread_mutex_lock(&b->mutex);
    b->ended = true;
    (void)pthread_mutex_unlock(&b->mutex);
    (void)pthread_cond_signal(&b->changed);
}

enum loop_baton_place loop_baton_place(struct loop_baton *b, bool *borrower)
{
    enum loop_baton_place place;

    (void)pthread_mutex_lock(&b->mutex);
    place = b->place;
    *borrower = b->taken && pthread_equal(b->borrower, pthread_self());
    (void)pthread_mutex_unlock(&b->mutex);
    return place;
}
