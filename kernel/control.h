/* Control messages: what a chain's governance tells the kernel itself.
 *
 *   {"kernel":"setRules","rules":{…}}                  as in kernel.rules; from the next message
 *   {"kernel":"terminateVat","vat":name,"reason":text} at once
 *   {"kernel":"installBundle","bundle":hash,"bytes":N,"offset":N,"piece":text}   bundles.h
 *   {"kernel":"abortBundle","bundle":hash}
 */
#ifndef HEADSTART_KERNEL_CONTROL_H
#define HEADSTART_KERNEL_CONTROL_H

#include "kernel/kernel_core.h"

/** In a crank: do what the message says, which is an object with a key "kernel".
 *  Returns: HS_INVALID      it is rejected; err says why; what was written stays (bundles.h)
 *           HS_WRONG_EPOCH  rules of a version that this program does not know, or an engine that
 * it does not hold */
HS_MUST_CHECK enum hs_status control_run(struct kernel *k, struct slice message,
                                         struct hs_error *err);

#endif
