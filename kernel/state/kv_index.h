/* An index of a map's entries by their keys' hashes: where a key is, or that it is not there.
 *
 * A map in memory has thousands of entries, several lie over one another, and a read asks each:
 * down a tree that is a dozen places far apart in memory, here it is one. It only ever spares the
 * tree work: where a bucket ran over it says so, and the tree is asked. So no keys, whoever chose
 * them, make it slower than the tree, no order comes from it, and a map without one is as good.
 */
#ifndef HEADSTART_KERNEL_STATE_KV_INDEX_H
#define HEADSTART_KERNEL_STATE_KV_INDEX_H

#include "kernel/state/kv_node.h"

struct kv_index;

/** For about so many entries. NULL: out of memory. */
struct kv_index *kv_index_make(size_t entries);
void kv_index_free(struct kv_index *x);
/** As many as it is good for; beyond, buckets run over. */
size_t kv_index_entries(const struct kv_index *x);

void kv_index_add(struct kv_index *x, struct kv_node *n);
void kv_index_remove(struct kv_index *x, const struct kv_node *n);
/** `n`, of the same key, in the place of `old`. */
void kv_index_replace(struct kv_index *x, const struct kv_node *old, struct kv_node *n);
/** Empty the bucket that `n` is in, or would be: done for each node there is, all are out. */
void kv_index_forget(struct kv_index *x, const struct kv_node *n);
/** It will be asked soon. */
void kv_index_expect(const struct kv_index *x, uint32_t hash);
/** *known: false: ask the tree; else the entry, or NULL: there is none. */
struct kv_node *kv_index_find(const struct kv_index *x, struct slice key, uint32_t hash,
                              bool *known);

#endif
