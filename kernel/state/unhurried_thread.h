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
 * What somebody waits for (a stop's snapshot, a sync, a start) belongs on other threads.
 */
#ifndef HEADSTART_KERNEL_STATE_UNHURRIED_THREAD_H
#define HEADSTART_KERNEL_STATE_UNHURRIED_THREAD_H

/** The calling thread is one from now on, for good; it keeps a nice that is higher already, and a
 *  class that is no ordinary one. Nothing where the system refuses it, which costs no more than
 *  time. A slice of its own needs Linux 6.12; before, the weight alone does the most. */
void unhurried_thread_begin(void);

#endif
