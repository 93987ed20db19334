/* Node link: how the kernel thread asks the node, whose connection the loop thread owns.
 *
 *   kernel thread                       loop thread
 *   node_link_ask ──job──► send(…) ──request──► node
 *        works on                                 │
 *   node_link_await ◄──── answer or PEER_GONE ◄───┘
 *
 * An exchange belongs to both sides until each has let go, so neither may die first.
 */
#ifndef HEADSTART_SIDECAR_NODE_NODE_LINK_H
#define HEADSTART_SIDECAR_NODE_NODE_LINK_H

#include "kernel/state/bytes.h"
#include "sidecar/threads/job_queue.h"

typedef void (*node_answer_fn)(void *data, enum hs_status status, struct slice result,
                               const char *text);
/* Runs on the loop thread. Either fails, or calls `done` exactly once later: ipc_node_request. */
typedef enum hs_status (*node_send_fn)(void *data, const char *method, struct slice params,
                                       node_answer_fn done, void *done_data, struct hs_error *err);

struct node_link;
struct exchange; /* one question and its answer */

/** `asks`, which may be NULL, is called on a thread that has asked: until the answer has come, what
 *  is posted to `loop` must run elsewhere. */
HS_MUST_CHECK enum hs_status node_link_open(struct job_queue *loop, node_send_fn send,
                                            void (*asks)(void *data), void *data,
                                            struct node_link **out, struct hs_error *err);
void node_link_close(struct node_link *l);

/** Ask, and go on: each exchange must be awaited, before the node's delivery is answered.
 *
 *  In:      method  a literal: kept until the answer has come
 *           params  a packed map, copied
 *  Returns: HS_OK, HS_NOMEM; all else is told by node_link_await
 *  Thread:  any but the loop thread */
HS_MUST_CHECK enum hs_status node_link_ask(struct node_link *l, const char *method,
                                           struct slice params, struct exchange **out,
                                           struct hs_error *err);
/** Wait for the answer, which ends the exchange. The packed result is moved into *result.
 *
 *  Returns: HS_OK
 *           HS_NODE_FAILED  the node answered with an error: its words are in err
 *           HS_PEER_GONE    the node went away, or the sidecar stops
 *           HS_NOMEM, HS_TOO_LARGE
 *  Thread:  any but the loop thread */
HS_MUST_CHECK enum hs_status node_link_await(struct exchange *x, struct buffer *result,
                                             struct hs_error *err);
/** Ask and wait. */
HS_MUST_CHECK enum hs_status node_link_request(struct node_link *l, const char *method,
                                               struct slice params, struct buffer *result,
                                               struct hs_error *err);

#endif
