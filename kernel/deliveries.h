/* Deliveries: a run-queue event or GC action translated into what one vat calls things, handed to
 * it, and written to its transcript.
 */
#ifndef HEADSTART_KERNEL_DELIVERIES_H
#define HEADSTART_KERNEL_DELIVERIES_H

#include "kernel/kernel_core.h"
#include "kernel/tables/events.h"
#include "kernel/tables/gc_actions.h"
#include "kernel/tables/routing.h"

/* All inside a crank. HS_VAT_FAILED: the vat of k->ran cannot go on; err says why. */

/** `route` leads to the vat that exports the target. The event is released. */
HS_MUST_CHECK enum hs_status deliver_message(struct kernel *k, const struct event *e,
                                             const struct route *route, struct hs_error *err);
/** Nothing is delivered when the vat is gone or no longer knows the promise. */
HS_MUST_CHECK enum hs_status deliver_notify(struct kernel *k, const struct event *e,
                                            struct hs_error *err);
/** The event, which may be a vat's creation or upgrade, is released. */
HS_MUST_CHECK enum hs_status deliver_start_vat(struct kernel *k, const struct event *e,
                                               struct hs_error *err);
/** memory: a new limit, from the delivery after this one on; 0: as it was. The event is released.
 */
HS_MUST_CHECK enum hs_status deliver_change_options(struct kernel *k, const struct event *e,
                                                    uint64_t memory, struct hs_error *err);
HS_MUST_CHECK enum hs_status deliver_gc(struct kernel *k, const struct ref *vat,
                                        enum gc_action action, const struct ref_list *krefs,
                                        struct hs_error *err);
/** bringOutYourDead. If the vat let go of as much as it may at once, it is to do so again. */
HS_MUST_CHECK enum hs_status deliver_reap(struct kernel *k, const struct ref *vat,
                                          struct hs_error *err);

#endif
