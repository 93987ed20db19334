/* Prices: is a tick of any work as long as a tick of ordinary work?
 *
 * A message costs ticks, and a block's ticks bound its time only as far as a tick of one kind of
 * work takes no longer than a tick of another. So each kind is executed alone, as much of it as
 * a message may do, with the runs that work off what it left; the usual is the real workload. Told
 * are nanoseconds of processor time a tick, and how many times the usual that is.
 */
#include "kernel/kernel.h"
#include "kernel/state/kv_memory.h"
#include "sidecar/threads/vat_thread.h"
#include "tests/bench/bench.h"
#include "tests/bench/spread.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PRICES_LINE_BYTES_MAX = 1 << 20, PRICES_MESSAGES_BLOCK = 20 };

/* What a kind of work is called, and the messages that do it; those before the `timed` ones are
 * its preparation. */
struct price_case {
    const char *name;
    const char *calls[3]; /* method and arguments; ended by NULL */
    size_t timed;         /* the first that counts */
};

static const struct price_case cases[] = {
    {"a loop", {"\"spin\",\"args\":[2000000]"}, 0},
    {"calls of functions", {"\"call\",\"args\":[22]"}, 0},
    {"a regular expression", {"\"match\",\"args\":[18]"}, 0},
    {"objects made", {"\"allocate\",\"args\":[50000]"}, 0},
    {"an array of objects copied", {"\"gather\",\"args\":[200000]", "\"copies\",\"args\":[10]"}, 1},
    {"bytes moved in the heap", {"\"copy\",\"args\":[2000,100000]"}, 0},
    {"a sort", {"\"sort\",\"args\":[50000]"}, 0},
    {"JSON written", {"\"print\",\"args\":[50000]"}, 0},
    {"vatstore: small values set", {"\"set\",\"args\":[5000,10]"}, 0},
    {"vatstore: large values set", {"\"set\",\"args\":[100,100000]"}, 0},
    {"vatstore: small values read", {"\"set\",\"args\":[5000,10]", "\"get\",\"args\":[5000]"}, 1},
    {"vatstore: large values read", {"\"set\",\"args\":[100,100000]", "\"get\",\"args\":[100]"}, 1},
    {"vatstore: from key to key", {"\"set\",\"args\":[5000,10]", "\"next\",\"args\":[5000]"}, 1},
    {"vatstore: values deleted", {"\"set\",\"args\":[5000,10]", "\"unset\",\"args\":[5000]"}, 1},
    {"small sends", {"\"send\",\"args\":[2000]"}, 0},
    {"large sends", {"\"sendLong\",\"args\":[50,100000]"}, 0},
    {"sends that are answered", {"\"ask\",\"args\":[1000]"}, 0},
    {"objects exported", {"\"export\",\"args\":[2000]"}, 0},
    {"objects dropped", {"\"export\",\"args\":[2000]", "\"drop\",\"args\":[]"}, 1},
    {"promises made", {"\"promise\",\"args\":[1000]"}, 0},
    {"promises settled", {"\"promise\",\"args\":[1000]", "\"settle\",\"args\":[]"}, 1},
};
enum { CASES = sizeof cases / sizeof cases[0] };

struct prices {
    const struct bench_options *options;
    struct vat_engine *engine;
    struct spread usual, of[CASES]; /* nanoseconds a tick */
    uint64_t ticks[CASES];
};

/* A kernel on a store in memory. */
struct price_kernel {
    struct kernel_config *config;
    struct kv_memory *base;
    struct kernel *kernel;
    uint64_t height;
    uint64_t ticks, us, queued;
};

static void price_kernel_close(struct price_kernel *k)
{
    kernel_close(k->kernel);
    kv_memory_close(k->base);
    kernel_config_close(k->config);
}

static enum hs_status price_kernel_open(const struct prices *p, const char *path,
                                        struct price_kernel *k, struct hs_error *err)
{
    struct kernel_options options = {.engine = p->engine};
    enum hs_status st = kernel_config_load(disk_system(), path, &k->config, err);

    if (st == HS_OK) st = kv_memory_open(&k->base, err);
    if (st != HS_OK) return st;
    options.base = kv_memory_store(k->base);
    options.config = k->config;
    st = kernel_start(&options, &k->kernel, NULL, err);
    if (st == HS_OK) kernel_keep_savepoints(k->kernel, true);
    return st;
}

static enum hs_status price_deliver(struct price_kernel *k, struct slice text, struct hs_error *err)
{
    struct message m = {.height = k->height, .time = 1700000000 + k->height, .text = text};
    struct kernel_outcome outcome = {0};
    uint64_t began_us = bench_cpu_us();
    enum hs_status st = kernel_deliver(k->kernel, &m, &outcome, err);

    k->us += bench_cpu_us() - began_us;
    k->ticks += outcome.ticks;
    k->queued = outcome.queued;
    if (st == HS_OK && outcome.status == MESSAGE_REJECTED) {
        st =
            hs_fail(err, HS_INVALID, "prices: %.*s was rejected: %s",
                    (int)(text.len < 100 ? text.len : 100), text.data, buffer_text(&outcome.value));
    }
    kernel_outcome_fini(&outcome);
    return st;
}

static enum hs_status price_method(struct price_kernel *k, const char *call, struct hs_error *err)
{
    char text[256];

    (void)snprintf(text, sizeof text, "{\"to\":\"prices\",\"method\":%s}", call);
    return price_deliver(k, slice_text(text), err);
}

/* The message, and everything that it left to be done; in a block of its own, which a message that
 * does not count has begun: what each block costs once is in the usual as in a block of twenty. */
