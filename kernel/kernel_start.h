/* Start: heaps for every vat that a store knows, from images and transcripts. */
#ifndef HEADSTART_KERNEL_KERNEL_START_H
#define HEADSTART_KERNEL_KERNEL_START_H

#include "kernel/kernel_private.h"

/** Fill k->vats; every process is marked. Reads the base store only. */
HS_MUST_CHECK enum hs_status kernel_start_vats(struct kernel *k, struct kernel_start_report *report,
                                               struct hs_error *err);

#endif
