/* Disconnection: what an incarnation of a vat leaves when the next one takes its place.
 *
 * The promises it was to decide are rejected, those it knew are forgotten, its exports orphaned:
 * all but the root (o+0) and what is durable (o+d…), which the next incarnation answers for. Its
 * imports are released but for those that its store names.
 */
#ifndef HEADSTART_KERNEL_TABLES_DISCONNECTION_H
#define HEADSTART_KERNEL_TABLES_DISCONNECTION_H

#include "kernel/tables/kv_hashed.h"

enum { DISCONNECTION_REFERENCES_MAX = 20000 }; /* promises, exports, imports: of each */

/** `body`: decoded, what the promises are rejected with.
 *  Returns: HS_VAT_FAILED  there are more than can be left in one crank */
HS_MUST_CHECK enum hs_status disconnection_of_vat(struct kv_hashed *k, const struct ref *vat,
                                                  struct slice body, struct hs_error *err);

#endif
