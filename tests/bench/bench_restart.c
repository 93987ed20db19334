/* Restart: how long from a dead sidecar to the first answered delivery.
 *
 *   N messages ─► SIGKILL ─► start ──preload──► ready ──first delivery──► answer     "warm"
 *                            └─ the same with headstart's data removed ─► answer     "full replay"
 *
 * Both are measured from the start of the process to the answer in the node's hands, on the same
 * chain, and the answers' paths are checked: a warm start that replayed everything, or a full
 * replay that found a snapshot, would be a wrong figure.
 */
#include "tests/bench/bench.h"
#include "tests/bench/bench_chain.h"
#include "tests/bench/bench_sidecar.h"
#include "tests/bench/spread.h"

#include <stdio.h>
#include <string.h>

struct restart_row {
    uint64_t messages;
    uint64_t heap_bytes;
    struct spread warm_ms;
    struct spread preload_ms;
    struct spread full_ms;
};

/* Start, wait for readiness where it is wanted, deliver once. */
static enum hs_status restart_once(struct bench_sidecar *sidecar, struct bench_chain *chain,
                                   struct spread *preload_ms, double *answer_ms,
                                   struct bench_answer *answer, struct hs_error *err)
{
    double started = bench_clock_ms();
    enum hs_status st = bench_sidecar_start(sidecar, NULL, err);

    if (st == HS_OK && preload_ms) {
        st = bench_sidecar_wait_primed(sidecar, err);
        if (st == HS_OK) spread_add(preload_ms, bench_clock_ms() - started);
    }
    if (st == HS_OK) st = bench_chain_connect(chain, bench_sidecar_socket(sidecar), err);
    if (st == HS_OK) st = bench_chain_deliver(chain, answer, err);
    *answer_ms = bench_clock_ms() - started;
    return st;
}

static void die(struct bench_sidecar *sidecar, struct bench_chain *chain)
{
    bench_sidecar_kill(sidecar);
    bench_chain_disconnect(chain);
}

static enum hs_status measure_warm(struct bench_sidecar *sidecar, struct bench_chain *chain,
                                   uint64_t repeats, struct restart_row *row, struct hs_error *err)
{
    struct bench_answer answer;
    enum hs_status st = HS_OK;

    for (uint64_t i = 0; i < repeats && st == HS_OK; i++) {
        double ms = 0;

        die(sidecar, chain);
        st = restart_once(sidecar, chain, &row->preload_ms, &ms, &answer, err);
        if (st == HS_OK && strcmp(answer.path, "full_replay") == 0) {
            st = hs_fail(err, HS_INTERNAL, "bench: the warm start needed a full replay");
        }
        spread_add(&row->warm_ms, ms);
    }
    return st;
}

static enum hs_status measure_full(struct bench_sidecar *sidecar, struct bench_chain *chain,
                                   uint64_t repeats, struct restart_row *row, struct hs_error *err)
{
    struct bench_answer answer;
    enum hs_status st = HS_OK;

    for (uint64_t i = 0; i < repeats && st == HS_OK; i++) {
        double ms = 0;

        die(sidecar, chain);
        st = bench_sidecar_forget(sidecar, err);
        if (st == HS_OK) st = restart_once(sidecar, chain, NULL, &ms, &answer, err);
        if (st == HS_OK && strcmp(answer.path, "full_replay") != 0) {
            st = hs_fail(err, HS_INTERNAL, "bench: without data the path was %s", answer.path);
        }
        spread_add(&row->full_ms, ms);
    }
    return st;
}

static enum hs_status measure_row(const struct bench_options *options, struct restart_row *row,
                                  struct hs_error *err)
{
    struct bench_sidecar *sidecar = NULL;
    struct bench_chain *chain = NULL;
    enum hs_status st = bench_chain_open(&chain, err);

