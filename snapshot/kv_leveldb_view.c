/* A view: the keys of a database that begin with a prefix, as a store of their own. */
#include "kernel/state/limits.h"
#include "snapshot/kv_leveldb.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    PREFIX_BYTES_MAX = 64,
    KEY_BYTES_INLINE = 512, /* prefixed keys up to this size need no allocation */
};

struct kv_leveldb_view {
    struct kv_store store; /* first */
    struct kv_store *whole;
    char prefix[PREFIX_BYTES_MAX];
    size_t prefix_len;
};

struct prefixed_key {
    char inline_bytes[KEY_BYTES_INLINE];
    struct buffer heap;
    struct slice key; /* in one of the two */
};

static enum hs_status prefixed_key_init(struct prefixed_key *p, const struct kv_leveldb_view *view,
                                        struct slice key, struct hs_error *err)
{
    enum hs_status st;

    p->heap = (struct buffer){0};
    if (view->prefix_len + key.len <= sizeof p->inline_bytes) {
        memcpy(p->inline_bytes, view->prefix, view->prefix_len);
        if (key.len) memcpy(p->inline_bytes + view->prefix_len, key.data, key.len);
        p->key = slice_make(p->inline_bytes, view->prefix_len + key.len);
        return HS_OK;
    }
    st = buffer_append(&p->heap, slice_make(view->prefix, view->prefix_len));
    if (st == HS_OK) st = buffer_append(&p->heap, key);
    if (st != HS_OK) {
        buffer_fini(&p->heap);
        return hs_fail(err, st, "no memory for a key of %zu bytes", key.len);
    }
    p->key = buffer_slice(&p->heap);
    return HS_OK;
}

static enum hs_status view_get(struct kv_store *kv, struct slice key, struct buffer *value,
                               struct hs_error *err)
{
    struct kv_leveldb_view *view = (struct kv_leveldb_view *)kv;
    struct prefixed_key p;
    enum hs_status st = prefixed_key_init(&p, view, key, err);

    if (st != HS_OK) return st;
    st = view->whole->ops->get(view->whole, p.key, value, err);
    buffer_fini(&p.heap);
    return st;
}

static enum hs_status view_has(struct kv_store *kv, struct slice key, bool *found,
                               struct hs_error *err)
{
    struct kv_leveldb_view *view = (struct kv_leveldb_view *)kv;
    struct prefixed_key p;
    enum hs_status st = prefixed_key_init(&p, view, key, err);

    if (st != HS_OK) return st;
    st = view->whole->ops->has(view->whole, p.key, found, err);
    buffer_fini(&p.heap);
    return st;
}

static enum hs_status view_next(struct kv_store *kv, struct slice after, struct buffer *key,
                                struct buffer *value, struct hs_error *err)
{
    struct kv_leveldb_view *view = (struct kv_leveldb_view *)kv;
    struct slice prefix = slice_make(view->prefix, view->prefix_len);
    struct prefixed_key p;
    enum hs_status st = prefixed_key_init(&p, view, after, err);

    if (st != HS_OK) return st;
    st = view->whole->ops->next(view->whole, p.key, key, value, err);
    buffer_fini(&p.heap);
    if (st != HS_OK) return st;
    if (!slice_starts_with(buffer_slice(key), prefix)) return HS_NOT_FOUND;
    key->len -= prefix.len;
    memmove(key->data, key->data + prefix.len, key->len + 1); /* and its NUL */
    return HS_OK;
}

static enum hs_status view_set(struct kv_store *kv, struct slice key, struct slice value,
                               struct hs_error *err)
{
    struct kv_leveldb_view *view = (struct kv_leveldb_view *)kv;
    struct prefixed_key p;
    enum hs_status st = prefixed_key_init(&p, view, key, err);

    if (st != HS_OK) return st;
    st = view->whole->ops->set(view->whole, p.key, value, err);
    buffer_fini(&p.heap);
    return st;
}

static enum hs_status view_delete(struct kv_store *kv, struct slice key, struct hs_error *err)
{
    struct kv_leveldb_view *view = (struct kv_leveldb_view *)kv;
    struct prefixed_key p;
    enum hs_status st = prefixed_key_init(&p, view, key, err);

    if (st != HS_OK) return st;
    st = view->whole->ops->del(view->whole, p.key, err);
    buffer_fini(&p.heap);
    return st;
}

static const struct kv_store_ops view_ops = {
    view_get, view_has, view_next, view_set, view_delete,
};
static const struct kv_store_ops view_ops_read_only = {
    view_get, view_has, view_next, NULL, NULL,
};

enum hs_status kv_leveldb_view_open(struct kv_leveldb *db, struct slice prefix,
                                    struct kv_store **out, struct hs_error *err)
{
    struct kv_leveldb_view *view;

    assert(db && out);
    assert(prefix.len <= PREFIX_BYTES_MAX);
    view = calloc(1, sizeof *view);
    if (!view) return hs_fail(err, HS_NOMEM, "no memory for a view of a database");
    view->whole = kv_leveldb_store(db);
    view->store.ops = view->whole->ops->set ? &view_ops : &view_ops_read_only;
    view->prefix_len = prefix.len;
    if (prefix.len) memcpy(view->prefix, prefix.data, prefix.len);
    *out = &view->store;
    return HS_OK;
}

void kv_leveldb_view_close(struct kv_store *view)
{
    free(view);
}
