/* Cost: what a message costs, a row a workload.
 *
 *   pair       two sidecars, log and snapshots on (the defaults) and off: throughput, processor
 *              time, latencies, memory; once more while one core is somebody else's
 *   budget     the kernel alone: what its time goes into
 *   undo       the kernel alone: messages that fail at the node, and savepoints
 *   prices     the kernel alone: the dearest tick (of no workload: the same in each row)
 *   observed   deliveries beside observers that ask queries against deliveries alone
 */
#include "sidecar/threads/vat_thread.h"
#include "tests/bench/bench.h"
#include "tests/bench/bench_pair.h"
#include "tests/bench/busy_core.h"
#include "tests/bench/cost_row.h"
#include "tests/bench/log_append.h"

#include <stdlib.h>

enum {
    ROWS_MAX = 3,
    LARGE_HEAP_MIB = 62,  /* beside the 1.7 that the vat has */
    UNDO_SHARE = 5,       /* a slice there is so much shorter */
    UNTRACKED_SHARE = 50, /* each message compares the whole heap */
    UNTRACKED_SLICES_MAX = 3,
    STEPS_A_ROW = 9,
};

struct cost {
    const struct bench_options *options;
    struct cost_row rows[ROWS_MAX];
    size_t rows_len;
    struct tick_prices prices;
    struct progress_bar bar;
    uint64_t steps; /* done */
};

static void step(struct cost *c)
{
    c->steps++;
    progress_bar_show(&c->bar, c->steps, c->steps, c->rows_len * STEPS_A_ROW + 1);
}

static uint64_t slice_messages(const struct cost *c, uint64_t share)
{
    uint64_t messages = c->options->messages[0] / c->options->repeats / share;

    return messages > 0 ? messages : 1;
}

/* --- beside a sidecar --- */

static enum hs_status pair_slices(struct cost *c, struct bench_pair *pair, struct hs_error *err)
{
    enum hs_status st = HS_OK;

    for (uint64_t i = 0; i < c->options->repeats && st == HS_OK; i++) {
        st = bench_pair_slice(pair, slice_messages(c, 1), err);
    }
    step(c);
    return st;
}

/* The same sidecars go on, but what they tell is counted anew. */
static enum hs_status busy_slices(struct cost *c, struct bench_pair *pair, struct hs_error *err)
{
    struct busy_core busy = {0};
    enum hs_status st = busy_core_start(&busy, err);

    pair->on_off.len = 0;
    if (st == HS_OK) st = pair_slices(c, pair, err);
    busy_core_stop(&busy);
    return st;
}

static enum hs_status row_pair(struct cost *c, struct cost_row *row, struct hs_error *err)
{
    struct bench_pair pair = {.slices = 0};
    enum hs_status st = bench_pair_open(&pair, &row->workload, NULL, err);

    step(c);
    if (st == HS_OK) st = pair_slices(c, &pair, err);
    if (st == HS_OK) cost_row_take_pair(row, &pair);
    if (st == HS_OK) st = busy_slices(c, &pair, err);
    row->busy_on_off = pair.on_off;
    bench_pair_close(&pair);
    return st;
}

static enum hs_status row_observed(struct cost *c, struct cost_row *row, struct hs_error *err)
{
    enum hs_status st = observed_measure(&row->workload, slice_messages(c, 2), c->options->repeats,
                                         &row->observed, err);

    step(c);
    return st;
}

/* --- in the kernel alone --- */

static enum hs_status row_untracked(struct cost *c, struct vat_engine *engine, struct cost_row *row,
                                    struct hs_error *err)
{
    uint64_t slices = c->options->repeats;
    enum hs_status st;

    if (slices > UNTRACKED_SLICES_MAX) slices = UNTRACKED_SLICES_MAX;
    vat_engine_watch(engine, false);
    st = undo_ratios_measure(engine, &row->workload, slice_messages(c, UNTRACKED_SHARE),
                             COST_UNDO_BLOCK, slices, &row->untracked, err);
    vat_engine_watch(engine, true);
    step(c);
    return st;
}

