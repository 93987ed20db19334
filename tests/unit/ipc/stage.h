/* What every test of the server stands on: a scripted server in a scratch folder, and peers that
 * talk to it. Failed expectations are CUnit's. */
#ifndef HEADSTART_TESTS_UNIT_IPC_STAGE_H
#define HEADSTART_TESTS_UNIT_IPC_STAGE_H

#include "tests/unit/ipc/raw_peer.h"
#include "tests/unit/ipc/scripted_server.h"
#include "tests/unit/scratch.h"

struct stage {
    struct scratch_path dir, socket;
    struct scripted_server *server;
    struct buffer frame;
};

void stage_open(struct stage *g);
/** Stops the server unless g->server is NULL; the socket file must be gone then. */
void stage_close(struct stage *g);

/** Connect and say hello with that role. */
void stage_peer(struct stage *g, struct raw_peer *p, const char *role);
/** Become the node once the role, and a place among the connections, is free: as soon as the loop
 *  has seen the ends that are on their way to it. */
void stage_node_again(struct stage *g, struct raw_peer *p);

/** So many deliveries are with the handler: what was sent before them was taken in. */
void stage_await_delivered(struct stage *g, unsigned count);
/** A delivery goes through from end to end. */
void stage_expect_served(struct stage *g, struct raw_peer *p, uint64_t msgid);
/** A request of that method with {} is answered with that code, or with a result (NULL). */
void stage_expect_told(struct stage *g, struct raw_peer *p, const char *method, const char *code);
/** The server ended the connection; this end is closed, too. */
void stage_expect_end(struct raw_peer *p);

#endif
