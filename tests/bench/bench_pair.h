/* Pair: two sidecars that differ in one thing, given the same messages in turns, a slice each: a
 * machine that slows down slows both down. */
#ifndef HEADSTART_TESTS_BENCH_BENCH_PAIR_H
#define HEADSTART_TESTS_BENCH_BENCH_PAIR_H

#include "tests/bench/bench_chain.h"
#include "tests/bench/bench_sidecar.h"
#include "tests/bench/process_use.h"
#include "tests/bench/spread.h"
#include "tests/node/latency.h"

enum bench_side_name { SIDE_BARE, SIDE_FULL, SIDES };

struct bench_side {
    struct bench_sidecar *sidecar;
    struct bench_chain *chain;
    struct latency latency, run; /* of deliveries; of the kernel in them, as the answers say */
    struct spread per_s, cpu_us; /* of each slice; the latter a message */
    uint64_t messages, writes_bytes;
    struct process_use use; /* at the end of the last slice */
};

struct bench_pair {
    struct bench_side sides[SIDES];
    struct spread on_off, cpu_on_off; /* full ÷ bare, of each two slices beside each other */
    uint64_t slices;
};

/** Log and snapshots off on the bare side. full: the full one's settings (NULL-terminated list),
 *  which must ask for snapshots; NULL: the defaults. Both are warmed up, until the full one's first
 *  snapshot is written. */
HS_MUST_CHECK enum hs_status bench_pair_open(struct bench_pair *p, const struct workload *w,
                                             const char *const *full, struct hs_error *err);
void bench_pair_close(struct bench_pair *p);
/** A slice of so many messages on each side. */
HS_MUST_CHECK enum hs_status bench_pair_slice(struct bench_pair *p, uint64_t messages,
                                              struct hs_error *err);
/** full ÷ bare of that quantile of all slices' latencies. */
double bench_pair_latency_ratio(struct bench_pair *p, uint32_t permille);

#endif
