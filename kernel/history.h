/* History: where the kernel stood at the end of each block, for proving ancestors.
 *
 *   kernel.height, kernel.time  of the newest message's block; absent before the first message
 *   kernel.history.$height      position at that block's end, as seqnum:hash
 *   kernel.heights.count, kernel.heights.$i    the heights noted, a ring of HS_HISTORY_HEIGHTS, so
 *                               that the oldest is found without a search
 *
 * Heights are the node's, and rise. One below the height before begins a new era: a chain that was
 * begun anew from an exported store. What the era before noted at that height and above would
 * become untrue, and goes.
 */
#ifndef HEADSTART_KERNEL_HISTORY_H
#define HEADSTART_KERNEL_HISTORY_H

#include "kernel/kernel_core.h"
#include "kernel/state/message.h"

/** `m` comes. If it is the first of another block, that is noted in a crank of its own: where the
 *  block before ended, and the new height and time. Moves k->now.height and k->now.time. */
HS_MUST_CHECK enum hs_status history_advance(struct kernel *k, const struct message *m,
                                             struct hs_error *err);

#endif
