/* Devices: what a vat may call at once and get an answer from, outside the queue.
 *
 * They keep no transcript; a replay answers from the vat's. There is one type:
 *
 *   bridge   callOutbound(value): the value, as plain JSON, is sent out: one of the message's
 *            outputs. (Called with another number of arguments: the list of them.)
 */
#ifndef HEADSTART_KERNEL_DEVICES_H
#define HEADSTART_KERNEL_DEVICES_H

#include "kernel/kernel_core.h"
#include "kernel/text/capdata.h"

/** Call `method` of the device node `device` (kd…).
 *  In:      args  smallcaps array; slots are krefs
 *  Out:     answer  appended: a syscall's answer, ["ok",capdata] or ["error",text] */
HS_MUST_CHECK enum hs_status device_call(struct kernel *k, const struct ref *device,
                                         struct slice method, const struct capdata *args,
                                         struct buffer *answer, struct hs_error *err);
/** Give device d$N its root node, known by every vat that is told of it. */
HS_MUST_CHECK enum hs_status device_export_root(struct kv_hashed *k, const struct ref *device,
                                                struct ref *kref, struct hs_error *err);

#endif
