/* Growth: what a message costs as a chain grows older, its state larger, its vats more.
 *
 * Small messages, the default settings. Each row is measured over a slice of messages once the
 * chain is of that size; where the work does not depend on it, neither may the row.
 */
#include "tests/bench/bench.h"
#include "tests/bench/bench_chain.h"
#include "tests/bench/bench_sidecar.h"
#include "tests/bench/growth_row.h"
#include "tests/bench/process_use.h"
#include "tests/node/latency.h"

#include <stdlib.h>

enum {
    STATES = 3,
    ROWS_MAX = 2 * BENCH_COUNTS_MAX + STATES,
    SLICE_MESSAGES = 2000,
    SLICES = 5,
    BAR_EVERY = 64, /* messages */
};
static const uint64_t states[STATES] = {1000, 10000, 100000}; /* accounts */

struct growth {
    const struct bench_options *options;
    struct growth_row rows[ROWS_MAX];
    size_t rows_len;
    struct bench_sidecar *sidecar; /* of the chain at hand */
    struct bench_chain *chain;
    struct progress_bar bar;
    uint64_t delivered, planned; /* messages */
};

static enum hs_status chain_begin(struct growth *g, const struct workload *w, struct hs_error *err)
{
    enum hs_status st = bench_chain_open(w, &g->chain, err);

    if (st == HS_OK) st = bench_sidecar_open(w, &g->sidecar, err);
    if (st == HS_OK) st = bench_sidecar_start(g->sidecar, NULL, err);
    if (st == HS_OK) st = bench_chain_connect(g->chain, bench_sidecar_socket(g->sidecar), err);
    return st;
}

static void chain_end(struct growth *g)
{
    bench_sidecar_close(g->sidecar);
    bench_chain_close(g->chain);
    g->sidecar = NULL;
    g->chain = NULL;
}

static enum hs_status deliver(struct growth *g, uint64_t messages, struct hs_error *err)
{
    enum hs_status st = HS_OK;

    for (uint64_t i = 0; i < messages && st == HS_OK; i++) {
        st = bench_chain_deliver(g->chain, NULL, err);
        if (++g->delivered % BAR_EVERY == 0) {
            progress_bar_show(&g->bar, g->delivered, g->delivered, g->planned);
        }
    }
    return st;
}

static uint64_t slice_messages(const struct growth *g)
{
    uint64_t least = g->options->messages[0];

    return (least < SLICE_MESSAGES ? least : SLICE_MESSAGES) / SLICES + 1;
}

static enum hs_status measure_slice(struct growth *g, struct growth_row *row, struct hs_error *err)
{
    uint64_t messages = slice_messages(g), us;
    struct process_use before, after;
    enum hs_status st = process_use_read(bench_sidecar_pid(g->sidecar), &before, err);

    us = latency_clock_us();
    if (st == HS_OK) st = deliver(g, messages, err);
    us = latency_clock_us() - us;
    if (st == HS_OK) st = process_use_read(bench_sidecar_pid(g->sidecar), &after, err);
    if (st != HS_OK) return st;
    spread_add(&row->us, (double)us / (double)messages);
    spread_add(&row->cpu_us, (double)(after.cpu_us - before.cpu_us) / (double)messages);
    spread_add(&row->bytes_written,
               (double)(after.written_bytes - before.written_bytes) / (double)messages);
    row->memory_mib = (double)after.memory_bytes / (1 << 20);
    return HS_OK;
}

static enum hs_status measure_row(struct growth *g, const char *what, uint64_t size,
                                  struct hs_error *err)
{
    struct growth_row *row = &g->rows[g->rows_len++];
    uint64_t heap_bytes = 0;
    enum hs_status st = HS_OK;

    row->what = what;
    row->size = size;
    for (int i = 0; i < SLICES && st == HS_OK; i++) {
        st = measure_slice(g, row, err);
    }
    if (st == HS_OK) st = bench_sidecar_heap_bytes(g->sidecar, &heap_bytes, err);
    row->heap_mib = (double)heap_bytes / (1 << 20);
    return st;
}

