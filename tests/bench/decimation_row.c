#include "tests/bench/decimation_row.h"

#include "tests/bench/bench.h"
#include "tests/bench/process_use.h"
#include "tests/node/latency.h"

#include <stdio.h>
#include <string.h>

enum { SETTINGS_MAX = 8, APART_MAX = 400 };

struct decimation_run {
    struct bench_sidecar *sidecar;
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
    if (row->every == 0) r->settings[len++] = "--no-log";
    if (!row->images) r->settings[len++] = "--no-images";
    r->settings[len] = NULL;
}

static enum hs_status run_open(struct decimation_run *r, const struct decimation_row *row,
                               struct hs_error *err)
{
    enum hs_status st = bench_chain_open(&row->workload, &r->chain, err);

    settings_make(r, row);
    if (st == HS_OK) st = bench_sidecar_open(&row->workload, &r->sidecar, err);
    if (st == HS_OK) st = bench_sidecar_start(r->sidecar, r->settings, err);
    if (st == HS_OK) st = bench_chain_connect(r->chain, bench_sidecar_socket(r->sidecar), err);
    if (st == HS_OK) st = bench_chain_deliver(r->chain, NULL, err); /* makes the vats */
    return st;
}

static void run_close(struct decimation_run *r)
{
    bench_sidecar_close(r->sidecar);
    bench_chain_close(r->chain);
}

static enum hs_status run_messages(struct decimation_run *r, uint64_t messages, struct latency *l,
                                   struct hs_error *err)
{
    enum hs_status st = HS_OK;

    for (uint64_t i = 0; i < messages && st == HS_OK; i++) {
        uint64_t us = latency_clock_us();

        st = bench_chain_deliver(r->chain, NULL, err);
        us = latency_clock_us() - us;
        if (st == HS_OK && l) st = latency_add(l, us, err);
    }
    return st;
}

static void row_take(struct decimation_row *row, struct latency *l, uint64_t us,
                     const struct process_use *before, const struct process_use *after)
{
    double messages = (double)row->messages;

    row->per_s = us > 0 ? messages * 1e6 / (double)us : 0;
    row->cpu_us = (double)(after->cpu_us - before->cpu_us) / messages;
    row->bytes_written = after->written_bytes - before->written_bytes;
    row->p50_us = latency_quantile_us(l, 500);
    row->p99_us = latency_quantile_us(l, 990);
    row->p999_us = latency_quantile_us(l, 999);
}

static enum hs_status measure_going_on(struct decimation_run *r, struct decimation_row *row,
                                       struct hs_error *err)
{
    struct process_use before, after;
    struct latency l = {0};
    uint64_t began_us = 0, us = 0, snapshots = 0;
    enum hs_status st =
        bench_sidecar_figure(r->sidecar, "counters", "snapshots_written", &snapshots, err);

    if (st == HS_OK) st = process_use_read(bench_sidecar_pid(r->sidecar), &before, err);
    began_us = latency_clock_us();
    if (st == HS_OK) st = run_messages(r, row->messages, &l, err);
    us = latency_clock_us() - began_us;
    if (st == HS_OK) st = process_use_read(bench_sidecar_pid(r->sidecar), &after, err);
    if (st == HS_OK) {
        st =
            bench_sidecar_figure(r->sidecar, "counters", "snapshots_written", &row->snapshots, err);
    }
    if (st == HS_OK) {
        row->snapshots -= snapshots;
        row_take(row, &l, us, &before, &after);
    }
    latency_fini(&l);
    return st;
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
    enum hs_status st = run_messages(r, apart < APART_MAX ? apart : APART_MAX, NULL, err);

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

    row->messages = messages;
    if (st == HS_OK) st = measure_going_on(&r, row, err);
    if (st == HS_OK && row->every > 0) st = measure_restarts(&r, row, restarts, err);
    run_close(&r);
    return st;
}
