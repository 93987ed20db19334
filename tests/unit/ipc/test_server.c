/* The server under attack, and under rules: raw peers against the real loop. After everything that
 * a bad peer does, a good one must be served. */
#include "tests/unit/ipc/raw_peer.h"
#include "tests/unit/ipc/scripted_server.h"
#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

#include "ipc/listen_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WAIT_MS = 20000 };

struct stage {
    struct scratch_path dir, socket;
    struct scripted_server *server;
    struct buffer frame;
};

static void stage_open(struct stage *g)
{
    memset(g, 0, sizeof *g);
    g->dir = scratch_make();
    g->socket = scratch_join(g->dir.text, "s");
    g->server = scripted_server_open(g->socket.text);
}

static void stage_close(struct stage *g)
{
    if (g->server) scripted_server_close(g->server);
    CU_ASSERT_FALSE(scratch_exists(g->socket.text));
    buffer_fini(&g->frame);
    scratch_remove(g->dir);
}

/* Connect and say hello with that role. */
static void stage_peer(struct stage *g, struct raw_peer *p, const char *role)
{
    raw_peer_open(p, g->socket.text);
    raw_hello(&g->frame, 1, SCRIPTED_CHAIN, role);
    CU_ASSERT_EQUAL_FATAL(raw_peer_ask(p, &g->frame), RAW_FRAME);
    CU_ASSERT_FATAL(raw_peer_told(p, 1, NULL));
}

/* The node role, and a place among the connections, is free again as soon as the loop has seen the
 * ends that are on their way to it. */
static void stage_node_again(struct stage *g, struct raw_peer *p)
{
    for (;;) {
        raw_peer_open(p, g->socket.text);
        raw_hello(&g->frame, 1, SCRIPTED_CHAIN, "node");
        if (raw_peer_ask(p, &g->frame) == RAW_FRAME && !raw_peer_told(p, 1, "busy")) break;
        raw_peer_close(p);
    }
    CU_ASSERT_FATAL(raw_peer_told(p, 1, NULL));
}

/* A delivery goes through from end to end. */
static void stage_expect_served(struct stage *g, struct raw_peer *p, uint64_t msgid)
{
    raw_deliver(&g->frame, msgid, 0, "", slice_text("ordinary"));
    CU_ASSERT_EQUAL_FATAL(raw_peer_ask(p, &g->frame), RAW_FRAME);
    CU_ASSERT(raw_peer_told(p, msgid, NULL));
}

static void expect_end(struct raw_peer *p)
{
    CU_ASSERT_EQUAL(raw_peer_read(p, WAIT_MS), RAW_END);
    raw_peer_close(p);
}

/* --- bytes --- */

static void server__one_byte_writes_are_served(void)
{
    struct stage g;
    struct raw_peer p;

    stage_open(&g);
    raw_peer_open(&p, g.socket.text);
    raw_hello(&g.frame, 9, SCRIPTED_CHAIN, "node");
    for (size_t i = 0; i < g.frame.len; i++) {
        CU_ASSERT_EQUAL(raw_peer_send(&p, slice_make(g.frame.data + i, 1)), 1);
    }
    CU_ASSERT_EQUAL(raw_peer_read(&p, WAIT_MS), RAW_FRAME);
    CU_ASSERT(raw_peer_told(&p, 9, NULL));
    raw_peer_close(&p);
    stage_close(&g);
}

static void server__many_frames_in_one_write_are_all_answered(void)
{
    struct stage g;
    struct raw_peer p;
    struct buffer all = {0};

    stage_open(&g);
    raw_peer_open(&p, g.socket.text);
    for (uint64_t i = 0; i < 1000; i++) {
        raw_request(&g.frame, i, i % 2 ? "status" : "unheard of", slice_make(NULL, 0));
        CU_ASSERT_EQUAL_FATAL(buffer_append(&all, buffer_slice(&g.frame)), HS_OK);
    }
    CU_ASSERT_EQUAL(raw_peer_send(&p, buffer_slice(&all)), all.len);
    for (uint64_t i = 0; i < 1000; i++) {
        CU_ASSERT_EQUAL_FATAL(raw_peer_read(&p, WAIT_MS), RAW_FRAME);
        CU_ASSERT(raw_peer_told(&p, i, i % 2 ? NULL : "unknown_method"));
    }
    buffer_fini(&all);
    raw_peer_close(&p);
    stage_close(&g);
}

