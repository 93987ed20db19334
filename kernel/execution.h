/* Execution: one message, from the store as it stands to the outcome, whole or not at all. */
#ifndef HEADSTART_KERNEL_EXECUTION_H
#define HEADSTART_KERNEL_EXECUTION_H

#include "kernel/inbound.h"
#include "kernel/outcome.h"

/** Execute `m`, the kernel's first with its bootstrap before it. On failure the store's layers are
 *  as before, *out is empty, and the kernel is torn: heaps may have run. HS_SPENT: its call needs
 *  more ticks than it may have. Contract of kernel_deliver otherwise. */
HS_MUST_CHECK enum hs_status execution_run(struct kernel *k, const struct message *m,
                                           enum inbound_manner manner, struct kernel_outcome *out,
                                           struct hs_error *err);

#endif
