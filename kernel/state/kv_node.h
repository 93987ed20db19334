/* The entries of ordered maps in memory, and the room where spare ones wait.
 *
 * A delivery sets some forty keys and takes as many nodes apart, in layers that pass them on to one
 * another; so one allocation holds node, key and a value that fits, and nodes of the usual sizes
 * are kept for the next. A spare node is nobody's: maps with and without a room, or with different
 * ones, may pass nodes on to one another.
 */
#ifndef HEADSTART_KERNEL_STATE_KV_NODE_H
#define HEADSTART_KERNEL_STATE_KV_NODE_H

#include "kernel/state/bytes.h"

#include <bsd/sys/tree.h>

struct kv_node {
    RB_ENTRY(kv_node) link;
    char *value; /* behind the key where it fits; NULL: empty or deleted */
    uint32_t hash;
    uint32_t key_len, value_len;
    uint32_t room; /* for a value behind the key */
    bool deleted;
    bool created; /* the key is absent below this layer: a deletion may just take it out */
    bool absent;  /* of an undo map: there was no entry */
    uint8_t size; /* one of the usual, or KV_NODE_SIZES */
    char text[];
};

enum { KV_NODE_SIZES = 4 };

/* Plain value; all zero bytes is an empty one. One thread at a time. */
struct kv_node_room {
    struct kv_node *spare[KV_NODE_SIZES]; /* linked by their right sides */
    size_t len[KV_NODE_SIZES];
};

void kv_node_room_fini(struct kv_node_room *r);

/** With its key, and room for such a value, which it does not have yet; in no tree. `room` may be
 *  NULL. NULL: out of memory. */
struct kv_node *kv_node_make(struct kv_node_room *room, struct slice key, uint32_t hash,
                             size_t value_len);
void kv_node_free(struct kv_node_room *room, struct kv_node *n);
/** Replace the value, which may lie in this node or another. False: out of memory, nothing
 *  changed. */
bool kv_node_set(struct kv_node *n, struct slice value, bool deleted);

static inline struct slice kv_node_key(const struct kv_node *n)
{
    return (struct slice){n->text, n->key_len};
}

#endif
