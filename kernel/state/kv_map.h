/* An ordered map in memory, key → value or "deleted": what every layer of a store is made of.
 *
 * A red-black tree (BSD <sys/tree.h>, from libbsd): order comes from the keys' bytes alone. A
 * deletion is kept as an entry, so that a layer can hide a key of the layer below. A large map has
 * an index besides (kv_index.h), by which keys are found; nothing depends on its being there.
 */
#ifndef HEADSTART_KERNEL_STATE_KV_MAP_H
#define HEADSTART_KERNEL_STATE_KV_MAP_H

#include "kernel/state/bytes.h"

struct kv_map;
struct kv_node;
struct kv_node_room;

/* A view of one entry; valid until the map changes. */
struct kv_entry {
    struct slice key;
    struct slice value; /* empty when deleted */
    bool deleted;
};

HS_MUST_CHECK enum hs_status kv_map_open(struct kv_map **out, struct hs_error *err);
/** One of several that pass entries on to one another, with a common room for spare ones, which is
 *  borrowed until all of them are closed. */
HS_MUST_CHECK enum hs_status kv_map_open_among(struct kv_node_room *room, struct kv_map **out,
                                               struct hs_error *err);
void kv_map_close(struct kv_map *m);

size_t kv_map_count(const struct kv_map *m); /* entries, deletions included */
size_t kv_map_bytes(const struct kv_map *m); /* keys and values, for bounds and figures */

/** Set or, with deleted, mark as deleted. HS_NOMEM leaves the map as it was. */
HS_MUST_CHECK enum hs_status kv_map_put(struct kv_map *m, struct slice key, struct slice value,
                                        bool deleted, struct hs_error *err);
/** Set a key that is absent here and in everything below this layer. Deleting it again takes the
 *  entry out instead of marking it: what never was below needs no hiding. */
HS_MUST_CHECK enum hs_status kv_map_create(struct kv_map *m, struct slice key, struct slice value,
                                           struct hs_error *err);
/** What is below this layer may hold any of its keys from here on: deleting one marks it. */
void kv_map_created_no_more(struct kv_map *m);
/** Take the entry out altogether (no deletion mark stays). */
void kv_map_remove(struct kv_map *m, struct slice key);
void kv_map_clear(struct kv_map *m);
/** The same in pieces: so many entries are taken out, or all there are; an index stays, for as many
 *  again. A map that is not empty yet may only be counted, cleared further, or closed. */
void kv_map_clear_some(struct kv_map *m, size_t entries);

bool kv_map_find(const struct kv_map *m, struct slice key, struct kv_entry *out);
/** The key of this checksum64 may be asked for soon: a large map is far away. */
void kv_map_expect(const struct kv_map *m, uint64_t checksum);
/** The same, of a key whose checksum64 is at hand: it is asked of several maps. */
bool kv_map_find_by(const struct kv_map *m, struct slice key, uint64_t checksum,
                    struct kv_entry *out);
/** First entry with key > after (empty slice: the first of all). */
bool kv_map_next(const struct kv_map *m, struct slice after, struct kv_entry *out);

/* How far a walk over all entries has come; all zero bytes: it begins. */
struct kv_map_place {
    const struct kv_node *node; /* of the last entry */
    bool begun;
};
/** The next entry in key order, without a search. The map must not change during a walk. */
bool kv_map_walk(const struct kv_map *m, struct kv_map_place *place, struct kv_entry *out);

/** Move every entry of `from`, the layer above, over those of `to`; `from` is empty afterwards.
 *  Moves memory, copies nothing, cannot fail. */
void kv_map_merge(struct kv_map *to, struct kv_map *from);

/* An undo map holds, for each key that merges changed in a map, what that map held before the first
 * of them: an entry, or that there was none. It is no layer: nobody reads it. */

/** kv_map_merge, and what it displaces goes to `undo`, where it is the first to speak of a key.
 *  Returns: false: no memory for all of it; the merge is done, and `undo` is worth nothing */
HS_MUST_CHECK bool kv_map_merge_undoably(struct kv_map *to, struct kv_map *from,
                                         struct kv_map *undo);
/** Let `to` be what it was when `undo` was empty; `undo` is empty afterwards. Cannot fail. */
void kv_map_undo(struct kv_map *to, struct kv_map *undo);
/** `undo` shall undo what `later`, which follows on it, undoes as well; `later` is empty
 *  afterwards. Cannot fail. */
void kv_map_undo_join(struct kv_map *undo, struct kv_map *later);

#endif
