#include "tests/bench/observed.h"

#include "tests/bench/bench_chain.h"
#include "tests/bench/bench_sidecar.h"
#include "tests/bench/observers.h"
#include "tests/bench/warm_up.h"

#include <time.h>

enum {
    WARM_UP_MESSAGES = 500,
    BLOCK_PAUSE_MS = 10, /* time for queries, as a chain leaves it */
};

struct watched_node {
    struct bench_sidecar *sidecar;
    struct bench_chain *chain;
    struct observers *observers;
    uint64_t asked_us; /* how long observers asked */
};

static enum hs_status node_open(struct watched_node *n, const struct workload *w,
                                struct hs_error *err)
{
    static const char *const extra[] = {"--serve-queries", NULL};
    enum hs_status st = warm_up_begin(w, extra, &n->chain, &n->sidecar, err);

    if (st == HS_OK) st = warm_up_to(n->chain, WARM_UP_MESSAGES, err);
    if (st != HS_OK) return st;
    return observers_open(bench_sidecar_socket(n->sidecar), workload_question(w), &n->observers,
                          err);
}

static void node_close(struct watched_node *n)
{
    observers_close(n->observers);
    bench_sidecar_close(n->sidecar);
    bench_chain_close(n->chain);
}

static enum hs_status node_slice(struct watched_node *n, uint64_t messages, bool asked,
                                 struct latency *all, uint32_t *p99_us, struct hs_error *err)
{
    const struct timespec pause = {.tv_nsec = BLOCK_PAUSE_MS * 1000000L};
    struct latency slice = {0};
    uint64_t began_us = latency_clock_us();
    enum hs_status st = HS_OK;

    observers_ask(n->observers, asked);
    for (uint64_t i = 0; i < messages && st == HS_OK; i++) {
        uint64_t us;

        if (bench_chain_seqnum(n->chain) % BENCH_BLOCK_MESSAGES == 0) {
            (void)nanosleep(&pause, NULL);
        }
        us = latency_clock_us();
        st = bench_chain_deliver(n->chain, NULL, err);
        us = latency_clock_us() - us;
        if (st == HS_OK) st = latency_add(&slice, us, err);
        if (st == HS_OK) st = latency_add(all, us, err);
    }
    observers_ask(n->observers, false);
    if (asked) n->asked_us += latency_clock_us() - began_us;
    *p99_us = latency_quantile(&slice, 990);
    latency_fini(&slice);
    return st == HS_OK ? observers_check(n->observers, err) : st;
}

enum hs_status observed_measure(const struct workload *w, uint64_t messages, uint64_t slices,
                                struct observed *out, struct hs_error *err)
{
    struct watched_node n = {0};
    enum hs_status st = node_open(&n, w, err);

    for (uint64_t i = 0; i < slices && st == HS_OK; i++) {
        uint32_t alone_us = 0, beside_us = 0;

        st = node_slice(&n, messages, false, &out->alone, &alone_us, err);
        if (st == HS_OK) st = node_slice(&n, messages, true, &out->beside, &beside_us, err);
        if (alone_us > 0) spread_add(&out->p99_ratios, (double)beside_us / (double)alone_us);
    }
    if (st == HS_OK && n.asked_us > 0) {
        out->queries_per_s = (double)observers_answered(n.observers) * 1e6 / (double)n.asked_us;
        out->refused = observers_refused(n.observers);
    }
    node_close(&n);
    return st;
}

void observed_fini(struct observed *o)
{
    latency_fini(&o->alone);
    latency_fini(&o->beside);
}

double observed_p99_ratio(struct observed *o)
{
    double alone = latency_quantile(&o->alone, 990);

    return alone > 0 ? latency_quantile(&o->beside, 990) / alone : 0;
}
