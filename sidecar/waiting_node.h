/* Waiting node: sends `progress` to the node while it waits for a delivery or an attach.
 *
 * A timer looks now and then, while there is something to wait for; a delivery costs one look at
 * whether it runs. Nothing is asked of the kernel's thread: what is told stands on the board.
 *
 * Threads: the loop thread only.
 */
#ifndef HEADSTART_SIDECAR_WAITING_NODE_H
#define HEADSTART_SIDECAR_WAITING_NODE_H

#include "ipc/server.h"
#include "sidecar/report/figures.h"

#include <uv.h>

struct waiting_node {
    uv_timer_t timer;
    struct figures_board *board; /* borrowed, like the server */
    struct ipc_server *server;
    struct buffer params;
    uint64_t told_ms; /* uv_now of the last notice; 0: none */
};

void waiting_node_init(struct waiting_node *w, uv_loop_t *loop);
/** The node waits from now on. */
void waiting_node_watch(struct waiting_node *w, struct ipc_server *server,
                        struct figures_board *board);
/** The server is gone, or goes; the timer closes with the loop. */
void waiting_node_close(struct waiting_node *w);

#endif
