#include "kernel/state/kv_layers.h"

#include "kernel/state/array.h"
#include "kernel/state/digest.h"
#include "kernel/state/fault.h"
#include "kernel/state/kv_cache.h"
#include "kernel/state/kv_gaps.h"
#include "kernel/state/kv_node.h"
#include "kernel/state/limits.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    GAP_WORTH = 8,         /* so many hidden keys in a row are not passed one by one again */
    LEFT_BEHIND_STEP = 64, /* entries of a written snapshot, a message: some 10 us */
};

/* Innermost first: a read stops at the first layer that knows the key. */
enum layer { LAYER_CRANK, LAYER_MESSAGE, LAYER_BLOCK, LAYER_MARK, LAYER_FROZEN, LAYER_COUNT };

struct kv_layers {
    struct kv_store store; /* first: the interface is this object */
    struct kv_store *base;
    struct kv_cache *cache;   /* of the base */
    struct kv_store *through; /* NULL, or read instead of everything below the message layer */
    struct kv_node_room room; /* spare entries of the maps below, which pass them on */
    struct kv_map *maps[LAYER_COUNT];
    struct kv_map **undo; /* one a savepoint: from the next one, or now, back to it */
    size_t undo_len, undo_capacity;
    struct kv_gaps gaps; /* in what reads see */
    bool in_crank;
    bool frozen_out;              /* the frozen map is lent to a snapshot, or … */
    bool following;               /* … was written, and the cache is being told of it, … */
    struct kv_map_place followed; /* … so far */
    struct kv_map *spent;         /* was the frozen map; no layer any more, only to be cleared */
};

static struct kv_layers *layers_of(struct kv_store *kv)
{
    return (struct kv_layers *)kv;
}

/* What reads see: these layers, innermost first, and the store below them. */
static int layers_seen(const struct kv_layers *l)
{
    return l->through ? LAYER_BLOCK : LAYER_COUNT;
}

static struct kv_store *layers_below(const struct kv_layers *l)
{
    return l->through ? l->through : l->base;
}

static bool layers_find(const struct kv_layers *l, struct slice key, uint64_t checksum,
                        struct kv_entry *out)
{
    kv_map_expect(l->maps[LAYER_MARK], checksum);
    for (int i = 0; i < layers_seen(l); i++) {
        if (kv_map_find_by(l->maps[i], key, checksum, out)) return true;
    }
    return false;
}

static enum hs_status copy_out(struct buffer *to, struct slice from, struct hs_error *err)
{
    enum hs_status st = buffer_assign(to, from);

    return st == HS_OK ? st : hs_fail(err, st, "layered store: copying %zu bytes", from.len);
}

static void base_lacks(struct kv_layers *l, struct slice key)
{
    struct buffer next = {0};

    if (kv_cache_absent(l->cache, key) && kv_store_next(l->base, key, &next, NULL, NULL) == HS_OK) {
        kv_cache_gap(l->cache, key, buffer_slice(&next));
    }
    buffer_fini(&next);
}

/* What the base holds, from the cache if it is there. `value` may be NULL. */
static enum hs_status base_get(struct kv_layers *l, struct slice key, uint64_t checksum,
                               struct buffer *value, struct hs_error *err)
{
    struct buffer fetched = {0};
    struct slice cached;
    enum hs_status st;

    switch (kv_cache_find(l->cache, key, checksum, &cached)) {
    case KV_CACHED_VALUE: return value ? copy_out(value, cached, err) : HS_OK;
    case KV_CACHED_ABSENT: return HS_NOT_FOUND;
    case KV_CACHED_NOT: break;
    }
    st = kv_store_get(l->base, key, value ? value : &fetched, err);
    if (st == HS_OK) kv_cache_put(l->cache, key, buffer_slice(value ? value : &fetched), false);
    if (st == HS_NOT_FOUND) base_lacks(l, key);
    buffer_fini(&fetched);
    return st;
}

static enum hs_status layers_get(struct kv_store *kv, struct slice key, struct buffer *value,
                                 struct hs_error *err)
{
    struct kv_layers *l = layers_of(kv);
    uint64_t checksum = checksum64(key);
    struct kv_entry entry;

