/* Start: where a kernel stands, as its store says, and heaps for every vat that the store knows,
 * from images and transcripts. */
#ifndef HEADSTART_KERNEL_KERNEL_START_H
#define HEADSTART_KERNEL_KERNEL_START_H

#include "kernel/kernel_core.h"

/** Fill k->now, k->mark and k->vats; every process is marked. Reads the base store only; an empty
 *  one is a kernel at the origin. Contract of kernel_start otherwise. */
HS_MUST_CHECK enum hs_status kernel_start_load(struct kernel *k, struct kernel_start_report *report,
                                               struct hs_error *err);

#endif
