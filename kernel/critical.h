/* Critical: a vat that does not die of a crank that fails, whatever the cause. The crank is undone,
 * heap and all.
 *
 *   guard ──delivery──┬─ went well ─► kept
 *                     ├─ failed ────► returned: the heap is the one before; another crank in its
 *                     │               place passes over what it was handed (crank.c), and tells it
 *                     └─ the message is undone ─► that goes back behind it anyway
 *
 * No transcript item is written of what was undone, so that the heap stays a function of the items
 * on every way back. A vat's first delivery is not guarded: one that does not start is no vat. An
 * exit that the vat does not call a failure is its own will, and so is the chain's: it ends.
 */
#ifndef HEADSTART_KERNEL_CRITICAL_H
#define HEADSTART_KERNEL_CRITICAL_H

#include "kernel/kernel_core.h"

/** The vat of k->ran is about to be handed something. HS_NOMEM */
HS_MUST_CHECK enum hs_status critical_guard(struct kernel *k, struct hs_error *err);
/** The crank is over; what the heap is now stays. */
void critical_keep(struct kernel *k);
/** The crank failed: the vat is what it was before. */
void critical_return(struct kernel *k);

#endif
