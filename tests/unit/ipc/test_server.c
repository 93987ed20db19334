/* The server's rules, peers that go, and stopping, against the real loop. */
#include "tests/unit/ipc/stage.h"
#include "tests/unit/suite.h"

/* --- rules --- */

static void server__second_node_is_busy_and_may_watch(void)
{
    struct stage g;
    struct raw_peer node, second;
    struct scripted_facts facts;

    stage_open(&g);
    stage_peer(&g, &node, "node");
    raw_peer_open(&second, g.socket.text);
    raw_hello(&g.frame, 1, SCRIPTED_CHAIN, "node");
    CU_ASSERT_EQUAL_FATAL(raw_peer_ask(&second, &g.frame), RAW_FRAME);
    CU_ASSERT(raw_peer_told(&second, 1, "busy"));
    raw_hello(&g.frame, 2, "another-chain", "observer");
    CU_ASSERT_EQUAL_FATAL(raw_peer_ask(&second, &g.frame), RAW_FRAME);
    CU_ASSERT(raw_peer_told(&second, 2, "wrong_chain"));
    raw_hello(&g.frame, 3, SCRIPTED_CHAIN, "observer");
    CU_ASSERT_EQUAL_FATAL(raw_peer_ask(&second, &g.frame), RAW_FRAME);
    CU_ASSERT(raw_peer_told(&second, 3, NULL));
    facts = scripted_server_facts(g.server);
    CU_ASSERT(facts.counters.connections_node == 1 && facts.counters.connections_observer == 1);
    raw_peer_close(&second);
    raw_peer_close(&node);
    stage_close(&g);
}

static void server__observers_and_strangers_look_only(void)
{
    struct stage g;
    struct raw_peer p;
    struct wire_writer w;
    struct scripted_facts facts;

    stage_open(&g);
    raw_peer_open(&p, g.socket.text);
    for (int round = 0; round < 2; round++) {
        stage_expect_told(&g, &p, "status", NULL);
        stage_expect_told(&g, &p, "metrics", NULL);
        stage_expect_told(&g, &p, "deliver", "bad_request");
        stage_expect_told(&g, &p, "prepare_commit", "bad_request");
        stage_expect_told(&g, &p, "shutdown", "bad_request");
        stage_expect_told(&g, &p, "commit", "unknown_method");
        buffer_clear(&g.frame);
        wire_begin(&w, &g.frame);
        rpc_put_notification(&w, "commit");
        wire_put_raw(&w, slice_make("\x81\xa6height\x05", 9));
        (void)raw_peer_send(&p, buffer_slice(&g.frame));
        raw_hello(&g.frame, 41, SCRIPTED_CHAIN, "observer");
        CU_ASSERT_EQUAL_FATAL(raw_peer_ask(&p, &g.frame), RAW_FRAME);
        CU_ASSERT(raw_peer_told(&p, 41, round == 0 ? NULL : "bad_request"));
    }
    facts = scripted_server_facts(g.server);
    CU_ASSERT(facts.commits == 0 && facts.delivered == 0 && facts.shutdowns == 0);
    CU_ASSERT_EQUAL(facts.attached, 0);
    CU_ASSERT(facts.requests_ok == 5 && facts.requests_refused == 11);
    raw_peer_close(&p);
    stage_close(&g);
}

static void server__params_that_are_not_one_map_are_bad_requests(void)
{
    static const char *const frames[] = {"\x94\x00\x0a\xa6status\x90",
                                         "\x94\x00\x0a\xa6status\x91\x90",
                                         "\x94\x00\x0a\xa6status\x92\x80\x80"};
    struct stage g;
    struct raw_peer p;

    stage_open(&g);
    raw_peer_open(&p, g.socket.text);
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
        /* a literal's second byte is 0: its length is that of what follows, and two */
        (void)raw_peer_send(&p, slice_make(frames[i], 2 + strlen(frames[i] + 2)));
        CU_ASSERT_EQUAL_FATAL(raw_peer_read(&p, SUITE_HANG_MS), RAW_FRAME);
        CU_ASSERT(raw_peer_told(&p, 10, "bad_request"));
    }
    stage_expect_told(&g, &p, "status", NULL);
    raw_peer_close(&p);
    stage_close(&g);
}

