/* Restart: how long a node waits for headstart after both were dead.
 *
 *   N messages ─► SIGKILL ─► start ──preload──► ready      the node asks ──► answer
 *                            └───── preload_ms ─────┘        └─ warm_ms ─┘
 *   data removed ─────────► start ────────────► ready      the node asks ──full replay──► answer
 *                                                            └───── full_replay_ms ────┘
 *
 * `ratio` is what the node feels: full_replay_ms / warm_ms. `start_ratio` is the harder one: the
 * same from the start of the process, as if the node had waited for the preload too. Both are on
 * the same chain, and the answers' paths are checked: a warm start that replayed everything, or a
 * full replay that found a snapshot, would be a wrong figure.
 */
#include "tests/bench/bare_start.h"
#include "tests/bench/bench.h"
#include "tests/bench/bench_chain.h"
#include "tests/bench/bench_sidecar.h"
#include "tests/bench/restart_way.h"
#include "tests/bench/warm_up.h"

#include <stdio.h>
#include <string.h>

enum { FULL_REPEATS_MAX = 3 }; /* each takes as long as history is */

struct restart_row {
    uint64_t messages;
    uint64_t heap_bytes;
    struct restart_way warm, full;
    struct bare_start bare;
};

/* What every sidecar of this run is started with. */
/* The default N, asked for by name: at the pace of a chain, of which this history is not, none
 * waits for its share of a core. */
static const char *const *restart_settings(const struct bench_options *options)
{
    static const char *const images[] = {"--snapshot-every", "100", NULL};
    static const char *const no_images[] = {"--snapshot-every", "100", "--no-images", NULL};

    return options->no_images ? no_images : images;
}

static enum hs_status measure_warm(struct bench_sidecar *sidecar, struct bench_chain *chain,
                                   const struct bench_options *options, struct restart_row *row,
                                   struct hs_error *err)
{
    struct bench_answer answer;
    enum hs_status st = HS_OK;

    for (uint64_t i = 0; i < options->repeats && st == HS_OK; i++) {
        restart_way_die(sidecar, chain);
        st = restart_way_once(&row->warm, sidecar, chain, restart_settings(options), &answer, err);
        if (st == HS_OK && strcmp(answer.path, "full_replay") == 0) {
            st = hs_fail(err, HS_INTERNAL, "bench: the warm start needed a full replay");
        }
    }
    return st;
}

static enum hs_status measure_full(struct bench_sidecar *sidecar, struct bench_chain *chain,
                                   const struct bench_options *options, struct restart_row *row,
                                   struct hs_error *err)
{
    struct bench_answer answer;
    enum hs_status st = HS_OK;

    for (uint64_t i = 0; i < options->repeats && i < FULL_REPEATS_MAX && st == HS_OK; i++) {
        restart_way_die(sidecar, chain);
        st = bench_sidecar_forget(sidecar, err);
        if (st == HS_OK) {
            st = restart_way_once(&row->full, sidecar, chain, restart_settings(options), &answer,
                                  err);
        }
        if (st == HS_OK && strcmp(answer.path, "full_replay") != 0) {
            st = hs_fail(err, HS_INTERNAL, "bench: without data the path was %s", answer.path);
        }
    }
    return st;
}

static enum hs_status measure_row(const struct bench_options *options, struct restart_row *row,
                                  struct hs_error *err)
{
    const struct workload w = {.heap_mib = options->heap_mib};
    struct bench_sidecar *sidecar = NULL;
    struct bench_chain *chain = NULL;
    enum hs_status st = warm_up_begin(&w, restart_settings(options), &chain, &sidecar, err);

    bench_say("restart: executing %llu messages", (unsigned long long)row->messages);
    if (st == HS_OK) st = warm_up_to(chain, row->messages, err);
    if (st == HS_OK) st = bench_sidecar_heap_bytes(sidecar, &row->heap_bytes, err);
    bench_say("restart: measuring warm starts");
    if (st == HS_OK) st = measure_warm(sidecar, chain, options, row, err);
    bench_say("restart: measuring starts against an empty program's");
    if (st == HS_OK && !options->no_images) {
        st = bare_start_measure(&row->bare, sidecar, chain, restart_settings(options),
                                options->repeats, err);
        row->heap_bytes = row->bare.heap_bytes;
    }
    bench_say("restart: measuring full replays");
    if (st == HS_OK) st = measure_full(sidecar, chain, options, row, err);
    bench_sidecar_close(sidecar);
    bench_chain_close(chain);
    return st;
}

static double ratio(double above, double below)
{
    return below > 0 ? above / below : 0;
}

