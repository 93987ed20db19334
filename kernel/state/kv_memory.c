#include "kernel/state/kv_memory.h"

#include "kernel/state/kv_map.h"

#include <assert.h>
#include <stdlib.h>

struct kv_memory {
    struct kv_store store; /* first: the interface is this object */
    struct kv_map *map;    /* holds no deletion marks */
};

static struct kv_map *map_of(struct kv_store *kv)
{
    return ((struct kv_memory *)kv)->map;
}

static enum hs_status copy_out(struct buffer *to, struct slice from, struct hs_error *err)
{
    enum hs_status st = buffer_assign(to, from);

    return st == HS_OK ? st : hs_fail(err, st, "memory store: copying %zu bytes", from.len);
}

static enum hs_status memory_get(struct kv_store *kv, struct slice key, struct buffer *value,
                                 struct hs_error *err)
{
    struct kv_entry entry;

    if (!kv_map_find(map_of(kv), key, &entry)) return HS_NOT_FOUND;
    return copy_out(value, entry.value, err);
}

static enum hs_status memory_has(struct kv_store *kv, struct slice key, bool *found,
                                 struct hs_error *err)
{
    struct kv_entry entry;

    (void)err;
    *found = kv_map_find(map_of(kv), key, &entry);
    return HS_OK;
}

static enum hs_status memory_next(struct kv_store *kv, struct slice after, struct buffer *key,
                                  struct buffer *value, struct hs_error *err)
{
    struct kv_entry entry;
    enum hs_status st;

    if (!kv_map_next(map_of(kv), after, &entry)) return HS_NOT_FOUND;
    st = copy_out(key, entry.key, err);
    if (st == HS_OK && value) st = copy_out(value, entry.value, err);
    return st;
}

static enum hs_status memory_set(struct kv_store *kv, struct slice key, struct slice value,
                                 struct hs_error *err)
{
    return kv_map_put(map_of(kv), key, value, false, err);
}

static enum hs_status memory_delete(struct kv_store *kv, struct slice key, struct hs_error *err)
{
    (void)err;
    kv_map_remove(map_of(kv), key);
    return HS_OK;
}

static const struct kv_store_ops memory_ops = {
    .get = memory_get,
    .has = memory_has,
    .next = memory_next,
    .set = memory_set,
    .del = memory_delete,
};

enum hs_status kv_memory_open(struct kv_memory **out, struct hs_error *err)
{
    struct kv_memory *m = calloc(1, sizeof *m);
    enum hs_status st;

    assert(out);
    if (!m) return hs_fail(err, HS_NOMEM, "memory store: out of memory");
    m->store.ops = &memory_ops;
    st = kv_map_open(&m->map, err);
    if (st != HS_OK) {
        free(m);
        return st;
    }
    *out = m;
    return HS_OK;
}

void kv_memory_close(struct kv_memory *m)
{
    if (!m) return;
    kv_map_close(m->map);
    free(m);
}

struct kv_store *kv_memory_store(struct kv_memory *m)
{
    return &m->store;
}
