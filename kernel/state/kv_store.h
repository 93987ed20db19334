/* The store interface: strings to strings, ordered by bytes.
 *
 * The kernel sees nothing else. Memory (kv_memory), layers over another store (kv_layers), LevelDB
 * (snapshot/kv_leveldb), and the node's real store (sidecar/real_store) implement it; one can be
 * swapped for another and the kernel cannot tell.
 *
 * Keys are 1..HS_KEY_BYTES_MAX bytes, values 0..HS_VALUE_BYTES_MAX. Results are copied into the
 * caller's buffers, so nothing is borrowed and lifetimes never cross.
 *
 * Threads: one owner at a time. Reads (get, has, next) may run on several threads at once while
 * nobody writes, unless an implementation says otherwise.
 */
#ifndef HEADSTART_KERNEL_STATE_KV_STORE_H
#define HEADSTART_KERNEL_STATE_KV_STORE_H

#include "kernel/state/bytes.h"

struct kv_store;

struct kv_store_ops {
    enum hs_status (*get)(struct kv_store *kv, struct slice key, struct buffer *value,
                          struct hs_error *err);
    enum hs_status (*has)(struct kv_store *kv, struct slice key, bool *found, struct hs_error *err);
    enum hs_status (*next)(struct kv_store *kv, struct slice after, struct buffer *key,
                           struct buffer *value, struct hs_error *err);
    enum hs_status (*set)(struct kv_store *kv, struct slice key, struct slice value,
                          struct hs_error *err);
    enum hs_status (*del)(struct kv_store *kv, struct slice key, struct hs_error *err);
};

/* First member of every implementation. A read-only store leaves set and del NULL. */
struct kv_store {
    const struct kv_store_ops *ops;
};

/** Copy the value of `key` into *value (replaced). HS_NOT_FOUND without a text when absent. */
HS_MUST_CHECK enum hs_status kv_store_get(struct kv_store *kv, struct slice key,
                                          struct buffer *value, struct hs_error *err);
HS_MUST_CHECK enum hs_status kv_store_has(struct kv_store *kv, struct slice key, bool *found,
                                          struct hs_error *err);
/** The first entry with key > `after` (the empty slice: the first of all) into *key and, unless
 *  NULL, *value. HS_NOT_FOUND at the end. `after` may point into *key. */
HS_MUST_CHECK enum hs_status kv_store_next(struct kv_store *kv, struct slice after,
                                           struct buffer *key, struct buffer *value,
                                           struct hs_error *err);
HS_MUST_CHECK enum hs_status kv_store_set(struct kv_store *kv, struct slice key, struct slice value,
                                          struct hs_error *err);
/** HS_TOO_LARGE unless key and value are within bounds; kv_store_set asks this itself. */
HS_MUST_CHECK enum hs_status kv_store_check(struct slice key, struct slice value,
                                            struct hs_error *err);
/** Deleting an absent key is HS_OK. */
HS_MUST_CHECK enum hs_status kv_store_delete(struct kv_store *kv, struct slice key,
                                             struct hs_error *err);

/** Convenience for NUL-terminated keys. */
HS_MUST_CHECK enum hs_status kv_store_get_text(struct kv_store *kv, const char *key,
                                               struct buffer *value, struct hs_error *err);

/** entry_checksum64 summed over all entries (mod 2^64) and their number: equal stores have equal
 *  digests, whatever they are kept in. */
HS_MUST_CHECK enum hs_status kv_store_digest(struct kv_store *kv, uint64_t *digest,
                                             uint64_t *entries, struct hs_error *err);

/** SHA-256 over all entries in key order, each as `key\nvalue\n`: what `headstart store hash`
 *  prints. */
HS_MUST_CHECK enum hs_status kv_store_sha256(struct kv_store *kv, char hex[], struct hs_error *err);

#endif
