/* Telling the node something while it waits for a delivery, or for an attach: it is not answered.
 *
 * Threads: the loop thread only.
 */
#ifndef HEADSTART_IPC_NOTICE_H
#define HEADSTART_IPC_NOTICE_H

#include "kernel/state/bytes.h"

struct ipc_server;

/** Does a node wait? Then *since_ms is when its request came (uv_now). What it asked may still be
 *  held back by the delivery of a node that went away. */
bool ipc_node_waits(const struct ipc_server *s, uint64_t *since_ms);

/** Tell it. `params` is a packed map. Nothing is sent where nobody waits, or where the node leaves
 *  unread what it was sent before. HS_NOMEM. */
HS_MUST_CHECK enum hs_status ipc_node_notify(struct ipc_server *s, const char *method,
                                             struct slice params);

#endif
