/* Warm-up: a chain and the sidecar that serves it, from nothing until they are measured. What their
 * beginning costs once is not what a message costs. */
#ifndef HEADSTART_TESTS_BENCH_WARM_UP_H
#define HEADSTART_TESTS_BENCH_WARM_UP_H

#include "tests/bench/bench_chain.h"
#include "tests/bench/bench_sidecar.h"

/** A chain of the workload, and a sidecar of its own with these settings (NULL: the defaults),
 * which it is connected to. After a failure too they are the caller's to close. */
HS_MUST_CHECK enum hs_status warm_up_begin(const struct workload *w, const char *const *settings,
                                           struct bench_chain **c, struct bench_sidecar **s,
                                           struct hs_error *err);
/** Deliver until the chain has had so many messages. */
HS_MUST_CHECK enum hs_status warm_up_to(struct bench_chain *c, uint64_t seqnum,
                                        struct hs_error *err);
/** Deliver until a snapshot at `seqnum` or behind is written. Its settings must ask for snapshots.
 */
HS_MUST_CHECK enum hs_status warm_up_snapshot(struct bench_chain *c, struct bench_sidecar *s,
                                              uint64_t seqnum, struct hs_error *err);
/** Deliver until the sidecar's first snapshot, which holds everything, is written: that may take
 *  longer than a good many messages. */
HS_MUST_CHECK enum hs_status warm_up_first_snapshot(struct bench_chain *c, struct bench_sidecar *s,
                                                    struct hs_error *err);

#endif
