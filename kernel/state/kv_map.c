#include "kernel/state/kv_map.h"

#include <assert.h>
#include <bsd/sys/tree.h>
#include <stdlib.h>
#include <string.h>

/* One allocation holds the node and its key; the value is a second one, since it is replaced. */
struct map_node {
    RB_ENTRY(map_node) link;
    char *value; /* NULL when empty or deleted */
    size_t value_len;
    size_t key_len;
    bool deleted;
    bool created; /* the key is absent below this layer: a deletion may just take it out */
    bool absent;  /* of an undo map: there was no entry */
    char key[];
};

RB_HEAD(map_tree, map_node);

struct kv_map {
    struct map_tree tree;
    size_t count;
    size_t bytes;
};

static struct slice node_key(const struct map_node *n)
{
    return (struct slice){n->key, n->key_len};
}

static int node_compare(struct map_node *a, struct map_node *b)
{
    return slice_compare(node_key(a), node_key(b));
}

/* The macro makes functions of every kind; those we do not call are fine. */
RB_GENERATE_INTERNAL(map_tree, map_node, link, node_compare, static __attribute__((unused)))

enum hs_status kv_map_open(struct kv_map **out, struct hs_error *err)
{
    struct kv_map *m = calloc(1, sizeof *m);

    assert(out);
    if (!m) return hs_fail(err, HS_NOMEM, "store layer: out of memory");
    RB_INIT(&m->tree);
    *out = m;
    return HS_OK;
}

/* Out of the map, still there. */
static void node_take(struct kv_map *m, struct map_node *n)
{
    RB_REMOVE(map_tree, &m->tree, n);
    m->count--;
    m->bytes -= n->key_len + n->value_len;
}

static void node_give(struct kv_map *m, struct map_node *n)
{
    RB_INSERT(map_tree, &m->tree, n);
    m->count++;
    m->bytes += n->key_len + n->value_len;
}

static void node_free(struct kv_map *m, struct map_node *n)
{
    node_take(m, n);
    free(n->value);
    free(n);
}

void kv_map_clear(struct kv_map *m)
{
    struct map_node *n, *next;

    RB_FOREACH_SAFE (n, map_tree, &m->tree, next) {
        node_free(m, n);
    }
    assert(m->count == 0 && m->bytes == 0);
}

