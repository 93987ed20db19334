/* Syscalls: what a vat asks of the kernel during a delivery. One function each, one table.
 *
 * A syscall that breaks the rules (naming what the vat does not know, resolving what it does not
 * decide, a text of another shape) is HS_VAT_FAILED: the crank is aborted and the vat terminated.
 */
#ifndef HEADSTART_KERNEL_SYSCALLS_H
#define HEADSTART_KERNEL_SYSCALLS_H

#include "kernel/delivery.h"

/** vat_host_fn; data: struct delivery. */
HS_MUST_CHECK enum hs_status syscall_answer(void *data, struct slice request, struct buffer *reply,
                                            struct hs_error *err);

#endif
