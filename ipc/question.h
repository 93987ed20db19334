/* Asking the node about its store while it waits for a delivery, or for an attach: store.get and
 * store.scan.
 *
 * Threads: the loop thread only.
 */
#ifndef HEADSTART_IPC_QUESTION_H
#define HEADSTART_IPC_QUESTION_H

#include "kernel/state/bytes.h"

struct ipc_server;

enum { IPC_QUESTIONS_MAX = 64 };

typedef void (*ipc_answer_fn)(void *data, enum hs_status status, struct slice result,
                              const char *text);

/** Only while the node's delivery, or its attach, is unanswered. `done` runs on the loop thread
 * exactly once, after this call has returned: HS_OK           the result (borrowed for the call),
 * its shape already checked: store.get's value is text or nil, store.scan's entries are text pairs
 * in strictly rising order of their keys and not empty where more is true HS_NODE_FAILED  the node
 * answered with an error; `text` is its words HS_PEER_GONE    the connection ended, or was ended
 * because the answer broke the protocol `params` is the packed map. HS_PEER_GONE at once when no
 * node waits for a delivery (that of a node which went away counts as none), HS_BUSY over
 * IPC_QUESTIONS_MAX at a time; HS_NOMEM, HS_TOO_LARGE. */
HS_MUST_CHECK enum hs_status ipc_node_request(struct ipc_server *s, const char *method,
                                              struct slice params, ipc_answer_fn done, void *data,
                                              struct hs_error *err);

#endif
