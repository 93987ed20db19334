/* Inbound: a chain's message becomes a call to an object of a vat, or is done at once.
 *
 *   {"to": vat name, "method": name, "args": [JSON…]}
 *
 *   {"bridge": device name, "args": [JSON…]}   of a control message: inbound(…args) of the object
 *                                              that a vat registered with that bridge
 *
 * Keys that are not named here are ignored; of a key that comes twice the last one counts, as in
 * JavaScript. A message that is none of this, or that names no vat, counts all the same: it is
 * rejected with a reason, on every node alike.
 */
#ifndef HEADSTART_KERNEL_INBOUND_H
#define HEADSTART_KERNEL_INBOUND_H

#include "kernel/kernel_core.h"

/* How a message is taken. */
enum inbound_manner {
    INBOUND_AS_IT_IS,
    INBOUND_AHEAD, /* its call is made before all that waits, which is left alone: to be undone */
    INBOUND_SPENT, /* its call needed more ticks than its caller allows: rejected */
};

/* All zero at first. */
struct inbound_result {
    bool called;        /* the call is in the queue; else it is rejected, or fulfilled at once */
    bool queued_behind; /* behind a backlog */
    struct ref promise; /* of the call, noted as pending under the message's seqnum */
    enum message_status status; /* of a message that is no call */
};

/** In a crank of its own: count the message (kernel.seqnum) and put the call in the queue, or do
 *  what a control message says.
 *  Out:  value  {"error": text} of a message that is rejected, null of one that is done (replaced);
 *              a call's is whoever runs it to say
 *  Returns: HS_WRONG_EPOCH  it sets rules of a version that this program does not know */
HS_MUST_CHECK enum hs_status inbound_take(struct kernel *k, const struct message *m,
                                          enum inbound_manner manner, struct inbound_result *out,
                                          struct buffer *value, struct hs_error *err);

#endif
