#include "tests/bench/restart_way.h"

#include "tests/bench/bench.h"

enum hs_status restart_way_once(struct restart_way *way, struct bench_sidecar *sidecar,
                                struct bench_chain *chain, const char *const *settings,
                                struct bench_answer *answer, struct hs_error *err)
{
    double began = bench_clock_ms(), ready = began;
    enum hs_status st = bench_sidecar_start(sidecar, settings, err);

    if (st == HS_OK) st = bench_sidecar_wait_primed(sidecar, err);
    ready = bench_clock_ms();
    if (st == HS_OK) st = bench_chain_connect(chain, bench_sidecar_socket(sidecar), err);
    if (st == HS_OK) st = bench_chain_deliver(chain, answer, err);
    spread_add(&way->ready_ms, ready - began);
    spread_add(&way->answer_ms, bench_clock_ms() - ready);
    return st;
}

void restart_way_die(struct bench_sidecar *sidecar, struct bench_chain *chain)
{
    bench_sidecar_kill(sidecar);
    bench_chain_disconnect(chain);
}

double restart_way_ms(const struct restart_way *way)
{
    return spread_median(&way->ready_ms) + spread_median(&way->answer_ms);
}
