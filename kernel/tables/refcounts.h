/* Reference counts: hold and release anything, and judge at a crank's end what nobody holds.
 *
 * Queued messages, notifications and the data of settled promises hold what they name; c-lists hold
 * their imports (clist.h). Devices are never counted: they live as long as the kernel.
 */
#ifndef HEADSTART_KERNEL_TABLES_REFCOUNTS_H
#define HEADSTART_KERNEL_TABLES_REFCOUNTS_H

#include "kernel/tables/kv_hashed.h"

HS_MUST_CHECK enum hs_status refcount_hold(struct kv_hashed *k, const struct ref *kref,
                                           struct hs_error *err);
HS_MUST_CHECK enum hs_status refcount_release(struct kv_hashed *k, const struct ref *kref,
                                              struct hs_error *err);
HS_MUST_CHECK enum hs_status refcount_hold_all(struct kv_hashed *k, const struct ref_list *krefs,
                                               struct hs_error *err);
HS_MUST_CHECK enum hs_status refcount_release_all(struct kv_hashed *k, const struct ref_list *krefs,
                                                  struct hs_error *err);

/** End of a crank: promises that nobody holds are deleted, owners of objects that nobody holds are
 *  to be told (gcActions), orphans are retired. */
HS_MUST_CHECK enum hs_status refcounts_process(struct kv_hashed *k, struct hs_error *err);

#endif
