/* Termination: a vat ends, by its own wish or because it cannot go on; the others do.
 *
 * In the crank of its end its name is free, and it is listed in `vats.terminated`: it is told
 * nothing more, and what is sent to it is refused. The promises it was to decide are rejected, the
 * first of them in that crank; the rest of them, its exports and imports, then all its keys are the
 * housekeeping's, some keys a crank, until it leaves the list. Its exports name it until then, so
 * that who sends to them is told why.
 */
#ifndef HEADSTART_KERNEL_TABLES_TERMINATION_H
#define HEADSTART_KERNEL_TABLES_TERMINATION_H

#include "kernel/tables/kv_hashed.h"

/** `message`: what those who wait for the vat are told. */
HS_MUST_CHECK enum hs_status termination_begin(struct kv_hashed *k, const struct ref *vat,
                                               const char *message, struct hs_error *err);
/** What those are told who send to `vat`, or wait for it. "" is the vat of an orphan.
 *  Out:     out  replaced */
HS_MUST_CHECK enum hs_status termination_words(struct kv_hashed *k, const struct ref *vat,
                                               struct buffer *out, struct hs_error *err);
/** One step of cleaning up after the first vat whose termination began: at most `keys_max` of its
 *  keys; when none is left, it leaves the list. */
HS_MUST_CHECK enum hs_status termination_clean_up(struct kv_hashed *k, uint64_t keys_max,
                                                  struct hs_error *err);

#endif
