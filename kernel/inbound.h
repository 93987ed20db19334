/* Inbound: a chain's message becomes a call to the root object of a vat.
 *
 *   {"to": vat name, "method": name, "args": [JSON…]}
 *
 * Keys that are not named here are ignored; of a key that comes twice the last one counts, as in
 * JavaScript. A message that is none of this, or that names no vat, counts all the same: it is
 * rejected with a reason, on every node alike.
 */
#ifndef HEADSTART_KERNEL_INBOUND_H
#define HEADSTART_KERNEL_INBOUND_H

#include "kernel/kernel_core.h"

/** In a crank of its own: count the message (kernel.seqnum) and put the call in the queue.
 *  Out: result  the call's result promise, held for the caller; "": the message was rejected
 *       value   then, {"error": text} (replaced) */
HS_MUST_CHECK enum hs_status inbound_take(struct kernel *k, struct slice message,
                                          struct ref *result, struct buffer *value,
                                          struct hs_error *err);

#endif
