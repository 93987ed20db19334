/* Unhurried thread: one whose work can wait, beside threads that are waited for.
 *
 * A thread that is woken does not get a processor while the one that runs there has a slice to go:
 * on Linux's defaults milliseconds, fifty times a small message. The node, or the kernel thread,
 * would pay them whenever the other processor has just gone idle, which the scheduler does not see
 * at once. So what can wait takes a slice of the least length and little weight: whoever is woken
 * comes first, and where all processors are busy it still gets a fortieth of one. (SCHED_IDLE comes
 * to the same for who is woken, but gets a three-hundredth then, and a thread without privileges
 * cannot leave it.)
 *
 * What somebody always waits for (a stop's snapshot, a sync, a start) belongs on other threads.
 * Where somebody comes to wait for what an unhurried thread has begun, a fortieth of a processor
 * would make seconds of it minutes: all of them are hurried then. So a thread is unhurried only
 * where it may leave that again, which takes a right: CAP_SYS_NICE, or RLIMIT_NICE (systemd's
 * LimitNICE=+0).
 */
#ifndef HEADSTART_KERNEL_STATE_UNHURRIED_THREAD_H
#define HEADSTART_KERNEL_STATE_UNHURRIED_THREAD_H

/** The calling thread, just begun, is as the process's first one is: it has weight and slice of
 *  whoever made it, who may be unhurried. */
void hurried_thread_begin(void);
/** The calling thread is one from now on, until it says that it ends; it keeps a nice that is
 * higher already, and a class that is no ordinary one. Without that right it is as others are, but
 * for a nice of one more. A slice of its own needs Linux 6.12; before, the weight alone does the
 * most. */
void unhurried_thread_begin(void);
/** The calling thread is about to end; no harm if it was none. */
void unhurried_thread_end(void);
/** Any thread: somebody waits for what unhurried threads do. Until relax, they have what they
 *  had before they began to be unhurried, also those that begin. One thread calls the two. */
void unhurried_threads_hurry(void);
void unhurried_threads_relax(void);

#endif