static double answer_ratio(const struct restart_row *r)
{
    return ratio(spread_median(&r->full.answer_ms), spread_median(&r->warm.answer_ms));
}

/* Without images nothing is read, and no start is measured so. */
static void print_bare_json(const struct bare_start *b)
{
    (void)printf(",");
    spread_print_json(&b->ready_ms, "ready_ms", 3);
    (void)printf(",");
    spread_print_json(&b->empty_ms, "empty_ms", 3);
    (void)printf(",");
    spread_print_json(&b->read_ms, "read_ms", 3);
    (void)printf(",");
    spread_print_json(&b->ratio, "ready_ratio", 2);
}

static void print_json(const struct restart_row *rows, size_t len, const struct machine *m)
{
    (void)printf("{\"schema\":1,\"rows\":[");
    for (size_t i = 0; i < len; i++) {
        const struct restart_row *r = &rows[i];

        (void)printf("%s{\"messages\":%llu,\"heap_bytes\":%llu,\"warm_ms\":%.3f,"
                     "\"preload_ms\":%.3f,\"full_replay_ms\":%.3f,\"ratio\":%.1f,"
                     "\"start_ratio\":%.1f,"
                     "\"warm_ms_min\":%.3f,\"warm_ms_max\":%.3f,"
                     "\"preload_ms_min\":%.3f,\"preload_ms_max\":%.3f,"
                     "\"full_replay_ms_min\":%.3f,\"full_replay_ms_max\":%.3f",
                     i ? "," : "", (unsigned long long)r->messages,
                     (unsigned long long)r->heap_bytes, spread_median(&r->warm.answer_ms),
                     spread_median(&r->warm.ready_ms), spread_median(&r->full.answer_ms),
                     answer_ratio(r), ratio(restart_way_ms(&r->full), restart_way_ms(&r->warm)),
                     spread_min(&r->warm.answer_ms), spread_max(&r->warm.answer_ms),
                     spread_min(&r->warm.ready_ms), spread_max(&r->warm.ready_ms),
                     spread_min(&r->full.answer_ms), spread_max(&r->full.answer_ms));
        if (r->bare.ready_ms.len > 0) print_bare_json(&r->bare);
        (void)printf("}");
    }
    (void)printf("],");
    machine_print_json(m, stdout);
    (void)printf("}\n");
}

static void print_spread(const struct spread *s)
{
    (void)printf("  %8.1f %8.1f %8.1f", spread_min(s), spread_median(s), spread_max(s));
}

static void print_table(const struct restart_row *rows, size_t len)
{
    (void)printf("Restart, in ms (min, median, max)\n\n"
                 "                      preload, before            the node's first answer,    "
                 "the same by\n"
                 "  messages  heap MiB  the node asks              preloaded                   "
                 "full replay                   ratio   from start\n");
    for (size_t i = 0; i < len; i++) {
        const struct restart_row *r = &rows[i];

        (void)printf("%10llu  %8.1f", (unsigned long long)r->messages,
                     (double)r->heap_bytes / (1 << 20));
        print_spread(&r->warm.ready_ms);
        print_spread(&r->warm.answer_ms);
        print_spread(&r->full.answer_ms);
        (void)printf("  %8.1f  %8.1f\n", answer_ratio(r),
                     ratio(restart_way_ms(&r->full), restart_way_ms(&r->warm)));
    }
    (void)printf("\nStart to ready, nothing to catch up with, against an empty program with the "
                 "same libraries\nthat reads the images' bytes (min, median, max)\n\n"
                 "  messages  heap MiB  ready ms                   empty ms                   "
                 "reading ms                 ready / (empty + reading)\n");
    for (size_t i = 0; i < len; i++) {
        const struct bare_start *b = &rows[i].bare;

        (void)printf("%10llu  %8.1f", (unsigned long long)rows[i].messages,
                     (double)rows[i].heap_bytes / (1 << 20));
        print_spread(&b->ready_ms);
        print_spread(&b->empty_ms);
        print_spread(&b->read_ms);
        print_spread(&b->ratio);
        (void)printf("\n");
    }
    if (len > 1) {
        (void)printf("\nfrom start to first answer, %llu messages / %llu: %.2f\n",
                     (unsigned long long)rows[len - 1].messages,
                     (unsigned long long)rows[0].messages,
                     ratio(restart_way_ms(&rows[len - 1].warm), restart_way_ms(&rows[0].warm)));
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
    if (options->json) {
        print_json(rows, options->messages_len, &options->machine);
    } else {
        print_table(rows, options->messages_len);
    }
    return HS_OK;
}
