/* Cost: what a message costs the node, alone and beside observers.
 *
 * One sidecar, one node that pauses between its blocks as a chain does, eight observers that ask
 * one query after the other, or not at all, in turns, a slice each: a machine that slows down slows
 * both down. Told are the latencies of the node's deliveries, their 99th percentiles' ratio, and
 * how many queries were answered meanwhile.
 */
#include "ipc/include/headstart.h"
#include "tests/bench/bench.h"
#include "tests/bench/bench_chain.h"
#include "tests/bench/bench_sidecar.h"
#include "tests/bench/spread.h"
#include "tests/node/latency.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    COST_OBSERVERS = 8,
    COST_WARM_UP_MESSAGES = 500,
    COST_BLOCK_PAUSE_MS = 10, /* time for queries, as a chain leaves it */
    COST_BUSY_PAUSE_MS = 1,   /* an observer that was told `busy` asks again after that */
};

/* What the observers share with the bench's own thread. */
struct observers {
    const char *socket;
    pthread_t threads[COST_OBSERVERS];
    size_t threads_len;
    atomic_bool asking, ended;
    atomic_uint_fast64_t answered, refused;
    atomic_bool broken; /* one met an error that is none of the protocol's */
};

struct cost {
    struct bench_sidecar *sidecar;
    struct bench_chain *chain;
    struct observers observers;
    struct latency alone, beside;
    struct spread p99_ratios; /* of slices */
    uint64_t asked_us;        /* how long observers asked */
};

static void cost_pause(unsigned ms)
{
    const struct timespec pause = {.tv_nsec = (long)ms * 1000000};

    (void)nanosleep(&pause, NULL);
}

/* --- observers --- */

static bool observer_ask(struct observers *o, struct headstart *link)
{
    static const char message[] =
        "{\"to\":\"bench\",\"method\":\"transfer\",\"args\":[\"account1\",\"account2\",3]}";
    const struct headstart_query q = {.message = {message, sizeof message - 1}};
    struct headstart_query_result *r = NULL;
    struct headstart_error err;
    bool fine = true;

    if (headstart_query(link, &q, &r, &err) == HEADSTART_OK) {
        (void)atomic_fetch_add(&o->answered, 1);
    } else {
        fine = strcmp(err.code, "busy") == 0;
        (void)atomic_fetch_add(&o->refused, 1);
        cost_pause(COST_BUSY_PAUSE_MS);
    }
    headstart_query_result_free(r);
    return fine;
}

static void *observer_run(void *data)
{
    struct observers *o = data;
    struct headstart_options options = {.socket_path = o->socket,
                                        .chain_id = BENCH_CHAIN_ID,
                                        .client = "headstart-bench observer",
                                        .observer = true,
                                        .connect_timeout_ms = 60000};
    struct headstart *link = NULL;
    struct headstart_error err;
    bool fine = headstart_connect(&options, &link, &err) == HEADSTART_OK;

    while (fine && !atomic_load(&o->ended)) {
        if (atomic_load(&o->asking)) {
            fine = observer_ask(o, link);
        } else {
            cost_pause(COST_BUSY_PAUSE_MS);
        }
    }
    headstart_close(link);
    if (!fine) atomic_store(&o->broken, true);
    return NULL;
}

static enum hs_status observers_start(struct observers *o, const char *socket, struct hs_error *err)
{
    o->socket = socket;
    while (o->threads_len < COST_OBSERVERS) {
        if (pthread_create(&o->threads[o->threads_len], NULL, observer_run, o) != 0) {
            return hs_fail(err, HS_NOMEM, "bench: starting an observer");
        }
        o->threads_len++;
    }
    return HS_OK;
}

static void observers_end(struct observers *o)
{
    atomic_store(&o->ended, true);
    while (o->threads_len > 0) {
        (void)pthread_join(o->threads[--o->threads_len], NULL);
    }
}

/* --- slices --- */

static enum hs_status cost_open(struct cost *c, uint64_t heap_mib, struct hs_error *err)
{
    static const char *const extra[] = {"--serve-queries", NULL};
    enum hs_status st = bench_chain_open(&c->chain, err);

    if (st == HS_OK) st = bench_sidecar_open(heap_mib, &c->sidecar, err);
    if (st == HS_OK) st = bench_sidecar_start(c->sidecar, extra, err);
    if (st == HS_OK) st = bench_chain_connect(c->chain, bench_sidecar_socket(c->sidecar), err);
    for (int i = 0; i < COST_WARM_UP_MESSAGES && st == HS_OK; i++) {
        st = bench_chain_deliver(c->chain, NULL, err);
    }
    if (st == HS_OK) {
        st = observers_start(&c->observers, bench_sidecar_socket(c->sidecar), err);
    }
    return st;
}

