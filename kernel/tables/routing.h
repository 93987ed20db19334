/* Routing: where a message to an object or promise goes.
 *
 *   object                → the vat that exports it
 *   unresolved promise    → waits there until it is resolved (no vat of ours asks for messages to
 *                           promises that it decides)
 *   promise for an object → as that object
 *   of a vat that ended   → nowhere, be it an object or a promise; its result is told why
 *   anything else         → nowhere: its result is rejected
 */
#ifndef HEADSTART_KERNEL_TABLES_ROUTING_H
#define HEADSTART_KERNEL_TABLES_ROUTING_H

#include "kernel/tables/events.h"

enum route_kind { ROUTE_VAT, ROUTE_WAIT, ROUTE_REFUSE };

struct route {
    enum route_kind kind;
    struct ref vat;        /* ROUTE_VAT */
    struct ref object;     /* ROUTE_VAT: the object itself */
    struct buffer body;    /* ROUTE_REFUSE: the rejection, decoded text */
    struct ref_list slots; /* likewise */
};

HS_MUST_CHECK enum hs_status route_find(struct kv_hashed *k, const struct ref *target,
                                        struct route *out, struct hs_error *err);
void route_fini(struct route *r);
/** ROUTE_REFUSE: reject the event's result with what the route holds. */
HS_MUST_CHECK enum hs_status route_refuse(struct kv_hashed *k, const struct route *r,
                                          const struct event *e, struct hs_error *err);

/** Would a message to that object reach a vat? */
HS_MUST_CHECK enum hs_status route_is_open(struct kv_hashed *k, const struct ref *object,
                                           bool *open, struct hs_error *err);

#endif
