/* Preload: from process start to a kernel that waits for the node.
 *
 *   newest snapshot ──images or transcripts──► kernel ──log──► floor (mark) ──log──► its end
 *                        load                             must be committed    speculation
 *                                                   └────────────── roll ──────────────┘
 *
 * The node cannot have lost what lies before the floor, so going back there is always enough; what
 * lies behind it was executed before the last stop and is probably what the node will ask for, so
 * it is executed too. If it is not, going back costs a page copy.
 *
 * Nothing here waits for the node, and nothing here is believed without proof: each hash is
 * compared with the log's.
 */
#ifndef HEADSTART_SIDECAR_STEWARD_PRELOAD_H
#define HEADSTART_SIDECAR_STEWARD_PRELOAD_H

#include "sidecar/steward/lent.h"

/** The newest snapshot as a kernel; without one, an empty kernel at the origin; none, where there
 *  is no kernel configuration either. Statuses as
 *  kernel_start; on failure a kernel that must not be used may be left. */
HS_MUST_CHECK enum hs_status preload_load(const struct lent *l, struct hs_error *err);

/** Does the log go on from where the kernel stands? */
bool preload_log_goes_on(const struct lent *l);

/** Execute the log to its end, with the mark at the floor.
 *
 *  Out:     floor  the highest position that the node must have committed, also after a failure
 *  Returns: HS_OK  also where the log ends early, or does not go on from here: that is logged
 *           other  as forward_run */
HS_MUST_CHECK enum hs_status preload_roll(const struct lent *l, struct position *floor,
                                          struct way_report *report, struct hs_error *err);

/** Read the configuration, or the state vector that the kernel stands on, and compile its vats,
 *  writing nothing. One that a chain cannot begin with
 *  is told now, not by its first message. A node whose chain has begun does not need it: nothing
 *  else depends on what comes of this. */
void preload_rehearse(const struct lent *l);

#endif
