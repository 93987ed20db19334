/* The chain's own store: the durable truth of a reference node.
 *
 *   open transaction ─commit─► open block ─one synced batch─► LevelDB
 *                                                              k<key>           the real store
 *                                                              u<height><key>   undo records
 *                                                              n…               the node's own
 *
 * - A message's writes go to the open transaction, which commits into the open block or is dropped.
 * - A block reaches the disk as one synced batch, together with how far in the message file it
 *   goes and with the previous value of every key it changed. A crash leaves whole blocks only.
 * - The newest NODE_UNDO_BLOCKS blocks can be rolled back, one synced batch each.
 *
 * Only the real store (k…) is ever shown to headstart.
 */
#ifndef HEADSTART_TESTS_NODE_NODE_STORE_H
#define HEADSTART_TESTS_NODE_NODE_STORE_H

#include "kernel/state/kv_store.h"
#include "kernel/state/position.h"

enum { NODE_UNDO_BLOCKS = 256 };

struct node_store;

/* Where the chain stands: its last committed block. */
struct node_head {
    uint64_t height;      /* 0: no block yet */
    uint64_t file_offset; /* of the first message that no block holds yet */
};

/** Open or create. HS_LOCKED: another node runs on it. HS_WRONG_CHAIN: `chain_id` is not the one
 *  that the folder was made with. HS_CORRUPT, HS_IO. */
HS_MUST_CHECK enum hs_status node_store_open(const char *dir, const char *chain_id,
                                             struct node_store **out, struct hs_error *err);
void node_store_close(struct node_store *s);

struct node_head node_store_head(const struct node_store *s);

/** The real store as the open transaction sees it; writes go to the open transaction. */
struct kv_store *node_store_real(struct node_store *s);
/** What `kernel.seqnum` and `kernel.hash` of the real store say now. HS_CORRUPT. */
HS_MUST_CHECK enum hs_status node_store_position(struct node_store *s, struct position *out,
                                                 struct hs_error *err);

void node_store_transaction_commit(struct node_store *s);
void node_store_transaction_abort(struct node_store *s);

/** Make the open block durable as block `head`: the next, or, before there is one, the genesis as
 *  block 0. On an error its outcome is unknown: close. */
HS_MUST_CHECK enum hs_status node_store_block_commit(struct node_store *s, struct node_head head,
                                                     struct hs_error *err);
/** Drop the open block, back to the last committed one. */
void node_store_block_abort(struct node_store *s);

/** Go back `blocks` committed blocks. No block may be open. HS_NOT_FOUND: that many cannot be
 *  undone; nothing changed. */
HS_MUST_CHECK enum hs_status node_store_roll_back(struct node_store *s, uint64_t blocks,
                                                  struct hs_error *err);

#endif
