/* Growth: what a message costs as a chain grows older, its state larger, its vats more.
 *
 * Small messages, the default settings. Each row is measured over slices of messages once the
 * chain is of that size, in turns with slices of a young chain, small in everything: a machine
 * changes its speed between two rows, hardly between two slices. What is paid once, each heap's
 * first image, is paid before. Where the work does not depend on the size, neither may the row: ÷
 * young it is 1.
 */
#include "tests/bench/bench.h"
#include "tests/bench/bench_chain.h"
#include "tests/bench/bench_sidecar.h"
#include "tests/bench/growth_row.h"
#include "tests/bench/process_use.h"
#include "tests/bench/warm_up.h"
#include "tests/node/latency.h"

#include <stdlib.h>

enum {
    STATES = 3,
    ROWS_MAX = 2 * BENCH_COUNTS_MAX + STATES,
    SLICE_MESSAGES = 5000, /* at most; at full speed a snapshot comes every 4,000 or so */
    BAR_EVERY = 64,        /* messages */
};
static const uint64_t states[STATES] = {1000, 10000, 100000}; /* accounts */

/* A chain and its sidecar. */
struct grown {
    struct bench_sidecar *sidecar;
    struct bench_chain *chain;
};

struct growth {
    const struct bench_options *options;
    struct growth_row rows[ROWS_MAX];
    size_t rows_len;
    struct progress_bar bar;
    uint64_t delivered, planned; /* messages */
};

static void grown_end(struct grown *c)
{
    bench_sidecar_close(c->sidecar);
    bench_chain_close(c->chain);
    *c = (struct grown){0};
}

/* All zero bytes after a failure. */
static enum hs_status grown_begin(const struct workload *w, struct grown *c, struct hs_error *err)
{
    enum hs_status st = warm_up_begin(w, NULL, &c->chain, &c->sidecar, err);

    if (st != HS_OK) grown_end(c);
    return st;
}

static enum hs_status deliver(struct growth *g, const struct grown *c, uint64_t messages,
                              struct hs_error *err)
{
    enum hs_status st = HS_OK;

    for (uint64_t i = 0; i < messages && st == HS_OK; i++) {
        st = bench_chain_deliver(c->chain, NULL, err);
        if (++g->delivered % BAR_EVERY == 0) {
            progress_bar_show(&g->bar, g->delivered, g->delivered, g->planned);
        }
    }
    return st;
}

/* So far that a snapshot holds each heap, whole, and what comes holds what changed. */
static enum hs_status warm(struct growth *g, const struct grown *c, struct hs_error *err)
{
    uint64_t made;
    enum hs_status st = deliver(g, c, 1, err); /* and the runs that make the vats */

    made = bench_chain_seqnum(c->chain);
    if (st == HS_OK) st = deliver(g, c, g->options->messages[0], err);
    return st == HS_OK ? warm_up_snapshot(c->chain, c->sidecar, made, err) : st;
}

static uint64_t slice_messages(const struct growth *g)
{
    uint64_t most = g->options->messages[g->options->messages_len - 1];

    return most < SLICE_MESSAGES ? most : SLICE_MESSAGES;
}

/* What a message took in one slice, and what the sidecar holds after it. */
struct slice_figures {
    double us, cpu_us, bytes_written, memory_mib;
};

static enum hs_status measure_slice(struct growth *g, const struct grown *c,
                                    struct slice_figures *out, struct hs_error *err)
{
    uint64_t messages = slice_messages(g), us;
    struct process_use before, after;
    enum hs_status st = process_use_read(bench_sidecar_pid(c->sidecar), &before, err);

    us = latency_clock_us();
    if (st == HS_OK) st = deliver(g, c, messages, err);
    us = latency_clock_us() - us;
    if (st == HS_OK) st = process_use_read(bench_sidecar_pid(c->sidecar), &after, err);
    if (st != HS_OK) return st;
    *out = (struct slice_figures){
        .us = (double)us / (double)messages,
        .cpu_us = (double)(after.cpu_us - before.cpu_us) / (double)messages,
        .bytes_written = (double)(after.written_bytes - before.written_bytes) / (double)messages,
        .memory_mib = (double)after.memory_bytes / (1 << 20),
    };
    return HS_OK;
}

