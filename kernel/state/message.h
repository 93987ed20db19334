/* Message: one inbound call of the chain to the root object of a vat, and what became of it.
 *
 * The text is opaque to everything but the kernel and is logged byte for byte.
 */
#ifndef HEADSTART_KERNEL_STATE_MESSAGE_H
#define HEADSTART_KERNEL_STATE_MESSAGE_H

#include "kernel/state/position.h"

/* Borrowed view of a message as the node delivers it. */
struct message {
    uint64_t height;   /* block height */
    uint64_t time;     /* block time, Unix seconds */
    struct slice text; /* UTF-8 JSON {"to","method","args"}; at most HS_MESSAGE_BYTES_MAX */
};

/* One entry of the replay log: the message with the position it led to. after.seqnum names it. */
struct log_entry {
    struct message message;
    struct position after;
};

enum message_status { MESSAGE_FULFILLED = 1, MESSAGE_REJECTED, MESSAGE_PENDING };

/** "fulfilled", "rejected" or "pending". */
const char *message_status_name(enum message_status status);

#endif