/* One chain that grows older from row to row. */
static enum hs_status by_age(struct growth *g, struct hs_error *err)
{
    const struct bench_options *o = g->options;
    const struct workload w = {.heap_mib = o->heap_mib};
    enum hs_status st = chain_begin(g, &w, err);

    for (size_t i = 0; i < o->messages_len && st == HS_OK; i++) {
        uint64_t at = bench_chain_seqnum(g->chain);

        st = deliver(g, o->messages[i] > at ? o->messages[i] - at : 0, err);
        if (st == HS_OK) st = measure_row(g, "age", o->messages[i], err);
    }
    chain_end(g);
    return st;
}

/* A chain of its own, warm before it is measured. */
static enum hs_status by_program(struct growth *g, const struct workload *w, const char *what,
                                 uint64_t size, struct hs_error *err)
{
    uint64_t warm = slice_messages(g) + w->vats;
    enum hs_status st = chain_begin(g, w, err);

    if (st == HS_OK) st = deliver(g, warm, err);
    if (st == HS_OK) st = measure_row(g, what, size, err);
    chain_end(g);
    return st;
}

static enum hs_status measure(struct growth *g, struct hs_error *err)
{
    const struct bench_options *o = g->options;
    enum hs_status st = by_age(g, err);

    for (int i = 0; i < STATES && st == HS_OK; i++) {
        const struct workload w = {.accounts = states[i]};

        st = by_program(g, &w, "accounts", states[i], err);
    }
    for (size_t i = 0; i < o->vats_len && st == HS_OK; i++) {
        const struct workload w = {.vats = o->vats[i]};

        st = by_program(g, &w, "vats", o->vats[i], err);
    }
    return st;
}

static void plan(struct growth *g)
{
    const struct bench_options *o = g->options;
    uint64_t row = slice_messages(g) * (SLICES + 1);

    g->planned = o->messages[o->messages_len - 1] + row * (1 + STATES + o->vats_len);
    for (size_t i = 0; i < o->vats_len; i++) {
        g->planned += o->vats[i];
    }
}

static void print_json(const struct growth *g)
{
    (void)printf("{\"schema\":1,\"rows\":[");
    for (size_t i = 0; i < g->rows_len; i++) {
        const struct growth_row *r = &g->rows[i];

        (void)printf("%s{\"what\":\"%s\",\"size\":%llu,", i ? "," : "", r->what,
                     (unsigned long long)r->size);
        spread_print_json(&r->us, "message_us", 1);
        (void)printf(",");
        spread_print_json(&r->cpu_us, "cpu_us", 1);
        (void)printf(",");
        spread_print_json(&r->bytes_written, "bytes_written", 0);
        (void)printf(",\"memory_mib\":%.1f,\"heap_mib\":%.1f}", r->memory_mib, r->heap_mib);
    }
    (void)printf("],");
    machine_print_json(&g->options->machine, stdout);
    (void)printf("}\n");
}

static void print_table(const struct growth *g)
{
    (void)printf("A message as a chain grows (min, median, max of slices)\n\n"
                 "                     time, us                    processor time, us          "
                 "bytes written               memory MiB  heaps MiB\n");
    for (size_t i = 0; i < g->rows_len; i++) {
        const struct growth_row *r = &g->rows[i];

        (void)printf("%-9s %8llu ", r->what, (unsigned long long)r->size);
        spread_print(&r->us, 8, 0);
        (void)printf(" ");
        spread_print(&r->cpu_us, 8, 0);
        (void)printf(" ");
        spread_print(&r->bytes_written, 8, 0);
        (void)printf("  %9.1f  %9.1f\n", r->memory_mib, r->heap_mib);
    }
}

enum hs_status bench_growth(const struct bench_options *options, struct hs_error *err)
{
    struct growth *g = calloc(1, sizeof *g);
    enum hs_status st;

    if (!g) return hs_fail(err, HS_NOMEM, "bench: out of memory");
    g->options = options;
    plan(g);
    progress_bar_start(&g->bar, "growth", true);
    st = measure(g, err);
    progress_bar_end(&g->bar);
    if (st == HS_OK) (options->json ? print_json : print_table)(g);
    if (st == HS_OK && options->out) {
        st = growth_plot_write(options->out, g->rows, g->rows_len, err);
    }
    free(g);
    return st;
}
