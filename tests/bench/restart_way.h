/* Restart way: a dead sidecar is started and asked, measured several times. */
#ifndef HEADSTART_TESTS_BENCH_RESTART_WAY_H
#define HEADSTART_TESTS_BENCH_RESTART_WAY_H

#include "tests/bench/bench_chain.h"
#include "tests/bench/bench_sidecar.h"
#include "tests/bench/spread.h"

struct restart_way {
    struct spread ready_ms;  /* start of the process to readiness */
    struct spread answer_ms; /* the node connects and asks, to its answer */
};

/** Start, wait for readiness, deliver once; `settings` as bench_sidecar_start's. */
HS_MUST_CHECK enum hs_status
restart_way_once(struct restart_way *way, struct bench_sidecar *sidecar, struct bench_chain *chain,
                 const char *const *settings, struct bench_answer *answer, struct hs_error *err);
/** The sidecar is killed, the node sees it gone. */
void restart_way_die(struct bench_sidecar *sidecar, struct bench_chain *chain);
/** The whole way from a dead process to the node's answer, by medians. */
double restart_way_ms(const struct restart_way *way);

#endif
