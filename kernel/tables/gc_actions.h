/* GC actions: what vats are still to be told about objects that nobody holds any more.
 *
 *   gcActions.v1.dropExport.ko20 = ""     ….v1.retireExport.ko20     ….v2.retireImport.ko20
 *
 * A key each, so that adding or taking one costs the same however many there are. The order of the
 * keys is the order of work: by vat, and in each vat dropExport, retireExport, retireImport.
 * What a critical vat could not be told waits for its next reap:
 *
 *   v1.gcUndone.dropExport.ko20 = ""
 */
#ifndef HEADSTART_KERNEL_TABLES_GC_ACTIONS_H
#define HEADSTART_KERNEL_TABLES_GC_ACTIONS_H

#include "kernel/tables/kv_hashed.h"

enum gc_action { GC_DROP_EXPORT, GC_RETIRE_EXPORT, GC_RETIRE_IMPORT, GC_ACTION_COUNT };

enum { GC_GROUP_MAX = 1024 }; /* objects that a vat is told about at once */

/** One more; the same twice is one. */
HS_MUST_CHECK enum hs_status gc_actions_add(struct kv_hashed *k, const struct ref *vat,
                                            enum gc_action action, const struct ref *kref,
                                            struct hs_error *err);

/** Take the next group that has something left to do: one vat, one kind of action, its objects, of
 *  at most GC_GROUP_MAX actions. Actions that were negated meanwhile (the object is held again, or
 *  gone) are left out. *found false: none of those looked at had; kv_hashed.gc_pending says whether
 *  any are left. */
HS_MUST_CHECK enum hs_status gc_actions_take(struct kv_hashed *k, struct ref *vat,
                                             enum gc_action *action, struct ref_list *krefs,
                                             bool *found, struct hs_error *err);

/** The vat could not be told of these. They wait among its own keys, so that they end with it. */
HS_MUST_CHECK enum hs_status gc_actions_put_off(struct kv_hashed *k, const struct ref *vat,
                                                enum gc_action action, const struct ref_list *krefs,
                                                struct hs_error *err);
/** Up to GC_GROUP_MAX of those that wait are added again. */
HS_MUST_CHECK enum hs_status gc_actions_take_up(struct kv_hashed *k, const struct ref *vat,
                                                struct hs_error *err);

/** Does the store hold any? What kv_hashed.gc_pending is at a start. */
HS_MUST_CHECK enum hs_status gc_actions_wait(struct kv_hashed *k, bool *out, struct hs_error *err);

#endif