    if (!layers_find(l, key, checksum, &entry)) {
        return l->through ? kv_store_get(l->through, key, value, err)
                          : base_get(l, key, checksum, value, err);
    }
    if (entry.deleted) return HS_NOT_FOUND;
    return copy_out(value, entry.value, err);
}

static enum hs_status layers_has(struct kv_store *kv, struct slice key, bool *found,
                                 struct hs_error *err)
{
    struct kv_layers *l = layers_of(kv);
    uint64_t checksum = checksum64(key);
    struct kv_entry entry;
    enum hs_status st;

    if (layers_find(l, key, checksum, &entry)) {
        *found = !entry.deleted;
        return HS_OK;
    }
    if (l->through) return kv_store_has(l->through, key, found, err);
    st = base_get(l, key, checksum, NULL, err);
    *found = st == HS_OK;
    return st == HS_NOT_FOUND ? HS_OK : st;
}

/* The smallest entry behind `after` that some layer holds, as the innermost of them has it. */
static bool layers_next_entry(const struct kv_layers *l, struct slice after, struct kv_entry *out)
{
    bool found = false;

    for (int i = 0; i < layers_seen(l); i++) {
        struct kv_entry entry;

        if (!kv_map_next(l->maps[i], after, &entry)) continue;
        if (found && slice_compare(entry.key, out->key) >= 0) continue;
        *out = entry;
        found = true;
    }
    return found;
}

/* A walk over the merge of layers and base, in key order, deletions hidden. */
struct walk {
    struct kv_layers *l;
    struct buffer from;                 /* the entry wanted is the first behind this */
    struct buffer begin;                /* from there to `from` there is nothing, ... */
    bool begun;                         /* ... if anything was passed */
    unsigned hidden;                    /* how many keys were */
    struct buffer base_key, base_value; /* the base's next entry behind `from`, ... */
    bool base_known, base_end;          /* ... unless not asked yet, or there is none */
    bool want_value;
};

static enum hs_status walk_base(struct walk *w, struct hs_error *err)
{
    enum hs_status st;

    if (w->base_known) return HS_OK;
    st = kv_store_next(layers_below(w->l), buffer_slice(&w->from), &w->base_key,
                       w->want_value ? &w->base_value : NULL, err);
    if (st != HS_OK && st != HS_NOT_FOUND) return st;
    w->base_known = true;
    w->base_end = st == HS_NOT_FOUND;
    return HS_OK;
}

/* The base's entry wins only where no layer knows its key; a deletion hides it, and the walk goes
 * on behind: HS_BUSY says "one hidden, go on". */
static enum hs_status walk_step(struct walk *w, struct buffer *key, struct buffer *value,
                                struct hs_error *err)
{
    struct kv_entry entry = {0};
    bool have = layers_next_entry(w->l, buffer_slice(&w->from), &entry);
    enum hs_status st = walk_base(w, err);
    int order;

    if (st != HS_OK) return st;
    if (!have && w->base_end) return HS_NOT_FOUND;
    order = w->base_end ? -1 : have ? slice_compare(entry.key, buffer_slice(&w->base_key)) : 1;
    if (order > 0) {
        buffer_take(key, &w->base_key);
        if (value) buffer_take(value, &w->base_value);
        return HS_OK;
    }
    if (entry.deleted) {
        if (order == 0) w->base_known = false;
        if (!w->begun) buffer_take(&w->begin, &w->from);
        w->begun = true;
        st = copy_out(&w->from, entry.key, err);
        return st == HS_OK ? HS_BUSY : st;
    }
    st = copy_out(key, entry.key, err);
    if (st == HS_OK && value) st = copy_out(value, entry.value, err);
    return st;
}

/* To the end of the gap that the walk stands in: as walk_step. HS_NOT_FOUND: it stands in none. */
static enum hs_status walk_jump(struct walk *w, struct buffer *key, struct buffer *value,
                                struct hs_error *err)
{
    struct kv_store *kv = &w->l->store;
    struct kv_gap gap;
    bool found = false;
    enum hs_status st = HS_OK;

