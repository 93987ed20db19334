/* Device handler: whom a bridge hands what the chain sends in, and a vatAdmin what becomes of vats.
 *
 *   d$N.deviceState = {"inboundHandler":"ko20","vat":"v1"}     {}: nobody is registered
 *
 * `vat` is who registered it. The device holds the handler (refcounts.h).
 */
#ifndef HEADSTART_KERNEL_TABLES_DEVICE_HANDLER_H
#define HEADSTART_KERNEL_TABLES_DEVICE_HANDLER_H

#include "kernel/tables/kv_hashed.h"

/* Plain value. */
struct device_handler {
    struct ref handler, vat; /* both "": there is none */
};

HS_MUST_CHECK enum hs_status device_handler_read(struct kv_hashed *k, const struct ref *device,
                                                 struct device_handler *out, struct hs_error *err);
/** Put `next` in the place of what is there; of NULL, nobody. */
HS_MUST_CHECK enum hs_status device_handler_replace(struct kv_hashed *k, const struct ref *device,
                                                    const struct device_handler *next,
                                                    struct hs_error *err);
/** What d$N.deviceState holds; of another type of device: nobody. HS_INVALID: neither. */
HS_MUST_CHECK enum hs_status device_handler_parse(struct slice state, struct device_handler *out);

#endif
