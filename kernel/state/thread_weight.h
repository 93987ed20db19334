/* A thread's weight and slice (unhurried_thread.h says why). */
#ifndef HEADSTART_KERNEL_STATE_THREAD_WEIGHT_H
#define HEADSTART_KERNEL_STATE_THREAD_WEIGHT_H

#include <stdbool.h>
#include <sys/types.h>

/** Those of the process's first thread, if it is hurried; else little of both. */
void thread_weigh(pid_t thread, bool hurried);

/** May the calling thread take back what it gave up? It is tried, with a nice of one more. */
bool thread_may_return(void);

#endif
