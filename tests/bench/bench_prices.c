/* Prices: is a tick of any work as long as a tick of ordinary work (tick_prices.h)? Told are
 * nanoseconds of processor time a tick, and how many times the usual that is. */
#include "sidecar/threads/vat_thread.h"
#include "tests/bench/bench.h"
#include "tests/bench/tick_prices.h"

#include <stdio.h>

struct prices {
    const struct bench_options *options;
    struct tick_prices prices;
};

static void prices_print_json(const struct tick_prices *p, const struct machine *m)
{
    size_t worst;
    double ratio = tick_prices_worst(p, &worst);

    (void)printf("{\"schema\":1,\"usual_ns\":%.0f,\"rows\":[", spread_median(&p->usual));
    for (size_t i = 0; i < TICK_PRICES_KINDS; i++) {
        (void)printf("%s{\"work\":\"%s\",\"ticks\":%llu,\"ns\":[%.0f,%.0f,%.0f]}", i ? "," : "",
                     tick_prices_kind(i), (unsigned long long)p->ticks[i], spread_min(&p->of[i]),
                     spread_median(&p->of[i]), spread_max(&p->of[i]));
    }
    (void)printf("],\"worst\":\"%s\",\"worst_ratio\":%.2f,", tick_prices_kind(worst), ratio);
    machine_print_json(m, stdout);
    (void)printf("}\n");
}

static void prices_print(const struct tick_prices *p)
{
    double usual = spread_median(&p->usual);
    size_t worst;
    double ratio = tick_prices_worst(p, &worst);

    (void)printf("%-28s %10s %8s %8s %8s %8s\n", "nanoseconds a tick", "ticks", "min", "median",
                 "max", "÷ usual");
    (void)printf("%-28s %10s %8.0f %8.0f %8.0f %7.2f\n", "the workload (usual)", "",
                 spread_min(&p->usual), usual, spread_max(&p->usual), 1.0);
    for (size_t i = 0; i < TICK_PRICES_KINDS; i++) {
        (void)printf("%-28s %10llu %8.0f %8.0f %8.0f %7.2f\n", tick_prices_kind(i),
                     (unsigned long long)p->ticks[i], spread_min(&p->of[i]),
                     spread_median(&p->of[i]), spread_max(&p->of[i]),
                     spread_median(&p->of[i]) / usual);
    }
    (void)printf("worst: %s, %.2f times the usual\n", tick_prices_kind(worst), ratio);
}

static enum hs_status prices_measure(void *data, struct hs_error *err)
{
    struct prices *p = data;
    const struct bench_options *o = p->options;
    struct vat_engine *engine = NULL;
    struct progress_bar bar;
    enum hs_status st = vat_engine_open(disk_system(), NULL, &engine, err);

    progress_bar_start(&bar, "prices", true);
    for (uint64_t round = 0; round < o->repeats && st == HS_OK; round++) {
        progress_bar_show(&bar, round, round, o->repeats);
        st = tick_prices_measure(engine, o->messages[0], &p->prices, err);
    }
    progress_bar_end(&bar);
    vat_engine_close(engine);
    return st;
}

enum hs_status bench_prices(const struct bench_options *options, struct hs_error *err)
{
    struct prices p = {.options = options};
    enum hs_status st = vat_thread_run(prices_measure, &p, err);

    if (st != HS_OK) return st;
    if (options->json) {
        prices_print_json(&p.prices, &options->machine);
    } else {
        prices_print(&p.prices);
    }
    return HS_OK;
}
