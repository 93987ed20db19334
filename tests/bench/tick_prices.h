/* Tick prices: how long a tick of each kind of work takes, in the kernel alone.
 *
 * A message costs ticks, and a block's ticks bound its time only as far as a tick of one kind of
 * work takes no longer than a tick of another. So each kind is executed alone, as much of it as
 * a message may do, with the runs that work off what it left; the usual is the real workload.
 */
#ifndef HEADSTART_TESTS_BENCH_TICK_PRICES_H
#define HEADSTART_TESTS_BENCH_TICK_PRICES_H

#include "kernel/kernel.h"
#include "tests/bench/spread.h"

enum { TICK_PRICES_KINDS = 21 };

/* Nanoseconds of processor time a tick. All zero bytes before it is measured. */
struct tick_prices {
    struct spread usual, of[TICK_PRICES_KINDS];
    uint64_t ticks[TICK_PRICES_KINDS];
};

const char *tick_prices_kind(size_t i);
/** One round of each kind is added, the usual by so many messages. Needs a thread with a vat's
 *  stack. */
HS_MUST_CHECK enum hs_status tick_prices_measure(struct vat_engine *engine, uint64_t messages,
                                                 struct tick_prices *out, struct hs_error *err);
/** How many times the usual the dearest takes, by medians, and which it is. */
double tick_prices_worst(const struct tick_prices *p, size_t *which);

#endif
