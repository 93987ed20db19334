/* Hashed store: the kernel's store as its tables see it, every change of a crank hashed.
 *
 * Everything that the kernel writes inside a crank passes through here, so that the crank's ordered
 * changes are hashed exactly once and an aborted crank leaves no trace in the hash:
 *
 *   crankhash = SHA-256 of  add\n<bytes>:<key>\n<bytes>:<value>\n  and  delete\n<bytes>:<key>\n,
 *               in the order they happen
 *   activity' = SHA-256 of  activityhash\n<activity>\n<crankhash>\n
 *
 * Not in that stream: local.* and kernel.hash itself. So equal positions are equal stores. It is a
 * store itself, so that whatever mutates a store, the state vector's functions above all, is
 * hashed without knowing it.
 *
 * It also collects, per crank, the references whose counts fell, which refcounts.h judges at the
 * crank's end, the pending calls that were settled, and how much was done: work costs ticks.
 *
 * The store may be a node's, and hold anything. What no kernel wrote, a key that is missing or does
 * not fit the others, is HS_KERNEL_FAILED with words that name the key; nothing that a store holds
 * is asserted, or believed to be small.
 */
#ifndef HEADSTART_KERNEL_TABLES_KV_HASHED_H
#define HEADSTART_KERNEL_TABLES_KV_HASHED_H

#include "kernel/state/buffer_room.h"
#include "kernel/state/digest.h"
#include "kernel/state/kv_layers.h"
#include "kernel/state/limits.h"
#include "kernel/text/refs.h"

/* What the crank at hand did here. */
struct kv_work {
    uint64_t bytes;      /* keys and values set or deleted, and KV_WORK_CHANGE_BYTES a change */
    uint64_t next_keys;  /* steps from key to key */
    uint64_t references; /* counts that rose or fell */
};
enum { KV_WORK_CHANGE_BYTES = 16 }; /* a change's share of a frame besides its texts */

struct kv_hashed {
    struct kv_store store; /* first: what hashes as it writes */
    struct kv_layers *layers;
    struct sha256 *crank_hash;
    struct buffer changes;           /* the crank's newest changes, not yet in crank_hash */
    struct ref_list fallen;          /* krefs whose counts fell in this crank */
    struct ref_list settled;         /* promises of pending calls that were settled in this crank */
    struct kv_work work;             /* of this crank */
    struct buffer scratch;           /* what kv_hashed_find last read */
    struct buffer_room room;         /* for the texts that a step composes */
    char activity[SHA256_HEX_BYTES]; /* after the last committed crank */
    bool gc_pending;                 /* there are gcActions.* */
    bool cleanup_pending;            /* vats.terminated holds something */
    bool reap_pending;               /* reapQueue likewise */
};

HS_MUST_CHECK enum hs_status kv_hashed_init(struct kv_hashed *k, struct kv_layers *layers,
                                            struct hs_error *err);
void kv_hashed_fini(struct kv_hashed *k);

void kv_hashed_crank_begin(struct kv_hashed *k);
void kv_hashed_crank_commit(struct kv_hashed *k);
void kv_hashed_crank_abort(struct kv_hashed *k);

/* A key put together from up to three parts; names are the longest of them. */
struct key {
    char text[2 * HS_NAME_BYTES_MAX];
    size_t len;
};
/** a + b + c. Returns the slice over *key. */
struct slice key_join(struct key *key, struct slice a, struct slice b, struct slice c);

/** The same of texts, each possibly "": most are literals, whose lengths the compiler knows. */
static inline struct slice key_of(struct key *key, const char *a, const char *b, const char *c)
{
    return key_join(key, slice_text(a), slice_text(b), slice_text(c));
}

struct slice key_of_number(struct key *key, const char *a, const char *b, uint64_t number);
struct slice key_slice(const struct key *key);

/** *value borrows the scratch: valid until the next read. */
HS_MUST_CHECK enum hs_status kv_hashed_find(struct kv_hashed *k, struct slice key,
                                            struct slice *value, bool *found, struct hs_error *err);
/** As kv_hashed_find, of a key that must be there: kernel_store_damaged otherwise. */
HS_MUST_CHECK enum hs_status kv_hashed_read(struct kv_hashed *k, struct slice key,
                                            struct slice *value, struct hs_error *err);
HS_MUST_CHECK enum hs_status kv_hashed_read_uint(struct kv_hashed *k, struct slice key,
                                                 uint64_t *out, struct hs_error *err);
HS_MUST_CHECK enum hs_status kv_hashed_has(struct kv_hashed *k, struct slice key, bool *found,
                                           struct hs_error *err);
/** Write a key that is not there at present, as the caller knows; see kv_layers_create. Queue
 * slots, promises and c-list entries mostly end within the message that made them: most of what a
 *  message would write are deletions of keys that nobody ever saw. */
HS_MUST_CHECK enum hs_status kv_hashed_create(struct kv_hashed *k, struct slice key,
                                              struct slice value, struct hs_error *err);
HS_MUST_CHECK enum hs_status kv_hashed_write(struct kv_hashed *k, struct slice key,
                                             struct slice value, struct hs_error *err);
HS_MUST_CHECK enum hs_status kv_hashed_write_text(struct kv_hashed *k, struct slice key,
                                                  const char *value, struct hs_error *err);
/** Numbers end at HS_UINT_MAX: a larger one is kernel_store_damaged, which counted too far. */
HS_MUST_CHECK enum hs_status kv_hashed_write_uint(struct kv_hashed *k, struct slice key,
                                                  uint64_t value, struct hs_error *err);
HS_MUST_CHECK enum hs_status kv_hashed_delete(struct kv_hashed *k, struct slice key,
                                              struct hs_error *err);
/** The number that `key` holds, which is counted up: how ids are allotted. */
HS_MUST_CHECK enum hs_status kv_hashed_allot(struct kv_hashed *k, struct slice key,
                                             uint64_t *number, struct hs_error *err);
/** The first key behind `*key` that begins with `prefix` (start with an empty *key);
 *  HS_NOT_FOUND when there is none. `value` may be NULL. */
HS_MUST_CHECK enum hs_status kv_hashed_next(struct kv_hashed *k, struct slice prefix,
                                            struct buffer *key, struct buffer *value,
                                            struct hs_error *err);
/** Note that a count of `kref` fell in this crank (twice does no harm). */
HS_MUST_CHECK enum hs_status kv_hashed_note_fallen(struct kv_hashed *k, const struct ref *kref,
                                                   struct hs_error *err);
/** HS_KERNEL_FAILED: what the store holds under `key` is no kernel's; `problem` in words. */
enum hs_status kernel_store_damaged(struct slice key, const char *problem, struct hs_error *err);
/** Out-of-memory and over-a-bound of buffers and lists, with words. */
enum hs_status kernel_fail(struct hs_error *err, enum hs_status st);

#endif
