/* Warm-up: what a chain's beginning costs once is not what its messages cost. */
#ifndef HEADSTART_TESTS_BENCH_WARM_UP_H
#define HEADSTART_TESTS_BENCH_WARM_UP_H

#include "tests/bench/bench_chain.h"
#include "tests/bench/bench_sidecar.h"

/** Deliver until the chain has had so many messages. */
HS_MUST_CHECK enum hs_status warm_up_to(struct bench_chain *c, uint64_t seqnum,
                                        struct hs_error *err);
/** Deliver until the sidecar's first snapshot, which holds everything, is written: that may take
 *  longer than a good many messages. Its settings must ask for snapshots. */
HS_MUST_CHECK enum hs_status warm_up_first_snapshot(struct bench_chain *c, struct bench_sidecar *s,
                                                    struct hs_error *err);

#endif