static void server__hello_and_delivery_are_byte_for_byte_as_published(void)
{
    static const char hello[] = "\x94\x00\x01\xa5hello\x91\x84\xa8protocol\x01\xa8"
                                "chain_id\xaatest-chain\xa4role\xa4node"
                                "\xa6"
                                "client\xa1x";
    static const char greeting[] =
        "\x94\x01\x01\xc0\x87\xa8protocol\x01\xa6server\xaeheadstart test\xa8"
        "chain_id\xaatest-chain"
        "\xa5phase\xa6primed\xa6seqnum\x00\xa4hash\xa0\xa6height\x07";
    static const char deliver[] =
        "\x94\x00\x02\xa7"
        "deliver\x91\x85\xa6height\x01\xa4time\x02\xa6seqnum\x00\xa4hash\xa0"
        "\xa7message\xa1m";
    static const char hash[] = "62c66a7a5dd70c3146618063c344e531e6d4b59e379808443ce962b3abd63c5a";
    struct buffer answer = {0};
    struct stage g;
    struct raw_peer p;

    stage_open(&g);
    raw_peer_open(&p, g.socket.text);
    (void)raw_peer_send(&p, slice_make(hello, sizeof hello - 1));
    CU_ASSERT_EQUAL_FATAL(raw_peer_read(&p, WAIT_MS), RAW_FRAME);
    CU_ASSERT(slice_equal(p.bytes, slice_make(greeting, sizeof greeting - 1)));
    (void)raw_peer_send(&p, slice_make(deliver, sizeof deliver - 1));
    CU_ASSERT_EQUAL_FATAL(raw_peer_read(&p, WAIT_MS), RAW_FRAME);
    CU_ASSERT_EQUAL(buffer_printf(&answer,
                                  "\x94\x01\x02\xc0\x8a\xa6seqnum\x01\xa4hash\xd9\x40%s"
                                  "\xa6status\xa9"
                                  "fulfilled\xa5value\xa1"
                                  "1\xa7outputs\x90"
                                  "\xa6writes\x93\x92\xadkernel.seqnum\xa1"
                                  "1\x92\xabkernel.hash"
                                  "\xd9\x40%s\x92\xa4gone\xc0\xa4path\xa4live\xa8replayed",
                                  hash, hash),
                    HS_OK);
    CU_ASSERT(slice_starts_with(p.bytes, buffer_slice(&answer)));
    buffer_fini(&answer);
    raw_peer_close(&p);
    stage_close(&g);
}

static void server__garbage_is_told_and_ended_and_nobody_else_notices(void)
{
    static const struct {
        const char *bytes;
        size_t len;
        uint64_t msgid;
        const char *code;
    } rows[] = {
        {"GET / HTTP/1.1\r\n", 16, 0, "bad_request"},
        {"\x00", 1, 0, "bad_request"},
        {"\xc1", 1, 0, "bad_request"},
        {"\x94\xc1", 2, 0, "bad_request"},
        {"\x94\x00\x05\xa1x\xc1", 6, 5, "bad_request"},
        {"\x94\x00\x06\xa1x\xdd\xff\xff\xff\xff\xdd\xff\xff", 13, 6, "too_large"}, /* 128 GiB */
        {"\xdd\xff\xff\xff\xff", 5, 0, "too_large"},
        {"\x94\x00\x07\xa1x\x05", 6, 7, "bad_request"}, /* params a number */
        {"\x94\x00\x08\x05\x90", 5, 8, "bad_request"},  /* method a number */
        {"\x94\x04\x08\xa1x\x90", 6, 0, "bad_request"}, /* type 4 */
        {"\x93\x01\x08\xc0", 4, 0, "bad_request"},      /* a response of three */
        {"\x94\x01\x08\xc0\x80", 5, 0, "bad_request"},  /* a response to nothing */
        {"\x94\x00\xff\xa1x\x90", 6, 0, "bad_request"}, /* msgid -1 */
    };
    struct stage g;
    struct raw_peer node, bad;

    stage_open(&g);
    stage_peer(&g, &node, "node");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        raw_peer_open(&bad, g.socket.text);
        (void)raw_peer_send(&bad, slice_make(rows[i].bytes, rows[i].len));
        CU_ASSERT_EQUAL_FATAL(raw_peer_read(&bad, WAIT_MS), RAW_FRAME);
        CU_ASSERT(raw_peer_told(&bad, rows[i].msgid, rows[i].code));
        expect_end(&bad);
        stage_expect_served(&g, &node, 100 + i);
    }
    CU_ASSERT_EQUAL(scripted_server_facts(g.server).counters.protocol_errors,
                    sizeof rows / sizeof *rows);
    raw_peer_close(&node);
    stage_close(&g);
}

