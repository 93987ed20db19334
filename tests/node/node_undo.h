/* Undo records: what each key was before a block, so that the block can be rolled back.
 *
 *   u<height, 16 hex digits>        the chain's head record before the block
 *   u<height><key>                  '=' and the value that the key had, or '-': it was absent
 *
 * Everything here only adds to a batch of the caller's, so that a block and its undo records reach
 * the disk together, and leave it together.
 */
#ifndef HEADSTART_TESTS_NODE_NODE_UNDO_H
#define HEADSTART_TESTS_NODE_NODE_UNDO_H

#include "snapshot/kv_leveldb.h"

/* Where in the node's LevelDB the real store's keys are. */
#define NODE_REAL_PREFIX "k"

/** Keep what `key` is in `real` (the store on disk) now, as the record of block `height`. */
HS_MUST_CHECK enum hs_status node_undo_keep(struct kv_leveldb_batch *batch, uint64_t height,
                                            struct kv_store *real, struct slice key,
                                            struct hs_error *err);
/** Keep the head record from before block `height`. */
void node_undo_keep_head(struct kv_leveldb_batch *batch, uint64_t height, struct slice head);

/** Is block `height` still undoable? */
HS_MUST_CHECK enum hs_status node_undo_kept(struct kv_leveldb *db, uint64_t height, bool *kept,
                                            struct hs_error *err);

/** Delete the records of block `height`: it can no longer be rolled back. */
HS_MUST_CHECK enum hs_status node_undo_forget(struct kv_leveldb *db, struct kv_leveldb_batch *batch,
                                              uint64_t height, struct hs_error *err);

/** Everything that undoes block `height`, its records' deletion included; the head record from
 *  before it into *head. HS_CORRUPT: a record is missing or not well-formed. */
HS_MUST_CHECK enum hs_status node_undo_apply(struct kv_leveldb *db, struct kv_leveldb_batch *batch,
                                             uint64_t height, struct buffer *head,
                                             struct hs_error *err);

#endif
