/* Metering: what is done is put on the meter, and the meter is asked whether it may go on. */
#ifndef HEADSTART_KERNEL_METERING_H
#define HEADSTART_KERNEL_METERING_H

#include "kernel/kernel_core.h"

void meter_begin(struct kernel *k);
/** The caller's limit, from here on. */
void meter_limit(struct kernel *k, uint64_t ticks);
void meter_crank_begin(struct kernel *k);
/** The crank's cost becomes the message's; its bytes, too, if it was committed. */
void meter_crank_end(struct kernel *k, bool committed);
/** How many steps the vat of this crank may take; at least 1. */
uint64_t meter_grant(const struct kernel *k);
/** To be asked whenever something was done in a crank. HS_SPENT: past the caller's limit.
 *  HS_VAT_FAILED: a vat runs in it and is past the crank's. */
HS_MUST_CHECK enum hs_status meter_check(const struct kernel *k, struct hs_error *err);
/** Is the run policy spent? */
bool meter_policy_is_spent(const struct kernel *k);
/** Ticks of the message so far, rounded up. */
uint64_t meter_ticks(const struct kernel *k);

#endif