static void server__too_deep_is_told_and_ended(void)
{
    char deep[60] = "\x94\x00\x09\xa1x";
    struct stage g;
    struct raw_peer p;

    stage_open(&g);
    memset(deep + 5, (char)0x91, sizeof deep - 5);
    raw_peer_open(&p, g.socket.text);
    (void)raw_peer_send(&p, slice_make(deep, sizeof deep));
    CU_ASSERT_EQUAL_FATAL(raw_peer_read(&p, WAIT_MS), RAW_FRAME);
    CU_ASSERT(raw_peer_told(&p, 9, "bad_request"));
    expect_end(&p);
    stage_close(&g);
}

static void server__claims_cost_no_memory(void)
{
    /* each peer claims 60 MiB and sends 13 bytes of it; the address sanitizer's and the system's
     * limits would notice 60 times that, RSS is looked at */
    static const char claim[] = "\x94\x00\x01\xa1x\x91\xdb\x03\xc0\x00\x00zz";
    struct stage g;
    struct raw_peer peers[60], node;
    long before, after, ignored;
    FILE *statm = fopen("/proc/self/statm", "r");

    stage_open(&g);
    CU_ASSERT_PTR_NOT_NULL_FATAL(statm);
    CU_ASSERT_EQUAL(fscanf(statm, "%ld %ld", &ignored, &before), 2);
    for (size_t i = 0; i < 60; i++) {
        raw_peer_open(&peers[i], g.socket.text);
        (void)raw_peer_send(&peers[i], slice_make(claim, sizeof claim - 1));
    }
    stage_peer(&g, &node, "node");
    stage_expect_served(&g, &node, 2);
    CU_ASSERT_PTR_NOT_NULL_FATAL(freopen("/proc/self/statm", "r", statm));
    CU_ASSERT_EQUAL(fscanf(statm, "%ld %ld", &ignored, &after), 2);
    CU_ASSERT((after - before) * sysconf(_SC_PAGESIZE) < 60 << 20);
    (void)fclose(statm);
    for (size_t i = 0; i < 60; i++) {
        raw_peer_close(&peers[i]);
    }
    raw_peer_close(&node);
    stage_close(&g);
}

static void server__random_bytes_never_hurt(void)
{
    uint64_t seed = suite_seed();
    struct stage g;
    struct raw_peer p, node;

    stage_open(&g);
    stage_peer(&g, &node, "node");
    for (int round = 0; round < 300; round++) {
        char bytes[64];
        size_t len = suite_random(&seed) % sizeof bytes + 1;

        for (size_t i = 0; i < len; i++) {
            bytes[i] = (char)suite_random(&seed);
        }
        if (round % 2) memcpy(bytes, "\x94\x00\x01", len < 3 ? len : 3);
        raw_peer_open(&p, g.socket.text);
        (void)raw_peer_send(&p, slice_make(bytes, len));
        CU_ASSERT_EQUAL(shutdown(p.fd, SHUT_WR), 0);
        while (raw_peer_read(&p, WAIT_MS) == RAW_FRAME) {
            continue;
        }
        raw_peer_close(&p);
    }
    stage_expect_served(&g, &node, 2);
    raw_peer_close(&node);
    stage_close(&g);
}

