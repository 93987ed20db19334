/* Vat meter: what a delivery took is taken off its vat's meter (tables/meters.h). */
#ifndef HEADSTART_KERNEL_VAT_METER_H
#define HEADSTART_KERNEL_VAT_METER_H

#include "kernel/kernel_core.h"

/** In the crank of a delivery, or in the one in its place: what `p` took is taken off k->vat_meter,
 *  if it has one; if little is left, that is told. */
HS_MUST_CHECK enum hs_status vat_meter_settle(struct kernel *k, const struct vat_process *p,
                                              struct hs_error *err);

#endif
