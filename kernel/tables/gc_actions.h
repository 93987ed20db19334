/* GC actions: what vats are still to be told about objects that nobody holds any more.
 *
 *   gcActions = sorted JSON list of "v1 dropExport ko20", "v1 retireExport ko20",
 *               "v2 retireImport ko20"
 *
 * Sorted by bytes, so that the list itself is the order of work: by vat, and in each vat
 * dropExport, retireExport, retireImport.
 */
#ifndef HEADSTART_KERNEL_TABLES_GC_ACTIONS_H
#define HEADSTART_KERNEL_TABLES_GC_ACTIONS_H

#include "kernel/tables/kv_hashed.h"

enum gc_action { GC_DROP_EXPORT, GC_RETIRE_EXPORT, GC_RETIRE_IMPORT, GC_ACTION_COUNT };

enum { GC_GROUP_MAX = 1024 }; /* objects that a vat is told about at once */

/** One more; it joins the stored list with gc_actions_flush: however many a crank adds, the list is
 *  written once. */
HS_MUST_CHECK enum hs_status gc_actions_add(struct kv_hashed *k, const struct ref *vat,
                                            enum gc_action action, const struct ref *kref,
                                            struct hs_error *err);
/** At the crank's end. */
HS_MUST_CHECK enum hs_status gc_actions_flush(struct kv_hashed *k, struct hs_error *err);

/** Take the next group that has something left to do: one vat, one kind of action, its objects, of
 *  at most GC_GROUP_MAX actions. Actions that were negated meanwhile (the object is held again, or
 *  gone) are left out. *found false: nothing is left, and the stored list is empty. */
HS_MUST_CHECK enum hs_status gc_actions_take(struct kv_hashed *k, struct ref *vat,
                                             enum gc_action *action, struct ref_list *krefs,
                                             bool *found, struct hs_error *err);

#endif
