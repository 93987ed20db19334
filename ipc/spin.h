/* Spin: shall a wait ask again and again for a while before it sleeps?
 *
 * To be woken takes a socket's end longer than to ask: 5 µs on the same processor, 50 and more on
 * another one that has gone idle. To ask takes a processor all the time, and where it is the one
 * that the other end needs, only delays what is waited for. So it is bounded, and paid for from a
 * credit of time:
 *
 *   it came while it spun   + 50 µs: about what was saved; half the bound, if that is less
 *   it came later           + a 16th of the wait, - the bound if it spun
 *
 * A wait spins unless the credit is overdrawn, and the credit is a bound at most. So all spin where
 * two of three come in time, with a bound of 100 µs or less, or ten of eleven with one of 500; so
 * they do where the others take so long that the spin is a small part of it, as at a block's end,
 * or in a message that works for long. What spins take in vain is a 16th of the time waited, and
 * what those that came in time have saved.
 * Rejected: to sleep the next 2^n - 1 waits after n misses. Twenty messages that took long were
 * enough to have the next 255 waits sleep, each of which would have been over in time.
 *
 * Pure: the caller has the clock and the socket. A plain value, one thread's at a time.
 */
#ifndef HEADSTART_IPC_SPIN_H
#define HEADSTART_IPC_SPIN_H

#include <stdbool.h>
#include <stdint.h>

enum {
    SPIN_SHARE = 16,
    SPIN_SAVES_US = 50, /* what it takes to be woken, see above */
};

/* All zero but for its bound at first. */
struct spin {
    uint32_t bound_us; /* of one wait; 0: none spins */
    int64_t credit_us;
    uint64_t begun_us; /* of the open wait */
    bool waits, spins; /* there is one; it has spun */
};

/** A wait begins. How many µs to spin; 0: sleep at once. */
uint32_t spin_begin(struct spin *s, uint64_t now_us);
/** The wait is over: it came while it spun. */
void spin_paid(struct spin *s);
/** The wait is over: it came later, or it did not spin. */
void spin_end(struct spin *s, uint64_t now_us);

#endif
