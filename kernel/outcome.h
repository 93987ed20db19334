/* Outcome: what one message did. */
#ifndef HEADSTART_KERNEL_OUTCOME_H
#define HEADSTART_KERNEL_OUTCOME_H

#include "kernel/settlements.h"
#include "kernel/state/bytes.h"
#include "kernel/state/kv_map.h"
#include "kernel/state/message.h"
#include "kernel/state/position.h"

/* What one message did. The buffers belong to the caller (kernel_outcome_fini); `writes` is
 * borrowed and valid until the next call on the kernel. */
struct kernel_outcome {
    struct position after;
    enum message_status status;
    struct buffer value;    /* JSON: the value, {"error": text}, or null while pending */
    struct buffer *outputs; /* JSON each, in order: what vats sent through the bridge device */
    size_t outputs_len;
    const struct kv_map *writes; /* net changes of the store, in key order */
    uint64_t cranks;
    uint64_t ticks;             /* what the message cost */
    uint64_t queued;            /* kernel.queued: cranks left, and 1 if housekeeping is due */
    struct settlements settled; /* earlier calls that were pending */
    struct buffer *events;      /* JSON each, in order */
    size_t events_len;
};
void kernel_outcome_fini(struct kernel_outcome *o);
/** Of all its texts, writes included: RULES_OUTCOME_BYTES_MOST at most. */
uint64_t kernel_outcome_bytes(const struct kernel_outcome *o);
/** Is the event that of a vat's end? */
bool kernel_event_is_end(struct slice event);
/** Is it that a critical vat's crank was undone? */
bool kernel_event_is_undone(struct slice event);

#endif
