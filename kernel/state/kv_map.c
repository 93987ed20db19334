#include "kernel/state/kv_map.h"

#include "kernel/state/digest.h"
#include "kernel/state/kv_index.h"
#include "kernel/state/kv_node.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

enum {
    INDEXED_FROM = 12,  /* entries; below, the tree is as fast */
    INDEX_SPARSE = 128, /* times as many entries as there are: an index is not worth its memory */
};

RB_HEAD(map_tree, kv_node);

struct kv_map {
    struct map_tree tree;
    struct kv_index *index;    /* of all entries; NULL: few, or no memory for one */
    struct kv_node_room *room; /* NULL, or borrowed */
    size_t count;
    size_t bytes;
};

enum { WORD_BYTES = 8 };

/* Words compare as their bytes do. */
static uint64_t word_at(const char *bytes)
{
    uint64_t word;

    memcpy(&word, bytes, WORD_BYTES);
    return be64toh(word);
}

/* As slice_compare: keys are short, and most differ within their first two words. */
static int key_compare(struct slice a, struct slice b)
{
    while (a.len >= WORD_BYTES && b.len >= WORD_BYTES) {
        uint64_t left = word_at(a.data), right = word_at(b.data);

        if (left != right) return left < right ? -1 : 1;
        a = (struct slice){a.data + WORD_BYTES, a.len - WORD_BYTES};
        b = (struct slice){b.data + WORD_BYTES, b.len - WORD_BYTES};
    }
    return slice_compare(a, b);
}

static int node_compare(struct kv_node *a, struct kv_node *b)
{
    return key_compare(kv_node_key(a), kv_node_key(b));
}

/* The macro makes functions of every kind; those we do not call are fine. */
RB_GENERATE_INTERNAL(map_tree, kv_node, link, node_compare, static __attribute__((unused)))

static uint32_t key_hash(struct slice key)
{
    return (uint32_t)checksum64(key);
}

enum hs_status kv_map_open_among(struct kv_node_room *room, struct kv_map **out,
                                 struct hs_error *err)
{
    struct kv_map *m = calloc(1, sizeof *m);

    assert(out);
    if (!m) return hs_fail(err, HS_NOMEM, "store layer: out of memory");
    RB_INIT(&m->tree);
    m->room = room;
    *out = m;
    return HS_OK;
}

enum hs_status kv_map_open(struct kv_map **out, struct hs_error *err)
{
    return kv_map_open_among(NULL, out, err);
}

/* --- nodes in a map --- */

/* One for twice as many as there are, or none. */
static void map_index(struct kv_map *m)
{
    struct kv_node *n;

    kv_index_free(m->index);
    m->index = kv_index_make(2 * m->count);
    if (!m->index) return;
    RB_FOREACH (n, map_tree, &m->tree) {
        kv_index_add(m->index, n);
    }
}

static void map_give(struct kv_map *m, struct kv_node *n)
{
    struct kv_node *twin = RB_INSERT(map_tree, &m->tree, n);

    assert(!twin);
    (void)twin;
    m->count++;
    m->bytes += n->key_len + n->value_len;
    if (m->index && m->count <= kv_index_entries(m->index)) {
        kv_index_add(m->index, n);
    } else if (m->count >= INDEXED_FROM) {
        map_index(m);
    }
}

/* Out of the map, still there. */
static void map_take(struct kv_map *m, struct kv_node *n)
{
    RB_REMOVE(map_tree, &m->tree, n);
    if (m->index) kv_index_remove(m->index, n);
    m->count--;
    m->bytes -= n->key_len + n->value_len;
}

/* `n`, which is in no map, in the place of `old`, whose key it has: nothing is compared, and no
 * other node changes its place. */
