/* Both ends without memory: the k-th allocation of a whole session fails, for every k. What must
 * hold: a status or the end of that one connection, nothing leaked (the address sanitizer says),
 * and the next peer is served as if nothing had been. */
#include "tests/unit/ipc/raw_peer.h"
#include "tests/unit/ipc/scripted_server.h"
#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

#include "ipc/include/headstart.h"
#include "ipc/server_internal.h"

#include <uv.h>

/* Of this thread alone: negative is off, 0 fails once. The linker puts these in place of the real
 * ones in all of our code. */
static _Thread_local int allocations_left = -1;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static bool allocation_fails(void)
{
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
    int left; /* of the countdown, between the turns */
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

static const struct ipc_method methods[] = {
    {"deliver", IPC_NODE, IPC_DELIVERY, sizeof(struct ipc_delivery), ipc_delivery_read, on_deliver,
     NULL},
    {"status", IPC_ANYONE, IPC_REQUEST, 0, NULL, on_status, NULL},
};

static void hall_turn(struct hall *hall)
{
    for (int i = 0; i < 4; i++) {
        allocations_left = hall->left;
        (void)uv_run(&hall->loop, UV_RUN_NOWAIT);
        hall->left = allocations_left;
        allocations_left = -1;
    }
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
                                        .connect_timeout_ms = 10000,
                                        .answer_timeout_ms = 20000};
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
    SUITE_CASE(nomem__client_gives_a_status),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("nomem", cases, argc, argv);
}
