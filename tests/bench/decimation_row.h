/* Decimation row: a workload with a snapshot once in N messages, measured: what that costs while
 * the chain goes on, and what a restart costs then. */
#ifndef HEADSTART_TESTS_BENCH_DECIMATION_ROW_H
#define HEADSTART_TESTS_BENCH_DECIMATION_ROW_H

#include "tests/bench/restart_way.h"

#include <stdbool.h>

/* A plain value; what is measured is zero before. */
struct decimation_row {
    struct workload workload;
    uint64_t every;
    bool images;

    uint64_t messages, snapshots;
    uint64_t bytes_written;                          /* by the sidecar, the socket's included */
    struct spread per_s, on_off, cpu_us, cpu_on_off; /* of slices; on_off: against no log and no
                                                        snapshots, in turns; cpu_us: a message */
    double cpu_more_us;                              /* than without them, a message */
    uint32_t p50_us, p99_us, p999_us;
    struct spread catch_up;              /* messages executed again at a restart */
    struct spread swap_ms;               /* start of the process to the node's first answer */
    struct restart_way swap, tail, full; /* all is there; the log is lost; all is lost */
};

/** Measure it over so many messages in as many slices as there are restarts behind them. */
HS_MUST_CHECK enum hs_status decimation_row_measure(struct decimation_row *row, uint64_t messages,
                                                    uint64_t restarts, struct hs_error *err);

#endif
