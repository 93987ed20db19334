/* Promises: the kernel's table of answers that are still to come, and of those that came.
 *
 *   kp40.state = unresolved   .refCount  .decider  .policy  .subscribers  .queue.nextID  .queue.$N
 *   kp40.state = fulfilled | rejected    .refCount  .data.body  .data.slots
 *                                        (.queue.first  .queue.nextID  .queue.$N: not yet routed)
 *
 * Queued messages wait in order; each keeps its references, the promise among them, counted.
 */
#ifndef HEADSTART_KERNEL_TABLES_PROMISES_H
#define HEADSTART_KERNEL_TABLES_PROMISES_H

#include "kernel/tables/kv_hashed.h"

enum promise_state { PROMISE_UNRESOLVED, PROMISE_FULFILLED, PROMISE_REJECTED };

/** decider NULL: the kernel, until a delivery gives it to a vat. `holds`: who keeps it already. */
HS_MUST_CHECK enum hs_status promise_create(struct kv_hashed *k, const struct ref *decider,
                                            uint64_t holds, struct ref *kref, struct hs_error *err);
HS_MUST_CHECK enum hs_status promise_hold(struct kv_hashed *k, const struct ref *kref,
                                          struct hs_error *err);
HS_MUST_CHECK enum hs_status promise_release(struct kv_hashed *k, const struct ref *kref,
                                             struct hs_error *err);
/** *found false: the promise is gone. */
HS_MUST_CHECK enum hs_status promise_holds(struct kv_hashed *k, const struct ref *kref,
                                           uint64_t *holds, bool *found, struct hs_error *err);

HS_MUST_CHECK enum hs_status promise_state_read(struct kv_hashed *k, const struct ref *kref,
                                                enum promise_state *state, struct hs_error *err);
/** Of an unresolved promise; decider->text is "" when nobody decides it now. */
HS_MUST_CHECK enum hs_status promise_decider(struct kv_hashed *k, const struct ref *kref,
                                             struct ref *decider, struct hs_error *err);
/** decider NULL: nobody. */
HS_MUST_CHECK enum hs_status promise_set_decider(struct kv_hashed *k, const struct ref *kref,
                                                 const struct ref *decider, struct hs_error *err);
/** In the order of their names, as texts. */
HS_MUST_CHECK enum hs_status promise_subscribers(struct kv_hashed *k, const struct ref *kref,
                                                 struct ref_list *out, struct hs_error *err);
HS_MUST_CHECK enum hs_status promise_subscribe(struct kv_hashed *k, const struct ref *kref,
                                               const struct ref *vat, struct hs_error *err);
/** Let a run-queue event wait for the promise. */
HS_MUST_CHECK enum hs_status promise_enqueue(struct kv_hashed *k, const struct ref *kref,
                                             struct slice event, struct hs_error *err);

enum { PROMISE_REQUEUE_MAX = 4 };

/** Nobody decides the promise any more, and nothing more waits for it. Up to PROMISE_REQUEUE_MAX
 *  waiting events go to the acceptance queue, in their order. *left: there are more; all of them
 *  stay, and the promise is to be held until promise_take_waiting has taken them. To be settled in
 *  the same crank. */
HS_MUST_CHECK enum hs_status promise_end_waiting(struct kv_hashed *k, const struct ref *kref,
                                                 bool *left, struct hs_error *err);
/** Of a settled promise: the first event that still waits, into *event (replaced), and where it lay
 *  into *key. *left: others do. */
HS_MUST_CHECK enum hs_status promise_take_waiting(struct kv_hashed *k, const struct ref *kref,
                                                  struct key *key, struct buffer *event, bool *left,
                                                  struct hs_error *err);
/** Settle: body is the decoded text. The slots are held already (resolution.h). */
HS_MUST_CHECK enum hs_status promise_settle(struct kv_hashed *k, const struct ref *kref,
                                            bool rejected, struct slice body,
                                            const struct ref_list *slots, struct hs_error *err);
/** Of a settled promise; both outputs are replaced. */
HS_MUST_CHECK enum hs_status promise_data(struct kv_hashed *k, const struct ref *kref,
                                          struct buffer *body, struct ref_list *slots,
                                          struct hs_error *err);
/** Take a promise that nobody holds out of the table. */
HS_MUST_CHECK enum hs_status promise_delete(struct kv_hashed *k, const struct ref *kref,
                                            struct hs_error *err);

#endif
