/* Cost row: what was measured of one workload, and how it is told. */
#ifndef HEADSTART_TESTS_BENCH_COST_ROW_H
#define HEADSTART_TESTS_BENCH_COST_ROW_H

#include "tests/bench/bench_pair.h"
#include "tests/bench/budget.h"
#include "tests/bench/observed.h"
#include "tests/bench/tick_prices.h"
#include "tests/bench/undo_ratios.h"

enum { COST_UNDO_BLOCKS = 2, COST_UNDO_BLOCK = 20 };
extern const uint64_t cost_undo_blocks[COST_UNDO_BLOCKS]; /* messages of each */

struct cost_row {
    struct workload workload;
    struct spread per_s, bare_per_s, on_off, busy_on_off;
    struct spread cpu_us, cpu_on_off; /* the sidecar's processor time a message */
    uint32_t p50_us, p99_us, p999_us; /* of deliveries, log and snapshots on */
    double p99_on_off, p999_on_off;
    double wire_us; /* a delivery less the kernel in it, by medians, log and snapshots off: the
                       socket and both ends of it */
    double memory_mib, memory_ratio; /* resident, on ÷ off */
    struct spread log_us;
    struct budget budget;
    struct undo_ratios undo[COST_UNDO_BLOCKS], untracked;
    struct observed observed;
};

/** What the pair's slices told until now. */
void cost_row_take_pair(struct cost_row *row, struct bench_pair *pair);
/** The row as an object, and for people. */
void cost_row_print_json(struct cost_row *row, double tick_worst_ratio);
void cost_row_print(struct cost_row *row);

#endif
