/* Replay: how many messages a second each way of getting them back executes.
 *
 *   live         the node delivers them, to compare with
 *   preload      the sidecar starts, and executes its log before the node is there
 *   catch_up     the same log, while the node waits (--no-preload)
 *   full_replay  all is lost: the vats' transcripts from the node's store, as many vats at once as
 *                there are cores
 *
 * One history for all ways, of small messages to one vat, or to several in turn; the log leads to
 * its end from a snapshot near its beginning.
 */
#include "tests/bench/bench.h"
#include "tests/bench/restart_way.h"
#include "tests/bench/warm_up.h"

#include <string.h>

enum replay_path { PATH_LIVE, PATH_PRELOAD, PATH_CATCH_UP, PATH_FULL, PATHS };

static const char *const path_names[PATHS] = {"live", "preload", "catch_up", "full_replay"};

struct replay_row {
    uint64_t vats;
    struct spread per_s[PATHS];
};

struct replay_run {
    struct bench_sidecar *sidecar;
    struct bench_chain *chain;
    uint64_t snapshot; /* its seqnum: what the log leads on from */
};

static const char *const settings_first[] = {"--snapshot-every", "20", NULL};
static const char *const settings[] = {"--snapshot-every", "0", "--snapshot-seconds", "0", NULL};
static const char *const settings_late[] = {"--snapshot-every", "0", "--snapshot-seconds", "0",
                                            "--no-preload",     NULL};

static enum hs_status run_open(struct replay_run *r, const struct workload *w, struct hs_error *err)
{
    struct restart_way way = {0};
    struct bench_answer answer;
    enum hs_status st = warm_up_begin(w, settings_first, &r->chain, &r->sidecar, err);

    if (st == HS_OK) st = warm_up_first_snapshot(r->chain, r->sidecar, err);
    if (st != HS_OK) return st;
    restart_way_die(r->sidecar, r->chain);
    st = restart_way_once(&way, r->sidecar, r->chain, settings, &answer, err);
    if (st != HS_OK) return st;
    return bench_sidecar_figure(r->sidecar, "snapshot", "newest", &r->snapshot, err);
}

static void run_close(struct replay_run *r)
{
    bench_sidecar_close(r->sidecar);
    bench_chain_close(r->chain);
}

static enum hs_status go_live(struct replay_run *r, uint64_t messages, uint64_t slices,
                              struct spread *per_s, struct hs_error *err)
{
    enum hs_status st = HS_OK;

    for (uint64_t i = 0; i < slices && st == HS_OK; i++) {
        double began = bench_clock_ms();

        for (uint64_t n = 0; n < messages / slices + 1 && st == HS_OK; n++) {
            st = bench_chain_deliver(r->chain, NULL, err);
        }
        spread_add(per_s, (double)(messages / slices + 1) * 1e3 / (bench_clock_ms() - began));
    }
    return st;
}

static enum hs_status by_preload(struct replay_run *r, struct spread *per_s, struct hs_error *err)
{
    double messages = (double)(bench_chain_seqnum(r->chain) - r->snapshot);
    struct restart_way way = {0};
    struct bench_answer answer;
    enum hs_status st;

    restart_way_die(r->sidecar, r->chain);
    st = restart_way_once(&way, r->sidecar, r->chain, settings, &answer, err);
    if (st != HS_OK) return st;
    if (strcmp(answer.path, "full_replay") == 0) {
        return hs_fail(err, HS_INTERNAL, "bench: the log did not lead to the node");
    }
    spread_add(per_s, messages * 1e3 / restart_way_ms(&way));
    return HS_OK;
}

/* The node is there first, and its delivery waits. */
static enum hs_status by_delivery(struct replay_run *r, enum replay_path path, struct spread *per_s,
                                  struct hs_error *err)
{
    struct bench_answer answer = {0};
    uint64_t behind = path == PATH_FULL ? 0 : r->snapshot;
    double messages = (double)(bench_chain_seqnum(r->chain) - behind);
    enum hs_status st = HS_OK;

    restart_way_die(r->sidecar, r->chain);
    if (path == PATH_FULL) st = bench_sidecar_forget(r->sidecar, err);
    if (st == HS_OK) st = bench_sidecar_start(r->sidecar, settings_late, err);
    if (st == HS_OK) st = bench_chain_connect(r->chain, bench_sidecar_socket(r->sidecar), err);
    if (st == HS_OK) st = bench_chain_deliver(r->chain, &answer, err);
    if (st != HS_OK) return st;
    if (strcmp(answer.path, path_names[path]) != 0) {
        return hs_fail(err, HS_INTERNAL, "bench: the path was %s, not %s", answer.path,
                       path_names[path]);
    }
    spread_add(per_s, messages * 1e6 / (double)(answer.wait_us > 0 ? answer.wait_us : 1));
    return HS_OK;
}

static enum hs_status row_measure(struct replay_row *row, const struct bench_options *o,
                                  struct hs_error *err)
{
    const struct workload w = {.vats = row->vats, .heap_mib = o->heap_mib};
    struct replay_run r = {.sidecar = NULL};
    enum hs_status st = run_open(&r, &w, err);

    if (st == HS_OK) st = go_live(&r, o->messages[0], o->repeats, &row->per_s[PATH_LIVE], err);
    for (uint64_t i = 0; i < o->repeats && st == HS_OK; i++) {
        st = by_preload(&r, &row->per_s[PATH_PRELOAD], err);
        if (st == HS_OK) st = by_delivery(&r, PATH_CATCH_UP, &row->per_s[PATH_CATCH_UP], err);
    }
    for (uint64_t i = 0; i < o->repeats && st == HS_OK; i++) {
        st = by_delivery(&r, PATH_FULL, &row->per_s[PATH_FULL], err);
    }
    run_close(&r);
    return st;
}

static void print_json(const struct replay_row *rows, const struct bench_options *o)
{
    const char *comma = "";

    (void)printf("{\"schema\":1,\"rows\":[");
    for (size_t i = 0; i < o->vats_len; i++) {
        for (int path = 0; path < PATHS; path++) {
            (void)printf("%s{\"path\":\"%s\",\"vats\":%llu,", comma, path_names[path],
                         (unsigned long long)rows[i].vats);
            spread_print_json(&rows[i].per_s[path], "messages_per_s", 0);
            (void)printf("}");
            comma = ",";
        }
    }
    (void)printf("],");
    machine_print_json(&o->machine, stdout);
    (void)printf("}\n");
}

static void print_table(const struct replay_row *rows, const struct bench_options *o)
{
    (void)printf("Messages a second by path (min, median, max)\n\n  vats  path\n");
    for (size_t i = 0; i < o->vats_len; i++) {
        for (int path = 0; path < PATHS; path++) {
            (void)printf("%6llu  %-12s", (unsigned long long)rows[i].vats, path_names[path]);
            spread_print(&rows[i].per_s[path], 9, 0);
            (void)printf("\n");
        }
    }
}

enum hs_status bench_replay(const struct bench_options *options, struct hs_error *err)
{
    struct replay_row rows[BENCH_COUNTS_MAX] = {0};
    struct progress_bar bar;
    enum hs_status st = HS_OK;

    progress_bar_start(&bar, "replay", true);
    for (size_t i = 0; i < options->vats_len && st == HS_OK; i++) {
        rows[i].vats = options->vats[i];
        st = row_measure(&rows[i], options, err);
        progress_bar_show(&bar, (i + 1) * options->messages[0], i + 1, options->vats_len);
    }
    progress_bar_end(&bar);
    if (st == HS_OK) (options->json ? print_json : print_table)(rows, options);
    return st;
}
