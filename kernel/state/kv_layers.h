/* The layered store: what a kernel writes, held apart by how firmly it stands.
 *
 *   crank buffer ─commit─► message ─end of message─► block ─end of block─► mark ─freeze─► frozen
 *                                                                                           │
 *   reads fall through: crank, message, block, mark, frozen, base                     (a snapshot
 *                                                                                      writes it)
 *   base: the store below, never written through here, with a read cache above it           ▼
 *                                                                                         base
 * - crank: one delivery's changes; merged when it commits, dropped when it aborts.
 * - message: what the current message changed: the `writes` of its answer.
 * - block: messages since the mark. Dropping it goes back to the mark. Beside it lies a row of undo
 *   maps, one a savepoint: what it held there, of what changed since (reads never see them, so a
 *   read costs the same however many savepoints there are).
 * - mark: finished blocks since the last snapshot.
 * - frozen: a mark layer that a snapshot is being written from; immutable, so a worker may read it
 *   while the owner goes on. When the snapshot is durable the base holds the same entries, the read
 *   cache is told of them and the frozen layer is dropped, some entries with each message: at a
 *   chain's full speed there are thousands. Until then it answers what the base would. When the
 *   snapshot failed, it goes back under the mark layer.
 *
 * A short-lived store is one of these over a snapshot. Not thread-safe, but for the frozen map.
 */
#ifndef HEADSTART_KERNEL_STATE_KV_LAYERS_H
#define HEADSTART_KERNEL_STATE_KV_LAYERS_H

#include "kernel/state/kv_map.h"
#include "kernel/state/kv_store.h"

struct kv_layers;

/** `base` is borrowed for the life of the layers and only read. */
HS_MUST_CHECK enum hs_status kv_layers_open(struct kv_store *base, struct kv_layers **out,
                                            struct hs_error *err);
void kv_layers_close(struct kv_layers *l);

/** The store view: reads all layers, writes to the innermost open one (crank, else message). */
struct kv_store *kv_layers_store(struct kv_layers *l);

/** Set a key that the store does not hold at present, as its writer knows: its name carries a
 * number just allotted, say. Deleted again before it has reached the base, it leaves no trace at
 * all: neither in the message's changes nor in a snapshot. */
HS_MUST_CHECK enum hs_status kv_layers_create(struct kv_layers *l, struct slice key,
                                              struct slice value, struct hs_error *err);

/** A crank may not be nested. */
void kv_layers_crank_begin(struct kv_layers *l);
void kv_layers_crank_commit(struct kv_layers *l);
void kv_layers_crank_abort(struct kv_layers *l);
bool kv_layers_in_crank(const struct kv_layers *l);

/** What the current message changed so far; borrowed until the next call here. */
const struct kv_map *kv_layers_message_changes(const struct kv_layers *l);
/** Merge into the block layer. Where there is no memory to undo that, the savepoints end. */
void kv_layers_message_commit(struct kv_layers *l);
void kv_layers_message_abort(struct kv_layers *l);

/** End of block: the block layer becomes part of the mark layer. No message may be open. */
void kv_layers_mark(struct kv_layers *l);
/** Back to the mark: drop block, message and crank layers. */
void kv_layers_back_to_mark(struct kv_layers *l);
/** Nothing was written since the mark? */
bool kv_layers_at_mark(const struct kv_layers *l);

/* Savepoints are numbered from 0, oldest first. No message may be open. */

/** What the block layer holds now can be gone back to. HS_NOMEM: no such savepoint. */
HS_MUST_CHECK enum hs_status kv_layers_savepoint(struct kv_layers *l, struct hs_error *err);
/** How many there are. Fewer than were made and not given up: memory ran out. */
size_t kv_layers_savepoints(const struct kv_layers *l);
/** Back to savepoint `i`, which stays; later ones end. */
void kv_layers_back_to(struct kv_layers *l, size_t i);
/** Savepoint `i` is given up; later ones move down by one. */
void kv_layers_savepoint_give_up(struct kv_layers *l, size_t i);
/** All of them end. */
void kv_layers_savepoints_end(struct kv_layers *l);
size_t kv_layers_savepoint_bytes(const struct kv_layers *l); /* keys and values, of all */

/** Hand out the mark layer for writing to the base: the map stays unchanged until thaw. Only one
 *  at a time: HS_BUSY while one is out. */
HS_MUST_CHECK enum hs_status kv_layers_freeze(struct kv_layers *l, const struct kv_map **out,
                                              struct hs_error *err);
/** written: base holds the frozen entries now, and what is left to do comes with the messages;
 * else, it may hold any of them, and they go back under the mark layer. */
void kv_layers_thaw(struct kv_layers *l, bool written);
/** Entries of a written snapshot that are still to be told to the read cache, or to be freed. Each
 *  message that is merged takes a bounded number off; the next freeze, what the cache lacks. */
size_t kv_layers_left_behind(const struct kv_layers *l);

/** From here on `base` is the base, with the entries of the one before and of the frozen layer: a
 *  snapshot was made of both. It is followed by the thaw, as written. */
void kv_layers_move_base(struct kv_layers *l, struct kv_store *base);

/** Somebody else changed the base: nothing is known of it any more. The layers are empty, and none
 * is frozen. */
void kv_layers_base_changed(struct kv_layers *l);

/** From here on read from `through` what the open message has not written itself; NULL: from the
 *  layers and the base again. For a kernel that reads the node's own store: block and mark layers
 *  still collect what the next snapshot needs, but answer nothing. No message may be open. */
void kv_layers_read_through(struct kv_layers *l, struct kv_store *through);

#endif
