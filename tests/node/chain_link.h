/* The node's line to headstart: one connection, made again when it is lost.
 *
 * A delivery that got no answer changed nothing here, so the same delivery is simply sent again
 * over a new connection: a sidecar may be restarted under a running node. Waiting is bounded and
 * said on stderr. Headstart's questions about the store are answered from the open transaction.
 */
#ifndef HEADSTART_TESTS_NODE_CHAIN_LINK_H
#define HEADSTART_TESTS_NODE_CHAIN_LINK_H

#include "ipc/include/headstart.h"
#include "tests/node/node_store.h"

enum {
    CHAIN_LINK_OPEN_MS = 10000,     /* how long the first connection is tried for */
    CHAIN_LINK_PATIENCE_MS = 60000, /* how long one lost line is tried for */
    CHAIN_LINK_BUSY_MS = 3000,      /* another node has the role: how long it may take to go */
};

struct chain_link;

/** Connect. `store` is borrowed for the life of the link; socket_path NULL: the default; `spin_us`
 *  is the library's.
 *  HS_PEER_GONE: nobody answers; HS_BUSY: another node is attached; HS_WRONG_CHAIN. */
HS_MUST_CHECK enum hs_status chain_link_open(const char *socket_path, const char *chain_id,
                                             uint64_t spin_us, struct node_store *store,
                                             struct chain_link **out, struct hs_error *err);
void chain_link_close(struct chain_link *l);

/** Have headstart's kernel brought to where the store stands, before there is a message; *out says
 *  how. A headstart that cannot says so in its hello: then out->path is "". `height`: of the newest
 *  committed block. */
HS_MUST_CHECK enum hs_status chain_link_attach(struct chain_link *l, uint64_t height,
                                               const struct position *at,
                                               struct headstart_attached *out,
                                               struct hs_error *err);

/** Deliver, over as many connections as it takes. The result is headstart_result_free's. */
HS_MUST_CHECK enum hs_status chain_link_deliver(struct chain_link *l,
                                                const struct headstart_delivery *delivery,
                                                struct headstart_result **out,
                                                struct hs_error *err);

/** Tell that a block is durable. Best effort: a lost line is found by the next delivery. */
void chain_link_commit_notice(struct chain_link *l, uint64_t height, const struct position *at);

/** What headstart said of its configuration's genesis when it was last met; "": nothing. */
const char *chain_link_genesis(const struct chain_link *l);

/** Connections made again since the link was opened. */
uint64_t chain_link_reconnects(const struct chain_link *l);
/** How often headstart told how far a wait was; each is said on stderr. */
uint64_t chain_link_progress_notices(const struct chain_link *l);

#endif