static void server__answers_that_break_the_protocol_end_the_node(void)
{
    static const char bad[] = "\x94\x01\x01\xc0\x81\xa5value\x07";
    struct stage g;
    struct raw_peer p;
    struct scripted_facts facts;

    stage_open(&g);
    stage_peer(&g, &p, "node");
    raw_deliver(&g.frame, 2, 0, "", slice_text("get key"));
    CU_ASSERT_EQUAL_FATAL(raw_peer_ask(&p, &g.frame), RAW_FRAME);
    (void)raw_peer_send(&p, slice_make(bad, sizeof bad - 1));
    CU_ASSERT_EQUAL_FATAL(raw_peer_read(&p, SUITE_HANG_MS), RAW_FRAME);
    CU_ASSERT(raw_peer_told(&p, 0, "bad_request"));
    stage_expect_end(&p);
    facts = scripted_server_facts(g.server);
    CU_ASSERT(facts.peer_gone == 1 && facts.detached == 1 && facts.counters.protocol_errors == 1);
    stage_close(&g);
}

static void server__node_error_of_any_type_is_its_words(void)
{
    static const char map_error[] = "\x94\x01\x01\x81\xa1"
                                    "e\x01\xc0";
    static const char bin_error[] = "\x94\x01\x02\xc4\x04oops\xc0";
    struct stage g;
    struct raw_peer p;

    stage_open(&g);
    stage_peer(&g, &p, "node");
    raw_deliver(&g.frame, 2, 0, "", slice_text("get key"));
    CU_ASSERT_EQUAL_FATAL(raw_peer_ask(&p, &g.frame), RAW_FRAME);
    (void)raw_peer_send(&p, slice_make(map_error, sizeof map_error - 1));
    CU_ASSERT_EQUAL_FATAL(raw_peer_read(&p, SUITE_HANG_MS), RAW_FRAME);
    CU_ASSERT(raw_peer_told(&p, 2, "node_failed"));
    CU_ASSERT_STRING_EQUAL(scripted_server_facts(g.server).words, "an error that is not text");
    raw_deliver(&g.frame, 3, 0, "", slice_text("get key"));
    CU_ASSERT_EQUAL_FATAL(raw_peer_ask(&p, &g.frame), RAW_FRAME);
    (void)raw_peer_send(&p, slice_make(bin_error, sizeof bin_error - 1));
    CU_ASSERT_EQUAL_FATAL(raw_peer_read(&p, SUITE_HANG_MS), RAW_FRAME);
    CU_ASSERT(raw_peer_told(&p, 3, "node_failed"));
    CU_ASSERT_STRING_EQUAL(scripted_server_facts(g.server).words, "oops");
    stage_expect_served(&g, &p, 4);
    raw_peer_close(&p);
    stage_close(&g);
}

/* --- what a node is told while it waits --- */

static void expect_notice(struct raw_peer *p)
{
    CU_ASSERT_EQUAL_FATAL(raw_peer_read(p, SUITE_HANG_MS), RAW_FRAME);
    CU_ASSERT_EQUAL(p->frame.kind, RPC_NOTIFICATION);
    CU_ASSERT(slice_equal(p->frame.method, slice_text("progress")));
}

static void server__notices_reach_only_a_node_that_waits(void)
{
    struct stage g;
    struct raw_peer first, second;
    struct scripted_facts facts;

    stage_open(&g);
    stage_peer(&g, &first, "node");
    CU_ASSERT(!scripted_server_facts(g.server).waits);
    scripted_server_tell(g.server); /* nobody hears it */
    raw_deliver(&g.frame, 2, 0, "", slice_text("hold"));
    (void)raw_peer_send(&first, buffer_slice(&g.frame));
    while (!scripted_server_facts(g.server).waits) {
    }
    scripted_server_tell(g.server);
    expect_notice(&first);
    raw_peer_close(&first);
    stage_node_again(&g, &second); /* its delivery is held behind that one */
    facts = scripted_server_facts(g.server);
    CU_ASSERT(!facts.waits);
    raw_deliver(&g.frame, 2, 0, "", slice_text("at once"));
    (void)raw_peer_send(&second, buffer_slice(&g.frame));
    while (!facts.waits) {
        facts = scripted_server_facts(g.server);
    }
    CU_ASSERT_EQUAL(facts.delivered, 1);
    scripted_server_tell(g.server);
    expect_notice(&second);
    scripted_server_release(g.server);
    CU_ASSERT_EQUAL_FATAL(raw_peer_read(&second, SUITE_HANG_MS), RAW_FRAME);
    CU_ASSERT(raw_peer_told(&second, 2, NULL));
    CU_ASSERT(!scripted_server_facts(g.server).waits);
    raw_peer_close(&second);
    stage_close(&g);
}

/* --- peers that go --- */

