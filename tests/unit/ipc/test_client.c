/* libheadstart against the real server with scripted handlers. */
#include "tests/unit/ipc/scripted_server.h"
#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

#include "ipc/include/headstart.h"

#include <unistd.h>

struct pair {
    struct scratch_path dir, socket;
    struct scripted_server *server;
    struct headstart *node;
    struct headstart_error err;
};

static int store_get(void *data, struct headstart_bytes key, struct headstart_bytes *value)
{
    (void)data;
    if (key.len == 3 && memcmp(key.data, "bad", 3) == 0) return -1;
    if (key.len != 5 || memcmp(key.data, "there", 5) != 0) return 0;
    *value = (struct headstart_bytes){"\"here\"", 6};
    return 1;
}

/* Keys k00000 to k00999, each with 100 bytes. */
static int store_next(void *data, struct headstart_bytes after, struct headstart_bytes *key,
                      struct headstart_bytes *value)
{
    static char name[16];
    static char hundred[100];
    unsigned number = 0;

    (void)data;
    if (after.len == 6) number = (unsigned)strtoul(after.data + 1, NULL, 10) + 1;
    if (number >= 1000) return 0;
    (void)snprintf(name, sizeof name, "k%05u", number);
    memset(hundred, 'v', sizeof hundred);
    *key = (struct headstart_bytes){name, 6};
    *value = (struct headstart_bytes){hundred, sizeof hundred};
    return 1;
}

static struct headstart_options options_of(const struct pair *p)
{
    return (struct headstart_options){.socket_path = p->socket.text,
                                      .chain_id = SCRIPTED_CHAIN,
                                      .client = "test_client 1",
                                      .store = {NULL, store_get, store_next},
                                      .connect_timeout_ms = SUITE_HANG_MS,
                                      .answer_timeout_ms = SUITE_HANG_MS};
}

static void pair_open(struct pair *p)
{
    struct headstart_options options;

    memset(p, 0, sizeof *p);
    p->dir = scratch_make();
    p->socket = scratch_join(p->dir.text, "s");
    p->server = scripted_server_open(p->socket.text);
    options = options_of(p);
    CU_ASSERT_EQUAL_FATAL(headstart_connect(&options, &p->node, &p->err), HEADSTART_OK);
}

static void pair_close(struct pair *p)
{
    headstart_close(p->node);
    if (p->server) scripted_server_close(p->server);
    scratch_remove(p->dir);
}

static enum headstart_status deliver(struct pair *p, const struct position *at, const char *text,
                                     struct headstart_result **out)
{
    struct headstart_delivery d = {.height = 3,
                                   .time = 4,
                                   .seqnum = at->seqnum,
                                   .hash = at->hash,
                                   .message = {text, strlen(text)}};

    return headstart_deliver(p->node, &d, out, &p->err);
}

static void client__version_is_the_projects(void)
{
    CU_ASSERT_STRING_EQUAL(HEADSTART_VERSION, HEADSTART_VERSION_TEXT);
}

static void client__hello_is_answered(void)
{
    struct pair p;
    struct scripted_facts facts;

    pair_open(&p);
    CU_ASSERT_STRING_EQUAL(headstart_greeting(p.node)->server, "headstart test");
    CU_ASSERT_STRING_EQUAL(headstart_greeting(p.node)->phase, "primed");
    CU_ASSERT_STRING_EQUAL(headstart_greeting(p.node)->hash, "");
    CU_ASSERT_EQUAL(headstart_greeting(p.node)->height, 7);
    CU_ASSERT_STRING_EQUAL(headstart_greeting(p.node)->engines, "engine-1");
    CU_ASSERT_STRING_EQUAL(headstart_greeting(p.node)->genesis, "g");
    CU_ASSERT(headstart_can(p.node, "attach"));
    CU_ASSERT(!headstart_can(p.node, "att") && !headstart_can(p.node, "tach"));
    CU_ASSERT(!headstart_can(p.node, ""));
    facts = scripted_server_facts(p.server);
    CU_ASSERT_EQUAL(facts.attached, 1);
    CU_ASSERT_STRING_EQUAL(facts.client, "test_client 1");
    pair_close(&p);
}