    if (!kv_gaps_find(&w->l->gaps, buffer_slice(&w->from), &gap)) return HS_NOT_FOUND;
    if (!w->begun) st = copy_out(&w->begin, gap.begin, err);
    w->begun = true;
    w->base_known = false;
    if (st == HS_OK) st = copy_out(&w->from, gap.end, err);
    if (st == HS_OK) st = layers_has(kv, buffer_slice(&w->from), &found, err);
    if (st != HS_OK) return st;
    if (!found) return HS_BUSY;
    if (value) st = layers_get(kv, buffer_slice(&w->from), value, err);
    if (st == HS_OK) buffer_take(key, &w->from);
    return st;
}

static enum hs_status layers_next(struct kv_store *kv, struct slice after, struct buffer *key,
                                  struct buffer *value, struct hs_error *err)
{
    struct walk w = {.l = layers_of(kv), .want_value = value != NULL};
    enum hs_status st = copy_out(&w.from, after, err); /* `after` may point into *key */

    if (st == HS_OK) {
        do {
            st = walk_jump(&w, key, value, err);
            if (st == HS_NOT_FOUND) st = walk_step(&w, key, value, err);
            w.hidden += st == HS_BUSY;
        } while (st == HS_BUSY);
    }
    if (st == HS_OK && w.hidden >= GAP_WORTH) {
        kv_gaps_add(&w.l->gaps, buffer_slice(&w.begin), buffer_slice(key));
    }
    buffer_fini(&w.from);
    buffer_fini(&w.begin);
    buffer_fini(&w.base_key);
    buffer_fini(&w.base_value);
    return st;
}

static struct kv_map *layers_innermost(struct kv_layers *l)
{
    return l->maps[l->in_crank ? LAYER_CRANK : LAYER_MESSAGE];
}

static enum hs_status layers_set(struct kv_store *kv, struct slice key, struct slice value,
                                 struct hs_error *err)
{
    kv_gaps_split(&layers_of(kv)->gaps, key);
    return kv_map_put(layers_innermost(layers_of(kv)), key, value, false, err);
}

static enum hs_status layers_delete(struct kv_store *kv, struct slice key, struct hs_error *err)
{
    return kv_map_put(layers_innermost(layers_of(kv)), key, (struct slice){0}, true, err);
}

static const struct kv_store_ops layers_ops = {
    .get = layers_get,
    .has = layers_has,
    .next = layers_next,
    .set = layers_set,
    .del = layers_delete,
};

enum hs_status kv_layers_open(struct kv_store *base, struct kv_layers **out, struct hs_error *err)
{
    struct kv_layers *l = calloc(1, sizeof *l);
    enum hs_status st;

    assert(base && out);
    if (!l) return hs_fail(err, HS_NOMEM, "layered store: out of memory");
    l->store.ops = &layers_ops;
    l->base = base;
    st = kv_gaps_init(&l->gaps, err);
    if (st == HS_OK) st = kv_cache_open(HS_READ_CACHE_BYTES_MAX, &l->cache, err);
    for (int i = 0; i < LAYER_COUNT && st == HS_OK; i++) {
        st = kv_map_open_among(&l->room, &l->maps[i], err);
    }
    if (st == HS_OK) st = kv_map_open_among(&l->room, &l->spent, err);
    if (st != HS_OK) {
        kv_layers_close(l);
        return st;
    }
    *out = l;
    return HS_OK;
}

void kv_layers_close(struct kv_layers *l)
{
    if (!l) return;
    assert(!l->frozen_out); /* a snapshot still reads it */
    kv_layers_savepoints_end(l);
    for (int i = 0; i < LAYER_COUNT; i++) {
        kv_map_close(l->maps[i]);
    }
    kv_map_close(l->spent);
    kv_gaps_fini(&l->gaps);
    kv_cache_close(l->cache);
    kv_node_room_fini(&l->room);
    free(l->undo);
    free(l);
}

struct kv_store *kv_layers_store(struct kv_layers *l)
{
    return &l->store;
}

enum hs_status kv_layers_create(struct kv_layers *l, struct slice key, struct slice value,
                                struct hs_error *err)
{
    enum hs_status st = kv_store_check(key, value, err);

