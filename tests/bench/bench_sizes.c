/* What a vat can collect, by how much of it there is: the time of what then has to be done with all
 * of it may grow as n log n, no faster. */
#include "sidecar/threads/vat_thread.h"
#include "tests/bench/bench.h"
#include "tests/bench/bench_program.h"

#include <math.h>
#include <stdio.h>

enum { SIZES_PIECE = 1000, SIZES_TURNS = 120, SIZES_LONG_MS = 2000 };

typedef enum hs_status (*sizes_fn)(struct bench_program *p, uint64_t n, struct hs_error *err);

/* `holder` does `method` n times in all, so many a call. */
static enum hs_status in_pieces(struct bench_program *p, const char *method, bool from, uint64_t n,
                                struct hs_error *err)
{
    char args[64];
    enum hs_status st = HS_OK;

    for (uint64_t i = 0; i < n && st == HS_OK; i += SIZES_PIECE) {
        uint64_t piece = n - i < SIZES_PIECE ? n - i : SIZES_PIECE;

        if (from) {
            (void)snprintf(args, sizeof args, "%llu,%llu", (unsigned long long)i,
                           (unsigned long long)piece);
        } else {
            (void)snprintf(args, sizeof args, "%llu", (unsigned long long)piece);
        }
        st = bench_program_call(p, "holder", method, args, err);
        if (st == HS_OK) st = bench_program_work(p, err);
    }
    return st;
}

static enum hs_status call_and_work(struct bench_program *p, const char *to, const char *method,
                                    struct hs_error *err)
{
    enum hs_status st = bench_program_call(p, to, method, "", err);

    return st == HS_OK ? bench_program_work(p, err) : st;
}

static enum hs_status hold(struct bench_program *p, uint64_t n, struct hs_error *err)
{
    return in_pieces(p, "hold", false, n, err);
}

/* Deliveries enough for both to be reaped. */
static enum hs_status let_go(struct bench_program *p, uint64_t n, struct hs_error *err)
{
    enum hs_status st = call_and_work(p, "holder", "letGo", err);

    (void)n;
    for (int i = 0; i < SIZES_TURNS && st == HS_OK; i++) {
        st = call_and_work(p, i % 2 ? "holder" : "maker", "nothing", err);
    }
    return st;
}

static enum hs_status maker_ends(struct bench_program *p, uint64_t n, struct hs_error *err)
{
    (void)n;
    return call_and_work(p, "maker", "exit", err);
}

static enum hs_status holder_ends(struct bench_program *p, uint64_t n, struct hs_error *err)
{
    (void)n;
    return call_and_work(p, "holder", "exit", err);
}

static enum hs_status set_keys(struct bench_program *p, uint64_t n, struct hs_error *err)
{
    return in_pieces(p, "set", true, n, err);
}

static enum hs_status set_and_remove_keys(struct bench_program *p, uint64_t n, struct hs_error *err)
{
    enum hs_status st = set_keys(p, n, err);

    return st == HS_OK ? in_pieces(p, "remove", true, n, err) : st;
}

static enum hs_status next_key(struct bench_program *p, uint64_t n, struct hs_error *err)
{
    enum hs_status st = HS_OK;

    (void)n;
    for (int i = 0; i < SIZES_TURNS && st == HS_OK; i++) {
        st = bench_program_call(p, "holder", "count", "1", err);
    }
    return st;
}

static enum hs_status await(struct bench_program *p, uint64_t n, struct hs_error *err)
{
    return in_pieces(p, "await", false, n, err);
}

static enum hs_status queue(struct bench_program *p, uint64_t n, struct hs_error *err)
{
    return in_pieces(p, "queue", false, n, err);
}

static enum hs_status open_gate(struct bench_program *p, uint64_t n, struct hs_error *err)
{
    (void)n;
    return call_and_work(p, "maker", "openGate", err);
}

static const struct {
    const char *name;
    sizes_fn collect, deal; /* the second is measured */
} cases[] = {
    {"objects of another vat: let go", hold, let_go},
    {"exports: their vat ends", hold, maker_ends},
    {"imports: their vat ends", hold, holder_ends},
    {"keys: their vat ends", set_keys, holder_ends},
    {"keys deleted: the next one", set_and_remove_keys, next_key},
    {"promises: settled", await, open_gate},
    {"promises: their decider ends", await, maker_ends},
    {"messages to a promise: routed", queue, open_gate},
};

