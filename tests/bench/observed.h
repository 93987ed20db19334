/* Observed: a node that pauses between its blocks as a chain does, alone and beside observers, in
 * turns. */
#ifndef HEADSTART_TESTS_BENCH_OBSERVED_H
#define HEADSTART_TESTS_BENCH_OBSERVED_H

#include "tests/bench/bench_workload.h"
#include "tests/bench/spread.h"
#include "tests/node/latency.h"

/* Caller's memory; all zero bytes before it is measured. */
struct observed {
    struct latency alone, beside;
    struct spread p99_ratios; /* beside ÷ alone, of slices */
    double queries_per_s;     /* answered */
    uint64_t refused;
};

/** `slices` of so many messages each way. */
HS_MUST_CHECK enum hs_status observed_measure(const struct workload *w, uint64_t messages,
                                              uint64_t slices, struct observed *out,
                                              struct hs_error *err);
void observed_fini(struct observed *o);
/** beside ÷ alone of all slices' 99th percentiles. */
double observed_p99_ratio(struct observed *o);

#endif