static enum hs_status measure_turn(struct growth *g, const struct grown *young,
                                   const struct grown *c, struct growth_row *row,
                                   struct hs_error *err)
{
    struct slice_figures beside, here;
    enum hs_status st = measure_slice(g, young, &beside, err);

    if (st == HS_OK) st = measure_slice(g, c, &here, err);
    if (st != HS_OK) return st;
    spread_add(&row->us, here.us);
    spread_add(&row->us_ratio, here.us / beside.us);
    spread_add(&row->cpu_us, here.cpu_us);
    spread_add(&row->cpu_ratio, here.cpu_us / beside.cpu_us);
    spread_add(&row->bytes_written, here.bytes_written);
    row->memory_mib = here.memory_mib;
    return HS_OK;
}

static enum hs_status measure_row(struct growth *g, const struct grown *c, const char *what,
                                  uint64_t size, struct hs_error *err)
{
    const struct workload small = {.heap_mib = g->options->heap_mib};
    struct growth_row *row = &g->rows[g->rows_len++];
    struct grown young = {0};
    uint64_t heap_bytes = 0;
    enum hs_status st = grown_begin(&small, &young, err);

    row->what = what;
    row->size = size;
    if (st == HS_OK) st = warm(g, &young, err);
    for (uint64_t i = 0; i < g->options->repeats && st == HS_OK; i++) {
        st = measure_turn(g, &young, c, row, err);
    }
    if (st == HS_OK) st = bench_sidecar_heap_bytes(c->sidecar, &heap_bytes, err);
    row->heap_mib = (double)heap_bytes / (1 << 20);
    grown_end(&young);
    return st;
}

/* One chain that grows older from row to row. */
static enum hs_status by_age(struct growth *g, struct hs_error *err)
{
    const struct bench_options *o = g->options;
    const struct workload w = {.heap_mib = o->heap_mib};
    struct grown c = {0};
    enum hs_status st = grown_begin(&w, &c, err);

    for (size_t i = 0; i < o->messages_len && st == HS_OK; i++) {
        uint64_t at = bench_chain_seqnum(c.chain);

        st = deliver(g, &c, o->messages[i] > at ? o->messages[i] - at : 0, err);
        if (st == HS_OK && i == 0) st = warm_up_first_snapshot(c.chain, c.sidecar, err);
        if (st == HS_OK) st = measure_row(g, &c, "age", o->messages[i], err);
    }
    grown_end(&c);
    return st;
}

/* A chain of its own, warm before it is measured. */
static enum hs_status by_program(struct growth *g, const struct workload *w, const char *what,
                                 uint64_t size, struct hs_error *err)
{
    struct grown c = {0};
    enum hs_status st = grown_begin(w, &c, err);

    if (st == HS_OK) st = warm(g, &c, err);
    if (st == HS_OK) st = measure_row(g, &c, what, size, err);
    grown_end(&c);
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
    uint64_t begin = o->messages[0] + 1, row = begin + 2 * o->repeats * slice_messages(g);
    uint64_t programs = STATES + o->vats_len;

    g->planned =
        o->messages[o->messages_len - 1] + o->messages_len * row + programs * (row + begin);
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
        spread_print_json(&r->us_ratio, "message_ratio", 2);
        (void)printf(",");
        spread_print_json(&r->cpu_us, "cpu_us", 1);
        (void)printf(",");
        spread_print_json(&r->cpu_ratio, "cpu_ratio", 2);
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
    (void)printf(
        "A message as a chain grows, and ÷ one of a young chain in turns (min, median, max of "
        "slices)\n\n"
        "                     time, us                    ÷ young             processor "
        "time, us          ÷ young             bytes written               memory MiB  heaps "
        "MiB\n");
    for (size_t i = 0; i < g->rows_len; i++) {
        const struct growth_row *r = &g->rows[i];

        (void)printf("%-9s %8llu ", r->what, (unsigned long long)r->size);
        spread_print(&r->us, 8, 0);
        (void)printf(" ");
        spread_print(&r->us_ratio, 6, 2);
        (void)printf(" ");
        spread_print(&r->cpu_us, 8, 0);
        (void)printf(" ");
        spread_print(&r->cpu_ratio, 6, 2);
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
