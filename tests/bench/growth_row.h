/* Growth row: what a message cost once a chain was of a size. */
#ifndef HEADSTART_TESTS_BENCH_GROWTH_ROW_H
#define HEADSTART_TESTS_BENCH_GROWTH_ROW_H

#include "kernel/state/bytes.h"
#include "tests/bench/spread.h"

struct growth_row {
    const char *what; /* grew: "age", "accounts", "vats"; borrowed */
    uint64_t size;
    struct spread us, cpu_us, bytes_written; /* a message, of slices */
    struct spread us_ratio, cpu_ratio;       /* ÷ a young chain's in turns */
    double memory_mib, heap_mib;
};

/** growth.csv, growth.gp and growth.svg in `dir` (plot.h). */
HS_MUST_CHECK enum hs_status growth_plot_write(const char *dir, const struct growth_row *rows,
                                               size_t len, struct hs_error *err);

#endif
