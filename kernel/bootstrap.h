/* Bootstrap: what a kernel does once, before its first message.
 *
 * A crank makes the state vector from the configuration, unless the store holds one. Another gives
 * every static vat its root object and every device its node, queues the vats' startVat deliveries
 * and the bootstrap message, and sets `initialized`. Then that runs, under the run policy.
 */
#ifndef HEADSTART_KERNEL_BOOTSTRAP_H
#define HEADSTART_KERNEL_BOOTSTRAP_H

#include "kernel/kernel_core.h"

/** The state vector, if the store holds none. */
HS_MUST_CHECK enum hs_status bootstrap_initialise(struct kernel *k, struct hs_error *err);

/** To be called with the store's `initialized` not set. Everything it writes belongs to the
 *  message at hand. HS_INVALID: a vat did not start; err says why. */
HS_MUST_CHECK enum hs_status bootstrap_run(struct kernel *k, struct hs_error *err);

/** At the end of each message. HS_INVALID: bootstrap was rejected during it; err says why. */
HS_MUST_CHECK enum hs_status bootstrap_check(struct kernel *k, struct hs_error *err);

/** kref of a vat's root object. */
HS_MUST_CHECK enum hs_status bootstrap_root(struct kv_hashed *k, const struct ref *vat,
                                            struct ref *kref, struct hs_error *err);

#endif
