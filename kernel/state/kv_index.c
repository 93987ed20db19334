#include "kernel/state/kv_index.h"

#include <assert.h>
#include <stdlib.h>

enum {
    CACHE_LINE_BYTES = 64,
    BUCKET_ENTRIES = 5, /* as many as fit into a cache line */
    BUCKET_USUAL = 2,   /* of a hundred buckets one or two run over then */
};

struct bucket {
    struct kv_node *nodes[BUCKET_ENTRIES];
    uint32_t hashes[BUCKET_ENTRIES];
    uint16_t len;
    bool ran_over; /* there are more, which only the tree has; until all is built anew */
};
_Static_assert(sizeof(struct bucket) <= CACHE_LINE_BYTES, "a bucket is read at one go");

struct kv_index {
    size_t mask; /* buckets - 1; they are a power of two */
    _Alignas(CACHE_LINE_BYTES) struct bucket buckets[];
};

struct kv_index *kv_index_make(size_t entries)
{
    size_t buckets = 16;
    struct kv_index *x;

    while (buckets * BUCKET_USUAL < entries) {
        buckets *= 2;
    }
    x = aligned_alloc(CACHE_LINE_BYTES, sizeof *x + buckets * sizeof x->buckets[0]);
    if (!x) return NULL;
    x->mask = buckets - 1;
    memset(x->buckets, 0, buckets * sizeof x->buckets[0]);
    return x;
}

void kv_index_free(struct kv_index *x)
{
    free(x);
}

size_t kv_index_entries(const struct kv_index *x)
{
    return (x->mask + 1) * BUCKET_USUAL;
}

void kv_index_add(struct kv_index *x, struct kv_node *n)
{
    struct bucket *b = &x->buckets[n->hash & x->mask];

    if (b->len == BUCKET_ENTRIES) {
        b->ran_over = true;
        return;
    }
    b->hashes[b->len] = n->hash;
    b->nodes[b->len++] = n;
}

/* The node's place in its bucket; the bucket's length: the node was one too many. */
static size_t bucket_place(const struct bucket *b, const struct kv_node *n)
{
    size_t i = 0;

    while (i < b->len && b->nodes[i] != n) {
        i++;
    }
    assert(i < b->len || b->ran_over);
    return i;
}

void kv_index_replace(struct kv_index *x, const struct kv_node *old, struct kv_node *n)
{
    struct bucket *b = &x->buckets[old->hash & x->mask];
    size_t i = bucket_place(b, old);

    assert(n->hash == old->hash);
    if (i < b->len) b->nodes[i] = n;
}

void kv_index_forget(struct kv_index *x, const struct kv_node *n)
{
    struct bucket *b = &x->buckets[n->hash & x->mask];

    b->len = 0;
    b->ran_over = false;
}

void kv_index_remove(struct kv_index *x, const struct kv_node *n)
{
    struct bucket *b = &x->buckets[n->hash & x->mask];
    size_t i = bucket_place(b, n);

    if (i == b->len) return;
    b->len--;
    b->hashes[i] = b->hashes[b->len];
    b->nodes[i] = b->nodes[b->len];
}

void kv_index_expect(const struct kv_index *x, uint32_t hash)
{
    __builtin_prefetch(&x->buckets[hash & x->mask]);
}

struct kv_node *kv_index_find(const struct kv_index *x, struct slice key, uint32_t hash,
                              bool *known)
{
    const struct bucket *b = &x->buckets[hash & x->mask];

    *known = true;
    for (size_t i = 0; i < b->len; i++) {
        if (b->hashes[i] == hash && slice_equal(kv_node_key(b->nodes[i]), key)) return b->nodes[i];
    }
    *known = !b->ran_over;
    return NULL;
}
