/* Both ends without memory: the k-th allocation of a whole session fails, for every k. What must
 * hold: a status or the end of that one connection, nothing leaked (the address sanitizer says),
 * and the next peer is served as if nothing had been. And how little the server asks for. */
#include "tests/unit/ipc/raw_peer.h"
#include "tests/unit/ipc/scripted_server.h"
#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

#include "ipc/include/headstart.h"
#include "ipc/server_internal.h"

#include "ipc/wire.h"

#include <uv.h>

enum { JOB_BYTES = 41 }; /* the owner's in each request: no multiple of an alignment */

/* Of this thread alone: negative is off, 0 fails once. The linker puts these in place of the real
 * ones in all of our code. */
static _Thread_local int allocations_left = -1;
static _Thread_local unsigned allocations; /* so far */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static bool allocation_fails(void)
{
    allocations++;
    return allocations_left >= 0 && allocations_left-- == 0;
}

void *__wrap_malloc(size_t size)
{
    return allocation_fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return allocation_fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return allocation_fails() ? NULL : __real_realloc(old, size);
}

/* --- the server, its loop turned by hand --- */

struct hall {
    struct scratch_path dir, socket;
    uv_loop_t loop;
    struct ipc_server *server;
    struct buffer frame;
    int left;           /* of the countdown, between the turns */
    unsigned allocated; /* while it turned */
    unsigned delivered, asked;
    struct ipc_request *request;
};

static void on_hello(void *data, struct ipc_hello_answer *out)
{
    (void)data;
    *out = (struct ipc_hello_answer){
        .server = "s", .phase = "live", .at = position_origin(), .genesis = ""};
}

static void on_node(void *data, const char *client)
{
    (void)data;
    (void)client;
}

static void on_gone(void *data)
{
    (void)data;
}

static void on_got(void *data, enum hs_status status, struct slice result, const char *text)
{
    struct hall *hall = data;

    (void)text;
    if (status == HS_OK) {
        ipc_reply(hall->request, result);
    } else {
        ipc_reply_error(hall->request, IPC_NODE_FAILED, "no answer");
    }
    hall->request = NULL;
}

static void on_deliver(void *data, struct ipc_request *request)
{
    struct hall *hall = data;

    hall->delivered++;
    hall->request = request;
    if (ipc_node_request(hall->server, "store.get", slice_make("\x81\xa3key\xa1k", 7), on_got, hall,
                         NULL) != HS_OK) {
        on_got(hall, HS_NOMEM, slice_make(NULL, 0), "");
    }
}

static void on_status(void *data, struct ipc_request *request)
{
    (void)data;
    ipc_reply_empty(request);
}

/* Answers with the message; what carries the request elsewhere may be written over meanwhile. */
static void on_query(void *data, struct ipc_request *request)
{
    const struct ipc_query *query = ipc_request_params(request);
    struct buffer *answer = ipc_request_answer(request);
    struct wire_writer w;

    (void)data;
    memset(ipc_request_job(request), 0xff, JOB_BYTES);
    CU_ASSERT_EQUAL((uintptr_t)ipc_request_job(request) % _Alignof(max_align_t), 0);
    CU_ASSERT_EQUAL(answer->len, 0);
    wire_begin(&w, answer);
    wire_put_text(&w, query->message.text);
    CU_ASSERT_EQUAL(wire_end(&w), HS_OK);
    ipc_reply(request, buffer_slice(answer));
}

static const struct ipc_method methods[] = {
    {"deliver", IPC_NODE, IPC_DELIVERY, sizeof(struct ipc_delivery), ipc_delivery_read, on_deliver,
     NULL},
    {"status", IPC_ANYONE, IPC_REQUEST, 0, NULL, on_status, NULL},
    {"query", IPC_NODE, IPC_REQUEST, sizeof(struct ipc_query), ipc_query_read, on_query, NULL},
};

static void hall_turn(struct hall *hall)
{
    unsigned before = allocations;

    for (int i = 0; i < 4; i++) {
        allocations_left = hall->left;
        (void)uv_run(&hall->loop, UV_RUN_NOWAIT);
        hall->left = allocations_left;
        allocations_left = -1;
    }
    hall->allocated += allocations - before;
}

static void soon_see(uv_handle_t *handle, void *soon)
{
    if (handle->type != UV_TIMER || !uv_is_active(handle)) return;
    if (uv_timer_get_due_in((uv_timer_t *)handle) <= IPC_ACCEPT_AGAIN_MS) *(bool *)soon = true;
}

