#include "kernel/state/kv_store.h"

#include "kernel/state/digest.h"
#include "kernel/state/limits.h"

#include <assert.h>

static bool key_in_bounds(struct slice key)
{
    return key.len > 0 && key.len <= HS_KEY_BYTES_MAX;
}

enum hs_status kv_store_get(struct kv_store *kv, struct slice key, struct buffer *value,
                            struct hs_error *err)
{
    assert(kv && value);
    if (!key_in_bounds(key)) return HS_NOT_FOUND;
    return kv->ops->get(kv, key, value, err);
}

enum hs_status kv_store_has(struct kv_store *kv, struct slice key, bool *found,
                            struct hs_error *err)
{
    assert(kv && found);
    *found = false;
    if (!key_in_bounds(key)) return HS_OK;
    return kv->ops->has(kv, key, found, err);
}

enum hs_status kv_store_next(struct kv_store *kv, struct slice after, struct buffer *key,
                             struct buffer *value, struct hs_error *err)
{
    assert(kv && key);
    return kv->ops->next(kv, after, key, value, err);
}

enum hs_status kv_store_check(struct slice key, struct slice value, struct hs_error *err)
{
    if (!key_in_bounds(key)) {
        return hs_fail(err, HS_TOO_LARGE, "store: a key has %zu bytes, allowed are 1 to %d",
                       key.len, HS_KEY_BYTES_MAX);
    }
    if (value.len > HS_VALUE_BYTES_MAX) {
        return hs_fail(err, HS_TOO_LARGE, "store: a value has %zu bytes, allowed are %d", value.len,
                       HS_VALUE_BYTES_MAX);
    }
    return HS_OK;
}

enum hs_status kv_store_set(struct kv_store *kv, struct slice key, struct slice value,
                            struct hs_error *err)
{
    enum hs_status st = kv_store_check(key, value, err);

    assert(kv && kv->ops->set);
    return st == HS_OK ? kv->ops->set(kv, key, value, err) : st;
}

enum hs_status kv_store_delete(struct kv_store *kv, struct slice key, struct hs_error *err)
{
    assert(kv && kv->ops->del);
    if (!key_in_bounds(key)) return HS_OK;
    return kv->ops->del(kv, key, err);
}

enum hs_status kv_store_get_text(struct kv_store *kv, const char *key, struct buffer *value,
                                 struct hs_error *err)
{
    return kv_store_get(kv, slice_text(key), value, err);
}

enum hs_status kv_store_digest(struct kv_store *kv, uint64_t *digest, uint64_t *entries,
                               struct hs_error *err)
{
    struct buffer key = {0}, value = {0};
    enum hs_status st;

    assert(digest && entries);
    *digest = 0;
    *entries = 0;
    while ((st = kv_store_next(kv, buffer_slice(&key), &key, &value, err)) == HS_OK) {
        *digest += entry_checksum64(buffer_slice(&key), buffer_slice(&value));
        *entries += 1;
    }
    buffer_fini(&key);
    buffer_fini(&value);
    return st == HS_NOT_FOUND ? HS_OK : st;
}

enum hs_status kv_store_sha256(struct kv_store *kv, char hex[], struct hs_error *err)
{
    struct buffer key = {0}, value = {0};
    struct sha256 *h = NULL;
    enum hs_status st = sha256_open(&h, err);

    if (st != HS_OK) return st;
    while ((st = kv_store_next(kv, buffer_slice(&key), &key, &value, err)) == HS_OK) {
        sha256_add(h, buffer_slice(&key));
        sha256_add(h, slice_text("\n"));
        sha256_add(h, buffer_slice(&value));
        sha256_add(h, slice_text("\n"));
    }
    if (st == HS_NOT_FOUND) {
        sha256_finish_hex(h, hex);
        st = HS_OK;
    }
    sha256_close(h);
    buffer_fini(&key);
    buffer_fini(&value);
    return st;
}
