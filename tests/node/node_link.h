/* The node's line to headstart: one connection, made again when it is lost.
 *
 * A delivery that got no answer changed nothing here, so the same delivery is simply sent again
 * over a new connection: a sidecar may be restarted under a running node. Waiting is bounded and
 * said on stderr. Headstart's questions about the store are answered from the open transaction.
 */
#ifndef HEADSTART_TESTS_NODE_NODE_LINK_H
#define HEADSTART_TESTS_NODE_NODE_LINK_H

#include "ipc/include/headstart.h"
#include "tests/node/node_store.h"

enum {
    NODE_LINK_PATIENCE_MS = 60000, /* how long one lost line is tried for */
    NODE_LINK_BUSY_MS = 3000,      /* another node has the role: how long it may take to go */
};

struct node_link;

/** Connect. `store` is borrowed for the life of the link; socket_path NULL: the default.
 *  HS_PEER_GONE: nobody answers; HS_BUSY: another node is attached; HS_WRONG_CHAIN. */
HS_MUST_CHECK enum hs_status node_link_open(const char *socket_path, const char *chain_id,
                                            struct node_store *store, struct node_link **out,
                                            struct hs_error *err);
void node_link_close(struct node_link *l);

/** Deliver, over as many connections as it takes. The result is headstart_result_free's. */
HS_MUST_CHECK enum hs_status node_link_deliver(struct node_link *l,
                                               const struct headstart_delivery *delivery,
                                               struct headstart_result **out, struct hs_error *err);

/** Tell that a block is durable. Best effort: a lost line is found by the next delivery. */
void node_link_commit_notice(struct node_link *l, uint64_t height);

/** Connections made again since the link was opened. */
uint64_t node_link_reconnects(const struct node_link *l);

#endif