static void server__every_flipped_bit_of_a_delivery_is_answered_or_ended(void)
{
    struct buffer good = {0};
    struct stage g;
    struct raw_peer p, watcher;

    stage_open(&g);
    raw_deliver(&good, 2, 0, "", slice_text("x"));
    stage_peer(&g, &p, "node");
    for (size_t bit = 0; bit < good.len * 8; bit++) {
        enum raw_read got;

        CU_ASSERT_EQUAL_FATAL(buffer_assign(&g.frame, buffer_slice(&good)), HS_OK);
        g.frame.data[bit / 8] = (char)(g.frame.data[bit / 8] ^ (1 << bit % 8));
        (void)raw_peer_send(&p, buffer_slice(&g.frame));
        (void)shutdown(p.fd, SHUT_WR); /* what waits for more must not wait for ever */
        do {
            got = raw_peer_read(&p, WAIT_MS);
        } while (got == RAW_FRAME);
        CU_ASSERT_EQUAL(got, RAW_END);
        raw_peer_close(&p);
        stage_node_again(&g, &p);
    }
    stage_peer(&g, &watcher, "observer");
    raw_peer_close(&watcher);
    raw_peer_close(&p);
    buffer_fini(&good);
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
    CU_ASSERT_EQUAL(raw_peer_read(&p, 20), RAW_SILENCE);
    raw_peer_close(&p);
    stage_node_again(&g, &p);
    raw_deliver(&g.frame, 3, 0, "", slice_text("next"));
    (void)raw_peer_send(&p, buffer_slice(&g.frame));
    raw_deliver(&g.frame, 4, 0, "", slice_text("too early"));
    CU_ASSERT_EQUAL_FATAL(raw_peer_ask(&p, &g.frame), RAW_FRAME);
    CU_ASSERT(raw_peer_told(&p, 4, "busy"));
    CU_ASSERT_EQUAL(scripted_server_facts(g.server).delivered, 1);
    scripted_server_release(g.server);
    CU_ASSERT_EQUAL_FATAL(raw_peer_read(&p, WAIT_MS), RAW_FRAME);
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

static void expect_told(struct stage *g, struct raw_peer *p, const char *method, const char *code)
{
    raw_request(&g->frame, 40, method, slice_make(NULL, 0));
    CU_ASSERT_EQUAL_FATAL(raw_peer_ask(p, &g->frame), RAW_FRAME);
    CU_ASSERT(raw_peer_told(p, 40, code));
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
        expect_told(&g, &p, "status", NULL);
        expect_told(&g, &p, "metrics", NULL);
        expect_told(&g, &p, "deliver", "bad_request");
        expect_told(&g, &p, "prepare_commit", "bad_request");
        expect_told(&g, &p, "shutdown", "bad_request");
        expect_told(&g, &p, "commit", "unknown_method");
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
        CU_ASSERT_EQUAL_FATAL(raw_peer_read(&p, WAIT_MS), RAW_FRAME);
        CU_ASSERT(raw_peer_told(&p, 10, "bad_request"));
    }
    expect_told(&g, &p, "status", NULL);
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
    CU_ASSERT_EQUAL_FATAL(raw_peer_read(&p, WAIT_MS), RAW_FRAME);
    CU_ASSERT(raw_peer_told(&p, 0, "bad_request"));
    expect_end(&p);
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
    CU_ASSERT_EQUAL_FATAL(raw_peer_read(&p, WAIT_MS), RAW_FRAME);
    CU_ASSERT(raw_peer_told(&p, 2, "node_failed"));
    CU_ASSERT_STRING_EQUAL(scripted_server_facts(g.server).words, "an error that is not text");
    raw_deliver(&g.frame, 3, 0, "", slice_text("get key"));
    CU_ASSERT_EQUAL_FATAL(raw_peer_ask(&p, &g.frame), RAW_FRAME);
    (void)raw_peer_send(&p, slice_make(bin_error, sizeof bin_error - 1));
    CU_ASSERT_EQUAL_FATAL(raw_peer_read(&p, WAIT_MS), RAW_FRAME);
    CU_ASSERT(raw_peer_told(&p, 3, "node_failed"));
    CU_ASSERT_STRING_EQUAL(scripted_server_facts(g.server).words, "oops");
    stage_expect_served(&g, &p, 4);
    raw_peer_close(&p);
    stage_close(&g);
}

