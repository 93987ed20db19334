/* Spin: shall a wait ask again and again for a while before it sleeps?
 *
 * To be woken takes a socket's end longer than to ask: 5 µs on the same processor, 50 and more on
 * another one that has gone idle. To ask takes a processor all the time, and where it is the one
 * that the other end needs, only delays what is waited for. So it is bounded, and given up where it
 * does not pay:
 *
 *   came while it spun   misses - 1
 *   did not              misses + 2; with n misses the next 2^n - 1 waits sleep at once
 *
 * It goes on where two of three come in time, and is down to one wait in 2^SPIN_MISSES_MAX where
 * none does.
 *
 * Pure: the caller has the clock and the socket. A plain value, one thread's at a time.
 */
#ifndef HEADSTART_IPC_SPIN_H
#define HEADSTART_IPC_SPIN_H

#include <stdbool.h>
#include <stdint.h>

enum { SPIN_MISSES_MAX = 8 };

struct spin {
    uint32_t bound_us; /* of one wait; 0: none spins */
    uint32_t misses;
    uint32_t asleep; /* waits that still sleep at once */
};

/** A wait begins. How many µs to spin; 0: sleep at once, and say nothing of how it went. */
uint32_t spin_begin(struct spin *s);
/** It spun. `came`: in that time. */
void spin_end(struct spin *s, bool came);

#endif
