/* Decimation plot: the rows as CSV, and drawn: over N, for each workload, what it costs and gives.
 */
#ifndef HEADSTART_TESTS_BENCH_DECIMATION_PLOT_H
#define HEADSTART_TESTS_BENCH_DECIMATION_PLOT_H

#include "tests/bench/decimation_row.h"

HS_MUST_CHECK enum hs_status decimation_csv_begin(struct buffer *csv, struct hs_error *err);
HS_MUST_CHECK enum hs_status
decimation_csv_add(struct buffer *csv, const struct decimation_row *row, struct hs_error *err);
/** As plot_write: decimation.csv, decimation.gp and an SVG file a workload. */
HS_MUST_CHECK enum hs_status decimation_plot_write(const char *dir, const struct buffer *csv,
                                                   struct hs_error *err);

#endif
