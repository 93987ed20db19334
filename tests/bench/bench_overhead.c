/* Overhead: what logging and snapshots cost a chain that is not restarting.
 *
 * A pair of sidecars, one with the log and snapshots on (the defaults), one with both off. Told are
 * the ratio of throughputs, that of the slowest thousandth's latencies, and that of processor time:
 * of all slices together, since a snapshot falls into one of several.
 */
#include "tests/bench/bench.h"
#include "tests/bench/bench_pair.h"

#include <stdio.h>

static double cpu_us_a_message(const struct bench_side *s)
{
    double us = 0;

    for (size_t i = 0; i < s->cpu_us.len; i++) {
        us += s->cpu_us.samples[i];
    }
    return us / (double)s->cpu_us.len; /* slices are of one length */
}

static void print_result(struct bench_pair *p, const struct bench_options *o)
{
    struct bench_side *bare = &p->sides[SIDE_BARE], *full = &p->sides[SIDE_FULL];
    double bare_p999 = latency_quantile(&bare->latency, 999);
    double full_p999 = latency_quantile(&full->latency, 999);
    double p999_ratio = bench_pair_latency_ratio(p, 999);
    double bare_cpu_us = cpu_us_a_message(bare), full_cpu_us = cpu_us_a_message(full);

    if (o->json) {
        (void)printf("{\"schema\":1,\"bare_per_s\":%.0f,\"full_per_s\":%.0f,",
                     spread_median(&bare->per_s), spread_median(&full->per_s));
        spread_print_json(&p->on_off, "ratio", 3);
        (void)printf(",\"bare_p999_us\":%.0f,\"full_p999_us\":%.0f,\"p999_ratio\":%.2f,", bare_p999,
                     full_p999, p999_ratio);
        (void)printf("\"bare_cpu_us\":%.1f,\"full_cpu_us\":%.1f,\"cpu_ratio\":%.3f,", bare_cpu_us,
                     full_cpu_us, full_cpu_us / bare_cpu_us);
        machine_print_json(&o->machine, stdout);
        (void)printf("}\n");
        return;
    }
    (void)printf("Log and snapshots on against off (min, median, max of slices)\n\n"
                 "  messages/s off    ");
    spread_print(&bare->per_s, 8, 0);
    (void)printf("\n  messages/s on     ");
    spread_print(&full->per_s, 8, 0);
    (void)printf("\n  on / off          ");
    spread_print(&p->on_off, 8, 3);
    (void)printf("\n  99.9th percentile off %.0f us, on %.0f us, ratio %.2f\n", bare_p999,
                 full_p999, p999_ratio);
    (void)printf("  processor time a message off %.1f us, on %.1f us, ratio %.3f\n", bare_cpu_us,
                 full_cpu_us, full_cpu_us / bare_cpu_us);
}

enum hs_status bench_overhead(const struct bench_options *options, struct hs_error *err)
{
    const struct workload w = {.heap_mib = options->heap_mib};
    struct bench_pair pair = {.slices = 0};
    struct progress_bar bar;
    uint64_t slice = options->messages[0] / options->repeats + 1;
    enum hs_status st = bench_pair_open(&pair, &w, NULL, err);

    progress_bar_start(&bar, "overhead", true);
    for (uint64_t i = 0; i < options->repeats && st == HS_OK; i++) {
        progress_bar_show(&bar, 2 * slice * i, i, options->repeats);
        st = bench_pair_slice(&pair, slice, err);
    }
    progress_bar_end(&bar);
    if (st == HS_OK) print_result(&pair, options);
    bench_pair_close(&pair);
    return st;
}