/* --- bounds --- */

static void server__sixty_fifth_connection_is_turned_away(void)
{
    struct stage g;
    struct raw_peer peers[64], extra;

    stage_open(&g);
    for (size_t i = 0; i < 64; i++) {
        raw_peer_open(&peers[i], g.socket.text);
        expect_told(&g, &peers[i], "status", NULL);
    }
    raw_peer_open(&extra, g.socket.text);
    expect_end(&extra);
    CU_ASSERT_EQUAL(scripted_server_facts(g.server).counters.connections_new, 64);
    raw_peer_close(&peers[0]);
    do { /* one place is free as soon as the loop has seen that */
        raw_peer_open(&extra, g.socket.text);
        raw_request(&g.frame, 1, "status", slice_make(NULL, 0));
    } while (raw_peer_ask(&extra, &g.frame) == RAW_END && (raw_peer_close(&extra), true));
    CU_ASSERT(raw_peer_told(&extra, 1, NULL));
    raw_peer_close(&extra);
    for (size_t i = 1; i < 64; i++) {
        raw_peer_close(&peers[i]);
    }
    stage_close(&g);
}

static void server__slow_reader_stops_itself_only(void)
{
    struct stage g;
    struct raw_peer slow, node;
    struct buffer burst = {0};
    uint64_t sent = 0, answered = 0;

    stage_open(&g);
    stage_peer(&g, &node, "node");
    raw_peer_open(&slow, g.socket.text);
    CU_ASSERT_EQUAL(fcntl(slow.fd, F_SETFL, O_NONBLOCK), 0);
    raw_request(&g.frame, 5, "metrics", slice_make(NULL, 0));
    for (int i = 0; i < 4096; i++) {
        CU_ASSERT_EQUAL_FATAL(buffer_append(&burst, buffer_slice(&g.frame)), HS_OK);
    }
    /* until neither the socket nor the server takes more, for a while */
    for (int idle = 0; idle < 20;) {
        size_t skip = sent % burst.len;
        size_t len = raw_peer_send(&slow, slice_make(burst.data + skip, burst.len - skip));

        sent += len;
        idle = len > 0 ? 0 : idle + 1;
        if (len == 0) usleep(5000);
        CU_ASSERT_FATAL(sent < 16 << 20); /* it would go on for ever */
    }
    CU_ASSERT(sent > 64 << 10);
    stage_expect_served(&g, &node, 2);
    CU_ASSERT_EQUAL(fcntl(slow.fd, F_SETFL, 0), 0);
    while (answered < sent / g.frame.len) {
        CU_ASSERT_EQUAL_FATAL(raw_peer_read(&slow, WAIT_MS), RAW_FRAME);
        CU_ASSERT(raw_peer_told(&slow, 5, NULL));
        answered++;
        if (answered == 1) raw_request(&g.frame, 5, "metrics", slice_make(NULL, 0));
    }
    raw_peer_close(&slow);
    raw_peer_close(&node);
    buffer_fini(&burst);
    stage_close(&g);
}

static void server__largest_answer_reaches_a_node_that_reads_late(void)
{
    struct stage g;
    struct raw_peer p, other;

    stage_open(&g);
    stage_peer(&g, &p, "node");
    raw_deliver(&g.frame, 2, 0, "", slice_text("big 66000000"));
    (void)raw_peer_send(&p, buffer_slice(&g.frame));
    raw_peer_open(&other, g.socket.text);
    for (int i = 0; i < 20; i++) {
        expect_told(&g, &other, "status", NULL);
    }
    CU_ASSERT_EQUAL_FATAL(raw_peer_read(&p, WAIT_MS), RAW_FRAME);
    CU_ASSERT(raw_peer_told(&p, 2, NULL));
    CU_ASSERT(p.bytes.len > 66000000);
    raw_peer_close(&other);
    raw_peer_close(&p);
    stage_close(&g);
}

/* --- the socket file --- */