    if (st != HS_OK) return st;
    kv_gaps_split(&l->gaps, key);
    return kv_map_create(layers_innermost(l), key, value, err);
}

void kv_layers_crank_begin(struct kv_layers *l)
{
    assert(!l->in_crank && kv_map_count(l->maps[LAYER_CRANK]) == 0);
    l->in_crank = true;
}

void kv_layers_crank_commit(struct kv_layers *l)
{
    assert(l->in_crank);
    kv_map_merge(l->maps[LAYER_MESSAGE], l->maps[LAYER_CRANK]);
    l->in_crank = false;
}

void kv_layers_crank_abort(struct kv_layers *l)
{
    assert(l->in_crank);
    kv_map_clear(l->maps[LAYER_CRANK]);
    kv_gaps_clear(&l->gaps);
    l->in_crank = false;
}

bool kv_layers_in_crank(const struct kv_layers *l)
{
    return l->in_crank;
}

const struct kv_map *kv_layers_message_changes(const struct kv_layers *l)
{
    return l->maps[LAYER_MESSAGE];
}

/* --- what a snapshot leaves behind --- */

/* The cache knows all of it: from here on the base answers. What of the last one is left to be
 * cleared goes now. */
static void layers_follow_end(struct kv_layers *l)
{
    struct kv_map *frozen = l->maps[LAYER_FROZEN];

    kv_map_clear_some(l->spent, SIZE_MAX);
    l->maps[LAYER_FROZEN] = l->spent;
    l->spent = frozen;
    l->following = false;
}

static void layers_follow(struct kv_layers *l, size_t entries)
{
    struct kv_entry entry;

    for (; entries > 0; entries--) {
        if (!kv_map_walk(l->maps[LAYER_FROZEN], &l->followed, &entry)) {
            layers_follow_end(l);
            return;
        }
        kv_cache_written(l->cache, entry.key, entry.value, entry.deleted);
    }
}

static void layers_leave_behind(struct kv_layers *l)
{
    if (l->following) {
        layers_follow(l, LEFT_BEHIND_STEP);
    } else {
        kv_map_clear_some(l->spent, LEFT_BEHIND_STEP);
    }
}

size_t kv_layers_left_behind(const struct kv_layers *l)
{
    size_t written = l->following ? kv_map_count(l->maps[LAYER_FROZEN]) : 0;

    return written + kv_map_count(l->spent);
}

void kv_layers_message_commit(struct kv_layers *l)
{
    assert(!l->in_crank);
    layers_leave_behind(l);
    if (l->undo_len == 0) {
        kv_map_merge(l->maps[LAYER_BLOCK], l->maps[LAYER_MESSAGE]);
    } else if (!kv_map_merge_undoably(l->maps[LAYER_BLOCK], l->maps[LAYER_MESSAGE],
                                      l->undo[l->undo_len - 1]) ||
               FAULT("savepoint.undo") != FAULT_NONE) {
        kv_layers_savepoints_end(l);
    }
}

void kv_layers_message_abort(struct kv_layers *l)
{
    if (l->in_crank) kv_layers_crank_abort(l);
    kv_map_clear(l->maps[LAYER_MESSAGE]);
    kv_gaps_clear(&l->gaps);
}

void kv_layers_mark(struct kv_layers *l)
{
    assert(!l->in_crank && kv_map_count(l->maps[LAYER_MESSAGE]) == 0);
    kv_layers_savepoints_end(l);
    kv_map_merge(l->maps[LAYER_MARK], l->maps[LAYER_BLOCK]);
}

void kv_layers_back_to_mark(struct kv_layers *l)
{
    kv_layers_message_abort(l);
    kv_layers_savepoints_end(l);
    kv_map_clear(l->maps[LAYER_BLOCK]);
}

bool kv_layers_at_mark(const struct kv_layers *l)
{
    return kv_map_count(l->maps[LAYER_CRANK]) == 0 && kv_map_count(l->maps[LAYER_MESSAGE]) == 0 &&
           kv_map_count(l->maps[LAYER_BLOCK]) == 0;
}

/* --- savepoints --- */

