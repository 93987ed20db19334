/* Pending calls: the promises that the kernel holds for results that are still to come.
 *
 *   kernel.pending.$kpid = seqnum of the call; 0: the bootstrap's
 *   kernel.pending = how many calls
 *
 * A call is noted when it is queued and collected in the crank that settles it, be it in its own
 * message or in a later one. The oldest expire where more wait than the rules allow: nobody will be
 * told what became of them.
 */
#ifndef HEADSTART_KERNEL_PENDING_H
#define HEADSTART_KERNEL_PENDING_H

#include "kernel/kernel_core.h"

/** Note a promise that is held for the call (seqnum 0: the bootstrap). In a crank. */
HS_MUST_CHECK enum hs_status pending_add(struct kernel *k, const struct ref *kpid, uint64_t seqnum,
                                         struct hs_error *err);
/** What was settled in this crank becomes part of the answer and is let go of. */
HS_MUST_CHECK enum hs_status pending_collect(struct kernel *k, struct hs_error *err);
/** The message ends with its call unsettled: one more waits. In a crank. */
HS_MUST_CHECK enum hs_status pending_keep(struct kernel *k, struct hs_error *err);

/** The promise of a bootstrap that is not settled yet; *found: is there one? */
HS_MUST_CHECK enum hs_status pending_bootstrap(struct kernel *k, struct ref *kpid, bool *found,
                                               struct hs_error *err);
/** Inside a crank: what becomes of the bootstrap fails no message any more. An event tells it. */
HS_MUST_CHECK enum hs_status pending_give_up_bootstrap(struct kernel *k, struct hs_error *err);

#endif
