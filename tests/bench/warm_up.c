#include "tests/bench/warm_up.h"

enum { ROUND_MESSAGES = 200, ROUNDS_MAX = 1000 };

enum hs_status warm_up_begin(const struct workload *w, const char *const *settings,
                             struct bench_chain **c, struct bench_sidecar **s, struct hs_error *err)
{
    enum hs_status st = bench_chain_open(w, c, err);

    if (st == HS_OK) st = bench_sidecar_open(w, s, err);
    if (st == HS_OK) st = bench_sidecar_start(*s, settings, err);
    return st == HS_OK ? bench_chain_connect(*c, bench_sidecar_socket(*s), err) : st;
}

enum hs_status warm_up_to(struct bench_chain *c, uint64_t seqnum, struct hs_error *err)
{
    enum hs_status st = HS_OK;

    while (st == HS_OK && bench_chain_seqnum(c) < seqnum) {
        st = bench_chain_deliver(c, NULL, err);
    }
    return st;
}

enum hs_status warm_up_snapshot(struct bench_chain *c, struct bench_sidecar *s, uint64_t seqnum,
                                struct hs_error *err)
{
    uint64_t newest = 0;
    enum hs_status st = HS_OK;

    for (int round = 0; round < ROUNDS_MAX && newest < seqnum && st == HS_OK; round++) {
        st = warm_up_to(c, bench_chain_seqnum(c) + ROUND_MESSAGES, err);
        if (st == HS_OK) st = bench_sidecar_figure(s, "snapshot", "newest", &newest, err);
    }
    if (st == HS_OK && newest < seqnum) st = hs_fail(err, HS_INTERNAL, "bench: no snapshot comes");
    return st;
}

enum hs_status warm_up_first_snapshot(struct bench_chain *c, struct bench_sidecar *s,
                                      struct hs_error *err)
{
    return warm_up_snapshot(c, s, 1, err);
}