static void map_replace(struct kv_map *m, struct kv_node *old, struct kv_node *n)
{
    struct kv_node *above = RB_PARENT(old, link);

    n->link = old->link;
    if (!above) {
        RB_ROOT(&m->tree) = n;
    } else if (RB_LEFT(above, link) == old) {
        RB_LEFT(above, link) = n;
    } else {
        RB_RIGHT(above, link) = n;
    }
    if (RB_LEFT(n, link)) RB_PARENT(RB_LEFT(n, link), link) = n;
    if (RB_RIGHT(n, link)) RB_PARENT(RB_RIGHT(n, link), link) = n;
    if (m->index) kv_index_replace(m->index, old, n);
    m->bytes += n->value_len;
    m->bytes -= old->value_len;
}

static void map_free(struct kv_map *m, struct kv_node *n)
{
    map_take(m, n);
    kv_node_free(m->room, n);
}

/* The smallest node of a tree, which is then none to search in any more: it is turned to the right
 * until its root has no left side, which costs a step or two a node and no balancing. What is left
 * of it hangs at the node's right side. */
static inline struct kv_node *tree_turn(struct kv_map *m, struct kv_node *root)
{
    struct kv_node *left;

    while ((left = RB_LEFT(root, link)) != NULL) {
        RB_LEFT(root, link) = RB_RIGHT(left, link);
        RB_RIGHT(left, link) = root;
        root = left;
    }
    if (m->index) kv_index_forget(m->index, root);
    return root;
}

/* All nodes at once, in order, linked by their right sides. The map is empty. */
static struct kv_node *map_take_all(struct kv_map *m)
{
    struct kv_node *n = RB_ROOT(&m->tree), *first = NULL, **end = &first;

    while (n) {
        n = tree_turn(m, n);
        *end = n;
        end = &RB_RIGHT(n, link);
        n = RB_RIGHT(n, link);
    }
    if (m->index && kv_index_entries(m->index) > INDEX_SPARSE * (m->count + INDEXED_FROM)) {
        kv_index_free(m->index); /* it was for more, and came here with them */
        m->index = NULL;
    }
    RB_INIT(&m->tree);
    m->count = m->bytes = 0;
    return first;
}

static struct kv_node *node_next(const struct kv_node *n)
{
    return RB_RIGHT(n, link);
}

void kv_map_clear(struct kv_map *m)
{
    struct kv_node *next;

    for (struct kv_node *n = map_take_all(m); n; n = next) {
        next = node_next(n);
        kv_node_free(m->room, n);
    }
}

void kv_map_clear_some(struct kv_map *m, size_t entries)
{
    for (; entries > 0 && RB_ROOT(&m->tree); entries--) {
        struct kv_node *n = tree_turn(m, RB_ROOT(&m->tree));

        RB_ROOT(&m->tree) = node_next(n);
        m->count--;
        m->bytes -= n->key_len + n->value_len;
        kv_node_free(m->room, n);
    }
}

void kv_map_close(struct kv_map *m)
{
    if (!m) return;
    kv_map_clear(m);
    kv_index_free(m->index);
    free(m);
}

size_t kv_map_count(const struct kv_map *m)
{
    return m->count;
}

size_t kv_map_bytes(const struct kv_map *m)
{
    return m->bytes;
}

/* --- finding --- */

/* Down the tree by hand: <sys/tree.h> searches with a node, and a key is not one. */
static struct kv_node *tree_find(const struct kv_map *m, struct slice key)
{
    struct kv_node *n = RB_ROOT(&m->tree);

    while (n) {
        int order = key_compare(key, kv_node_key(n));

        if (order == 0) return n;
        n = order < 0 ? RB_LEFT(n, link) : RB_RIGHT(n, link);
    }
    return NULL;
}

/* `hash`: the key's. */
static struct kv_node *node_find(const struct kv_map *m, struct slice key, uint32_t hash)
{
    bool known = m->count == 0;
    struct kv_node *n = NULL;

    if (m->index && !known) n = kv_index_find(m->index, key, hash, &known);
    return known ? n : tree_find(m, key);
}