static void client__attach_asks_the_store_and_is_answered(void)
{
    struct headstart_attached attached;
    struct headstart_result *r = NULL;
    struct position at = position_origin();
    struct pair p;

    pair_open(&p);
    CU_ASSERT_EQUAL_FATAL(headstart_attach(p.node, 3, 0, "", &attached, &p.err), HEADSTART_OK);
    CU_ASSERT_STRING_EQUAL(attached.path, "swap");
    CU_ASSERT_EQUAL(attached.replayed, 1000);
    CU_ASSERT_EQUAL(attached.wait_us, 2);
    CU_ASSERT_EQUAL(headstart_attach(p.node, 3, 0, NULL, &attached, &p.err), HEADSTART_INVALID);
    CU_ASSERT_EQUAL(headstart_attach(p.node, 3, 1, "", &attached, &p.err), HEADSTART_REFUSED);
    CU_ASSERT_STRING_EQUAL(p.err.code, "bad_request");
    CU_ASSERT_EQUAL(scripted_server_facts(p.server).met, 1);
    CU_ASSERT_EQUAL(deliver(&p, &at, "on it goes", &r), HEADSTART_OK);
    headstart_result_free(r);
    pair_close(&p);
}

struct told {
    unsigned count;
    struct headstart_progress last;
};

static void on_progress(void *data, const struct headstart_progress *progress)
{
    struct told *told = data;

    told->count++;
    told->last = *progress;
}

static void client__progress_is_told_or_ignored(void)
{
    struct position at = position_origin();
    struct headstart_result *r = NULL;
    struct headstart_options options;
    struct told told = {.count = 0};
    struct pair p;

    pair_open(&p);
    CU_ASSERT_EQUAL(deliver(&p, &at, "tell 3", &r), HEADSTART_OK); /* knows no notices */
    headstart_result_free(r);
    headstart_close(p.node);
    options = options_of(&p);
    options.progress = on_progress;
    options.progress_data = &told;
    CU_ASSERT_EQUAL_FATAL(headstart_connect(&options, &p.node, &p.err), HEADSTART_OK);
    CU_ASSERT_EQUAL(deliver(&p, &at, "tell 3", &r), HEADSTART_OK);
    headstart_result_free(r);
    CU_ASSERT_EQUAL(told.count, 3);
    CU_ASSERT_STRING_EQUAL(told.last.phase, "full_replay");
    CU_ASSERT_EQUAL(told.last.done, 3);
    CU_ASSERT_EQUAL(told.last.total, 6);
    CU_ASSERT(!told.last.eta_known);
    pair_close(&p);
}

