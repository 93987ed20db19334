/* Resolution: a promise gets its answer, and those who wait for it are told.
 */
#ifndef HEADSTART_KERNEL_TABLES_RESOLUTION_H
#define HEADSTART_KERNEL_TABLES_RESOLUTION_H

#include "kernel/tables/kv_hashed.h"

/** Settle an unresolved promise and enqueue a notify per subscriber, in the order of subscription;
 *  then the messages that waited go on.
 *  In: by  the vat that resolves: it knows already. NULL: the kernel
 *      body  decoded text */
HS_MUST_CHECK enum hs_status resolution_settle(struct kv_hashed *k, const struct ref *kpid,
                                               bool rejected, struct slice body,
                                               const struct ref_list *slots, const struct ref *by,
                                               struct hs_error *err);
/** Reject it with an Error that says `message`. */
HS_MUST_CHECK enum hs_status resolution_reject(struct kv_hashed *k, const struct ref *kpid,
                                               const char *message, struct hs_error *err);

#endif
