/* Syscalls: what a vat asks of the kernel during a delivery. One function each, one table.
 *
 * A syscall that breaks the rules (naming what the vat does not know, resolving what it does not
 * decide, a text of another shape) is HS_VAT_FAILED: the crank is aborted and the vat terminated.
 */
#ifndef HEADSTART_KERNEL_SYSCALLS_H
#define HEADSTART_KERNEL_SYSCALLS_H

#include "kernel/kernel_private.h"

/* One delivery while it runs. */
struct delivery {
    struct kernel *kernel;
    struct ref vat;
    struct buffer syscalls; /* the transcript's list so far */
    bool exits;             /* the vat asked to end with this delivery, */
    bool exit_failed;       /* which failed, */
    struct buffer exit_why; /* for this reason: decoded body */
};

void delivery_fini(struct delivery *d);

/** vat_host_fn; data: struct delivery. */
HS_MUST_CHECK enum hs_status syscall_answer(void *data, struct slice request, struct buffer *reply,
                                            struct hs_error *err);

#endif
