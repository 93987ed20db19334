/* Solo blocks: the heights and times that solo gives its messages, so that it reaches the hash of a
 * chain that executes the same messages in the same blocks. The reference node numbers alike. */
#ifndef HEADSTART_SIDECAR_COMMANDS_SOLO_BLOCKS_H
#define HEADSTART_SIDECAR_COMMANDS_SOLO_BLOCKS_H

#include <stdint.h>

enum {
    SOLO_GENESIS_TIME_S = 1700000000, /* Unix seconds of height 0 */
    SOLO_BLOCK_TIME_S = 5,
};

/** Block time of a height, Unix seconds. */
static inline uint64_t solo_block_time(uint64_t height)
{
    return SOLO_GENESIS_TIME_S + height * SOLO_BLOCK_TIME_S;
}

/** Height of the message after `seqnum` ones, `block_messages` (at least 1) a block: from 1 on. */
static inline uint64_t solo_block_height(uint64_t seqnum, uint64_t block_messages)
{
    return seqnum / block_messages + 1;
}

#endif