    if (st == HS_OK) st = bench_sidecar_open(options->heap_mib, &sidecar, err);
    if (st == HS_OK) st = bench_sidecar_start(sidecar, NULL, err);
    if (st == HS_OK) st = bench_chain_connect(chain, bench_sidecar_socket(sidecar), err);
    bench_say("restart: executing %llu messages", (unsigned long long)row->messages);
    for (uint64_t i = 0; i < row->messages && st == HS_OK; i++) {
        st = bench_chain_deliver(chain, NULL, err);
    }
    if (st == HS_OK) st = bench_sidecar_heap_bytes(sidecar, &row->heap_bytes, err);
    bench_say("restart: measuring warm starts");
    if (st == HS_OK) st = measure_warm(sidecar, chain, options->repeats, row, err);
    bench_say("restart: measuring full replays");
    if (st == HS_OK) {
        st = measure_full(sidecar, chain, options->repeats < 3 ? options->repeats : 3, row, err);
    }
    bench_sidecar_close(sidecar);
    bench_chain_close(chain);
    return st;
}

static double row_ratio(const struct restart_row *row)
{
    double warm = spread_median(&row->warm_ms);

    return warm > 0 ? spread_median(&row->full_ms) / warm : 0;
}

static void print_json(const struct restart_row *rows, size_t len)
{
    (void)printf("{\"schema\":1,\"rows\":[");
    for (size_t i = 0; i < len; i++) {
        const struct restart_row *r = &rows[i];

        (void)printf("%s{\"messages\":%llu,\"heap_bytes\":%llu,\"warm_ms\":%.3f,"
                     "\"preload_ms\":%.3f,\"full_replay_ms\":%.3f,\"ratio\":%.1f,"
                     "\"warm_ms_min\":%.3f,\"warm_ms_max\":%.3f,"
                     "\"full_replay_ms_min\":%.3f,\"full_replay_ms_max\":%.3f}",
                     i ? "," : "", (unsigned long long)r->messages,
                     (unsigned long long)r->heap_bytes, spread_median(&r->warm_ms),
                     spread_median(&r->preload_ms), spread_median(&r->full_ms), row_ratio(r),
                     spread_min(&r->warm_ms), spread_max(&r->warm_ms), spread_min(&r->full_ms),
                     spread_max(&r->full_ms));
    }
    (void)printf("]}\n");
}

static void print_spread(const struct spread *s)
{
    (void)printf("  %8.1f %8.1f %8.1f", spread_min(s), spread_median(s), spread_max(s));
}

static void print_table(const struct restart_row *rows, size_t len)
{
    (void)printf("Restart to the first answer, in ms (min, median, max)\n\n"
                 "  messages  heap MiB        preload                     warm start"
                 "                  full replay           ratio\n");
    for (size_t i = 0; i < len; i++) {
        const struct restart_row *r = &rows[i];

        (void)printf("%10llu  %8.1f", (unsigned long long)r->messages,
                     (double)r->heap_bytes / (1 << 20));
        print_spread(&r->preload_ms);
        print_spread(&r->warm_ms);
        print_spread(&r->full_ms);
        (void)printf("  %8.1f\n", row_ratio(r));
    }
    if (len > 1) {
        (void)printf("\nwarm start at %llu messages / at %llu: %.2f\n",
                     (unsigned long long)rows[len - 1].messages,
                     (unsigned long long)rows[0].messages,
                     spread_median(&rows[len - 1].warm_ms) / spread_median(&rows[0].warm_ms));
    }
}

enum hs_status bench_restart(const struct bench_options *options, struct hs_error *err)
{
    struct restart_row rows[BENCH_COUNTS_MAX] = {0};
    enum hs_status st = HS_OK;

    for (size_t i = 0; i < options->messages_len && st == HS_OK; i++) {
        rows[i].messages = options->messages[i];
        st = measure_row(options, &rows[i], err);
    }
    if (st != HS_OK) return st;
    (options->json ? print_json : print_table)(rows, options->messages_len);
    return HS_OK;
}
