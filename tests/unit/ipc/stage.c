#include "tests/unit/ipc/stage.h"

#include "tests/unit/suite.h"

#include <unistd.h>

void stage_open(struct stage *g)
{
    memset(g, 0, sizeof *g);
    g->dir = scratch_make();
    g->socket = scratch_join(g->dir.text, "s");
    g->server = scripted_server_open(g->socket.text);
}

void stage_close(struct stage *g)
{
    if (g->server) scripted_server_close(g->server);
    CU_ASSERT_FALSE(scratch_exists(g->socket.text));
    buffer_fini(&g->frame);
    scratch_remove(g->dir);
}

void stage_peer(struct stage *g, struct raw_peer *p, const char *role)
{
    raw_peer_open(p, g->socket.text);
    raw_hello(&g->frame, 1, SCRIPTED_CHAIN, role);
    CU_ASSERT_EQUAL_FATAL(raw_peer_ask(p, &g->frame), RAW_FRAME);
    CU_ASSERT_FATAL(raw_peer_told(p, 1, NULL));
}

void stage_node_again(struct stage *g, struct raw_peer *p)
{
    for (;;) {
        raw_peer_open(p, g->socket.text);
        raw_hello(&g->frame, 1, SCRIPTED_CHAIN, "node");
        if (raw_peer_ask(p, &g->frame) == RAW_FRAME && !raw_peer_told(p, 1, "busy")) break;
        raw_peer_close(p);
    }
    CU_ASSERT_FATAL(raw_peer_told(p, 1, NULL));
}

void stage_await_delivered(struct stage *g, unsigned count)
{
    while (scripted_server_facts(g->server).delivered < count) {
        (void)usleep(1000);
    }
}

void stage_expect_served(struct stage *g, struct raw_peer *p, uint64_t msgid)
{
    raw_deliver(&g->frame, msgid, 0, "", slice_text("ordinary"));
    CU_ASSERT_EQUAL_FATAL(raw_peer_ask(p, &g->frame), RAW_FRAME);
    CU_ASSERT(raw_peer_told(p, msgid, NULL));
}

void stage_expect_end(struct raw_peer *p)
{
    CU_ASSERT_EQUAL(raw_peer_read(p, SUITE_HANG_MS), RAW_END);
    raw_peer_close(p);
}

void stage_expect_told(struct stage *g, struct raw_peer *p, const char *method, const char *code)
{
    raw_request(&g->frame, 40, method, slice_make(NULL, 0));
    CU_ASSERT_EQUAL_FATAL(raw_peer_ask(p, &g->frame), RAW_FRAME);
    CU_ASSERT(raw_peer_told(p, 40, code));
}
