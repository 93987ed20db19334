#include "kernel/state/kv_node.h"

#include <assert.h>
#include <stdlib.h>

enum { SPARE_MAX = 1024 }; /* of each size */

static const size_t sizes[KV_NODE_SIZES] = {128, 192, 320, 640};

void kv_node_room_fini(struct kv_node_room *r)
{
    for (size_t i = 0; i < KV_NODE_SIZES; i++) {
        while (r->spare[i]) {
            struct kv_node *n = r->spare[i];

            r->spare[i] = RB_RIGHT(n, link);
            free(n);
        }
        r->len[i] = 0;
    }
}

static struct kv_node *node_take(struct kv_node_room *room, size_t size, size_t bytes)
{
    struct kv_node *n;

    if (!room || size == KV_NODE_SIZES || !room->spare[size]) return malloc(bytes);
    n = room->spare[size];
    room->spare[size] = RB_RIGHT(n, link);
    room->len[size]--;
    return n;
}

struct kv_node *kv_node_make(struct kv_node_room *room, struct slice key, uint32_t hash,
                             size_t value_len)
{
    size_t bytes = sizeof(struct kv_node) + key.len + value_len, size = 0;
    struct kv_node *n;

    assert(key.len <= UINT32_MAX && value_len <= UINT32_MAX);
    while (size < KV_NODE_SIZES && sizes[size] < bytes) {
        size++;
    }
    if (size < KV_NODE_SIZES) bytes = sizes[size];
    n = node_take(room, size, bytes);
    if (!n) return NULL;
    *n = (struct kv_node){.hash = hash,
                          .key_len = (uint32_t)key.len,
                          .room = (uint32_t)(bytes - sizeof *n - key.len),
                          .size = (uint8_t)size};
    memcpy(n->text, key.data, key.len);
    return n;
}

static bool node_value_is_apart(const struct kv_node *n)
{
    return n->value && n->value != n->text + n->key_len;
}

void kv_node_free(struct kv_node_room *room, struct kv_node *n)
{
    if (node_value_is_apart(n)) free(n->value);
    if (!room || n->size == KV_NODE_SIZES || room->len[n->size] >= SPARE_MAX) {
        free(n);
        return;
    }
    RB_RIGHT(n, link) = room->spare[n->size];
    room->spare[n->size] = n;
    room->len[n->size]++;
}

bool kv_node_set(struct kv_node *n, struct slice value, bool deleted)
{
    char *apart = node_value_is_apart(n) ? n->value : NULL;
    char *to = NULL;

    if (value.len > 0) to = value.len <= n->room ? n->text + n->key_len : malloc(value.len);
    if (value.len > 0 && !to) return false;
    if (to) memmove(to, value.data, value.len);
    free(apart);
    n->value = to;
    n->value_len = (uint32_t)value.len;
    n->deleted = deleted;
    return true;
}
