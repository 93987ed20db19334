/* History: where the kernel stood at the end of each block, for proving ancestors.
 *
 *   kernel.height             height of the newest message; absent: none had one
 *   kernel.history.$height    position at that block's end, as seqnum:hash
 *   kernel.heights.count, kernel.heights.$i    the heights noted, a ring of HS_HISTORY_HEIGHTS, so
 *                             that the oldest is found without a search
 *
 * All of this is outside the activity hash (kv_hashed.h): the hash commits to messages alone, so
 * that a kernel without blocks and nodes with any size of blocks agree on it.
 */
#ifndef HEADSTART_KERNEL_HISTORY_H
#define HEADSTART_KERNEL_HISTORY_H

#include "kernel/kernel_core.h"

/** A message of `height` comes (0: without blocks, nothing is noted). If it is the first of a
 *  higher block, the block before ended where the kernel stands now. If heights went back, because
 *  the node did, what was noted at `height` and above is no longer true and goes.
 *  Sets k->now.height. */
HS_MUST_CHECK enum hs_status history_advance(struct kernel *k, uint64_t height,
                                             struct hs_error *err);

#endif
