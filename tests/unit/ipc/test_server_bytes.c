/* The server under attack: raw bytes against the real loop. After everything that a bad peer does,
 * a good one must be served, and memory must be bounded. */
#include "tests/unit/ipc/stage.h"
#include "tests/unit/suite.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

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
    CU_ASSERT_EQUAL(raw_peer_read(&p, SUITE_HANG_MS), RAW_FRAME);
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
        CU_ASSERT_EQUAL_FATAL(raw_peer_read(&p, SUITE_HANG_MS), RAW_FRAME);
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
        "\x94\x01\x01\xc0\x8a\xa8protocol\x01\xa6server\xaeheadstart test\xa8"
        "chain_id\xaatest-chain"
        "\xa5phase\xa6primed\xa6seqnum\x00\xa4hash\xa0\xa6height\x07\xa7"
        "engines\x91\xa8"
        "engine-1\xa7genesis\xa1g\xa8"
        "features\x91\xa6"
        "attach";
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
    CU_ASSERT_EQUAL_FATAL(raw_peer_read(&p, SUITE_HANG_MS), RAW_FRAME);
    CU_ASSERT(slice_equal(p.bytes, slice_make(greeting, sizeof greeting - 1)));
    (void)raw_peer_send(&p, slice_make(deliver, sizeof deliver - 1));
    CU_ASSERT_EQUAL_FATAL(raw_peer_read(&p, SUITE_HANG_MS), RAW_FRAME);
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
        CU_ASSERT_EQUAL_FATAL(raw_peer_read(&bad, SUITE_HANG_MS), RAW_FRAME);
        CU_ASSERT(raw_peer_told(&bad, rows[i].msgid, rows[i].code));
        stage_expect_end(&bad);
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
    CU_ASSERT_EQUAL_FATAL(raw_peer_read(&p, SUITE_HANG_MS), RAW_FRAME);
    CU_ASSERT(raw_peer_told(&p, 9, "bad_request"));
    stage_expect_end(&p);
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
        while (raw_peer_read(&p, SUITE_HANG_MS) == RAW_FRAME) {
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
            got = raw_peer_read(&p, SUITE_HANG_MS);
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

/* --- bounds --- */

enum { PLACES = 64, OBSERVERS = 48 };

/* Idle or half-open: places are all taken, and the node comes in all the same. */
static void server__strangers_make_way_for_the_node(void)
{
    struct stage g;
    struct raw_peer peers[PLACES], node;

    stage_open(&g);
    for (size_t i = 0; i < PLACES; i++) {
        raw_peer_open(&peers[i], g.socket.text);
        if (i % 2 == 0) stage_expect_told(&g, &peers[i], "status", NULL);
        if (i % 2 == 1) (void)raw_peer_send(&peers[i], slice_make("\x94\x00", 2));
    }
    while (scripted_server_facts(g.server).counters.connections_new < PLACES) {
        usleep(1000);
    }
    stage_peer(&g, &node, "node");
    stage_expect_served(&g, &node, 2);
    CU_ASSERT_EQUAL(scripted_server_facts(g.server).counters.connections_new, PLACES - 1);
    raw_peer_close(&node);
    for (size_t i = 0; i < PLACES; i++) {
        raw_peer_close(&peers[i]);
    }
    stage_close(&g);
}

static void server__observers_leave_places_for_the_node(void)
{
    struct stage g;
    struct raw_peer peers[OBSERVERS], extra, node;

    stage_open(&g);
    for (size_t i = 0; i < OBSERVERS; i++) {
        stage_peer(&g, &peers[i], "observer");
    }
    raw_peer_open(&extra, g.socket.text);
    raw_hello(&g.frame, 1, SCRIPTED_CHAIN, "observer");
    CU_ASSERT_EQUAL_FATAL(raw_peer_ask(&extra, &g.frame), RAW_FRAME);
    CU_ASSERT(raw_peer_told(&extra, 1, "busy"));
    stage_peer(&g, &node, "node");
    stage_expect_served(&g, &node, 2);
    raw_peer_close(&node);
    raw_peer_close(&extra);
    for (size_t i = 0; i < OBSERVERS; i++) {
        raw_peer_close(&peers[i]);
    }
    stage_close(&g);
}

/* Waits for the server to act, not for a time: its patience is a parameter. */
static void server__silent_strangers_are_ended_and_others_are_not(void)
{
    struct stage g;
    struct raw_peer silent, half, node;

    stage_open(&g);
    scripted_server_close(g.server);
    g.server = scripted_server_open_strict(g.socket.text, 1);
    stage_node_again(&g, &node); /* a hello may come too late for that patience: then once more */
    raw_peer_open(&silent, g.socket.text);
    stage_expect_end(&silent);
    raw_peer_open(&half, g.socket.text);
    (void)raw_peer_send(&half, slice_make("\x94\x00", 2));
    stage_expect_end(&half);
    stage_expect_served(&g, &node, 2);
    CU_ASSERT_EQUAL(scripted_server_facts(g.server).counters.connections_node, 1);
    raw_peer_close(&node);
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
    stage_peer(&g, &slow, "observer"); /* a stranger that is slow is ended */
    CU_ASSERT_EQUAL(fcntl(slow.fd, F_SETFL, O_NONBLOCK), 0);
    raw_request(&g.frame, 5, "metrics", slice_make(NULL, 0));
    for (int i = 0; i < 4096; i++) {
        CU_ASSERT_EQUAL_FATAL(buffer_append(&burst, buffer_slice(&g.frame)), HS_OK);
    }
    /* Until neither the socket nor the server takes more: a turn of the loop that serves the node
     * reads whatever else it still reads from. */
    for (int idle = 0; idle < 3;) {
        size_t skip = sent % burst.len;
        size_t len = raw_peer_send(&slow, slice_make(burst.data + skip, burst.len - skip));

        sent += len;
        idle = len > 0 ? 0 : idle + 1;
        if (len == 0) stage_expect_told(&g, &node, "status", NULL);
        CU_ASSERT_FATAL(sent < 16 << 20); /* it would go on for ever */
    }
    CU_ASSERT(sent > 64 << 10);
    stage_expect_served(&g, &node, 2);
    CU_ASSERT_EQUAL(fcntl(slow.fd, F_SETFL, 0), 0);
    while (answered < sent / g.frame.len) {
        CU_ASSERT_EQUAL_FATAL(raw_peer_read(&slow, SUITE_HANG_MS), RAW_FRAME);
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
    stage_peer(&g, &other, "observer"); /* a stranger would be silent for as long as it is packed */
    raw_deliver(&g.frame, 2, 0, "", slice_text("big 66000000"));
    (void)raw_peer_send(&p, buffer_slice(&g.frame));
    for (int i = 0; i < 20; i++) {
        stage_expect_told(&g, &other, "status", NULL);
    }
    CU_ASSERT_EQUAL_FATAL(raw_peer_read(&p, SUITE_HANG_MS), RAW_FRAME);
    CU_ASSERT(raw_peer_told(&p, 2, NULL));
    CU_ASSERT(p.bytes.len > 66000000);
    raw_peer_close(&other);
    raw_peer_close(&p);
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
    SUITE_CASE(server__strangers_make_way_for_the_node),
    SUITE_CASE(server__observers_leave_places_for_the_node),
    SUITE_CASE(server__silent_strangers_are_ended_and_others_are_not),
    SUITE_CASE(server__slow_reader_stops_itself_only),
    SUITE_CASE(server__largest_answer_reaches_a_node_that_reads_late),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("server_bytes", cases, argc, argv);
}
