/* C-list: what one vat calls the things it knows of, in both directions.
 *
 *   v1.c.ko20 = R o-50     R: reachable, _: only recognizable any more
 *   v1.c.o-50 = ko20
 *
 * An import counts as a holder of its object; an export does not. A promise counts either way.
 */
#ifndef HEADSTART_KERNEL_TABLES_CLIST_H
#define HEADSTART_KERNEL_TABLES_CLIST_H

#include "kernel/tables/kv_hashed.h"

struct clist_entry {
    bool found;
    bool reachable;
    struct ref kref;
    struct ref vref;
};

HS_MUST_CHECK enum hs_status clist_find(struct kv_hashed *k, const struct ref *vat,
                                        const struct ref *kref, struct clist_entry *out,
                                        struct hs_error *err);
HS_MUST_CHECK enum hs_status clist_find_vref(struct kv_hashed *k, const struct ref *vat,
                                             const struct ref *vref, struct clist_entry *out,
                                             struct hs_error *err);

/** The vat's name for `kref`, which it holds reachable from now on; a thing it does not know
 *  becomes an import. */
HS_MUST_CHECK enum hs_status clist_to_vat(struct kv_hashed *k, const struct ref *vat,
                                          const struct ref *kref, struct ref *vref,
                                          struct hs_error *err);
/** What the vat means by `vref`; an export it has not named before becomes a new object, or a new
 *  promise that it decides. HS_VAT_FAILED: it may not name that. */
HS_MUST_CHECK enum hs_status clist_to_kernel(struct kv_hashed *k, const struct ref *vat,
                                             const struct ref *vref, struct ref *kref,
                                             struct hs_error *err);
/** Both for every item of a list; `to` is replaced. */
HS_MUST_CHECK enum hs_status clist_list_to_vat(struct kv_hashed *k, const struct ref *vat,
                                               const struct ref_list *krefs, struct ref_list *to,
                                               struct hs_error *err);
HS_MUST_CHECK enum hs_status clist_list_to_kernel(struct kv_hashed *k, const struct ref *vat,
                                                  const struct ref_list *vrefs, struct ref_list *to,
                                                  struct hs_error *err);

/** The entry is only recognizable from now on. */
HS_MUST_CHECK enum hs_status clist_drop(struct kv_hashed *k, const struct ref *vat,
                                        const struct clist_entry *entry, struct hs_error *err);
/** The entry ends. */
HS_MUST_CHECK enum hs_status clist_delete(struct kv_hashed *k, const struct ref *vat,
                                          const struct clist_entry *entry, struct hs_error *err);
/** As clist_delete for a list of krefs that the vat may or may not know. */
HS_MUST_CHECK enum hs_status clist_forget(struct kv_hashed *k, const struct ref *vat,
                                          const struct ref_list *krefs, struct hs_error *err);

#endif
