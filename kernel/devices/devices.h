/* Devices: how a vat's callNow finds its device and the method (device_types.h). */
#ifndef HEADSTART_KERNEL_DEVICES_DEVICES_H
#define HEADSTART_KERNEL_DEVICES_DEVICES_H

#include "kernel/kernel_core.h"
#include "kernel/text/capdata.h"

/** Vat `caller` calls `method` of the device node `device` (kd…).
 *  In:      args  smallcaps array; slots are krefs
 *  Out:     answer  appended: a syscall's answer, ["ok",capdata] or ["error",text]; then the device
 *                   has kept nothing of the arguments */
HS_MUST_CHECK enum hs_status device_call(struct kernel *k, const struct ref *caller,
                                         const struct ref *device, struct slice method,
                                         const struct capdata *args, struct buffer *answer,
                                         struct hs_error *err);
/** Give device d$N its root node, known by every vat that is told of it. */
HS_MUST_CHECK enum hs_status device_export_root(struct kv_hashed *k, const struct ref *device,
                                                struct ref *kref, struct hs_error *err);
/** The bridge of that name. */
HS_MUST_CHECK enum hs_status device_find_bridge(struct kernel *k, struct slice name,
                                                struct ref *device, bool *found,
                                                struct hs_error *err);

#endif