static struct kv_node *node_after(const struct kv_map *m, struct slice after)
{
    struct kv_node *n = RB_ROOT(&m->tree), *best = NULL;

    while (n) {
        if (key_compare(after, kv_node_key(n)) < 0) {
            best = n;
            n = RB_LEFT(n, link);
        } else {
            n = RB_RIGHT(n, link);
        }
    }
    return best;
}

static struct kv_entry node_entry(const struct kv_node *n)
{
    return (struct kv_entry){kv_node_key(n), {n->value, n->value_len}, n->deleted};
}

void kv_map_expect(const struct kv_map *m, uint64_t checksum)
{
    if (m->index) kv_index_expect(m->index, (uint32_t)checksum);
}

bool kv_map_find_by(const struct kv_map *m, struct slice key, uint64_t checksum,
                    struct kv_entry *out)
{
    const struct kv_node *n = node_find(m, key, (uint32_t)checksum);

    if (n) *out = node_entry(n);
    return n != NULL;
}

bool kv_map_find(const struct kv_map *m, struct slice key, struct kv_entry *out)
{
    return kv_map_find_by(m, key, m->index ? checksum64(key) : 0, out);
}

bool kv_map_next(const struct kv_map *m, struct slice after, struct kv_entry *out)
{
    const struct kv_node *n = node_after(m, after);

    if (n) *out = node_entry(n);
    return n != NULL;
}

bool kv_map_walk(const struct kv_map *m, struct kv_map_place *place, struct kv_entry *out)
{
    const struct kv_node *last = place->node;

    assert(last || !place->begun);
    /* RB_NEXT reads alone, but its type is older than const. */
    place->node = place->begun ? RB_NEXT(map_tree, &m->tree, (struct kv_node *)(uintptr_t)last)
                               : RB_MIN(map_tree, (struct map_tree *)(uintptr_t)&m->tree);
    place->begun = true;
    if (place->node) *out = node_entry(place->node);
    return place->node != NULL;
}

/* --- setting --- */

/* A node of a key that the map does not have. NULL: out of memory. */
static struct kv_node *node_add(struct kv_map *m, struct slice key, uint32_t hash,
                                struct slice value, bool deleted)
{
    struct kv_node *n = kv_node_make(m->room, key, hash, value.len);

    if (!n) return NULL;
    if (!kv_node_set(n, value, deleted)) {
        kv_node_free(m->room, n);
        return NULL;
    }
    map_give(m, n);
    return n;
}

/* The node's value, or its deletion mark, becomes this. */
static bool node_change(struct kv_map *m, struct kv_node *n, struct slice value, bool deleted)
{
    size_t before = n->value_len;

    if (!kv_node_set(n, value, deleted)) return false;
    m->bytes += value.len;
    m->bytes -= before;
    return true;
}

static enum hs_status map_full(struct hs_error *err)
{
    return hs_fail(err, HS_NOMEM, "store layer: out of memory");
}

enum hs_status kv_map_put(struct kv_map *m, struct slice key, struct slice value, bool deleted,
                          struct hs_error *err)
{
    uint32_t hash = key_hash(key);
    struct kv_node *n = node_find(m, key, hash);
    bool done;

    assert(key.len > 0 && !(deleted && value.len > 0));
    if (deleted && n && n->created) {
        map_free(m, n);
        return HS_OK;
    }
    done = n ? node_change(m, n, value, deleted) : node_add(m, key, hash, value, deleted) != NULL;
    return done ? HS_OK : map_full(err);
}

enum hs_status kv_map_create(struct kv_map *m, struct slice key, struct slice value,
                             struct hs_error *err)
{
    uint32_t hash = key_hash(key);
    struct kv_node *n = node_find(m, key, hash);

    assert(key.len > 0);
    /* Deleted in this very layer: something below may still hold it. */
    if (n) return node_change(m, n, value, false) ? HS_OK : map_full(err);
    n = node_add(m, key, hash, value, false);
    if (!n) return map_full(err);
    n->created = true;
    return HS_OK;
}

