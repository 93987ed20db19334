/* Open block: what happened since the mark, and how store and heaps go back inside it together.
 * What savepoints are, and when one is made, is savepoints.h's. */
#ifndef HEADSTART_KERNEL_OPEN_BLOCK_H
#define HEADSTART_KERNEL_OPEN_BLOCK_H

#include "kernel/kernel_core.h"

/** A message begins: make a savepoint if one is due. */
void open_block_before_message(struct kernel *k);
/** A call that may be stopped by its caller's limit begins: see to it that something leads back to
 *  here. HS_NOMEM: the message did not happen, nothing was undone. */
HS_MUST_CHECK enum hs_status open_block_before_limited(struct kernel *k, struct hs_error *err);
/** Something will be executed here and undone: see to it that the newest savepoint lies here.
 *  HS_NOMEM; HS_TOO_LARGE: what the block changed is more than may be kept. */
HS_MUST_CHECK enum hs_status open_block_before_undo(struct kernel *k, struct hs_error *err);
/** Undo what was executed since, of which nothing joined the block. */
void open_block_undo(struct kernel *k);
/** It was executed, whole; `stopped`: as one that was undone and rejected. */
void open_block_after_message(struct kernel *k, const struct message *m, bool stopped);

/** Are the savepoints whole, or did memory run out for the store's side of them? */
bool open_block_savepoints_whole(const struct kernel *k);
/** Between cranks: of the vats that were born and ended since the mark, those go that lived at no
 *  savepoint, so that it takes no memory to make and end many in a block. */
void open_block_release_ended(struct kernel *k);
/** Bytes that the savepoints take, also by vats that ended since. */
uint64_t open_block_savepoint_bytes(const struct kernel *k);

/** Store and heaps become what they were at savepoint `i`. */
void open_block_return_to(struct kernel *k, size_t i);
/** Store and heaps become the mark's. The savepoints end, the inputs stay. */
void open_block_return_to_mark(struct kernel *k);
/** Savepoints and inputs end: the mark is where the kernel stands, or they are not wanted. */
void open_block_forget(struct kernel *k);

#endif
