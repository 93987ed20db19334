/* Ping-pong: what a question and its answer cost between two processes on a bare Unix socket, which
 * is the kind that the sidecar listens on. */
#ifndef HEADSTART_TESTS_BENCH_PING_PONG_H
#define HEADSTART_TESTS_BENCH_PING_PONG_H

#include "tests/node/latency.h"

enum ping_manner {
    PING_IDLE,     /* who waits sleeps, and is woken: as the sidecar and a node do */
    PING_SPINNING, /* who waits asks again and again: the least that there is, for two cores */
    PING_MANNERS
};

struct ping_pong {
    enum ping_manner manner;
    size_t question_bytes, answer_bytes; /* at least 1 */
    int socket;
    int pid;
};

/** Start the other process. The sizes and manner of `p` are the caller's. */
HS_MUST_CHECK enum hs_status ping_pong_open(struct ping_pong *p, struct hs_error *err);
void ping_pong_close(struct ping_pong *p);
/** So many pings into *out. */
HS_MUST_CHECK enum hs_status ping_pong_run(struct ping_pong *p, uint64_t pings, struct latency *out,
                                           struct hs_error *err);

#endif
