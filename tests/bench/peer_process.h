/* Peer process: SwingSet (peer/peer.js), which executes and commits the blocks that it is told. */
#ifndef HEADSTART_TESTS_BENCH_PEER_PROCESS_H
#define HEADSTART_TESTS_BENCH_PEER_PROCESS_H

#include "kernel/state/bytes.h"

struct peer_process;

/** Start it, with its store in `dir`; returns once it can be told blocks. HS_UNAVAILABLE: it is not
 *  installed. */
HS_MUST_CHECK enum hs_status peer_process_open(const char *dir, struct peer_process **out,
                                               struct hs_error *err);
void peer_process_close(struct peer_process *p);
/** `block` is a JSON list of messages, in one line. Returns once it is committed. */
HS_MUST_CHECK enum hs_status peer_process_execute(struct peer_process *p, struct slice block,
                                                  struct hs_error *err);

#endif