static enum hs_status row_kernel(struct cost *c, struct vat_engine *engine, struct cost_row *row,
                                 struct hs_error *err)
{
    const struct workload *w = &row->workload;
    uint64_t slices = c->options->repeats;
    enum hs_status st = budget_measure(engine, w, slice_messages(c, 1), slices, &row->budget, err);

    step(c);
    for (int i = 0; i < COST_UNDO_BLOCKS && st == HS_OK; i++) {
        st = undo_ratios_measure(engine, w, slice_messages(c, UNDO_SHARE), cost_undo_blocks[i],
                                 slices, &row->undo[i], err);
        step(c);
    }
    if (st == HS_OK) st = row_untracked(c, engine, row, err);
    if (st == HS_OK) st = log_append_measure(w, slice_messages(c, 1), slices, &row->log_us, err);
    step(c);
    return st;
}

static enum hs_status kernels_measure(void *data, struct hs_error *err)
{
    struct cost *c = data;
    struct vat_engine *engine = NULL;
    enum hs_status st = vat_engine_open(disk_system(), NULL, &engine, err);

    for (size_t i = 0; i < c->rows_len && st == HS_OK; i++) {
        st = row_kernel(c, engine, &c->rows[i], err);
    }
    if (st == HS_OK) st = tick_prices_measure(engine, slice_messages(c, 1), &c->prices, err);
    step(c);
    vat_engine_close(engine);
    return st;
}

/* --- all of it --- */

static void rows_begin(struct cost *c)
{
    uint64_t heap_mib = c->options->heap_mib;

    c->rows[c->rows_len++].workload =
        (struct workload){.program = WORKLOAD_LEDGER, .heap_mib = heap_mib};
    c->rows[c->rows_len++].workload =
        (struct workload){.program = WORKLOAD_TRANSFERS, .heap_mib = heap_mib};
    if (heap_mib > 0) return;
    c->rows[c->rows_len++].workload =
        (struct workload){.program = WORKLOAD_TRANSFERS, .heap_mib = LARGE_HEAP_MIB};
}

static void print(struct cost *c)
{
    size_t which;
    double worst = tick_prices_worst(&c->prices, &which);

    if (!c->options->json) {
        for (size_t i = 0; i < c->rows_len; i++) {
            cost_row_print(&c->rows[i]);
        }
        (void)printf("The dearest tick: %s, %.2f times the usual\n", tick_prices_kind(which),
                     worst);
        machine_print(&c->options->machine, stdout);
        return;
    }
    (void)printf("{\"schema\":1,\"rows\":[");
    for (size_t i = 0; i < c->rows_len; i++) {
        if (i > 0) (void)printf(",");
        cost_row_print_json(&c->rows[i], worst);
    }
    (void)printf("],");
    machine_print_json(&c->options->machine, stdout);
    (void)printf("}\n");
}

enum hs_status bench_cost(const struct bench_options *options, struct hs_error *err)
{
    struct cost *c = calloc(1, sizeof *c);
    enum hs_status st = HS_OK;

    if (!c) return hs_fail(err, HS_NOMEM, "bench: out of memory");
    c->options = options;
    rows_begin(c);
    progress_bar_start(&c->bar, "cost", true);
    for (size_t i = 0; i < c->rows_len && st == HS_OK; i++) {
        st = row_pair(c, &c->rows[i], err);
        if (st == HS_OK) st = row_observed(c, &c->rows[i], err);
    }
    if (st == HS_OK) st = vat_thread_run(kernels_measure, c, err);
    progress_bar_end(&c->bar);
    if (st == HS_OK) print(c);
    for (size_t i = 0; i < c->rows_len; i++) {
        observed_fini(&c->rows[i].observed);
    }
    free(c);
    return st;
}
