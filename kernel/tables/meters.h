/* Meters: what a group of vats may still spend, in steps of the engine.
 *
 *   m1.remaining = N   m1.threshold = N   m1.admin = d8      the device that it was made by
 *   m1.vats = N        vats that have it; absent: none       m1.ended = true   nobody may use it
 * anew meter.count = N    meters that there are; absent: none
 *
 * Whoever makes a vat may give it a meter; several vats may share one. What their deliveries take
 * is taken off it, and a vat that would need more than is left ends. A meter that is ended goes
 * with the last of its vats.
 */
#ifndef HEADSTART_KERNEL_TABLES_METERS_H
#define HEADSTART_KERNEL_TABLES_METERS_H

#include "kernel/tables/kv_hashed.h"

struct vat_meter {
    uint64_t remaining; /* steps */
    uint64_t threshold; /* once less is left, its owner is told */
};

HS_MUST_CHECK enum hs_status meter_create(struct kv_hashed *k, const struct ref *admin,
                                          struct vat_meter m, struct ref *id, struct hs_error *err);
/** How many there are, ended ones too. */
HS_MUST_CHECK enum hs_status meter_count(struct kv_hashed *k, uint64_t *out, struct hs_error *err);
/** Was it ended? Of one that there is. */
HS_MUST_CHECK enum hs_status meter_has_ended(struct kv_hashed *k, const struct ref *id, bool *out,
                                             struct hs_error *err);
/** Nobody may use it anew; it goes at once, or with its last vat. */
HS_MUST_CHECK enum hs_status meter_end(struct kv_hashed *k, const struct ref *id,
                                       struct hs_error *err);
/** A vat has it from here on. */
HS_MUST_CHECK enum hs_status meter_hold(struct kv_hashed *k, const struct ref *id,
                                        struct hs_error *err);
/** A vat that had it has ended. */
HS_MUST_CHECK enum hs_status meter_let_go(struct kv_hashed *k, const struct ref *id,
                                          struct hs_error *err);
/** *found false: there is no such meter. */
HS_MUST_CHECK enum hs_status meter_read(struct kv_hashed *k, const struct ref *id,
                                        struct vat_meter *out, bool *found, struct hs_error *err);
HS_MUST_CHECK enum hs_status meter_set_remaining(struct kv_hashed *k, const struct ref *id,
                                                 uint64_t remaining, struct hs_error *err);
HS_MUST_CHECK enum hs_status meter_set_threshold(struct kv_hashed *k, const struct ref *id,
                                                 uint64_t threshold, struct hs_error *err);
/** Take off up to all that is left. *crossed: with this, less than the threshold is left. */
HS_MUST_CHECK enum hs_status meter_spend(struct kv_hashed *k, const struct ref *id, uint64_t steps,
                                         bool *crossed, struct hs_error *err);

#endif
