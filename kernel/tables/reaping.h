/* Reaping: when a vat is to look for what it holds no longer, and who does so next.
 *
 *   v1.reapDirt = {"deliveries":183,"bytes":1001000,"steps":0,"memory":3145728}
 *   reapQueue = ["v1","v3"]
 *
 * The dirt is what is left until the vat is due; each of its deliveries counts it down. A vat is
 * due when the deliveries or the bytes have come to nothing, but not before it has done so many
 * steps: looking costs the more the larger the heap is, and so comes the more seldom, at the same
 * share of the vat's own work. And it is due at once when its memory has grown beyond `memory`:
 * what grows may be garbage. That bound lies below the vat's limit, and near the limit no
 * deliveries are waited for, only fewer steps: a vat does not end by what a reap would have found.
 * Where the rules want no steps, the deliveries are waited for there, too. {}: never.
 */
#ifndef HEADSTART_KERNEL_TABLES_REAPING_H
#define HEADSTART_KERNEL_TABLES_REAPING_H

#include "kernel/tables/kv_hashed.h"
#include "kernel/tables/rules.h"
#include "kernel/tables/vat_options.h"

/* References that a vat lets go of in one reap; one that names so many is followed by another. */
enum { REAP_REFERENCES_MAX = 4096 };

/* What one delivery did to its vat. Plain value. */
struct reap_work {
    uint64_t bytes;  /* of the delivery and its syscalls */
    uint64_t steps;  /* of the engine */
    uint64_t memory; /* of the vat, behind it */
};

/** The dirt of a vat that is new: as its options in `kv` and the rules have it. */
HS_MUST_CHECK enum hs_status reap_dirt_begin(struct kv_store *kv, const struct ref *vat,
                                             const struct kernel_rules *rules,
                                             struct hs_error *err);
/** The vat's options, which may have another interval or memory than `before`: what it did since it
 * was last reaped counts as before. Whose limit is lower is queued, so that a reap begins anew by
 * it; one that is higher counts from the next reap on. */
HS_MUST_CHECK enum hs_status reap_dirt_change(struct kv_hashed *k, const struct ref *vat,
                                              const struct kernel_rules *rules,
                                              const struct vat_options *before,
                                              const struct vat_options *options,
                                              struct hs_error *err);
/** A delivery is over, the reap itself not counted. A vat that is due is queued. */
HS_MUST_CHECK enum hs_status reap_dirt_add(struct kv_hashed *k, const struct ref *vat,
                                           const struct kernel_rules *rules,
                                           const struct reap_work *work, struct hs_error *err);
/** A reap is over, behind which the vat has so much memory. `again`: it has not let go of all; the
 *  vat is queued once more. */
HS_MUST_CHECK enum hs_status reap_dirt_clear(struct kv_hashed *k, const struct ref *vat,
                                             const struct kernel_rules *rules, uint64_t memory,
                                             bool again, struct hs_error *err);

/** The first vat of the queue, which it leaves. */
HS_MUST_CHECK enum hs_status reap_queue_take(struct kv_hashed *k, struct ref *vat,
                                             struct hs_error *err);
/** The vat has ended: it leaves the queue, if it is there. */
HS_MUST_CHECK enum hs_status reap_queue_leave(struct kv_hashed *k, const struct ref *vat,
                                              struct hs_error *err);

#endif