static void server__peer_that_dies_after_k_bytes_frees_the_role(void)
{
    struct buffer session = {0};
    struct stage g;
    struct raw_peer p;
    struct scripted_facts facts;

    stage_open(&g);
    raw_hello(&session, 1, SCRIPTED_CHAIN, "node");
    raw_deliver(&g.frame, 2, 0, "", slice_text("get key"));
    CU_ASSERT_EQUAL_FATAL(buffer_append(&session, buffer_slice(&g.frame)), HS_OK);
    raw_request(&g.frame, 1, "x", slice_make("\x81\xa5value\xc0", 8));
    for (size_t k = 0; k <= session.len; k++) {
        raw_peer_open(&p, g.socket.text);
        (void)raw_peer_send(&p, slice_make(session.data, k));
        raw_peer_close(&p);
    }
    stage_node_again(&g, &p);
    stage_expect_served(&g, &p, 2);
    facts = scripted_server_facts(g.server);
    CU_ASSERT_EQUAL(facts.attached, facts.detached + 1);
    CU_ASSERT_EQUAL(facts.counters.connections_node, 1);
    CU_ASSERT_EQUAL(facts.counters.protocol_errors, 0);
    raw_peer_close(&p);
    buffer_fini(&session);
    stage_close(&g);
}

static void server__node_gone_during_a_question_is_told_to_the_asker(void)
{
    struct stage g;
    struct raw_peer p;
    struct scripted_facts facts;

    stage_open(&g);
    stage_peer(&g, &p, "node");
    raw_deliver(&g.frame, 2, 0, "", slice_text("get key"));
    CU_ASSERT_EQUAL_FATAL(raw_peer_ask(&p, &g.frame), RAW_FRAME);
    CU_ASSERT(p.frame.kind == RPC_REQUEST && slice_equal(p.frame.method, slice_text("store.get")));
    raw_peer_close(&p);
    stage_node_again(&g, &p);
    stage_expect_served(&g, &p, 3);
    facts = scripted_server_facts(g.server);
    CU_ASSERT(facts.asked == 1 && facts.peer_gone == 1 && facts.answered == 0);
    raw_peer_close(&p);
    stage_close(&g);
}

static void server__next_nodes_delivery_waits_for_the_one_that_still_runs(void)
{
    struct stage g;
    struct raw_peer p;

    stage_open(&g);
    stage_peer(&g, &p, "node");
    raw_deliver(&g.frame, 2, 0, "", slice_text("hold"));
    (void)raw_peer_send(&p, buffer_slice(&g.frame));
    stage_await_delivered(&g, 1);
    CU_ASSERT_EQUAL(raw_peer_read(&p, 0), RAW_SILENCE);
    raw_peer_close(&p);
    stage_node_again(&g, &p);
    raw_deliver(&g.frame, 3, 0, "", slice_text("next"));
    (void)raw_peer_send(&p, buffer_slice(&g.frame));
    raw_deliver(&g.frame, 4, 0, "", slice_text("too early"));
    CU_ASSERT_EQUAL_FATAL(raw_peer_ask(&p, &g.frame), RAW_FRAME);
    CU_ASSERT(raw_peer_told(&p, 4, "busy"));
    CU_ASSERT_EQUAL(scripted_server_facts(g.server).delivered, 1);
    scripted_server_release(g.server);
    CU_ASSERT_EQUAL_FATAL(raw_peer_read(&p, SUITE_HANG_MS), RAW_FRAME);
    CU_ASSERT(raw_peer_told(&p, 3, NULL));
    CU_ASSERT_EQUAL(scripted_server_facts(g.server).delivered, 2);
    raw_peer_close(&p);
    stage_close(&g);
}

static void server__waiting_delivery_goes_with_its_node(void)
{
    struct stage g;
    struct raw_peer p;

    stage_open(&g);
    stage_peer(&g, &p, "node");
    raw_deliver(&g.frame, 2, 0, "", slice_text("hold"));
    (void)raw_peer_send(&p, buffer_slice(&g.frame));
    raw_peer_close(&p);
    stage_node_again(&g, &p);
    raw_deliver(&g.frame, 3, 0, "", slice_text("waits, then goes"));
    (void)raw_peer_send(&p, buffer_slice(&g.frame));
    raw_peer_close(&p);
    stage_node_again(&g, &p);
    scripted_server_release(g.server);
    stage_expect_served(&g, &p, 4);
    CU_ASSERT_EQUAL(scripted_server_facts(g.server).delivered, 2);
    raw_peer_close(&p);
    stage_close(&g);
}

/* --- stopping --- */

static void server__stop_while_busy_tells_and_flushes(void)
{
    struct stage g;
    struct raw_peer node, observer, silent;

    stage_open(&g);
    stage_peer(&g, &node, "node");
    stage_peer(&g, &observer, "observer");
    raw_peer_open(&silent, g.socket.text);
    raw_deliver(&g.frame, 2, 0, "", slice_text("hold"));
    (void)raw_peer_send(&node, buffer_slice(&g.frame));
    stage_await_delivered(&g, 1);
    CU_ASSERT_EQUAL(raw_peer_read(&node, 0), RAW_SILENCE);
    scripted_server_close(g.server); /* replies to what it held only after all is gone */
    g.server = NULL;
    CU_ASSERT_EQUAL_FATAL(raw_peer_read(&node, SUITE_HANG_MS), RAW_FRAME);
    CU_ASSERT(raw_peer_told(&node, 2, "shutting_down"));
    stage_expect_end(&node);
    stage_expect_end(&observer);
    stage_expect_end(&silent);
    stage_close(&g);
}

