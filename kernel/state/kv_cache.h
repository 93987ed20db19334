/* A read cache: what a store below holds of the keys that were asked for, within a budget of bytes.
 *
 * A key that is read keeps being read, and a LevelDB get takes some microseconds where this takes a
 * tenth of one. That a key is absent is kept as well. What has not been asked for longest goes
 * first. It holds no truth of its own: dropping any of it, or all, changes no answer.
 *
 * Names that carry a number just allotted are asked for once, and in vain. Where one follows on
 * another, the stretch up to the store's next key is learned instead, and answers for those to
 * come.
 *
 * Not thread-safe.
 */
#ifndef HEADSTART_KERNEL_STATE_KV_CACHE_H
#define HEADSTART_KERNEL_STATE_KV_CACHE_H

#include "kernel/state/bytes.h"

struct kv_cache;

/** bytes_max: of keys and values, and what each of them takes besides. */
HS_MUST_CHECK enum hs_status kv_cache_open(size_t bytes_max, struct kv_cache **out,
                                           struct hs_error *err);
void kv_cache_close(struct kv_cache *c);
/** Nothing is known of the store any more. */
void kv_cache_clear(struct kv_cache *c);

enum kv_cached {
    KV_CACHED_NOT,    /* the store below must be asked */
    KV_CACHED_ABSENT, /* it does not hold the key */
    KV_CACHED_VALUE,
};

/** checksum: checksum64(key). *value is valid until the next call but find. */
enum kv_cached kv_cache_find(struct kv_cache *c, struct slice key, uint64_t checksum,
                             struct slice *value);
/** The store below was asked: it holds the value, or, `absent`, not the key. Where there is no
 *  memory, or the value is a large part of the budget, nothing is kept of the key. */
void kv_cache_put(struct kv_cache *c, struct slice key, struct slice value, bool absent);
/** The store below does not hold the key, as put would say. Returns: it should be asked for its
 * next key, and kv_cache_gap be told: the key is the last absent one but for a larger number. */
bool kv_cache_absent(struct kv_cache *c, struct slice key);
/** The store below holds nothing from `key` up to `next`. */
void kv_cache_gap(struct kv_cache *c, struct slice key, struct slice next);
/** The store below was written: what is cached of the key, if anything is, is this from now on. */
void kv_cache_written(struct kv_cache *c, struct slice key, struct slice value, bool absent);

size_t kv_cache_bytes(const struct kv_cache *c);

#endif
