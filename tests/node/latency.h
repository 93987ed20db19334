/* Latencies: every sample kept, so that percentiles are exact. */
#ifndef HEADSTART_TESTS_NODE_LATENCY_H
#define HEADSTART_TESTS_NODE_LATENCY_H

#include "kernel/state/bytes.h"

/* Caller's memory; all zero bytes is an empty one. */
struct latency {
    struct buffer samples; /* uint32_t each, of one unit: microseconds where nothing else is said */
};

void latency_fini(struct latency *l);

/** Of a clock that only goes forward. */
uint64_t latency_clock_ns(void);
uint64_t latency_clock_us(void);

/** Add one sample; what does not fit 32 bits (over an hour, or 4 s in nanoseconds) counts as the
 *  largest. */
HS_MUST_CHECK enum hs_status latency_add(struct latency *l, uint64_t sample, struct hs_error *err);

/** The smallest sample that `permille` of 1,000 samples do not exceed; 0 without samples.
 *  permille is 1..1000. Sorts the samples in place. */
uint32_t latency_quantile(struct latency *l, uint32_t permille);

#endif
