/* A store as JSON text, to be carried in a chain's genesis:
 *
 *   {"schema":1,"hash":"<64 hex digits>","entries":[["key","value"],…]}
 *
 * Keys in byte order, all but local.*; `hash` is what kernel.hash holds. What a message has put
 * into the store and is no UTF-8 cannot be told so.
 */
#ifndef HEADSTART_KERNEL_GENESIS_TEXT_H
#define HEADSTART_KERNEL_GENESIS_TEXT_H

#include "kernel/state/kv_store.h"

/** Append it, with a newline, to `out`. HS_INVALID: an entry is no UTF-8, or there is no
 *  kernel.hash; HS_TOO_LARGE. */
HS_MUST_CHECK enum hs_status genesis_print(struct kv_store *kv, struct buffer *out,
                                           struct hs_error *err);
/** Read it into an empty store. Members that are not known are skipped. HS_INVALID: it is not what
 *  genesis_print writes; the store then holds a part of it. */
HS_MUST_CHECK enum hs_status genesis_parse(struct slice text, struct kv_store *kv,
                                           struct hs_error *err);

#endif