static void server__shutdown_stops_it_from_inside_the_handler(void)
{
    struct stage g;
    struct raw_peer node, observer;
    struct buffer both = {0};

    stage_open(&g);
    stage_peer(&g, &node, "node");
    stage_peer(&g, &observer, "observer");
    raw_deliver(&both, 2, 0, "", slice_text("hold"));
    raw_request(&g.frame, 3, "shutdown", slice_make(NULL, 0));
    CU_ASSERT_EQUAL_FATAL(buffer_append(&both, buffer_slice(&g.frame)), HS_OK);
    raw_request(&g.frame, 4, "status", slice_make(NULL, 0));
    CU_ASSERT_EQUAL_FATAL(buffer_append(&both, buffer_slice(&g.frame)), HS_OK);
    CU_ASSERT_EQUAL_FATAL(raw_peer_ask(&node, &both), RAW_FRAME);
    CU_ASSERT(raw_peer_told(&node, 3, NULL));
    CU_ASSERT_EQUAL_FATAL(raw_peer_read(&node, SUITE_HANG_MS), RAW_FRAME);
    CU_ASSERT(raw_peer_told(&node, 2, "shutting_down"));
    stage_expect_end(&node); /* what came behind the shutdown was not looked at */
    stage_expect_end(&observer);
    buffer_fini(&both);
    stage_close(&g);
}

static void server__stop_does_not_wait_for_a_peer_that_never_reads(void)
{
    struct stage g;
    struct raw_peer p;

    stage_open(&g);
    stage_peer(&g, &p, "node");
    raw_deliver(&g.frame, 2, 0, "", slice_text("big 60000000"));
    (void)raw_peer_send(&p, buffer_slice(&g.frame));
    stage_await_delivered(&g, 1);
    scripted_server_close(g.server);
    g.server = NULL;
    raw_peer_close(&p);
    stage_close(&g);
}

static void server__stop_during_a_question_and_with_one_waiting(void)
{
    struct stage g;
    struct raw_peer p;

    stage_open(&g);
    stage_peer(&g, &p, "node");
    raw_deliver(&g.frame, 2, 0, "", slice_text("hold"));
    (void)raw_peer_send(&p, buffer_slice(&g.frame));
    raw_peer_close(&p);
    stage_node_again(&g, &p);
    raw_deliver(&g.frame, 3, 0, "", slice_text("get key"));
    (void)raw_peer_send(&p, buffer_slice(&g.frame));
    scripted_server_release(g.server);
    CU_ASSERT_EQUAL_FATAL(raw_peer_read(&p, SUITE_HANG_MS), RAW_FRAME);
    CU_ASSERT_EQUAL(p.frame.kind, RPC_REQUEST);
    scripted_server_close(g.server);
    g.server = NULL;
    CU_ASSERT_EQUAL_FATAL(raw_peer_read(&p, SUITE_HANG_MS), RAW_FRAME);
    CU_ASSERT(raw_peer_told(&p, 3, "shutting_down"));
    stage_expect_end(&p);
    stage_close(&g);
}

static const struct suite_case cases[] = {
    SUITE_CASE(server__second_node_is_busy_and_may_watch),
    SUITE_CASE(server__observers_and_strangers_look_only),
    SUITE_CASE(server__params_that_are_not_one_map_are_bad_requests),
    SUITE_CASE(server__answers_that_break_the_protocol_end_the_node),
    SUITE_CASE(server__node_error_of_any_type_is_its_words),
    SUITE_CASE(server__peer_that_dies_after_k_bytes_frees_the_role),
    SUITE_CASE(server__notices_reach_only_a_node_that_waits),
    SUITE_CASE(server__node_gone_during_a_question_is_told_to_the_asker),
    SUITE_CASE(server__next_nodes_delivery_waits_for_the_one_that_still_runs),
    SUITE_CASE(server__waiting_delivery_goes_with_its_node),
    SUITE_CASE(server__stop_while_busy_tells_and_flushes),
    SUITE_CASE(server__shutdown_stops_it_from_inside_the_handler),
    SUITE_CASE(server__stop_does_not_wait_for_a_peer_that_never_reads),
    SUITE_CASE(server__stop_during_a_question_and_with_one_waiting),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("server", cases, argc, argv);
}