/* Where there was no memory to accept, a timer tries again: until that has run. */
static void hall_accept_again(struct hall *hall)
{
    bool soon;

    do {
        soon = false;
        uv_walk(&hall->loop, soon_see, &soon);
        if (soon) (void)uv_run(&hall->loop, UV_RUN_ONCE);
    } while (soon);
}

static void hall_open(struct hall *hall)
{
    struct ipc_server_options options = {.chain_id = SCRIPTED_CHAIN,
                                         .owner = {.methods = methods,
                                                   .methods_len = sizeof methods / sizeof *methods,
                                                   .job_size = JOB_BYTES,
                                                   .hello_answer = on_hello,
                                                   .node_attached = on_node,
                                                   .node_detached = on_gone,
                                                   .data = hall}};

    memset(hall, 0, sizeof *hall);
    hall->left = -1;
    hall->dir = scratch_make();
    hall->socket = scratch_join(hall->dir.text, "s");
    CU_ASSERT_EQUAL_FATAL(uv_loop_init(&hall->loop), 0);
    options.loop = &hall->loop;
    options.socket_path = hall->socket.text;
    CU_ASSERT_EQUAL_FATAL(ipc_server_start(&options, &hall->server, NULL), HS_OK);
}

static void hall_close(struct hall *hall)
{
    ipc_server_stop(hall->server, NULL, NULL);
    while (uv_run(&hall->loop, UV_RUN_ONCE) != 0) {
        continue;
    }
    CU_ASSERT_EQUAL(uv_loop_close(&hall->loop), 0);
    buffer_fini(&hall->frame);
    scratch_remove(hall->dir);
}

/* Sends, turns the loop, reads. False once there is nothing to read. */
static bool hall_ask(struct hall *hall, struct raw_peer *p)
{
    (void)raw_peer_send(p, buffer_slice(&hall->frame));
    hall_turn(hall);
    return raw_peer_read(p, 0) == RAW_FRAME;
}

/* Returns how many of its four steps were answered as they should be. */
static int hall_session(struct hall *hall)
{
    static const char value[] = "\x94\x01\x01\xc0\x81\xa5value\xa1v";
    struct raw_peer p;
    int fine = 0;

    raw_peer_open(&p, hall->socket.text);
    hall_turn(hall);
    raw_hello(&hall->frame, 1, SCRIPTED_CHAIN, "node");
    fine += hall_ask(hall, &p) && raw_peer_told(&p, 1, NULL);
    raw_request(&hall->frame, 2, "status", slice_make(NULL, 0));
    fine += hall_ask(hall, &p) && raw_peer_told(&p, 2, NULL);
    raw_deliver(&hall->frame, 4, 0, "", slice_text("{}"));
    if (hall_ask(hall, &p) && p.frame.kind == RPC_REQUEST) {
        fine++;
        CU_ASSERT_EQUAL(buffer_assign(&hall->frame, slice_make(value, sizeof value - 1)), HS_OK);
        fine += hall_ask(hall, &p) && raw_peer_told(&p, 4, NULL);
    }
    raw_peer_close(&p);
    hall_turn(hall);
    return fine;
}

static void nomem__server_loses_at_most_that_peer(void)
{
    struct hall hall;
    bool failed = true;
    int k;

    for (k = 0; failed; k++) {
        hall_open(&hall); /* anew each time: buffers that are kept would hide allocations */
        hall.left = k;
        (void)hall_session(&hall);
        failed = hall.left < 0;
        hall.left = -1;
        hall_accept_again(&hall);
        hall_turn(&hall);
        CU_ASSERT_EQUAL(hall_session(&hall), 4);
        CU_ASSERT_EQUAL(ipc_server_counters(hall.server).connections_node, 0);
        CU_ASSERT_PTR_NULL(hall.request);
        hall_close(&hall);
    }
    CU_ASSERT(k > 5);
}

/* --- the server, with memory --- */

/* Queries whose message has `len` bytes. */
static void ask_queries(struct hall *hall, struct raw_peer *p, unsigned count, size_t len)
{
    struct buffer params = {0}, text = {0};
    struct wire_writer w;

    CU_ASSERT_EQUAL_FATAL(buffer_reserve(&text, len), HS_OK);
    memset(text.data, 'q', len);
    wire_begin(&w, &params);
    wire_put_map(&w, 1);
    wire_put_text(&w, slice_text("message"));
    wire_put_text(&w, slice_make(text.data, len));
    CU_ASSERT_EQUAL_FATAL(wire_end(&w), HS_OK);
    for (unsigned i = 0; i < count; i++) {
        struct slice told = {0};

        raw_request(&hall->frame, 10 + i, "query", buffer_slice(&params));
        CU_ASSERT_TRUE_FATAL(hall_ask(hall, p));
        CU_ASSERT_EQUAL(p->frame.msgid, 10 + i);
        CU_ASSERT_TRUE(packed_text(p->frame.result, &told));
        CU_ASSERT_TRUE(slice_equal(told, slice_make(text.data, len)));
    }
    buffer_fini(&params);
    buffer_fini(&text);
}

