#include "kernel/state/thread_weight.h"

#include <linux/sched.h> /* glibc's sched.h declares the same, some of it only lately */
#include <linux/sched/types.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Of those that may run, Linux (EEVDF, 6.6 and later) takes the one whose slice would end first, in
 * time as its weight counts it. Ours ends after 0.1 ms × 1,024 / 29 = 3.5 ms, behind the 3 ms of a
 * woken thread's, the longest default there is: with much more weight it would be ours that goes
 * on. */
enum {
    NICE = 16,         /* a weight of 29, where others have 1,024 */
    SLICE_NS = 100000, /* the least that Linux takes */
};

void thread_weigh(pid_t thread, int nice, bool hurried)
{
    struct sched_attr attr = {.size = sizeof attr};

    if (syscall(SYS_sched_getattr, thread, &attr, sizeof attr, 0) != 0) return;
    if (attr.sched_policy != SCHED_NORMAL && attr.sched_policy != SCHED_BATCH) return;
    attr.sched_flags = 0;
    attr.sched_runtime = hurried ? 0 : SLICE_NS;
    attr.sched_nice = !hurried && nice < NICE ? NICE : nice;
    (void)syscall(SYS_sched_setattr, thread, &attr, 0);
}

bool thread_may_return(void)
{
    id_t thread = (id_t)gettid();
    int nice = getpriority(PRIO_PROCESS, thread);

    return setpriority(PRIO_PROCESS, thread, nice + 1) == 0 &&
           setpriority(PRIO_PROCESS, thread, nice) == 0;
}
