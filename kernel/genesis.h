/* Genesis: a state vector on which nothing was executed, as a place of its own: (0, H0).
 *
 *   H0 = the activity hash after one crank that adds every key of the store but local.* and
 *        kernel.hash, in byte order
 *
 * So the state vector is agreed upon before the first message: a chain carries its keys and H0 in
 * its own genesis, and no node's configuration can make it another. A store that was never used,
 * (0, ""), gets the same keys by the same crank inside its first message: both ways come to the
 * same hashes.
 */
#ifndef HEADSTART_KERNEL_GENESIS_H
#define HEADSTART_KERNEL_GENESIS_H

#include "kernel/config.h"
#include "kernel/state/digest.h"
#include "kernel/tables/kv_hashed.h"

/** Into an empty store: the state vector that `config` makes, and kernel.hash, its H0, which is
 *  told as well. */
HS_MUST_CHECK enum hs_status genesis_write(struct kv_store *kv, const struct kernel_config *config,
                                           char hex[SHA256_HEX_BYTES], struct hs_error *err);

/** H0 of what `kv` holds. */
HS_MUST_CHECK enum hs_status genesis_hash(struct kv_store *kv, char hex[SHA256_HEX_BYTES],
                                          struct hs_error *err);

/** Inside a crank: the state vector that `config` makes, as the crank of H0 adds it. */
HS_MUST_CHECK enum hs_status genesis_enter(struct kv_hashed *k, const struct kernel_config *config,
                                           struct hs_error *err);

#endif
