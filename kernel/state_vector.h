/* State vector: the store contents that a kernel is launched around.
 *
 * These functions only mutate a store. A store that holds a state vector but lacks `initialized`
 * has never run: kernel_start queues the vats' startVat deliveries and the bootstrap message once
 * and sets the flag (issue #175's requirement; SwingSet keeps the same key).
 */
#ifndef HEADSTART_KERNEL_STATE_VECTOR_H
#define HEADSTART_KERNEL_STATE_VECTOR_H

#include "kernel/config.h"
#include "kernel/state/kv_store.h"

enum { STATE_VECTOR_QUEUED = 1 }; /* its kernel.queued: there is a bootstrap to run */

/** Write the empty kernel's keys (queues, first ids, empty name lists) and then every vat and
 *  device of `config` (NULL: none). HS_EXISTS when the store already holds a state vector. */
HS_MUST_CHECK enum hs_status
state_vector_init(struct kv_store *kv, const struct kernel_config *config, struct hs_error *err);

/** Add one static vat: allots v$N, keeps name, source, options and parameters. HS_EXISTS when the
 *  name is taken, HS_INVALID when it is empty or too long. */
HS_MUST_CHECK enum hs_status state_vector_add_vat(struct kv_store *kv,
                                                  const struct kernel_config_vat *vat,
                                                  struct hs_error *err);
HS_MUST_CHECK enum hs_status state_vector_add_device(struct kv_store *kv,
                                                     const struct kernel_config_device *device,
                                                     struct hs_error *err);

#endif
