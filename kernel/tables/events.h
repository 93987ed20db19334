/* Run-queue events: what waits in the queues and on promises, as JSON text.
 *
 *   {"type":"send","target":"ko20","msg":{"methargs":{"body":…,"slots":[…]},"result":"kp40"|null}}
 *   {"type":"notify","vatID":"v1","kpid":"kp40"}
 *   {"type":"startVat","vatID":"v1","vatParameters":{"body":…,"slots":[]}}
 *   {"type":"requeue","kpid":"kp40"}   what waited for a promise is routed here, in its order
 *
 * An event holds (refcounts.h) everything it names but the vat.
 */
#ifndef HEADSTART_KERNEL_TABLES_EVENTS_H
#define HEADSTART_KERNEL_TABLES_EVENTS_H

#include "kernel/tables/kv_hashed.h"
#include "kernel/tables/run_queue.h"
#include "kernel/text/capdata.h"

enum event_kind { EVENT_SEND, EVENT_NOTIFY, EVENT_START_VAT, EVENT_REQUEUE };

struct event {
    enum event_kind kind;
    struct ref target;   /* send: a kref; notify, startVat: the vat */
    struct ref promise;  /* send: the result, "" if nobody asked; else what is settled */
    struct capdata data; /* send: method and arguments; startVat: parameters. Borrows the text */
};

/** The text that lay under `key`. HS_KERNEL_FAILED: it is no event. event_fini in any case. */
HS_MUST_CHECK enum hs_status event_parse(struct slice key, struct slice text, struct event *out,
                                         struct hs_error *err);
void event_fini(struct event *e);

/** Put a send in a queue; all it names is held. result NULL: nobody asked.
 *  queue     the run queue only for a target that is known to be some vat's object, while nothing
 *            waits in the acceptance queue: then routing could not say anything else
 *  body_raw  raw JSON string */
HS_MUST_CHECK enum hs_status event_send(struct kv_hashed *k, enum run_queue queue,
                                        const struct ref *target, struct slice body_raw,
                                        const struct ref_list *slots, const struct ref *result,
                                        struct hs_error *err);
HS_MUST_CHECK enum hs_status event_notify(struct kv_hashed *k, const struct ref *vat,
                                          const struct ref *kpid, struct hs_error *err);
/** More waited for the promise than one crank moves. */
HS_MUST_CHECK enum hs_status event_requeue(struct kv_hashed *k, const struct ref *kpid,
                                           struct hs_error *err);
/** parameters: raw capdata without slots. */
HS_MUST_CHECK enum hs_status event_start_vat(struct kv_hashed *k, const struct ref *vat,
                                             struct slice parameters, struct hs_error *err);

/** The event was taken off its queue for good: what it held is released. */
HS_MUST_CHECK enum hs_status event_release(struct kv_hashed *k, const struct event *e,
                                           struct hs_error *err);

#endif
