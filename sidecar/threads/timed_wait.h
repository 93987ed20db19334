/* Timed waits: conditions that are waited for until a moment of the clock that nobody sets.
 *
 * Threads: any.
 */
#ifndef HEADSTART_SIDECAR_THREADS_TIMED_WAIT_H
#define HEADSTART_SIDECAR_THREADS_TIMED_WAIT_H

#include <pthread.h>
#include <time.h>

/** As pthread_cond_init; pthread_cond_timedwait then takes what timed_wait_until gives. */
void timed_wait_init(pthread_cond_t *condition);
/** The moment in so many milliseconds. */
struct timespec timed_wait_until(unsigned ms);

#endif
