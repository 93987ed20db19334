/* Answer: what became of the promise for a call's result, as plain JSON. */
#ifndef HEADSTART_KERNEL_ANSWER_H
#define HEADSTART_KERNEL_ANSWER_H

#include "kernel/kernel_core.h"
#include "kernel/state/message.h"

/** Read the answer and, in a crank of its own, let go of the promise.
 *  Out:  value  JSON (replaced): the value, {"error": text}, or null while pending */
HS_MUST_CHECK enum hs_status answer_take(struct kernel *k, const struct ref *kpid,
                                         enum message_status *status, struct buffer *value,
                                         struct hs_error *err);

#endif
