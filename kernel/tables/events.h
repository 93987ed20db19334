/* Run-queue events: what waits in the queues and on promises, as JSON text.
 *
 *   {"type":"send","target":"ko20","msg":{"methargs":{"body":…,"slots":[…]},"result":"kp40"|null}}
 *   {"type":"notify","vatID":"v1","kpid":"kp40"}
 *   {"type":"startVat","vatID":"v1","vatParameters":{"body":…,"slots":[]}}
 *   {"type":"create-vat","vatID":"v7","details":{…},"vatParameters":capdata}   vat_events.h has
 *   {"type":"upgrade-vat",…the same…}                                          their details
 *   {"type":"changeVatOptions","vatID":"v7","details":{…}}
 *   {"type":"terminate-vat","vatID":"v7","reason":capdata}
 *   {"type":"requeue","kpid":"kp40"}   what waited for a promise is routed here, in its order
 *
 * An event holds (refcounts.h) everything it names but the vat.
 */
#ifndef HEADSTART_KERNEL_TABLES_EVENTS_H
#define HEADSTART_KERNEL_TABLES_EVENTS_H

#include "kernel/tables/kv_hashed.h"
#include "kernel/tables/run_queue.h"
#include "kernel/text/capdata.h"

enum event_kind {
    EVENT_SEND,
    EVENT_NOTIFY,
    EVENT_START_VAT,
    EVENT_REQUEUE,
    EVENT_CREATE_VAT,
    EVENT_UPGRADE_VAT,
    EVENT_CHANGE_OPTIONS,
    EVENT_TERMINATE_VAT,
    EVENT_KIND_COUNT
};

struct event {
    enum event_kind kind;
    struct ref target;    /* send: a kref; else the vat */
    struct ref promise;   /* send: the result, "" if nobody asked; else what is settled */
    struct capdata data;  /* send: method and arguments; of a vat: parameters, reason. Borrows the
                             text */
    struct slice details; /* raw JSON object; borrows the text */
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

/** Something is to be done with a vat; what `data` names is held.
 *  details  raw JSON object; empty: none
 *  data     NULL: none */
HS_MUST_CHECK enum hs_status event_of_vat(struct kv_hashed *k, enum event_kind kind,
                                          const struct ref *vat, struct slice details,
                                          const struct capdata *data, struct hs_error *err);

/** The event was taken off its queue for good: what it held is released. */
HS_MUST_CHECK enum hs_status event_release(struct kv_hashed *k, const struct event *e,
                                           struct hs_error *err);

#endif
