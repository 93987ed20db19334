/* Log append: what the replay log takes of a delivery, alone: one entry written, nothing synced. */
#ifndef HEADSTART_TESTS_BENCH_LOG_APPEND_H
#define HEADSTART_TESTS_BENCH_LOG_APPEND_H

#include "tests/bench/bench_workload.h"
#include "tests/bench/spread.h"

/** Microseconds of processor time an entry, `slices` of so many messages of the workload. */
HS_MUST_CHECK enum hs_status log_append_measure(const struct workload *w, uint64_t messages,
                                                uint64_t slices, struct spread *out,
                                                struct hs_error *err);

#endif
