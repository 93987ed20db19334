#include "tests/bench/decimation_fit.h"

#include "tests/bench/line_fit.h"

#include <math.h>

const uint64_t decimation_betweens[DECIMATION_BETWEENS] = {10000, 100000, 1000000};

static double positive(double slope)
{
    return slope > 0 ? slope : 0;
}

static double snapshot_us(const struct decimation_row *rows, size_t len)
{
    struct line_fit fit = {0};

    for (size_t i = 0; i < len; i++) {
        line_fit_add(&fit, (double)rows[i].snapshots / (double)rows[i].messages,
                     rows[i].cpu_more_us);
    }
    return positive(line_fit_slope(&fit));
}

static double replay_us(const struct decimation_row *rows, size_t len)
{
    struct line_fit fit = {0};

    for (size_t i = 0; i < len; i++) {
        for (size_t k = 0; k < rows[i].catch_up.len; k++) {
            line_fit_add(&fit, rows[i].catch_up.samples[k], rows[i].swap_ms.samples[k] * 1e3);
        }
    }
    return positive(line_fit_slope(&fit));
}

/* What `between` messages cost more, and the restart behind them, in µs. */
static double measured_cost(const struct decimation_row *row, uint64_t between)
{
    return row->cpu_more_us * (double)between + spread_median(&row->swap_ms) * 1e3;
}

static uint64_t measured_best(const struct decimation_row *rows, size_t len, uint64_t between)
{
    const struct decimation_row *best = NULL;

    for (size_t i = 0; i < len; i++) {
        if (!best || measured_cost(&rows[i], between) < measured_cost(best, between)) {
            best = &rows[i];
        }
    }
    return best ? best->every : 0;
}

struct decimation_fit decimation_fit_make(const struct decimation_row *rows, size_t len)
{
    struct decimation_fit f = {.snapshot_us = snapshot_us(rows, len),
                               .replay_us = replay_us(rows, len)};

    for (int i = 0; i < DECIMATION_BETWEENS; i++) {
        double between = (double)decimation_betweens[i];

        if (f.replay_us > 0) f.best[i].model = sqrt(2 * f.snapshot_us * between / f.replay_us);
        f.best[i].measured = measured_best(rows, len, decimation_betweens[i]);
    }
    return f;
}
