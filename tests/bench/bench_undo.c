/* Undo: what messages cost that fail at the node, by heap and block (undo_ratios.h). */
#include "sidecar/threads/vat_thread.h"
#include "tests/bench/bench.h"
#include "tests/bench/undo_ratios.h"

#include <stdio.h>

enum { HEAPS = 2, BLOCKS = 2, ROUNDS = HEAPS * BLOCKS };

static const uint64_t heaps_mib[HEAPS] = {0, 62}; /* beside the 1.7 that the vat has */
static const uint64_t blocks[BLOCKS] = {20, 1000};

struct undo {
    const struct bench_options *options;
    struct undo_ratios rounds[ROUNDS];
};

static void print_json(const struct undo *u)
{
    (void)printf("{\"schema\":1,\"rows\":[");
    for (int i = 0; i < ROUNDS; i++) {
        const struct undo_ratios *r = &u->rounds[i];

        (void)printf("%s{\"heap_mib\":%llu,\"block\":%llu,\"per_s\":%.0f,", i ? "," : "",
                     (unsigned long long)heaps_mib[i / BLOCKS] + 2,
                     (unsigned long long)blocks[i % BLOCKS], spread_median(&r->ready_per_s));
        spread_print_json(&r->cost, "cost", 3);
        for (int f = FAILING_SECOND; f < FAILING_COUNT; f++) {
            (void)printf(",");
            spread_print_json(&r->ratios[f], bench_failing_name((enum bench_failing)f), 3);
        }
        (void)printf("}");
    }
    (void)printf("],");
    machine_print_json(&u->options->machine, stdout);
    (void)printf("}\n");
}

static void print_table(const struct undo *u)
{
    static const char *const names[FAILING_COUNT] = {
        [FAILING_SECOND] = "every second fails ÷ none",
        [FAILING_FIRST] = "each block's first ÷ none",
        [FAILING_MIDDLE] = "its middle one ÷ none",
        [FAILING_LAST] = "its last ÷ none",
    };

    for (int i = 0; i < ROUNDS; i++) {
        const struct undo_ratios *r = &u->rounds[i];

        (void)printf("\nA heap of %llu MiB, blocks of %llu: %.0f messages/s; min, median, max\n",
                     (unsigned long long)heaps_mib[i / BLOCKS] + 2,
                     (unsigned long long)blocks[i % BLOCKS], spread_median(&r->ready_per_s));
        (void)printf("  %-28s ", "time, ready ÷ not");
        spread_print(&r->cost, 7, 3);
        for (int f = FAILING_SECOND; f < FAILING_COUNT; f++) {
            (void)printf("\n  %-28s ", names[f]);
            spread_print(&r->ratios[f], 7, 3);
        }
        (void)printf("\n");
    }
}

static enum hs_status undo_measure(void *data, struct hs_error *err)
{
    struct undo *u = data;
    struct vat_engine *engine = NULL;
    struct progress_bar bar;
    enum hs_status st = vat_engine_open(disk_system(), NULL, &engine, err);

    progress_bar_start(&bar, "undo", true);
    for (int i = 0; i < ROUNDS && st == HS_OK; i++) {
        const struct workload w = {.heap_mib = heaps_mib[i / BLOCKS]};
        uint64_t block = blocks[i % BLOCKS];

        progress_bar_show(&bar, (uint64_t)i, (uint64_t)i, ROUNDS);
        st = undo_ratios_measure(engine, &w, u->options->messages[0], block, u->options->repeats,
                                 &u->rounds[i], err);
    }
    progress_bar_end(&bar);
    vat_engine_close(engine);
    return st;
}

enum hs_status bench_undo(const struct bench_options *options, struct hs_error *err)
{
    struct undo u = {.options = options};
    enum hs_status st = vat_thread_run(undo_measure, &u, err);

    if (st == HS_OK) (options->json ? print_json : print_table)(&u);
    return st;
}
