/* Plot: a benchmark's rows as a CSV file, and gnuplot's drawing of them beside it. */
#ifndef HEADSTART_TESTS_BENCH_PLOT_H
#define HEADSTART_TESTS_BENCH_PLOT_H

#include "kernel/state/bytes.h"

/** Write DIR/name.csv and DIR/name.gp, and have gnuplot draw what the script says, with DIR as its
 *  folder. The folder is made if it is missing. Where there is no gnuplot the files stay, and it is
 *  told on stderr how to draw them.
 *  Returns: HS_OK also without gnuplot; HS_IO */
HS_MUST_CHECK enum hs_status plot_write(const char *dir, const char *name, const struct buffer *csv,
                                        const char *script, struct hs_error *err);

#endif
