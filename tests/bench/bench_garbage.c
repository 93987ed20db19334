/* Payments that a mint issues, a trader sees, and the mint takes back: after the last there is as
 * little of them as after the first. */
#include "sidecar/threads/vat_thread.h"
#include "tests/bench/bench.h"
#include "tests/bench/bench_program.h"

#include <stdio.h>

enum { PAYMENTS_A_MESSAGE = 20, MESSAGES_A_BLOCK = 10 };

/* After one may be reaped later than after another; that much may differ. */
enum { FLAT_KEYS = 20000, FLAT_HEAP_BYTES = 4 << 20 };

struct garbage_row {
    uint64_t payments;
    struct bench_program_size size;
    double us; /* a payment, since the row before */
};

struct garbage {
    const struct bench_options *options;
    struct garbage_row rows[BENCH_COUNTS_MAX];
    struct progress_bar bar;
};

static enum hs_status garbage_trade(struct garbage *g, struct bench_program *p, uint64_t from,
                                    uint64_t to, struct hs_error *err)
{
    char args[32];
    enum hs_status st = HS_OK;

    (void)snprintf(args, sizeof args, "%d", PAYMENTS_A_MESSAGE);
    for (uint64_t i = from; i < to && st == HS_OK; i += PAYMENTS_A_MESSAGE) {
        progress_bar_show(&g->bar, i, i, g->options->messages[g->options->messages_len - 1]);
        st = bench_program_call(p, "trader", "trade", args, err);
        if (i % (PAYMENTS_A_MESSAGE * MESSAGES_A_BLOCK) == 0 && st == HS_OK) {
            st = bench_program_work(p, err);
        }
    }
    return st == HS_OK ? bench_program_work(p, err) : st;
}

static enum hs_status garbage_measure(void *data, struct hs_error *err)
{
    struct garbage *g = data;
    struct bench_program p = {0};
    struct vat_engine *engine = NULL;
    uint64_t done = 0;
    enum hs_status st = vat_engine_open(disk_system(), NULL, &engine, err);

    progress_bar_start(&g->bar, "garbage", true);
    if (st == HS_OK) st = bench_program_open(&p, engine, HEADSTART_BENCH_MINT, err);
    for (size_t i = 0; i < g->options->messages_len && st == HS_OK; i++) {
        struct garbage_row *row = &g->rows[i];
        uint64_t began_us = bench_cpu_us();

        row->payments = g->options->messages[i];
        if (row->payments <= done) st = hs_fail(err, HS_INVALID, "garbage: counts must rise");
        if (st == HS_OK) st = garbage_trade(g, &p, done, row->payments, err);
        row->us = (double)(bench_cpu_us() - began_us) / (double)(row->payments - done);
        done = row->payments;
        if (st == HS_OK) st = bench_program_size(&p, &row->size, err);
    }
    progress_bar_end(&g->bar);
    bench_program_close(&p);
    vat_engine_close(engine);
    return st;
}

static bool garbage_is_flat(const struct garbage *g)
{
    const struct bench_program_size *first = &g->rows[0].size;
    const struct bench_program_size *last = &g->rows[g->options->messages_len - 1].size;

    return last->keys <= first->keys + FLAT_KEYS &&
           last->heap_bytes <= first->heap_bytes + FLAT_HEAP_BYTES;
}

static void garbage_print_json(const struct garbage *g)
{
    (void)printf("{\"schema\":1,\"rows\":[");
    for (size_t i = 0; i < g->options->messages_len; i++) {
        const struct garbage_row *row = &g->rows[i];

        (void)printf("%s{\"payments\":%llu,\"keys\":%llu,\"bytes\":%llu,\"heap_bytes\":%llu,"
                     "\"us\":%.2f}",
                     i ? "," : "", (unsigned long long)row->payments,
                     (unsigned long long)row->size.keys, (unsigned long long)row->size.bytes,
                     (unsigned long long)row->size.heap_bytes, row->us);
    }
    (void)printf("],\"flat\":%s,", garbage_is_flat(g) ? "true" : "false");
    machine_print_json(&g->options->machine, stdout);
    (void)printf("}\n");
}

static void garbage_print(const struct garbage *g)
{
    (void)printf("%12s %12s %14s %14s %14s\n", "payments", "store keys", "store bytes",
                 "heap bytes", "us a payment");
    for (size_t i = 0; i < g->options->messages_len; i++) {
        const struct garbage_row *row = &g->rows[i];

        (void)printf("%12llu %12llu %14llu %14llu %14.2f\n", (unsigned long long)row->payments,
                     (unsigned long long)row->size.keys, (unsigned long long)row->size.bytes,
                     (unsigned long long)row->size.heap_bytes, row->us);
    }
    (void)printf("%s\n", garbage_is_flat(g) ? "flat" : "it grows");
}

enum hs_status bench_garbage(const struct bench_options *options, struct hs_error *err)
{
    struct garbage g = {.options = options};
    enum hs_status st = vat_thread_run(garbage_measure, &g, err);

    if (st != HS_OK) return st;
    if (options->json) {
        garbage_print_json(&g);
    } else {
        garbage_print(&g);
    }
    return HS_OK;
}
