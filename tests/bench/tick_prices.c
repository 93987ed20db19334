#include "tests/bench/tick_prices.h"

#include "kernel/state/kv_memory.h"
#include "tests/bench/bench.h"
#include "tests/bench/bench_workload.h"

#include <stdio.h>

enum { MESSAGES_BLOCK = 20 };

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
_Static_assert(sizeof cases / sizeof cases[0] == TICK_PRICES_KINDS, "each has a place");

const char *tick_prices_kind(size_t i)
{
    return cases[i].name;
}

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

static enum hs_status price_kernel_open(struct vat_engine *engine, const char *path,
                                        struct price_kernel *k, struct hs_error *err)
{
    struct kernel_options options = {.engine = engine};
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

static enum hs_status price_case_run(struct vat_engine *engine, size_t i, struct tick_prices *out,
                                     struct hs_error *err)
{
    struct price_kernel k = {0};
    const struct price_case *c = &cases[i];
    enum hs_status st = price_kernel_open(engine, HEADSTART_BENCH_PRICES, &k, err);

    if (st == HS_OK) st = price_call(&k, "\"spin\",\"args\":[1]", err);
    for (size_t n = 0; n < 3 && c->calls[n] && st == HS_OK; n++) {
        if (n == c->timed) k.us = k.ticks = 0;
        st = price_call(&k, c->calls[n], err);
    }
    if (st == HS_OK) {
        out->ticks[i] = k.ticks;
        spread_add(&out->of[i], (double)k.us * 1e3 / (double)k.ticks);
    }
    price_kernel_close(&k);
    return st;
}

static enum hs_status price_usual_run(struct vat_engine *engine, uint64_t messages,
                                      struct tick_prices *out, struct hs_error *err)
{
    const struct workload real = {.program = WORKLOAD_LEDGER};
    struct workload_messages *source = NULL;
    struct price_kernel k = {0};
    struct buffer text = {0};
    enum hs_status st = price_kernel_open(engine, HEADSTART_BENCH_LEDGER, &k, err);

    if (st == HS_OK) st = workload_messages_open(&real, &source, err);
    for (uint64_t i = 0; i < messages && st == HS_OK; i++) {
        if (i == 1) k.us = k.ticks = 0; /* the first makes the vats */
        if (i % MESSAGES_BLOCK == 0) {
            k.height++;
            st = kernel_mark(k.kernel, err);
        }
        if (st == HS_OK) st = workload_message(source, i, &text, err);
        if (st == HS_OK) st = price_deliver(&k, buffer_slice(&text), err);
    }
    if (st == HS_OK) spread_add(&out->usual, (double)k.us * 1e3 / (double)k.ticks);
    buffer_fini(&text);
    workload_messages_close(source);
    price_kernel_close(&k);
    return st;
}

enum hs_status tick_prices_measure(struct vat_engine *engine, uint64_t messages,
                                   struct tick_prices *out, struct hs_error *err)
{
    enum hs_status st = price_usual_run(engine, messages, out, err);

    for (size_t i = 0; i < TICK_PRICES_KINDS && st == HS_OK; i++) {
        st = price_case_run(engine, i, out, err);
    }
    return st;
}

double tick_prices_worst(const struct tick_prices *p, size_t *which)
{
    *which = 0;
    for (size_t i = 1; i < TICK_PRICES_KINDS; i++) {
        if (spread_median(&p->of[i]) > spread_median(&p->of[*which])) *which = i;
    }
    return spread_median(&p->of[*which]) / spread_median(&p->usual);
}
