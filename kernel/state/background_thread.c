#include "kernel/state/background_thread.h"

#include <linux/sched.h> /* glibc's sched.h declares the same, some of it only lately */
#include <linux/sched/types.h>
#include <sys/syscall.h>
#include <unistd.h>

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
