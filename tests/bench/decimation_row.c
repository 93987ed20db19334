#include "tests/bench/decimation_row.h"

#include "tests/bench/bench_pair.h"

#include <stdio.h>
#include <string.h>

enum { SETTINGS_MAX = 8, APART_MAX = 400 };

struct decimation_run {
    struct bench_pair pair;
    struct bench_sidecar *sidecar; /* the full side's */
    struct bench_chain *chain;
    char every[24];
    const char *settings[SETTINGS_MAX];
};

static void settings_make(struct decimation_run *r, const struct decimation_row *row)
{
    size_t len = 0;

    (void)snprintf(r->every, sizeof r->every, "%llu", (unsigned long long)row->every);
    r->settings[len++] = "--snapshot-every";
    r->settings[len++] = r->every;
    r->settings[len++] = "--snapshot-seconds"; /* by messages alone */
    r->settings[len++] = "0";
    if (!row->images) r->settings[len++] = "--no-images";
    r->settings[len] = NULL;
}

static enum hs_status run_open(struct decimation_run *r, const struct decimation_row *row,
                               struct hs_error *err)
{
    enum hs_status st;

    settings_make(r, row);
    st = bench_pair_open(&r->pair, &row->workload, r->settings, err);
    r->sidecar = r->pair.sides[SIDE_FULL].sidecar;
    r->chain = r->pair.sides[SIDE_FULL].chain;
    return st;
}

static void row_take(struct decimation_row *row, struct bench_pair *pair, uint64_t bytes_before)
{
    struct bench_side *full = &pair->sides[SIDE_FULL];

    row->messages = full->messages;
    row->per_s = full->per_s;
    row->on_off = pair->on_off;
    row->cpu_us = full->cpu_us;
    row->cpu_on_off = pair->cpu_on_off;
    row->cpu_more_us = spread_median(&full->cpu_us) - spread_median(&pair->sides[SIDE_BARE].cpu_us);
    row->bytes_written = full->use.written_bytes - bytes_before;
    row->p50_us = latency_quantile(&full->latency, 500);
    row->p99_us = latency_quantile(&full->latency, 990);
    row->p999_us = latency_quantile(&full->latency, 999);
}

static enum hs_status measure_going_on(struct decimation_run *r, struct decimation_row *row,
                                       uint64_t messages, uint64_t slices, struct hs_error *err)
{
    uint64_t bytes_before = r->pair.sides[SIDE_FULL].use.written_bytes, snapshots = 0;
    enum hs_status st =
        bench_sidecar_figure(r->sidecar, "counters", "snapshots_written", &snapshots, err);

    for (uint64_t i = 0; i < slices && st == HS_OK; i++) {
        st = bench_pair_slice(&r->pair, messages / slices + 1, err);
    }
    if (st == HS_OK) {
        st =
            bench_sidecar_figure(r->sidecar, "counters", "snapshots_written", &row->snapshots, err);
    }
    if (st != HS_OK) return st;
    row->snapshots -= snapshots;
    row_take(row, &r->pair, bytes_before);
    return HS_OK;
}

static enum hs_status restart(struct decimation_run *r, struct restart_way *way, const char *never,
                              struct hs_error *err)
{
    struct bench_answer answer;
    enum hs_status st = restart_way_once(way, r->sidecar, r->chain, r->settings, &answer, err);

    if (st != HS_OK || strcmp(answer.path, never) != 0) return st;
    return hs_fail(err, HS_INTERNAL, "bench: a restart's path was %s", answer.path);
}

/* Where between two snapshots a chain dies is chance: the restarts are spread over that. */
static enum hs_status measure_swap(struct decimation_run *r, struct decimation_row *row,
                                   uint64_t restarts, struct hs_error *err)
{
    uint64_t apart = row->every / restarts + 1, dead_at, newest = 0;
    enum hs_status st = HS_OK;

    if (apart > APART_MAX) apart = APART_MAX;
    for (uint64_t i = 0; i < apart && st == HS_OK; i++) {
        st = bench_chain_deliver(r->chain, NULL, err);
    }
    if (st == HS_OK) {
        st = bench_sidecar_figure(r->sidecar, "snapshot", "newest", &newest, err);
    }
    dead_at = bench_chain_seqnum(r->chain);
    restart_way_die(r->sidecar, r->chain);
    if (st == HS_OK) st = restart(r, &row->swap, "full_replay", err);
    if (st != HS_OK) return st;
    spread_add(&row->catch_up, (double)(dead_at - newest));
    spread_add(&row->swap_ms, row->swap.ready_ms.samples[row->swap.ready_ms.len - 1] +
                                  row->swap.answer_ms.samples[row->swap.answer_ms.len - 1]);
    return HS_OK;
}

static enum hs_status measure_restarts(struct decimation_run *r, struct decimation_row *row,
                                       uint64_t restarts, struct hs_error *err)
{
    enum hs_status st = HS_OK;

    for (uint64_t i = 0; i < restarts && st == HS_OK; i++) {
        st = measure_swap(r, row, restarts, err);
    }
    restart_way_die(r->sidecar, r->chain);
    if (st == HS_OK) st = bench_sidecar_forget_log(r->sidecar, err);
    if (st == HS_OK) st = restart(r, &row->tail, "swap", err);
    restart_way_die(r->sidecar, r->chain);
    if (st == HS_OK) st = bench_sidecar_forget(r->sidecar, err);
    if (st == HS_OK) st = restart(r, &row->full, "swap", err);
    return st;
}

enum hs_status decimation_row_measure(struct decimation_row *row, uint64_t messages,
                                      uint64_t restarts, struct hs_error *err)
{
    struct decimation_run r = {.sidecar = NULL};
    enum hs_status st = run_open(&r, row, err);

    if (st == HS_OK) st = measure_going_on(&r, row, messages, restarts, err);
    if (st == HS_OK) st = measure_restarts(&r, row, restarts, err);
    bench_pair_close(&r.pair);
    return st;
}
