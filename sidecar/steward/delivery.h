/* Delivery: one message, executed by a kernel that stands at the node's position.
 *
 *   block end? mark, snapshot ─► execute ─► pack ─► log ─► answer
 *                                  │         │
 *                                  └─────────┴── error: for the caller to take back
 *
 * The disk never fails it: what goes wrong there is logged, counted and told. */
#ifndef HEADSTART_SIDECAR_STEWARD_DELIVERY_H
#define HEADSTART_SIDECAR_STEWARD_DELIVERY_H

#include "sidecar/steward/delivery_answer.h"
#include "sidecar/steward/lent.h"

/* All zero at first. */
struct delivery_report {
    bool block_ended; /* the node must have committed all that came before */
    bool executed;    /* the kernel moved, or was marked in vain: an error must be taken back */
    bool ran;         /* it was the message that was executed: an error is its own */
    enum log_appended log; /* meaningful only after HS_OK */
};

/** Execute the message; course->run_us is filled in, and the packed answer appended to *packed.
 *
 *  Returns: HS_OK
 *           HS_TOO_LARGE  the answer does not fit a frame
 *           other         as kernel_mark and kernel_deliver */
HS_MUST_CHECK enum hs_status delivery_run(const struct lent *l, const struct message *m,
                                          struct delivery_course *course, struct buffer *packed,
                                          struct delivery_report *report, struct hs_error *err);

/** One more in the figures; run_us only of one that did not fail. */
void delivery_count(const struct reporter *r, enum delivery_result result, uint64_t ticks,
                    uint64_t run_us);

#endif
