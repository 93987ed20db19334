/* Undo: what transactions cost that fail at the node after they were executed, and what it costs to
 * be ready for them.
 *
 * Three kernels take the same slices in turns, so that a machine that slows down slows all down:
 * one that keeps no savepoints, one that does and of which nothing fails, and one whose messages
 * fail. Told are ratios of messages executed in a second of processor time, those that fail
 * included.
 */
#include "sidecar/threads/vat_thread.h"
#include "tests/bench/bench.h"
#include "tests/bench/bench_kernel.h"
#include "tests/bench/spread.h"

#include <stdio.h>

enum { HEAPS = 2, BLOCKS = 2, SLICES_WARM = 1 };

static const uint64_t heaps_mib[HEAPS] = {0, 62}; /* beside the 1.7 that the vat has */
static const uint64_t blocks[BLOCKS] = {20, 1000};
static const char *const failing_names[FAILING_COUNT] = {
    [FAILING_SECOND] = "every second fails ÷ none",
    [FAILING_FIRST] = "each block's first ÷ none",
    [FAILING_MIDDLE] = "its middle one ÷ none",
    [FAILING_LAST] = "its last ÷ none",
};

struct undo_round {
    struct bench_kernel *bare, *ready, *failing;
    struct spread cost, ratios[FAILING_COUNT], ready_per_s;
};

static enum hs_status round_slice(struct undo_round *r, uint64_t messages, uint64_t block,
                                  bool counted, struct hs_error *err)
{
    uint64_t bare_us = 0, ready_us = 0, us[FAILING_COUNT] = {0};
    enum hs_status st = bench_kernel_run(r->bare, messages, block, FAILING_NONE, &bare_us, err);

    if (st == HS_OK) st = bench_kernel_run(r->ready, messages, block, FAILING_NONE, &ready_us, err);
    for (int f = FAILING_SECOND; f < FAILING_COUNT && st == HS_OK; f++) {
        st = bench_kernel_run(r->failing, messages, block, (enum bench_failing)f, &us[f], err);
    }
    if (st != HS_OK || !counted) return st;
    spread_add(&r->cost, (double)ready_us / (double)bare_us);
    spread_add(&r->ready_per_s, (double)messages * 1e6 / (double)ready_us);
    for (int f = FAILING_SECOND; f < FAILING_COUNT; f++) {
        spread_add(&r->ratios[f], (double)ready_us / (double)us[f]);
    }
    return HS_OK;
}

static void print_spread(const char *name, const struct spread *s, bool json)
{
    if (json) {
        (void)printf(",\"%s\":[%.3f,%.3f,%.3f]", name, spread_min(s), spread_median(s),
                     spread_max(s));
        return;
    }
    (void)printf("  %-28s %7.3f %7.3f %7.3f\n", name, spread_min(s), spread_median(s),
                 spread_max(s));
}

static void round_print(const struct undo_round *r, uint64_t heap_mib, uint64_t block, bool json)
{
    static const char *const keys[FAILING_COUNT] = {[FAILING_SECOND] = "second",
                                                    [FAILING_FIRST] = "first",
                                                    [FAILING_MIDDLE] = "middle",
                                                    [FAILING_LAST] = "last"};

    if (json) {
        (void)printf("{\"schema\":1,\"heap_mib\":%llu,\"block\":%llu,\"per_s\":%.0f",
                     (unsigned long long)heap_mib + 2, (unsigned long long)block,
                     spread_median(&r->ready_per_s));
    } else {
        (void)printf("\nA heap of %llu MiB, blocks of %llu: %.0f messages/s; min, median, max\n",
                     (unsigned long long)heap_mib + 2, (unsigned long long)block,
                     spread_median(&r->ready_per_s));
    }
    print_spread(json ? "cost" : "time, ready ÷ not", &r->cost, json);
    for (int f = FAILING_SECOND; f < FAILING_COUNT; f++) {
        print_spread(json ? keys[f] : failing_names[f], &r->ratios[f], json);
    }
    if (json) (void)puts("}");
}

static enum hs_status round_run(const struct bench_options *o, struct vat_engine *engine,
                                uint64_t heap_mib, uint64_t block, struct hs_error *err)
{
    struct undo_round r = {0};
    enum hs_status st;

    bench_say("undo: a heap of %llu MiB, blocks of %llu", (unsigned long long)heap_mib + 2,
              (unsigned long long)block);
    st = bench_kernel_open(engine, heap_mib, false, &r.bare, err);

    if (st == HS_OK) st = bench_kernel_open(engine, heap_mib, true, &r.ready, err);
    if (st == HS_OK) st = bench_kernel_open(engine, heap_mib, true, &r.failing, err);
    for (uint64_t i = 0; i < o->repeats + SLICES_WARM && st == HS_OK; i++) {
        st = round_slice(&r, o->messages[0], block, i >= SLICES_WARM, err);
    }
    if (st == HS_OK) round_print(&r, heap_mib, block, o->json);
    (void)fflush(stdout);
    bench_kernel_close(r.bare);
    bench_kernel_close(r.ready);
    bench_kernel_close(r.failing);
    return st;
}

static enum hs_status undo_measure(void *data, struct hs_error *err)
{
    const struct bench_options *options = data;
    struct vat_engine *engine = NULL;
    enum hs_status st = vat_engine_open(disk_system(), NULL, &engine, err);

    for (int i = 0; i < HEAPS * BLOCKS && st == HS_OK; i++) {
        st = round_run(options, engine, heaps_mib[i / BLOCKS], blocks[i % BLOCKS], err);
    }
    vat_engine_close(engine);
    return st;
}

enum hs_status bench_undo(const struct bench_options *options, struct hs_error *err)
{
    struct bench_options own = *options;

    return vat_thread_run(undo_measure, &own, err);
}
