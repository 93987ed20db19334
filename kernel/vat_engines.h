/* Vat engines: which engine new vats take, and which a vat is on.
 *
 *   kernel.engine = id     new vats, and vats that are upgraded; from the configuration, then by
 *                          the chain's useEngine
 *   v1.engine = id         this vat, all of its incarnation
 *
 * A chain goes over to another engine vat by vat: each is on one engine from its first delivery to
 * its last before an upgrade, so that its transcript, its images and the steps it was charged are
 * all of that engine. A program holds every engine that a store names, or does not start on it.
 */
#ifndef HEADSTART_KERNEL_VAT_ENGINES_H
#define HEADSTART_KERNEL_VAT_ENGINES_H

#include "kernel/state/kv_store.h"
#include "kernel/vat/engine.h"

#define VAT_ENGINES_OF_NEW "kernel" /* instead of a vat's id */

/** The number in `e` of the engine that `owner`, a vat's id or the above, is on in `kv`.
 *  Returns: HS_KERNEL_FAILED  the store names none
 *           HS_WRONG_EPOCH    `e` does not hold it: err says which it is, which there are, and what
 *                             to do */
HS_MUST_CHECK enum hs_status vat_engines_read(struct kv_store *kv, const struct vat_engine *e,
                                              const char *owner, size_t *number,
                                              struct hs_error *err);

/** The number of the engine with that id. HS_INVALID: it is no id; HS_WRONG_EPOCH as above, for
 *  `whose`, in words. */
HS_MUST_CHECK enum hs_status vat_engines_find(const struct vat_engine *e, struct slice id,
                                              const char *whose, size_t *number,
                                              struct hs_error *err);

#endif
