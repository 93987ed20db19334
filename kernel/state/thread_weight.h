/* A thread's weight and slice (unhurried_thread.h says why). */
#ifndef HEADSTART_KERNEL_STATE_THREAD_WEIGHT_H
#define HEADSTART_KERNEL_STATE_THREAD_WEIGHT_H

#include <stdbool.h>
#include <sys/types.h>

/** Hurried: the weight of this nice, and the system's slice. Else little of both; a nice that is
 *  higher stays. Nothing where the system refuses it, or the thread is of no ordinary class. */
void thread_weigh(pid_t thread, int nice, bool hurried);

/** May the calling thread take back what it gave up? It is tried, with a nice of one more, which it
 *  keeps where it may not. */
bool thread_may_return(void);

#endif
