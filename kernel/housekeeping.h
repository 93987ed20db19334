/* Housekeeping: what is to be done without anybody calling. Only runs do it, on a budget of the
 * rules.
 *
 *   clean-up after vats that ended, some of their keys a crank
 *   gcActions that come of it
 *   the vats of the reapQueue, each with gcActions that come of it
 */
#ifndef HEADSTART_KERNEL_HOUSEKEEPING_H
#define HEADSTART_KERNEL_HOUSEKEEPING_H

#include "kernel/kernel_core.h"

bool housekeeping_is_due(const struct kernel *k);
/** Work at it until nothing is due, or its budget or the run policy is spent; `at_least_one` step.
 */
HS_MUST_CHECK enum hs_status housekeeping_run(struct kernel *k, bool at_least_one,
                                              struct hs_error *err);

/** What is left: cranks in the queues, and 1 if anything else is due. */
HS_MUST_CHECK enum hs_status housekeeping_queued(struct kernel *k, uint64_t *out,
                                                 struct hs_error *err);

#endif
