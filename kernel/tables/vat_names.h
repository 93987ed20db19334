/* Vat names: which vats there are, by name and id.
 *
 *   vat.names = ["ledger",…]   vat.name.ledger = v1   vat.dynamicIDs = ["v7",…]
 */
#ifndef HEADSTART_KERNEL_TABLES_VAT_NAMES_H
#define HEADSTART_KERNEL_TABLES_VAT_NAMES_H

#include "kernel/state/heap_image.h"
#include "kernel/tables/kv_hashed.h"

struct vat_name {
    char name[HS_NAME_BYTES_MAX]; /* static name, or the id */
    struct ref id;
    uint64_t number; /* of v<number> */
    bool is_static;
};

/** The number of a vat's id, 7 of v7; false: it is no such id. */
bool vat_names_number(const struct ref *id, uint64_t *number);
/** The id of the static vat `name`; *found says whether there is one. */
HS_MUST_CHECK enum hs_status vat_names_find(struct kv_hashed *k, struct slice name, struct ref *id,
                                            bool *found, struct hs_error *err);
/** Every vat once, in the order of their ids' numbers. *out is the caller's to free. */
HS_MUST_CHECK enum hs_status vat_names_all(struct kv_hashed *k, struct vat_name **out, size_t *len,
                                           struct hs_error *err);
/** The one vat `id`: a dynamic one by one read, however many there are. HS_KERNEL_FAILED: something
 *  in the store speaks of a vat that is none. */
HS_MUST_CHECK enum hs_status vat_names_get(struct kv_hashed *k, const struct ref *id,
                                           struct vat_name *out, struct hs_error *err);
/** The vat is no more: its name or dynamic id is taken out. */
HS_MUST_CHECK enum hs_status vat_names_remove(struct kv_hashed *k, const struct ref *id,
                                              struct hs_error *err);

/** Is it a vat that ended and is not yet cleaned up? Then it is told nothing any more. */
HS_MUST_CHECK enum hs_status vat_names_ended(struct kv_hashed *k, const struct ref *id, bool *ended,
                                             struct hs_error *err);

/** Add to, take out of, a JSON list of strings in the store. */
HS_MUST_CHECK enum hs_status name_list_add(struct kv_store *kv, const char *key, struct slice name,
                                           struct hs_error *err);
HS_MUST_CHECK enum hs_status name_list_remove(struct kv_store *kv, const char *key,
                                              struct slice name, struct hs_error *err);

#endif
