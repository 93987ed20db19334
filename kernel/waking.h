/* Waking: how wake-ups that are due become messages (tables/timers.h).
 *
 * Only runs wake, so that no caller pays for somebody's timer and a call never waits for one. Due
 * is what is not after the block's time. In the order of times, then of entering, each handler is
 * sent wake(time); nobody is told of the result. A repeat that fell behind comes once and goes on
 * with its first time after the present. What belongs to a vat that ended, or is to wake an object
 * whose vat did, is dropped.
 *
 * A batch at a time goes behind what waits already: neither can a long backlog keep wake-ups away,
 * nor they fill the queue.
 */
#ifndef HEADSTART_KERNEL_WAKING_H
#define HEADSTART_KERNEL_WAKING_H

#include "kernel/kernel_core.h"

/** Queue the next batch, in a crank of its own; no crank where nothing is due or the queue is full.
 *  In/out:  cursor  how far the message at hand got; empty at first
 *  Out:     left    more may be due */
HS_MUST_CHECK enum hs_status waking_queue(struct kernel *k, struct buffer *cursor, bool *left,
                                          struct hs_error *err);

#endif
