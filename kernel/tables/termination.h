/* Termination: a vat ends, by its own wish or because it cannot go on; the others do.
 *
 * In the crank of its end: the promises it was to decide are rejected, its exports are orphaned,
 * its name is free. In a crank of its own, before anything else is delivered: what it imported is
 * released and its keys are deleted.
 */
#ifndef HEADSTART_KERNEL_TABLES_TERMINATION_H
#define HEADSTART_KERNEL_TABLES_TERMINATION_H

#include "kernel/tables/kv_hashed.h"

/** `message`: what those who wait for the vat are told. */
HS_MUST_CHECK enum hs_status termination_begin(struct kv_hashed *k, const struct ref *vat,
                                               const char *message, struct hs_error *err);
/** Clean up after every vat whose termination began. */
HS_MUST_CHECK enum hs_status termination_clean_up(struct kv_hashed *k, struct hs_error *err);

#endif
