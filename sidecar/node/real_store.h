/* Real store: the node's own store as a kv_store, read through the node link.
 *
 * get is a store.get; next is answered from the last store.scan while that reaches, so that going
 * through the whole store costs one request a batch and holds one batch in memory. real_store_each
 * is a scan ahead, and holds two. Writes are not here: they reach the node in a delivery's response
 * and nowhere else.
 *
 * The node answers from its open transaction, so what was read holds until the delivery is
 * answered: real_store_forget before the next one.
 */
#ifndef HEADSTART_SIDECAR_NODE_REAL_STORE_H
#define HEADSTART_SIDECAR_NODE_REAL_STORE_H

#include "kernel/state/kv_store.h"
#include "sidecar/node/node_link.h"
#include "sidecar/report/figures.h"

enum { REAL_STORE_BATCH_BYTES = 1 << 20 }; /* asked for in one scan */

struct real_store;

HS_MUST_CHECK enum hs_status real_store_open(struct node_link *link, struct figures_board *board,
                                             struct real_store **out, struct hs_error *err);
void real_store_close(struct real_store *r);
struct kv_store *real_store_kv(struct real_store *r);

/* Key and value are borrowed for the call. */
typedef enum hs_status (*real_store_entry_fn)(void *data, struct slice key, struct slice value,
                                              struct hs_error *err);
/** Hand every entry to `take`, in the order of the keys, until it fails. The node prepares the next
 *  scan while the entries of the one before are taken.
 *  Returns: what `take` did, or as kv_store_next; no question is left unanswered. */
HS_MUST_CHECK enum hs_status real_store_each(struct real_store *r, real_store_entry_fn take,
                                             void *data, struct hs_error *err);
/** Drop what was read ahead: the node's store may change now. */
void real_store_forget(struct real_store *r);

#endif