enum { CASES = sizeof cases / sizeof *cases };

struct sizes {
    const struct bench_options *options;
    struct vat_engine *engine;
    double ms[CASES][BENCH_COUNTS_MAX];
    uint64_t ticks[CASES][BENCH_COUNTS_MAX];
};

static enum hs_status sizes_run(struct sizes *s, size_t which, size_t size, struct hs_error *err)
{
    struct bench_program p = {0};
    const uint64_t n = s->options->messages[size];
    uint64_t began_us = 0;
    double ms;
    enum hs_status st = bench_program_open(&p, s->engine, HEADSTART_BENCH_SIZES, err);

    if (st == HS_OK) st = cases[which].collect(&p, n, err);
    p.ticks = 0;
    began_us = bench_cpu_us();
    if (st == HS_OK) st = cases[which].deal(&p, n, err);
    ms = (double)(bench_cpu_us() - began_us) / 1e3;
    if (s->ticks[which][size] == 0 || ms < s->ms[which][size]) s->ms[which][size] = ms;
    s->ticks[which][size] = p.ticks;
    bench_program_close(&p);
    return st;
}

/* The least of several runs is the one that others disturbed least. What takes seconds is long
 * enough to be measured once. */
static enum hs_status sizes_repeat(struct sizes *s, size_t which, size_t size, struct hs_error *err)
{
    enum hs_status st = HS_OK;

    for (uint64_t i = 0; i < s->options->repeats && st == HS_OK; i++) {
        st = sizes_run(s, which, size, err);
        if (s->ms[which][size] > SIZES_LONG_MS) break;
    }
    return st;
}

static enum hs_status sizes_measure(void *data, struct hs_error *err)
{
    struct sizes *s = data;
    struct progress_bar bar;
    enum hs_status st = vat_engine_open(disk_system(), NULL, &s->engine, err);

    progress_bar_start(&bar, "sizes", true);
    for (size_t i = 0; i < CASES && st == HS_OK; i++) {
        progress_bar_show(&bar, i, i, CASES);
        for (size_t j = 0; j < s->options->messages_len && st == HS_OK; j++) {
            st = sizes_repeat(s, i, j, err);
        }
    }
    progress_bar_end(&bar);
    vat_engine_close(s->engine);
    return st;
}

static void sizes_print_json(const struct sizes *s)
{
    (void)printf("{\"schema\":1,\"rows\":[");
    for (size_t i = 0; i < CASES; i++) {
        for (size_t j = 0; j < s->options->messages_len; j++) {
            (void)printf("%s{\"work\":\"%s\",\"size\":%llu,\"ms\":%.2f,\"ticks\":%llu}",
                         i + j > 0 ? "," : "", cases[i].name,
                         (unsigned long long)s->options->messages[j], s->ms[i][j],
                         (unsigned long long)s->ticks[i][j]);
        }
    }
    (void)printf("],");
    machine_print_json(&s->options->machine, stdout);
    (void)printf("}\n");
}

/* How much faster than n log n the time grew from the first size to the last; 1: as fast. */
static double sizes_growth(const struct sizes *s, size_t which)
{
    const size_t last = s->options->messages_len - 1;
    const double n = (double)s->options->messages[0], m = (double)s->options->messages[last];

    return s->ms[which][last] / s->ms[which][0] * (n * log(n)) / (m * log(m));
}

static void sizes_print(const struct sizes *s)
{
    (void)printf("%-34s", "milliseconds, (ticks)");
    for (size_t j = 0; j < s->options->messages_len; j++) {
        (void)printf(" %18llu", (unsigned long long)s->options->messages[j]);
    }
    (void)printf("  ÷ n log n\n");
    for (size_t i = 0; i < CASES; i++) {
        (void)printf("%-34s", cases[i].name);
        for (size_t j = 0; j < s->options->messages_len; j++) {
            (void)printf(" %8.1f (%7llu)", s->ms[i][j], (unsigned long long)s->ticks[i][j]);
        }
        (void)printf(" %10.2f\n", sizes_growth(s, i));
    }
}

enum hs_status bench_sizes(const struct bench_options *options, struct hs_error *err)
{
    struct sizes s = {.options = options};
    enum hs_status st = vat_thread_run(sizes_measure, &s, err);

    if (st != HS_OK) return st;
    if (options->json) {
        sizes_print_json(&s);
    } else {
        sizes_print(&s);
    }
    return HS_OK;
}
