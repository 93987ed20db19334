/* Objects: who exports each, and how many times it is held.
 *
 *   ko20.owner = v1          absent: orphaned, its vat is gone
 *   ko20.refCount = 2,3      reachable, recognizable; imports and queued messages, not the export
 */
#ifndef HEADSTART_KERNEL_TABLES_OBJECTS_H
#define HEADSTART_KERNEL_TABLES_OBJECTS_H

#include "kernel/tables/kv_hashed.h"

struct object_count {
    uint64_t reachable;
    uint64_t recognizable; /* >= reachable */
};

HS_MUST_CHECK enum hs_status object_create(struct kv_hashed *k, const struct ref *owner,
                                           struct ref *kref, struct hs_error *err);
/** owner->text is "" when the object has none, or is gone. */
HS_MUST_CHECK enum hs_status object_owner(struct kv_hashed *k, const struct ref *kref,
                                          struct ref *owner, struct hs_error *err);
/** *found false: the object is gone. */
HS_MUST_CHECK enum hs_status object_count_read(struct kv_hashed *k, const struct ref *kref,
                                               struct object_count *count, bool *found,
                                               struct hs_error *err);
/** An object that is gone is left alone: its last holders forget it one by one. */
HS_MUST_CHECK enum hs_status object_hold(struct kv_hashed *k, const struct ref *kref,
                                         bool reachable, bool recognizable, struct hs_error *err);
HS_MUST_CHECK enum hs_status object_release(struct kv_hashed *k, const struct ref *kref,
                                            bool reachable, bool recognizable,
                                            struct hs_error *err);
/** Its vat no longer exports it. */
HS_MUST_CHECK enum hs_status object_orphan(struct kv_hashed *k, const struct ref *kref,
                                           struct hs_error *err);

#endif
