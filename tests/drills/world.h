/* A world: a chain of blocks and what a sidecar that nothing disturbed made of it.
 *
 *   messages of each block · position after each message · the node's store after each block ·
 *   the digest of each snapshot (store, heap pages, images: bit for bit)
 *
 * This is the measure of every drill. Branches are worlds of their own that share their first
 * blocks with the trunk: what a chain does that goes back and then goes another way.
 */
#ifndef HEADSTART_TESTS_DRILLS_WORLD_H
#define HEADSTART_TESTS_DRILLS_WORLD_H

#include "snapshot/snapshot_db.h"
#include "tests/drills/node.h"

enum { WORLD_BLOCK_MESSAGES = 5 };

enum world_kernel { WORLD_DIARY, WORLD_TOWN, WORLD_KERNELS };

struct world_plan {
    enum world_kernel kernel;
    uint64_t blocks;
    uint64_t branch; /* 0: the trunk */
    uint64_t fork;   /* blocks that the branch shares with the trunk */
    uint64_t shift;  /* heights of the branch are larger by so much */
};

struct world;

/** Run the chain once, in a fresh folder below `scratch`. */
HS_MUST_CHECK enum hs_status world_open(const struct world_plan *plan, const char *program,
                                        const char *scratch, struct world **out,
                                        struct hs_error *err);
void world_close(struct world *w);

const char *world_kernel_path(enum world_kernel kernel);
const struct world_plan *world_plan(const struct world *w);
/** Block 1.., message 0..WORLD_BLOCK_MESSAGES-1. */
struct slice world_message(const struct world *w, uint64_t block, unsigned i);
/** The height at which that block is executed. */
uint64_t world_height(const struct world *w, uint64_t block);
/** After that many messages. */
struct position world_position(const struct world *w, uint64_t seqnum);
/** After that many blocks; borrowed. */
struct kv_memory *world_store(const struct world *w, uint64_t blocks);
uint64_t world_store_digest(const struct world *w, uint64_t blocks);
/** NULL: no snapshot of the twin stands there. */
const struct snapshot_record *world_snapshot(const struct world *w, const struct position *at);

#endif
