/* The benchmark's kernel, alone: no sidecar, no socket, no disk. What is measured here is a share
 * of the kernel's own time, which is the hardest measure. */
#ifndef HEADSTART_TESTS_BENCH_BENCH_KERNEL_H
#define HEADSTART_TESTS_BENCH_BENCH_KERNEL_H

#include "kernel/kernel.h"
#include "tests/bench/bench_workload.h"

struct bench_kernel;

/** A kernel with the workload's program in it, on a store in memory; the engine is borrowed. Needs
 *  a thread with a vat's stack. */
HS_MUST_CHECK enum hs_status bench_kernel_open(struct vat_engine *engine, const struct workload *w,
                                               bool savepoints, struct bench_kernel **out,
                                               struct hs_error *err);
void bench_kernel_close(struct bench_kernel *k);

/* Which messages fail at the node after they were executed. */
enum bench_failing {
    FAILING_NONE,
    FAILING_SECOND, /* every second */
    FAILING_FIRST,  /* one a block: its first, … */
    FAILING_MIDDLE,
    FAILING_LAST,
    FAILING_COUNT,
};

/** Execute so many messages in blocks of `block`, undo those that fail; *us: the
 *  processor time it took. */
HS_MUST_CHECK enum hs_status bench_kernel_run(struct bench_kernel *k, uint64_t messages,
                                              uint64_t block, enum bench_failing failing,
                                              uint64_t *us, struct hs_error *err);

#endif
