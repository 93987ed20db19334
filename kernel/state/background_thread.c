#include "kernel/state/background_thread.h"

#include <linux/sched.h> /* glibc's sched.h declares the same, some of it only lately */
#include <linux/sched/types.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Of those that may run, Linux (EEVDF, 6.6 and later) takes the one whose slice would end first, in
 * time as its weight counts it. Ours ends after 0.1 ms × 1,024 / 36 = 2.84 ms, just behind the 2.8
 * ms of a woken thread's, the longest default there is: with a weight of one nice less it would be
 * ours that goes on. */
enum {
    NICE = 15,         /* a weight of 36, where others have 1,024 */
    SLICE_NS = 100000, /* the least that Linux takes */
};

void background_thread_begin(void)
{
    struct sched_attr attr = {
        .size = sizeof attr,
        .sched_policy = SCHED_NORMAL,
        .sched_nice = NICE,
        .sched_runtime = SLICE_NS,
    };

    (void)syscall(SYS_sched_setattr, 0, &attr, 0);
}
