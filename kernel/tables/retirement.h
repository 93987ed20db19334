/* Retirement: the end of an object that nobody can speak of any more. */
#ifndef HEADSTART_KERNEL_TABLES_RETIREMENT_H
#define HEADSTART_KERNEL_TABLES_RETIREMENT_H

#include "kernel/tables/kv_hashed.h"

/** The object's keys go; every vat that still recognizes it is to be told (retireImport). */
HS_MUST_CHECK enum hs_status retirement_of_object(struct kv_hashed *k, const struct ref *kref,
                                                  struct hs_error *err);

#endif