void kv_map_created_no_more(struct kv_map *m)
{
    struct kv_node *n;

    RB_FOREACH (n, map_tree, &m->tree) {
        n->created = false;
    }
}

void kv_map_remove(struct kv_map *m, struct slice key)
{
    struct kv_node *n = node_find(m, key, key_hash(key));

    if (n) map_free(m, n);
}

/* --- merging --- */

static struct kv_node *node_twin(const struct kv_map *m, const struct kv_node *n)
{
    return node_find(m, kv_node_key(n), n->hash);
}

/* A node that stood in `to`, and is out of it, goes; if nothing speaks of its key in `undo` yet,
 * there. */
static void node_displaced(struct kv_map *to, struct kv_node *old, struct kv_map *undo)
{
    if (!undo || node_twin(undo, old)) {
        kv_node_free(to->room, old);
    } else {
        map_give(undo, old);
    }
}

/* There was no entry of that key. */
static bool node_was_absent(struct kv_map *undo, const struct kv_node *of)
{
    struct kv_node *n = node_twin(undo, of);

    if (n) return true;
    n = node_add(undo, kv_node_key(of), of->hash, (struct slice){0}, false);
    if (n) n->absent = true;
    return n != NULL;
}

/* Move one node, which is in no map, in. What was created below stays created, whatever is set over
 * it; a deletion over it leaves nothing. What is created over a deletion is not: the deletion hides
 * something. */
static bool node_move(struct kv_map *to, struct kv_node *n, struct kv_map *undo)
{
    struct kv_node *old = node_twin(to, n);
    bool undoable = true;

    if (old && old->created && n->deleted) {
        map_take(to, old);
        node_displaced(to, old, undo);
        kv_node_free(to->room, n);
        return true;
    }
    if (old) {
        n->created = old->created;
        map_replace(to, old, n);
        node_displaced(to, old, undo);
        return true;
    }
    if (undo) undoable = node_was_absent(undo, n);
    map_give(to, n);
    return undoable;
}

static bool map_move(struct kv_map *to, struct kv_map *from, struct kv_map *undo)
{
    struct kv_node *next;
    bool undoable = true;

    for (struct kv_node *n = map_take_all(from); n; n = next) {
        next = node_next(n);
        if (!node_move(to, n, undo)) undoable = false;
    }
    return undoable;
}

void kv_map_merge(struct kv_map *to, struct kv_map *from)
{
    assert(to != from);
    if (to->count == 0) { /* nothing to merge with: the whole tree moves at once */
        struct kv_map empty = *to;

        *to = *from;
        *from = empty;
        from->room = to->room;
        to->room = empty.room;
        return;
    }
    (void)map_move(to, from, NULL);
}

bool kv_map_merge_undoably(struct kv_map *to, struct kv_map *from, struct kv_map *undo)
{
    assert(to != from && to != undo && from != undo);
    return map_move(to, from, undo);
}

void kv_map_undo(struct kv_map *to, struct kv_map *undo)
{
    struct kv_node *next;

    for (struct kv_node *n = map_take_all(undo); n; n = next) {
        struct kv_node *old = node_twin(to, n);

        next = node_next(n);
        if (n->absent) {
            if (old) map_free(to, old);
            kv_node_free(to->room, n);
        } else if (old) {
            map_replace(to, old, n);
            kv_node_free(to->room, old);
        } else {
            map_give(to, n);
        }
    }
}

void kv_map_undo_join(struct kv_map *undo, struct kv_map *later)
{
    struct kv_node *next;

    for (struct kv_node *n = map_take_all(later); n; n = next) {
        next = node_next(n);
        if (node_twin(undo, n)) {
            kv_node_free(undo->room, n);
        } else {
            map_give(undo, n);
        }
    }
}
