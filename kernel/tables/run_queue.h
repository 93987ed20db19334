/* Run queue: what is to be done next, in order.
 *
 *   acceptanceQueue = [head,tail]   acceptanceQueue.$N = event     what cranks sent; routed first
 *   runQueue        = [head,tail]   runQueue.$N        = event     what is routed to a vat
 */
#ifndef HEADSTART_KERNEL_TABLES_RUN_QUEUE_H
#define HEADSTART_KERNEL_TABLES_RUN_QUEUE_H

#include "kernel/tables/kv_hashed.h"

enum run_queue { QUEUE_ACCEPTANCE, QUEUE_RUN };

HS_MUST_CHECK enum hs_status run_queue_add(struct kv_hashed *k, enum run_queue queue,
                                           struct slice event, struct hs_error *err);
HS_MUST_CHECK enum hs_status run_queue_is_empty(struct kv_hashed *k, enum run_queue queue,
                                                bool *empty, struct hs_error *err);
/** The first event into *event (replaced), and where it lay into *key. The queue may not be empty.
 */
HS_MUST_CHECK enum hs_status run_queue_take(struct kv_hashed *k, enum run_queue queue,
                                            struct key *key, struct buffer *event,
                                            struct hs_error *err);
/** What waits there is passed over, as if the queue were empty: for what will be undone. */
HS_MUST_CHECK enum hs_status run_queue_pass_over(struct kv_hashed *k, enum run_queue queue,
                                                 struct hs_error *err);
/** The event that was taken last goes back to where it lay. */
HS_MUST_CHECK enum hs_status run_queue_give_back(struct kv_hashed *k, enum run_queue queue,
                                                 struct slice event, struct hs_error *err);
/** How many events wait, in both queues. */
HS_MUST_CHECK enum hs_status run_queues_len(struct kv_hashed *k, uint64_t *len,
                                            struct hs_error *err);

#endif