static void *start_at(const char *path, enum hs_status *st, struct hs_error *err)
{
    static struct listen_socket s;

    *st = listen_socket_open(path, &s, err);
    return *st == HS_OK ? &s : NULL;
}

static void socket__is_private_and_removed(void)
{
    struct stage g;
    struct stat found;

    stage_open(&g);
    CU_ASSERT_EQUAL_FATAL(lstat(g.socket.text, &found), 0);
    CU_ASSERT(S_ISSOCK(found.st_mode));
    CU_ASSERT_EQUAL(found.st_mode & 0777, 0600);
    stage_close(&g);
}

static void socket__live_one_is_locked_and_stale_one_replaced(void)
{
    struct stage g;
    struct hs_error err = {0};
    struct listen_socket *made;
    enum hs_status st;
    pid_t child;

    stage_open(&g);
    CU_ASSERT_PTR_NULL(start_at(g.socket.text, &st, &err));
    CU_ASSERT_EQUAL(st, HS_LOCKED);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, g.socket.text));
    CU_ASSERT(scratch_exists(g.socket.text));
    scripted_server_close(g.server);
    child = fork();
    if (child == 0) { /* a process that is killed leaves its socket file */
        _exit(start_at(g.socket.text, &st, &err) ? 0 : 1);
    }
    CU_ASSERT_EQUAL(waitpid(child, &(int){0}, 0), child);
    CU_ASSERT(scratch_exists(g.socket.text));
    made = start_at(g.socket.text, &st, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(made);
    close(made->fd);
    listen_socket_remove(made);
    g.server = NULL;
    stage_close(&g);
}

static void socket__is_not_removed_when_another_took_its_place(void)
{
    struct scratch_path dir = scratch_make(), path = scratch_join(dir.text, "s");
    struct listen_socket first, second;

    CU_ASSERT_EQUAL_FATAL(listen_socket_open(path.text, &first, NULL), HS_OK);
    close(first.fd);
    /* keeps the first inode in use, as file systems give free ones out again at once */
    CU_ASSERT_EQUAL(link(path.text, scratch_join(dir.text, "kept").text), 0);
    CU_ASSERT_EQUAL_FATAL(listen_socket_open(path.text, &second, NULL), HS_OK);
    listen_socket_remove(&first);
    CU_ASSERT(scratch_exists(path.text));
    listen_socket_remove(&second);
    CU_ASSERT_FALSE(scratch_exists(path.text));
    close(second.fd);
    scratch_remove(dir);
}

static void socket__bad_paths_are_told(void)
{
    struct scratch_path dir = scratch_make(), path = scratch_join(dir.text, "file");
    struct hs_error err = {0};
    char longer[200];
    enum hs_status st;

    scratch_write(path.text, slice_text("precious"));
    CU_ASSERT_PTR_NULL(start_at(path.text, &st, &err));
    CU_ASSERT_EQUAL(st, HS_EXISTS);
    CU_ASSERT(scratch_exists(path.text));
    memset(longer, 'x', sizeof longer);
    longer[0] = '/';
    longer[108] = '\0';
    CU_ASSERT_PTR_NULL(start_at(longer, &st, &err));
    CU_ASSERT_EQUAL(st, HS_TOO_LARGE);
    CU_ASSERT_PTR_NULL(start_at("", &st, &err));
    CU_ASSERT_EQUAL(st, HS_INVALID);
    CU_ASSERT_PTR_NULL(start_at(scratch_join(dir.text, "no/such/s").text, &st, &err));
    CU_ASSERT_EQUAL(st, HS_IO);
    scratch_remove(dir);
}

static void socket__other_users_are_refused(void)
{
    CU_ASSERT(listen_peer_allowed(1000, 1000));
    CU_ASSERT(listen_peer_allowed(0, 1000));
    CU_ASSERT_FALSE(listen_peer_allowed(1001, 1000));
    CU_ASSERT_FALSE(listen_peer_allowed(1000, 0));
}