static size_t spare_bytes_most(const struct hall *hall)
{
    const struct ipc_request *spare;
    size_t most = 0;

    LIST_FOREACH(spare, &hall->server->spares, link)
    {
        if (spare->memory_bytes > most) most = spare->memory_bytes;
        if (spare->answer.capacity > most) most = spare->answer.capacity;
    }
    return most;
}

static void memory__of_a_request_serves_the_next(void)
{
    struct hall hall;
    struct raw_peer p;

    hall_open(&hall);
    raw_peer_open(&p, hall.socket.text);
    hall_turn(&hall);
    raw_hello(&hall.frame, 1, SCRIPTED_CHAIN, "node");
    CU_ASSERT_TRUE(hall_ask(&hall, &p));
    ask_queries(&hall, &p, 1, 3000);
    CU_ASSERT(hall.allocated > 0); /* they are counted at all */
    hall.allocated = 0;
    ask_queries(&hall, &p, 100, 200);
    ask_queries(&hall, &p, 100, 2999);
    ask_queries(&hall, &p, 100, 1);
    CU_ASSERT_EQUAL(hall.allocated, 0);
    ask_queries(&hall, &p, 2, 2 * IPC_SPARE_BYTES_MAX); /* large ones are not kept */
    CU_ASSERT(hall.allocated > 0);
    CU_ASSERT(hall.server->spares_len <= IPC_SPARES_MAX);
    CU_ASSERT(spare_bytes_most(&hall) <= IPC_SPARE_BYTES_MAX);
    raw_peer_close(&p);
    hall_close(&hall);
}

/* --- the client --- */

static int store_get(void *data, struct headstart_bytes key, struct headstart_bytes *value)
{
    (void)data;
    *value = key;
    return 1;
}

static int store_next(void *data, struct headstart_bytes after, struct headstart_bytes *key,
                      struct headstart_bytes *value)
{
    (void)data;
    *key = *value = (struct headstart_bytes){"k", 1};
    return after.len == 0;
}

/* The first status that is not OK. */
static enum headstart_status client_session(const char *path, int *left)
{
    struct headstart_options options = {.socket_path = path,
                                        .chain_id = SCRIPTED_CHAIN,
                                        .client = "c",
                                        .store = {NULL, store_get, store_next},
                                        .connect_timeout_ms = SUITE_HANG_MS,
                                        .answer_timeout_ms = SUITE_HANG_MS};
    static const char *const messages[] = {"plain", "get k", "scan 10"};
    struct headstart_delivery d = {.hash = ""};
    struct headstart_result *r = NULL;
    struct headstart_error err = {.text = ""};
    struct headstart *h = NULL;
    enum headstart_status st;

    do { /* the role may still be with the session before */
        allocations_left = *left;
        st = headstart_connect(&options, &h, &err);
    } while (st == HEADSTART_REFUSED && strcmp(err.code, "busy") == 0);
    for (size_t i = 0; st == HEADSTART_OK && i < 3; i++) {
        d.message = (struct headstart_bytes){messages[i], strlen(messages[i])};
        st = headstart_deliver(h, &d, &r, &err);
        CU_ASSERT_EQUAL(st == HEADSTART_OK, r != NULL);
        headstart_result_free(r);
    }
    *left = allocations_left;
    allocations_left = -1;
    headstart_close(h);
    return st;
}

static void nomem__client_gives_a_status(void)
{
    struct scratch_path dir = scratch_make(), path = scratch_join(dir.text, "s");
    struct scripted_server *server = scripted_server_open(path.text);
    bool failed = true;
    int k;

    for (k = 0; failed; k++) {
        int left = k;
        enum headstart_status st = client_session(path.text, &left);

        failed = left < 0;
        CU_ASSERT_EQUAL(st == HEADSTART_OK, !failed);
        /* while it answers a question about its store it may refuse that, and hears of it */
        CU_ASSERT(!failed || st == HEADSTART_NOMEM || st == HEADSTART_REFUSED);
    }
    CU_ASSERT(k > 5);
    scripted_server_close(server);
    scratch_remove(dir);
}

static const struct suite_case cases[] = {
    SUITE_CASE(nomem__server_loses_at_most_that_peer),
    SUITE_CASE(memory__of_a_request_serves_the_next),
    SUITE_CASE(nomem__client_gives_a_status),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("nomem", cases, argc, argv);
}
