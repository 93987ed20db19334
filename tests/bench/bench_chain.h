/* The benchmark's chain node: as real as libheadstart makes it, but with its store in memory, so
 * that what is measured is headstart and not another LevelDB. */
#ifndef HEADSTART_TESTS_BENCH_BENCH_CHAIN_H
#define HEADSTART_TESTS_BENCH_BENCH_CHAIN_H

#include "tests/bench/bench_workload.h"

#define BENCH_CHAIN_ID "headstart-bench"

enum { BENCH_BLOCK_MESSAGES = 20 };

struct bench_chain;

/* What one delivery told. */
struct bench_answer {
    char path[16];
    uint64_t replayed, wait_us;
    uint64_t run_us;
    uint64_t call_ns;      /* in the library, from a message that is ready to its result */
    uint64_t writes_bytes; /* keys and values */
};

HS_MUST_CHECK enum hs_status bench_chain_open(const struct workload *w, struct bench_chain **out,
                                              struct hs_error *err);
void bench_chain_close(struct bench_chain *c);

/** How long the library spins in connections made from now on; 0 at first. */
void bench_chain_spin(struct bench_chain *c, unsigned us);
/** Connect as the node; waits for a socket that is not there yet. */
HS_MUST_CHECK enum hs_status bench_chain_connect(struct bench_chain *c, const char *socket_path,
                                                 struct hs_error *err);
void bench_chain_disconnect(struct bench_chain *c);

/** Deliver the next message of the workload and apply its writes; every
 *  BENCH_BLOCK_MESSAGES the height rises. What it leaves to be done, runs do. `answer` may be
 *  NULL. */
HS_MUST_CHECK enum hs_status bench_chain_deliver(struct bench_chain *c, struct bench_answer *answer,
                                                 struct hs_error *err);
uint64_t bench_chain_seqnum(const struct bench_chain *c);

#endif
