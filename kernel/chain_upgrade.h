/* Chain upgrade: a vat of the configuration is upgraded because the chain says so.
 *
 * Such a vat has no maker who could ask for it, so it would stay on the engine and the program that
 * the chain began with. What is asked for goes through the queues like a maker's upgrade
 * (vat_admin.h), with the vat's own parameters; what came of it is told by an event.
 */
#ifndef HEADSTART_KERNEL_CHAIN_UPGRADE_H
#define HEADSTART_KERNEL_CHAIN_UPGRADE_H

#include "kernel/kernel_core.h"
#include "kernel/tables/bundles.h"

/** In a crank: queue it.
 *  In:      bundle   an installed one; NULL: the program that the vat has
 *           message  what promises are rejected with that the vat was to settle */
HS_MUST_CHECK enum hs_status chain_upgrade_queue(struct kernel *k, const struct ref *vat,
                                                 const struct bundle_id *bundle,
                                                 struct slice message, struct hs_error *err);

#endif
