/* Ping-pong: what a question and its answer cost between two processes on a bare Unix socket, which
 * is the kind that the sidecar listens on. */
#ifndef HEADSTART_TESTS_BENCH_PING_PONG_H
#define HEADSTART_TESTS_BENCH_PING_PONG_H

#include "tests/node/latency.h"

enum ping_manner {
    PING_IDLE,     /* who waits sleeps, and is woken: as the sidecar and a node do */
    PING_SPINNING, /* who waits asks again and again, as they do with a spin: takes two cores */
    PING_WORKING,  /* as idle, and who answers works before, for as long as a kernel does: who asks
                    * sleeps that long, and caches are cold. The work is not counted */
    PING_MANNERS
};

struct ping_pong {
    enum ping_manner manner;
    size_t question_bytes, answer_bytes; /* at least 1, and sizeof(uint64_t) */
    double work_us;                      /* of PING_WORKING */
    int socket;
    int pid;
};

/** Start the other process. Sizes, manner and work of `p` are the caller's. */
HS_MUST_CHECK enum hs_status ping_pong_open(struct ping_pong *p, struct hs_error *err);
void ping_pong_close(struct ping_pong *p);
/** So many pings into *out. */
HS_MUST_CHECK enum hs_status ping_pong_run(struct ping_pong *p, uint64_t pings, struct latency *out,
                                           struct hs_error *err);

#endif
