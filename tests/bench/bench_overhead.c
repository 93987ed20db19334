/* Overhead: what logging and snapshots cost a chain that is not restarting.
 *
 * Two sidecars, one with the log and snapshots on (the defaults), one with both off, are given the
 * same messages in turns, a slice each, so that a machine that slows down slows both down. Told
 * are the ratio of throughputs and the ratio of the slowest thousandth's latencies.
 */
#include "tests/bench/bench.h"
#include "tests/bench/bench_chain.h"
#include "tests/bench/bench_sidecar.h"
#include "tests/bench/spread.h"
#include "tests/node/latency.h"

#include <stdio.h>

enum { SIDES = 2, SIDE_BARE = 0, SIDE_FULL = 1, WARM_UP_MESSAGES = 500 };

struct side {
    struct bench_sidecar *sidecar;
    struct bench_chain *chain;
    struct latency latency;
    struct spread per_s; /* of each slice */
};

static enum hs_status side_open(struct side *s, uint64_t ballast_mib, const char *const *extra,
                                struct hs_error *err)
{
    enum hs_status st = bench_chain_open(&s->chain, err);

    if (st == HS_OK) st = bench_sidecar_open(ballast_mib, &s->sidecar, err);
    if (st == HS_OK) st = bench_sidecar_start(s->sidecar, extra, err);
    if (st == HS_OK) st = bench_chain_connect(s->chain, bench_sidecar_socket(s->sidecar), err);
    for (int i = 0; i < WARM_UP_MESSAGES && st == HS_OK; i++) {
        st = bench_chain_deliver(s->chain, NULL, err);
    }
    return st;
}

static void side_close(struct side *s)
{
    bench_sidecar_close(s->sidecar);
    bench_chain_close(s->chain);
    latency_fini(&s->latency);
}

static enum hs_status side_slice(struct side *s, uint64_t messages, struct hs_error *err)
{
    uint64_t started = latency_clock_us(), before = started, now = started;
    enum hs_status st = HS_OK;

    for (uint64_t i = 0; i < messages && st == HS_OK; i++) {
        st = bench_chain_deliver(s->chain, NULL, err);
        now = latency_clock_us();
        if (st == HS_OK) st = latency_add(&s->latency, now - before, err);
        before = now;
    }
    if (now > started) spread_add(&s->per_s, (double)messages * 1e6 / (double)(now - started));
    return st;
}

/* Each full slice over the bare slice beside it. */
static struct spread slice_ratios(const struct side *sides)
{
    struct spread ratios = {0};

    for (size_t i = 0; i < sides[SIDE_FULL].per_s.len; i++) {
        spread_add(&ratios, sides[SIDE_FULL].per_s.samples[i] / sides[SIDE_BARE].per_s.samples[i]);
    }
    return ratios;
}

static void print_result(struct side *sides, bool json)
{
    struct spread ratios = slice_ratios(sides);
    double bare_p999 = latency_quantile_us(&sides[SIDE_BARE].latency, 999);
    double full_p999 = latency_quantile_us(&sides[SIDE_FULL].latency, 999);
    double p999_ratio = bare_p999 > 0 ? full_p999 / bare_p999 : 0;

    if (json) {
        (void)printf("{\"schema\":1,\"bare_per_s\":%.0f,\"full_per_s\":%.0f,\"ratio\":%.3f,"
                     "\"ratio_min\":%.3f,\"ratio_max\":%.3f,\"bare_p999_us\":%.0f,"
                     "\"full_p999_us\":%.0f,\"p999_ratio\":%.2f}\n",
                     spread_median(&sides[SIDE_BARE].per_s), spread_median(&sides[SIDE_FULL].per_s),
                     spread_median(&ratios), spread_min(&ratios), spread_max(&ratios), bare_p999,
                     full_p999, p999_ratio);
        return;
    }
    (void)printf("Log and snapshots on against off (min, median, max of slices)\n\n"
                 "  messages/s off    %8.0f %8.0f %8.0f\n  messages/s on     %8.0f %8.0f %8.0f\n"
                 "  on / off          %8.3f %8.3f %8.3f\n"
                 "  99.9th percentile off %.0f us, on %.0f us, ratio %.2f\n",
                 spread_min(&sides[SIDE_BARE].per_s), spread_median(&sides[SIDE_BARE].per_s),
                 spread_max(&sides[SIDE_BARE].per_s), spread_min(&sides[SIDE_FULL].per_s),
                 spread_median(&sides[SIDE_FULL].per_s), spread_max(&sides[SIDE_FULL].per_s),
                 spread_min(&ratios), spread_median(&ratios), spread_max(&ratios), bare_p999,
                 full_p999, p999_ratio);
}

enum hs_status bench_overhead(const struct bench_options *options, struct hs_error *err)
{
    static const char *const off[] = {"--snapshot-every", "0", "--no-log", NULL};
    struct side sides[SIDES] = {0};
    uint64_t slice = options->messages[0] / options->repeats + 1;
    enum hs_status st = side_open(&sides[SIDE_BARE], options->heap_mib, off, err);

    if (st == HS_OK) st = side_open(&sides[SIDE_FULL], options->heap_mib, NULL, err);
    for (uint64_t i = 0; i < options->repeats && st == HS_OK; i++) {
        bench_say("overhead: slice %llu of %llu, %llu messages each way", (unsigned long long)i + 1,
                  (unsigned long long)options->repeats, (unsigned long long)slice);
        st = side_slice(&sides[SIDE_BARE], slice, err);
        if (st == HS_OK) st = side_slice(&sides[SIDE_FULL], slice, err);
    }
    if (st == HS_OK) print_result(sides, options->json);
    for (size_t i = 0; i < SIDES; i++) {
        side_close(&sides[i]);
    }
    return st;
}