static void cost_close(struct cost *c)
{
    observers_end(&c->observers);
    bench_sidecar_close(c->sidecar);
    bench_chain_close(c->chain);
    latency_fini(&c->alone);
    latency_fini(&c->beside);
}

static enum hs_status cost_slice(struct cost *c, uint64_t messages, bool asked, uint32_t *p99_us,
                                 struct hs_error *err)
{
    struct latency slice = {0};
    uint64_t began_us = latency_clock_us();
    enum hs_status st = HS_OK;

    atomic_store(&c->observers.asking, asked);
    for (uint64_t i = 0; i < messages && st == HS_OK; i++) {
        uint64_t before_us;

        if (bench_chain_seqnum(c->chain) % BENCH_BLOCK_MESSAGES == 0) {
            cost_pause(COST_BLOCK_PAUSE_MS);
        }
        before_us = latency_clock_us();
        st = bench_chain_deliver(c->chain, NULL, err);
        if (st == HS_OK) st = latency_add(&slice, latency_clock_us() - before_us, err);
        if (st == HS_OK) {
            st = latency_add(asked ? &c->beside : &c->alone, latency_clock_us() - before_us, err);
        }
    }
    atomic_store(&c->observers.asking, false);
    if (asked) c->asked_us += latency_clock_us() - began_us;
    *p99_us = latency_quantile_us(&slice, 990);
    latency_fini(&slice);
    if (st == HS_OK && atomic_load(&c->observers.broken)) {
        st = hs_fail(err, HS_PROTOCOL, "bench: an observer was refused, and not as busy");
    }
    return st;
}

static void cost_print(struct cost *c, const struct bench_options *o)
{
    double alone = latency_quantile_us(&c->alone, 990);
    double beside = latency_quantile_us(&c->beside, 990);
    double ratio = alone > 0 ? beside / alone : 0;
    uint64_t answered = atomic_load(&c->observers.answered);
    double per_s = c->asked_us > 0 ? (double)answered * 1e6 / (double)c->asked_us : 0;

    if (o->json) {
        (void)printf("{\"schema\":1,\"rows\":[{\"workload\":\"transfers\",\"heap_mib\":%llu,"
                     "\"p50_us\":%u,\"p99_us\":%.0f,\"observers\":%d,\"observers_p50_us\":%u,"
                     "\"observers_p99_us\":%.0f,\"observers_p99_ratio\":%.2f,"
                     "\"observers_p99_ratio_median\":%.2f,\"queries_per_s\":%.0f}]}\n",
                     (unsigned long long)o->heap_mib, latency_quantile_us(&c->alone, 500), alone,
                     COST_OBSERVERS, latency_quantile_us(&c->beside, 500), beside, ratio,
                     spread_median(&c->p99_ratios), per_s);
        return;
    }
    (void)printf(
        "A delivery alone and beside %d observers that ask all the time\n\n"
        "  median      alone %6u us, beside %6u us\n"
        "  99th perc.  alone %6.0f us, beside %6.0f us, ratio %.2f\n"
        "  of slices   %.2f %.2f %.2f (min, median, max)\n"
        "  queries     %.0f/s answered, %llu told busy\n",
        COST_OBSERVERS, latency_quantile_us(&c->alone, 500), latency_quantile_us(&c->beside, 500),
        alone, beside, ratio, spread_min(&c->p99_ratios), spread_median(&c->p99_ratios),
        spread_max(&c->p99_ratios), per_s, (unsigned long long)atomic_load(&c->observers.refused));
}

enum hs_status bench_cost(const struct bench_options *options, struct hs_error *err)
{
    struct cost c = {.chain = NULL};
    uint64_t slice = options->messages[0] / options->repeats + 1;
    enum hs_status st = cost_open(&c, options->heap_mib, err);

    for (uint64_t i = 0; i < options->repeats && st == HS_OK; i++) {
        uint32_t alone_us = 0, beside_us = 0;

        bench_say("cost: slice %llu of %llu, %llu messages each way", (unsigned long long)i + 1,
                  (unsigned long long)options->repeats, (unsigned long long)slice);
        st = cost_slice(&c, slice, false, &alone_us, err);
        if (st == HS_OK) st = cost_slice(&c, slice, true, &beside_us, err);
        if (alone_us > 0) spread_add(&c.p99_ratios, (double)beside_us / (double)alone_us);
    }
    if (st == HS_OK) cost_print(&c, options);
    cost_close(&c);
    return st;
}
