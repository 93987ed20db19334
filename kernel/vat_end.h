/* Vat end: a vat ends in the crank at hand, and the answer's events say so. */
#ifndef HEADSTART_KERNEL_VAT_END_H
#define HEADSTART_KERNEL_VAT_END_H

#include "kernel/kernel_core.h"

/** Inside a crank: the vat ends, and that is told. `message`: what those who wait for it get. */
HS_MUST_CHECK enum hs_status vat_end(struct kernel *k, const struct vat_name *vat,
                                     const char *reason, const char *message, struct hs_error *err);

#endif
