/* Forward: executing the log's entries again.
 *
 *   kernel at n ──entries n+1..m, hash compared after each──► kernel at m
 *
 * Only the short-lived store is written here, so every failure has one remedy: drop the kernel and
 * take another way. The first hash that differs ends it: what comes after could only be wrong.
 */
#ifndef HEADSTART_SIDECAR_STEWARD_FORWARD_H
#define HEADSTART_SIDECAR_STEWARD_FORWARD_H

#include "sidecar/steward/lent.h"

/** Execute the log's entries from the kernel's position to `target_seqnum`, marking at block ends.
 *  Nothing is done where the kernel stands there already, or behind it.
 *
 *  Returns: HS_OK         the kernel stands at target
 *           HS_DIVERGED   a hash differs from the log's; the report says in what
 *           HS_CANCELLED  the sidecar stops
 *           HS_GAP        the log cannot be read on; the kernel stands where it led
 *           other         the kernel failed */
HS_MUST_CHECK enum hs_status forward_run(const struct lent *l, uint64_t target_seqnum,
                                         struct way_report *report, struct hs_error *err);

#endif