static enum hs_status price_call(struct price_kernel *k, const char *call, struct hs_error *err)
{
    enum hs_status st = kernel_mark(k->kernel, err);
    uint64_t us = k->us, ticks = k->ticks;

    k->height++;
    if (st == HS_OK) st = price_method(k, "\"ask\",\"args\":[1]", err);
    k->us = us;
    k->ticks = ticks;
    if (st == HS_OK) st = price_method(k, call, err);
    while (st == HS_OK && k->queued > 0) {
        st = price_deliver(k, slice_text(""), err);
    }
    return st;
}

static enum hs_status price_case_run(struct prices *p, size_t i, struct hs_error *err)
{
    struct price_kernel k = {0};
    const struct price_case *c = &cases[i];
    enum hs_status st = price_kernel_open(p, HEADSTART_BENCH_PRICES, &k, err);

    if (st == HS_OK) st = price_call(&k, "\"spin\",\"args\":[1]", err);
    for (size_t n = 0; n < 3 && c->calls[n] && st == HS_OK; n++) {
        if (n == c->timed) k.us = k.ticks = 0;
        st = price_call(&k, c->calls[n], err);
    }
    if (st == HS_OK) {
        p->ticks[i] = k.ticks;
        spread_add(&p->of[i], (double)k.us * 1e3 / (double)k.ticks);
    }
    price_kernel_close(&k);
    return st;
}

static enum hs_status price_usual_run(struct prices *p, struct hs_error *err)
{
    struct price_kernel k = {0};
    uint64_t messages = 0;
    FILE *f = fopen(HEADSTART_BENCH_WORKLOAD, "re");
    char *line = malloc(PRICES_LINE_BYTES_MAX);
    enum hs_status st =
        f && line ? HS_OK : hs_fail(err, HS_IO, "prices: cannot read " HEADSTART_BENCH_WORKLOAD);

    if (st == HS_OK) st = price_kernel_open(p, HEADSTART_BENCH_LEDGER, &k, err);
    while (st == HS_OK && messages < p->options->messages[0] &&
           fgets(line, PRICES_LINE_BYTES_MAX, f)) {
        if (messages == 1) k.us = k.ticks = 0; /* the first makes the vats */
        if (messages++ % PRICES_MESSAGES_BLOCK == 0) {
            k.height++;
            st = kernel_mark(k.kernel, err);
        }
        if (st == HS_OK) st = price_deliver(&k, slice_make(line, strcspn(line, "\n")), err);
    }
    if (st == HS_OK) spread_add(&p->usual, (double)k.us * 1e3 / (double)k.ticks);
    price_kernel_close(&k);
    free(line);
    if (f) (void)fclose(f);
    return st;
}

static double prices_worst(const struct prices *p, size_t *which)
{
    *which = 0;
    for (size_t i = 1; i < CASES; i++) {
        if (spread_median(&p->of[i]) > spread_median(&p->of[*which])) *which = i;
    }
    return spread_median(&p->of[*which]) / spread_median(&p->usual);
}

static void prices_print_json(const struct prices *p)
{
    size_t worst;
    double ratio = prices_worst(p, &worst);

    (void)printf("{\"schema\":1,\"usual_ns\":%.0f,\"rows\":[", spread_median(&p->usual));
    for (size_t i = 0; i < CASES; i++) {
        (void)printf("%s{\"work\":\"%s\",\"ticks\":%llu,\"ns\":[%.0f,%.0f,%.0f]}", i ? "," : "",
                     cases[i].name, (unsigned long long)p->ticks[i], spread_min(&p->of[i]),
                     spread_median(&p->of[i]), spread_max(&p->of[i]));
    }
    (void)printf("],\"worst\":\"%s\",\"worst_ratio\":%.2f}\n", cases[worst].name, ratio);
}

static void prices_print(const struct prices *p)
{
    double usual = spread_median(&p->usual);
    size_t worst;
    double ratio = prices_worst(p, &worst);

    (void)printf("%-28s %10s %8s %8s %8s %8s\n", "nanoseconds a tick", "ticks", "min", "median",
                 "max", "÷ usual");
    (void)printf("%-28s %10s %8.0f %8.0f %8.0f %7.2f\n", "the workload (usual)", "",
                 spread_min(&p->usual), usual, spread_max(&p->usual), 1.0);
    for (size_t i = 0; i < CASES; i++) {
        (void)printf("%-28s %10llu %8.0f %8.0f %8.0f %7.2f\n", cases[i].name,
                     (unsigned long long)p->ticks[i], spread_min(&p->of[i]),
                     spread_median(&p->of[i]), spread_max(&p->of[i]),
                     spread_median(&p->of[i]) / usual);
    }
    (void)printf("worst: %s, %.2f times the usual\n", cases[worst].name, ratio);
}

static enum hs_status prices_measure(void *data, struct hs_error *err)
{
    struct prices *p = data;
    enum hs_status st = vat_engine_open(disk_system(), NULL, &p->engine, err);

    for (uint64_t round = 0; round < p->options->repeats && st == HS_OK; round++) {
        bench_say("prices: round %llu of %llu", (unsigned long long)round + 1,
                  (unsigned long long)p->options->repeats);
        st = price_usual_run(p, err);
        for (size_t i = 0; i < CASES && st == HS_OK; i++) {
            st = price_case_run(p, i, err);
        }
    }
    vat_engine_close(p->engine);
    return st;
}

enum hs_status bench_prices(const struct bench_options *options, struct hs_error *err)
{
    struct prices p = {.options = options};
    enum hs_status st = vat_thread_run(prices_measure, &p, err);

    if (st != HS_OK) return st;
    if (options->json) {
        prices_print_json(&p);
    } else {
        prices_print(&p);
    }
    return HS_OK;
}