static void client__query_is_answered_where_it_was_asked(void)
{
    static const char hash[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    struct headstart_query q = {.message = {"{}", 2}};
    struct headstart_query_result *r = NULL;
    struct pair p;

    pair_open(&p);
    CU_ASSERT_EQUAL_FATAL(headstart_query(p.node, &q, &r, &p.err), HEADSTART_OK);
    CU_ASSERT_EQUAL(r->seqnum, 7);
    CU_ASSERT_STRING_EQUAL(r->status, "fulfilled");
    CU_ASSERT(r->value.len == 2 && memcmp(r->value.data, "{}", 3) == 0);
    CU_ASSERT_EQUAL(r->ticks, 1);
    headstart_query_result_free(r);
    q.hash = hash;
    q.seqnum = 9;
    q.limited = true;
    q.ticks = 5;
    CU_ASSERT_EQUAL_FATAL(headstart_query(p.node, &q, &r, &p.err), HEADSTART_OK);
    CU_ASSERT_EQUAL(r->seqnum, 9);
    CU_ASSERT_STRING_EQUAL(r->hash, hash);
    CU_ASSERT_EQUAL(r->ticks, 5);
    headstart_query_result_free(r);
    q.hash = "";
    CU_ASSERT_EQUAL(headstart_query(p.node, &q, &r, &p.err), HEADSTART_REFUSED);
    CU_ASSERT_STRING_EQUAL(p.err.code, "bad_request");
    CU_ASSERT_PTR_NULL(r);
    q.message.len = 0;
    CU_ASSERT_EQUAL(headstart_query(p.node, &q, &r, &p.err), HEADSTART_INVALID);
    CU_ASSERT(headstart_connected(p.node));
    pair_close(&p);
}

static void client__delivery_is_answered_whole(void)
{
    struct pair p;
    struct position at = position_origin(), after;
    struct headstart_result *r = NULL;

    pair_open(&p);
    for (int i = 0; i < 100; i++) {
        after = scripted_after(&at, slice_text("hello"));
        CU_ASSERT_EQUAL_FATAL(deliver(&p, &at, "hello", &r), HEADSTART_OK);
        CU_ASSERT_EQUAL(r->seqnum, after.seqnum);
        CU_ASSERT_STRING_EQUAL(r->hash, after.hash);
        CU_ASSERT_STRING_EQUAL(r->status, "fulfilled");
        CU_ASSERT_STRING_EQUAL(r->path, "live");
        CU_ASSERT(r->value.len == 1 && r->value.data[0] == '5');
        CU_ASSERT_EQUAL(r->outputs_len, 0);
        CU_ASSERT_EQUAL_FATAL(r->writes_len, 3);
        CU_ASSERT(r->writes[1].value.len == 64 &&
                  memcmp(r->writes[1].value.data, after.hash, 64) == 0);
        CU_ASSERT_PTR_NULL(r->writes[2].value.data);
        CU_ASSERT(r->replayed == 0 && r->wait_us == 1 && r->run_us == 2);
        headstart_result_free(r);
        at = after;
    }
    pair_close(&p);
}

static void client__store_questions_are_answered(void)
{
    struct pair p;
    struct position at = position_origin();
    struct headstart_result *r = NULL;

    pair_open(&p);
    CU_ASSERT_EQUAL_FATAL(deliver(&p, &at, "get there", &r), HEADSTART_OK);
    CU_ASSERT(r->value.len == 6 && memcmp(r->value.data, "\"here\"", 6) == 0);
    headstart_result_free(r);
    CU_ASSERT_EQUAL_FATAL(deliver(&p, &at, "get elsewhere", &r), HEADSTART_OK);
    CU_ASSERT(r->value.len == 4 && memcmp(r->value.data, "null", 4) == 0);
    headstart_result_free(r);
    CU_ASSERT_EQUAL_FATAL(deliver(&p, &at, "scan 1", &r), HEADSTART_OK);
    CU_ASSERT(r->value.len == 4 && memcmp(r->value.data, "1000", 4) == 0);
    headstart_result_free(r);
    CU_ASSERT_EQUAL(scripted_server_facts(p.server).answered, 1002);
    CU_ASSERT_EQUAL_FATAL(deliver(&p, &at, "scan 10600", &r), HEADSTART_OK);
    headstart_result_free(r);
    CU_ASSERT_EQUAL(scripted_server_facts(p.server).answered, 1012); /* 100 entries a piece */
    CU_ASSERT_EQUAL_FATAL(deliver(&p, &at, "scan 9007199254740991", &r), HEADSTART_OK);
    headstart_result_free(r);
    CU_ASSERT_EQUAL(scripted_server_facts(p.server).answered, 1013);
    pair_close(&p);
}

static void client__store_that_fails_fails_the_delivery_alone(void)
{
    struct pair p;
    struct position at = position_origin();
    struct headstart_result *r = NULL;

    pair_open(&p);
    CU_ASSERT_EQUAL(deliver(&p, &at, "get bad", &r), HEADSTART_REFUSED);
    CU_ASSERT_PTR_NULL(r);
    CU_ASSERT_STRING_EQUAL(p.err.code, "node_failed");
    CU_ASSERT_STRING_EQUAL(scripted_server_facts(p.server).words,
                           "storage_failed: the node's store cannot be read");
    CU_ASSERT(headstart_connected(p.node));
    CU_ASSERT_EQUAL_FATAL(deliver(&p, &at, "again", &r), HEADSTART_OK);
    headstart_result_free(r);
    pair_close(&p);
}

static void client__refusal_leaves_the_connection(void)
{
    struct pair p;
    struct position at = position_origin();
    struct headstart_result *r = NULL;

    pair_open(&p);
    CU_ASSERT_EQUAL(deliver(&p, &at, "fail", &r), HEADSTART_REFUSED);
    CU_ASSERT_STRING_EQUAL(p.err.code, "kernel_failed");
    CU_ASSERT_STRING_EQUAL(p.err.text, "kernel_failed: told?to?");
    at.hash[0] = 'x';
    CU_ASSERT_EQUAL(deliver(&p, &at, "hash", &r), HEADSTART_REFUSED);
    CU_ASSERT_STRING_EQUAL(p.err.code, "bad_request");
    CU_ASSERT(headstart_connected(p.node));
    CU_ASSERT_EQUAL(scripted_server_facts(p.server).delivered, 1);
    pair_close(&p);
}

static void client__wrong_arguments_send_nothing(void)
{
    struct pair p;
    struct headstart_delivery d = {.hash = ""};
    struct headstart_result *r = NULL;
    char *packed = NULL;
    size_t len = 0;

    pair_open(&p);
    d.height = UINT64_C(1) << 53;
    CU_ASSERT_EQUAL(headstart_deliver(p.node, &d, &r, &p.err), HEADSTART_INVALID);
    d.height = 1;
    d.hash = NULL;
    CU_ASSERT_EQUAL(headstart_deliver(p.node, &d, &r, &p.err), HEADSTART_INVALID);
    d.hash = "";
    d.message.data = "x";
    d.message.len = HS_MESSAGE_BYTES_MAX + 1;
    CU_ASSERT_EQUAL(headstart_deliver(p.node, &d, &r, &p.err), HEADSTART_INVALID);
    CU_ASSERT_EQUAL(headstart_commit(p.node, UINT64_MAX, &p.err), HEADSTART_INVALID);
    CU_ASSERT_EQUAL(headstart_prepare_commit(p.node, UINT64_MAX, &p.err), HEADSTART_INVALID);
    CU_ASSERT_EQUAL(headstart_call(p.node, "status", (struct headstart_bytes){"\x90", 1}, &packed,
                                   &len, &p.err),
                    HEADSTART_INVALID);
    CU_ASSERT_EQUAL(headstart_call(p.node, "status", (struct headstart_bytes){"\x80\x80", 2},
                                   &packed, &len, &p.err),
                    HEADSTART_INVALID);
    CU_ASSERT(headstart_connected(p.node));
    CU_ASSERT_EQUAL(scripted_server_facts(p.server).requests_ok, 1); /* the hello */
    pair_close(&p);
}

static void client__large_message_and_answer_pass(void)
{
    struct pair p;
    struct position at = position_origin(), after;
    struct headstart_result *r = NULL;
    char *text = calloc(1, HS_MESSAGE_BYTES_MAX + 1);

    pair_open(&p);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    memset(text, 'm', HS_MESSAGE_BYTES_MAX);
    after = scripted_after(&at, slice_text(text));
    CU_ASSERT_EQUAL_FATAL(deliver(&p, &at, text, &r), HEADSTART_OK);
    CU_ASSERT_STRING_EQUAL(r->hash, after.hash);
    headstart_result_free(r);
    free(text);
    CU_ASSERT_EQUAL_FATAL(deliver(&p, &at, "big 62914560", &r), HEADSTART_OK);
    CU_ASSERT_EQUAL_FATAL(r->outputs_len, 1);
    CU_ASSERT_EQUAL(r->outputs[0].len, 62914560);
    CU_ASSERT_EQUAL(r->outputs[0].data[62914559], '7');
    headstart_result_free(r);
    CU_ASSERT_EQUAL(deliver(&p, &at, "big 67108864", &r), HEADSTART_REFUSED);
    CU_ASSERT_STRING_EQUAL(p.err.code, "too_large");
    pair_close(&p);
}

static void client__other_requests_work(void)
{
    static const char hash[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    struct pair p;
    struct scripted_facts facts;
    char *packed = NULL;
    size_t len = 0;

    pair_open(&p);
    CU_ASSERT_EQUAL(headstart_commit(p.node, 12, &p.err), HEADSTART_OK);
    CU_ASSERT_EQUAL(headstart_prepare_commit(p.node, 12, &p.err), HEADSTART_OK);
    CU_ASSERT_EQUAL(headstart_commit_at(p.node, 13, 7, hash, &p.err), HEADSTART_OK);
    CU_ASSERT_EQUAL(headstart_commit_at(p.node, 14, 7, "no hash", &p.err), HEADSTART_OK);
    CU_ASSERT_EQUAL(headstart_commit_at(p.node, 14, UINT64_MAX, hash, &p.err), HEADSTART_INVALID);
    CU_ASSERT_EQUAL_FATAL(
        headstart_call(p.node, "metrics", (struct headstart_bytes){NULL, 0}, &packed, &len, &p.err),
        HEADSTART_OK);
    CU_ASSERT(len == 19 && memcmp(packed, "\xb2headstart_ready 1\n", 19) == 0);
    free(packed);
    CU_ASSERT_EQUAL(headstart_call(p.node, "nonsense", (struct headstart_bytes){NULL, 0}, &packed,
                                   &len, &p.err),
                    HEADSTART_REFUSED);
    CU_ASSERT_STRING_EQUAL(p.err.code, "unknown_method");
    CU_ASSERT_EQUAL(headstart_shutdown(p.node, &p.err), HEADSTART_OK);
    facts = scripted_server_facts(p.server);
    CU_ASSERT(scripted_server_told_to_stop(p.server));
    CU_ASSERT(facts.commits == 2 && facts.commits_placed == 1); /* one of no shape is ignored */
    CU_ASSERT(facts.commit_height == 13 && facts.prepared == 1);
    pair_close(&p);
}

static void client__without_hello_looks_only(void)
{
    struct pair p;
    struct headstart_options options;
    struct headstart *tool = NULL;
    char *packed = NULL;
    size_t len = 0;

    pair_open(&p);
    options = options_of(&p);
    options.chain_id = NULL;
    CU_ASSERT_EQUAL_FATAL(headstart_connect(&options, &tool, &p.err), HEADSTART_OK);
    CU_ASSERT_EQUAL(
        headstart_call(tool, "status", (struct headstart_bytes){NULL, 0}, &packed, &len, &p.err),
        HEADSTART_OK);
    free(packed);
    CU_ASSERT_EQUAL(headstart_shutdown(tool, &p.err), HEADSTART_REFUSED);
    CU_ASSERT_STRING_EQUAL(p.err.code, "bad_request");
    headstart_close(tool);
    pair_close(&p);
}

static void client__refused_hello_gives_no_connection(void)
{
    struct pair p;
    struct headstart_options options;
    struct headstart *second = (struct headstart *)1;

    pair_open(&p);
    options = options_of(&p);
    CU_ASSERT_EQUAL(headstart_connect(&options, &second, &p.err), HEADSTART_REFUSED);
    CU_ASSERT_PTR_NULL(second);
    CU_ASSERT_STRING_EQUAL(p.err.code, "busy");
    options.chain_id = "other";
    options.observer = true;
    CU_ASSERT_EQUAL(headstart_connect(&options, &second, &p.err), HEADSTART_REFUSED);
    CU_ASSERT_STRING_EQUAL(p.err.code, "wrong_chain");
    pair_close(&p);
}

static void pair_connect_anew(struct pair *p, const struct headstart_options *options)
{
    headstart_close(p->node);
    do { /* the role is free as soon as the server saw the end */
        p->node = NULL;
    } while (headstart_connect(options, &p->node, &p->err) == HEADSTART_REFUSED);
}

static void client__late_answer_is_a_timeout(void)
{
    struct pair p;
    struct headstart_options options;
    struct position at = position_origin();
    struct headstart_result *r = NULL;

    pair_open(&p);
    options = options_of(&p);
    options.answer_timeout_ms = 50;
    pair_connect_anew(&p, &options);
    CU_ASSERT_EQUAL(deliver(&p, &at, "hold", &r), HEADSTART_TIMEOUT);
    CU_ASSERT_FALSE(headstart_connected(p.node));
    CU_ASSERT_EQUAL(deliver(&p, &at, "hold", &r), HEADSTART_UNREACHABLE);
    CU_ASSERT_EQUAL(headstart_commit(p.node, 1, &p.err), HEADSTART_UNREACHABLE);
    pair_close(&p);
}

/* Whether an answer comes while it spins or long after, and where none comes at all. */
static void client__spins_and_is_answered_all_the_same(void)
{
    struct pair p;
    struct headstart_options options;
    struct position at = position_origin();
    struct headstart_result *r = NULL;

    pair_open(&p);
    options = options_of(&p);
    for (unsigned spin_us = 1; spin_us <= 10000; spin_us *= 10) {
        options.spin_us = spin_us;
        pair_connect_anew(&p, &options);
        for (int i = 0; i < 200; i++) {
            CU_ASSERT_EQUAL(deliver(&p, &at, "on it goes", &r), HEADSTART_OK);
            headstart_result_free(r);
        }
    }
    options.answer_timeout_ms = 50;
    pair_connect_anew(&p, &options);
    CU_ASSERT_EQUAL(deliver(&p, &at, "hold", &r), HEADSTART_TIMEOUT);
    CU_ASSERT_FALSE(headstart_connected(p.node));
    headstart_close(p.node);
    options.spin_us = 10001;
    CU_ASSERT_EQUAL(headstart_connect(&options, &p.node, &p.err), HEADSTART_INVALID);
    pair_close(&p);
}

static void client__nobody_there_is_unreachable(void)
{
    struct pair p = {.dir = scratch_make()};
    struct headstart_options options;
    char longer[300];

    p.socket = scratch_join(p.dir.text, "s");
    options = options_of(&p);
    options.connect_timeout_ms = 30;
    CU_ASSERT_EQUAL(headstart_connect(&options, &p.node, &p.err), HEADSTART_UNREACHABLE);
    CU_ASSERT_PTR_NOT_NULL(strstr(p.err.text, p.socket.text));
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    options.socket_path = longer;
    CU_ASSERT_EQUAL(headstart_connect(&options, &p.node, &p.err), HEADSTART_INVALID);
    scratch_remove(p.dir);
}

static const struct suite_case cases[] = {
    SUITE_CASE(client__version_is_the_projects),
    SUITE_CASE(client__hello_is_answered),
    SUITE_CASE(client__attach_asks_the_store_and_is_answered),
    SUITE_CASE(client__delivery_is_answered_whole),
    SUITE_CASE(client__progress_is_told_or_ignored),
    SUITE_CASE(client__query_is_answered_where_it_was_asked),
    SUITE_CASE(client__store_questions_are_answered),
    SUITE_CASE(client__store_that_fails_fails_the_delivery_alone),
    SUITE_CASE(client__refusal_leaves_the_connection),
    SUITE_CASE(client__wrong_arguments_send_nothing),
    SUITE_CASE(client__large_message_and_answer_pass),
    SUITE_CASE(client__other_requests_work),
    SUITE_CASE(client__without_hello_looks_only),
    SUITE_CASE(client__refused_hello_gives_no_connection),
    SUITE_CASE(client__late_answer_is_a_timeout),
    SUITE_CASE(client__spins_and_is_answered_all_the_same),
    SUITE_CASE(client__nobody_there_is_unreachable),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("client", cases, argc, argv);
}