/* With root's powers a real stranger is tried: the file's mode alone would stop others. */
static void socket__stranger_is_turned_away(void)
{
    struct stage g;
    struct raw_peer p;
    pid_t child;
    int status = -1;

    if (geteuid() != 0) {
        (void)printf("(needs root: the rule alone was tested) ");
        return;
    }
    stage_open(&g);
    CU_ASSERT_EQUAL(chmod(g.socket.text, 0777), 0);
    CU_ASSERT_EQUAL(chmod(g.dir.text, 0777), 0);
    child = fork();
    if (child == 0) {
        if (setgid(65534) != 0 || setuid(65534) != 0) _exit(2);
        raw_peer_open(&p, g.socket.text);
        raw_request(&g.frame, 1, "status", slice_make(NULL, 0));
        _exit(raw_peer_ask(&p, &g.frame) == RAW_END ? 0 : 1);
    }
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
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
    CU_ASSERT_EQUAL(raw_peer_read(&node, 20), RAW_SILENCE);
    scripted_server_close(g.server); /* replies to what it held only after all is gone */
    g.server = NULL;
    CU_ASSERT_EQUAL_FATAL(raw_peer_read(&node, WAIT_MS), RAW_FRAME);
    CU_ASSERT(raw_peer_told(&node, 2, "shutting_down"));
    expect_end(&node);
    expect_end(&observer);
    expect_end(&silent);
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
    while (scripted_server_facts(g.server).delivered == 0) {
        usleep(1000);
    }
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
    CU_ASSERT_EQUAL_FATAL(raw_peer_read(&p, WAIT_MS), RAW_FRAME);
    CU_ASSERT_EQUAL(p.frame.kind, RPC_REQUEST);
    scripted_server_close(g.server);
    g.server = NULL;
    CU_ASSERT_EQUAL_FATAL(raw_peer_read(&p, WAIT_MS), RAW_FRAME);
    CU_ASSERT(raw_peer_told(&p, 3, "shutting_down"));
    expect_end(&p);
    stage_close(&g);
}

static const struct suite_case cases[] = {
    SUITE_CASE(server__one_byte_writes_are_served),
    SUITE_CASE(server__many_frames_in_one_write_are_all_answered),
    SUITE_CASE(server__hello_and_delivery_are_byte_for_byte_as_published),
    SUITE_CASE(server__garbage_is_told_and_ended_and_nobody_else_notices),
    SUITE_CASE(server__too_deep_is_told_and_ended),
    SUITE_CASE(server__claims_cost_no_memory),
    SUITE_CASE(server__random_bytes_never_hurt),
    SUITE_CASE(server__every_flipped_bit_of_a_delivery_is_answered_or_ended),
    SUITE_CASE(server__peer_that_dies_after_k_bytes_frees_the_role),
    SUITE_CASE(server__node_gone_during_a_question_is_told_to_the_asker),
    SUITE_CASE(server__next_nodes_delivery_waits_for_the_one_that_still_runs),
    SUITE_CASE(server__waiting_delivery_goes_with_its_node),
    SUITE_CASE(server__second_node_is_busy_and_may_watch),
    SUITE_CASE(server__observers_and_strangers_look_only),
    SUITE_CASE(server__params_that_are_not_one_map_are_bad_requests),
    SUITE_CASE(server__answers_that_break_the_protocol_end_the_node),
    SUITE_CASE(server__node_error_of_any_type_is_its_words),
    SUITE_CASE(server__sixty_fifth_connection_is_turned_away),
    SUITE_CASE(server__slow_reader_stops_itself_only),
    SUITE_CASE(server__largest_answer_reaches_a_node_that_reads_late),
    SUITE_CASE(socket__is_private_and_removed),
    SUITE_CASE(socket__live_one_is_locked_and_stale_one_replaced),
    SUITE_CASE(socket__is_not_removed_when_another_took_its_place),
    SUITE_CASE(socket__bad_paths_are_told),
    SUITE_CASE(socket__other_users_are_refused),
    SUITE_CASE(socket__stranger_is_turned_away),
    SUITE_CASE(server__stop_while_busy_tells_and_flushes),
    SUITE_CASE(server__stop_does_not_wait_for_a_peer_that_never_reads),
    SUITE_CASE(server__stop_during_a_question_and_with_one_waiting),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("server", cases, argc, argv);
}