void kv_map_close(struct kv_map *m)
{
    if (!m) return;
    kv_map_clear(m);
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

/* Down the tree by hand: <sys/tree.h> searches with a node, and a key is not one. */
static struct map_node *node_find(const struct kv_map *m, struct slice key)
{
    struct map_node *n = RB_ROOT(&m->tree);

    while (n) {
        int order = slice_compare(key, node_key(n));

        if (order == 0) return n;
        n = order < 0 ? RB_LEFT(n, link) : RB_RIGHT(n, link);
    }
    return NULL;
}

static struct map_node *node_after(const struct kv_map *m, struct slice after)
{
    struct map_node *n = RB_ROOT(&m->tree), *best = NULL;

    while (n) {
        if (slice_compare(after, node_key(n)) < 0) {
            best = n;
            n = RB_LEFT(n, link);
        } else {
            n = RB_RIGHT(n, link);
        }
    }
    return best;
}

static struct map_node *node_make(struct kv_map *m, struct slice key)
{
    struct map_node *n = malloc(sizeof *n + key.len);

    if (!n) return NULL;
    n->value = NULL;
    n->value_len = 0;
    n->deleted = false;
    n->created = false;
    n->absent = false;
    n->key_len = key.len;
    memcpy(n->key, key.data, key.len);
    RB_INSERT(map_tree, &m->tree, n);
    m->count++;
    m->bytes += key.len;
    return n;
}

/* The node's value, or its deletion mark, becomes this; a new node for a new key. */
static enum hs_status node_set(struct kv_map *m, struct map_node *n, struct slice key,
                               struct slice value, bool deleted, struct hs_error *err)
{
    char *copy = NULL;

    if (value.len > 0) {
        copy = malloc(value.len);
        if (!copy) return hs_fail(err, HS_NOMEM, "store layer: out of memory");
        memcpy(copy, value.data, value.len);
    }
    if (!n) n = node_make(m, key);
    if (!n) {
        free(copy);
        return hs_fail(err, HS_NOMEM, "store layer: out of memory");
    }
    m->bytes += value.len;
    m->bytes -= n->value_len;
    free(n->value);
    n->value = copy;
    n->value_len = value.len;
    n->deleted = deleted;
    return HS_OK;
}

enum hs_status kv_map_put(struct kv_map *m, struct slice key, struct slice value, bool deleted,
                          struct hs_error *err)
{
    struct map_node *n = node_find(m, key);

    assert(key.len > 0 && !(deleted && value.len > 0));
    if (deleted && n && n->created) {
        node_free(m, n);
        return HS_OK;
    }
    return node_set(m, n, key, value, deleted, err);
}

enum hs_status kv_map_create(struct kv_map *m, struct slice key, struct slice value,
                             struct hs_error *err)
{
    struct map_node *n = node_find(m, key);
    bool created = !n; /* deleted in this very layer: something below may still hold it */

    assert(key.len > 0);
    if (!n) n = node_make(m, key);
    if (!n) return hs_fail(err, HS_NOMEM, "store layer: out of memory");
    if (node_set(m, n, key, value, false, err) != HS_OK) {
        if (created) node_free(m, n);
        return HS_NOMEM;
    }
    n->created = created || n->created;
    return HS_OK;
}

void kv_map_remove(struct kv_map *m, struct slice key)
{
    struct map_node *n = node_find(m, key);

    if (n) node_free(m, n);
}

static struct kv_entry node_entry(const struct map_node *n)
{
    return (struct kv_entry){node_key(n), {n->value, n->value_len}, n->deleted};
}

bool kv_map_find(const struct kv_map *m, struct slice key, struct kv_entry *out)
{
    const struct map_node *n = node_find(m, key);

    if (n) *out = node_entry(n);
    return n != NULL;
}

bool kv_map_next(const struct kv_map *m, struct slice after, struct kv_entry *out)
{
    const struct map_node *n = node_after(m, after);

    if (n) *out = node_entry(n);
    return n != NULL;
}

/* The node that stood in `to` goes; if nothing speaks of its key in `undo` yet, there. */
static void node_displace(struct kv_map *to, struct map_node *old, struct kv_map *undo)
{
    if (!undo || node_find(undo, node_key(old))) {
        node_free(to, old);
        return;
    }
    node_take(to, old);
    node_give(undo, old);
}

/* There was no entry of that key. */
static bool node_was_absent(struct kv_map *undo, struct slice key)
{
    struct map_node *n = node_find(undo, key);

    if (n) return true;
    n = node_make(undo, key);
    if (n) n->absent = true;
    return n != NULL;
}

/* Move one node over. What was created below stays created, whatever is set over it; a deletion
 * over it leaves nothing. What is created over a deletion is not: the deletion hides something. */
static bool node_move(struct kv_map *to, struct kv_map *from, struct map_node *n,
                      struct kv_map *undo)
{
    struct map_node *old = node_find(to, node_key(n));
    bool undoable = true;

    if (old && old->created && n->deleted) {
        node_displace(to, old, undo);
        node_free(from, n);
        return true;
    }
    node_take(from, n);
    if (old) {
        n->created = old->created;
        node_displace(to, old, undo);
    } else if (undo) {
        undoable = node_was_absent(undo, node_key(n));
    }
    node_give(to, n);
    return undoable;
}

static bool map_move(struct kv_map *to, struct kv_map *from, struct kv_map *undo)
{
    struct map_node *n, *next;
    bool undoable = true;

    RB_FOREACH_SAFE (n, map_tree, &from->tree, next) {
        if (!node_move(to, from, n, undo)) undoable = false;
    }
    assert(from->count == 0 && from->bytes == 0);
    return undoable;
}

void kv_map_merge(struct kv_map *to, struct kv_map *from)
{
    assert(to != from);
    if (to->count == 0) { /* nothing to merge with: the whole tree moves at once */
        struct kv_map empty = *to;

        *to = *from;
        *from = empty;
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
    struct map_node *n, *next;

    RB_FOREACH_SAFE (n, map_tree, &undo->tree, next) {
        struct map_node *old = node_find(to, node_key(n));

        if (old) node_free(to, old);
        if (n->absent) {
            node_free(undo, n);
            continue;
        }
        node_take(undo, n);
        node_give(to, n);
    }
    assert(undo->count == 0);
}

void kv_map_undo_join(struct kv_map *undo, struct kv_map *later)
{
    struct map_node *n, *next;

    RB_FOREACH_SAFE (n, map_tree, &later->tree, next) {
        if (node_find(undo, node_key(n))) {
            node_free(later, n);
            continue;
        }
        node_take(later, n);
        node_give(undo, n);
    }
    assert(later->count == 0);
}
