/* Message: one input of the chain to the kernel, and what became of it.
 *
 *   call     to the root object of a vat
 *   run      an empty text: works off what earlier messages left
 *   control  of the chain's governance, to the kernel itself
 *
 * The text is opaque to everything but the kernel and is logged byte for byte. So is all the rest:
 * equal inputs are what makes a replay equal.
 */
#ifndef HEADSTART_KERNEL_STATE_MESSAGE_H
#define HEADSTART_KERNEL_STATE_MESSAGE_H

#include "kernel/state/position.h"

/* Borrowed view of a message as the node delivers it. */
struct message {
    uint64_t height;   /* block height */
    uint64_t time;     /* block time, Unix seconds */
    bool limited;      /* `ticks` counts */
    uint64_t ticks;    /* the caller's limit: a call that needs more is undone */
    bool control;      /* the text may speak to the kernel itself */
    bool skipped;      /* rejected unread, as the node's operators agreed on */
    struct slice text; /* UTF-8 JSON {"to","method","args"}; at most HS_MESSAGE_BYTES_MAX */
};

/** A message without a call? */
bool message_is_run(const struct message *m);

/* One entry of the replay log: the message with the position it led to. after.seqnum names it. */
struct log_entry {
    struct message message;
    struct position after;
};

enum message_status { MESSAGE_FULFILLED = 1, MESSAGE_REJECTED, MESSAGE_PENDING };

/** "fulfilled", "rejected" or "pending". */
const char *message_status_name(enum message_status status);

#endif