enum hs_status kv_layers_savepoint(struct kv_layers *l, struct hs_error *err)
{
    enum hs_status st;

    assert(!l->in_crank && kv_map_count(l->maps[LAYER_MESSAGE]) == 0);
    if (FAULT("savepoint.store") != FAULT_NONE) return hs_fail(err, HS_NOMEM, "as a test wants it");
    st = array_reserve(&l->undo, &l->undo_capacity, l->undo_len + 1, sizeof(struct kv_map *));
    if (st != HS_OK) return hs_fail(err, st, "layered store: no memory for a savepoint");
    st = kv_map_open_among(&l->room, &l->undo[l->undo_len], err);
    if (st == HS_OK) l->undo_len++;
    return st;
}

size_t kv_layers_savepoints(const struct kv_layers *l)
{
    return l->undo_len;
}

void kv_layers_back_to(struct kv_layers *l, size_t i)
{
    assert(i < l->undo_len);
    kv_layers_message_abort(l);
    for (;;) {
        kv_map_undo(l->maps[LAYER_BLOCK], l->undo[l->undo_len - 1]);
        if (l->undo_len == i + 1) break;
        kv_map_close(l->undo[--l->undo_len]);
    }
}

void kv_layers_savepoint_give_up(struct kv_layers *l, size_t i)
{
    assert(i < l->undo_len);
    if (i > 0) kv_map_undo_join(l->undo[i - 1], l->undo[i]);
    kv_map_close(l->undo[i]);
    l->undo_len--;
    memmove(&l->undo[i], &l->undo[i + 1], (l->undo_len - i) * sizeof(struct kv_map *));
}

void kv_layers_savepoints_end(struct kv_layers *l)
{
    while (l->undo_len > 0) {
        kv_map_close(l->undo[--l->undo_len]);
    }
}

size_t kv_layers_savepoint_bytes(const struct kv_layers *l)
{
    size_t bytes = 0;

    for (size_t i = 0; i < l->undo_len; i++) {
        bytes += kv_map_bytes(l->undo[i]);
    }
    return bytes;
}

enum hs_status kv_layers_freeze(struct kv_layers *l, const struct kv_map **out,
                                struct hs_error *err)
{
    struct kv_map *empty;

    assert(out);
    if (l->frozen_out) return hs_fail(err, HS_BUSY, "layered store: a snapshot is being written");
    if (l->following) layers_follow(l, SIZE_MAX);
    empty = l->maps[LAYER_FROZEN];
    assert(kv_map_count(empty) == 0);
    l->maps[LAYER_FROZEN] = l->maps[LAYER_MARK];
    l->maps[LAYER_MARK] = empty;
    l->frozen_out = true;
    *out = l->maps[LAYER_FROZEN];
    return HS_OK;
}

void kv_layers_thaw(struct kv_layers *l, bool written)
{
    struct kv_map *frozen = l->maps[LAYER_FROZEN];

    assert(l->frozen_out);
    l->frozen_out = false;
    if (written) {
        l->following = true;
        l->followed = (struct kv_map_place){.begun = false};
        return;
    }
    kv_map_created_no_more(frozen);            /* part of it may have been written */
    kv_map_merge(frozen, l->maps[LAYER_MARK]); /* the newer entries win */
    l->maps[LAYER_FROZEN] = l->maps[LAYER_MARK];
    l->maps[LAYER_MARK] = frozen;
}

void kv_layers_move_base(struct kv_layers *l, struct kv_store *base)
{
    assert(base && l->frozen_out);
    l->base = base;
}

void kv_layers_base_changed(struct kv_layers *l)
{
    assert(kv_layers_at_mark(l) && kv_map_count(l->maps[LAYER_MARK]) == 0 && !l->frozen_out);
    if (l->following) layers_follow_end(l);
    kv_cache_clear(l->cache);
    kv_gaps_clear(&l->gaps);
}

void kv_layers_read_through(struct kv_layers *l, struct kv_store *through)
{
    assert(!l->in_crank && kv_map_count(l->maps[LAYER_MESSAGE]) == 0);
    l->through = through;
    kv_gaps_clear(&l->gaps);
}
