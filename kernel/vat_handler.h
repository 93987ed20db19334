/* Vat handler: who is told what became of the vats that a vatAdmin device made.
 *
 *   d8.deviceState = {"inboundHandler":"ko21","vat":"v2"}   an object of the vat around the device
 *
 * It is told by messages, queued in the crank in which it happened:
 *
 *   created(vatID, root)   notCreated(vatID, error)
 *   upgraded(upgradeID, incarnation)   notUpgraded(upgradeID, error)
 *   ended(vatID, failed, value)   meterCrossed(meterID, remaining)
 *
 * Where there is no handler, nobody is told.
 */
#ifndef HEADSTART_KERNEL_VAT_HANDLER_H
#define HEADSTART_KERNEL_VAT_HANDLER_H

#include "kernel/tables/kv_hashed.h"
#include "kernel/text/capdata.h"

/** The object that is told, of `vat`, instead of the one before. */
HS_MUST_CHECK enum hs_status vat_handler_set(struct kv_hashed *k, const struct ref *device,
                                             const struct ref *vat, const struct ref *object,
                                             struct hs_error *err);

HS_MUST_CHECK enum hs_status vat_handler_created(struct kv_hashed *k, const struct ref *device,
                                                 const struct ref *vat, const struct ref *root,
                                                 struct hs_error *err);
HS_MUST_CHECK enum hs_status vat_handler_upgraded(struct kv_hashed *k, const struct ref *device,
                                                  uint64_t upgrade, uint64_t incarnation,
                                                  struct hs_error *err);
/** Creating the vat, or upgrade `upgrade` of it (0: none), failed; why, in words. */
HS_MUST_CHECK enum hs_status vat_handler_failed(struct kv_hashed *k, const struct ref *device,
                                                const struct ref *vat, uint64_t upgrade,
                                                const char *why, struct hs_error *err);

/* What a vat left behind when it ended. */
struct vat_last_word {
    bool failed;
    struct slice body; /* decoded body of capdata */
    struct ref_list slots;
};

/** The vat ended, whoever made it. */
HS_MUST_CHECK enum hs_status vat_handler_ended(struct kv_hashed *k, const struct ref *vat,
                                               const struct vat_last_word *word,
                                               struct hs_error *err);
HS_MUST_CHECK enum hs_status vat_handler_meter_crossed(struct kv_hashed *k, const struct ref *meter,
                                                       struct hs_error *err);

#endif
