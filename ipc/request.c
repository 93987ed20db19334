/* What is unanswered, and answers.
 *
 * A request is one block of memory: its place in lists, what carries it to another thread, what the
 * method's reader filled, and a copy of the parameters which that borrows from. So it can be handed
 * on as it is, or be held until the delivery before it ends, and nothing else has to be copied. A
 * block that was answered is kept for the next request, with the buffer of its answer: a node that
 * delivers one message after the other has nothing allocated.
 *
 * It outlives its peer, since whoever works on it may be another thread's job: a peer that goes
 * takes its address out, and the reply then goes nowhere. */
#include "ipc/request.h"

#include "ipc/server_internal.h"
#include "ipc/wire.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

const struct ipc_method *ipc_request_method(const struct ipc_request *request)
{
    return request->method;
}

const void *ipc_request_params(const struct ipc_request *request)
{
    return request->params;
}

void *ipc_request_job(struct ipc_request *request)
{
    return request->memory;
}

struct buffer *ipc_request_answer(struct ipc_request *request)
{
    return &request->answer;
}

/* --- their memory --- */

/* With `memory_bytes` at least; nothing but that and the answer's buffer is set. */
static struct ipc_request *request_take(struct ipc_server *s, size_t memory_bytes)
{
    struct ipc_request *request;

    LIST_FOREACH(request, &s->spares, link)
    {
        if (request->memory_bytes < memory_bytes) continue;
        LIST_REMOVE(request, link);
        s->spares_len--;
        return request;
    }
    if (memory_bytes < IPC_REQUEST_BYTES_USUAL) memory_bytes = IPC_REQUEST_BYTES_USUAL;
    request = malloc(sizeof *request + memory_bytes);
    if (!request) return NULL;
    request->memory_bytes = memory_bytes;
    request->answer = (struct buffer){0};
    return request;
}

/* s NULL: the server may be gone. */
static void request_give(struct ipc_server *s, struct ipc_request *request)
{
    bool kept = s && s->spares_len < IPC_SPARES_MAX && request->memory_bytes <= IPC_SPARE_BYTES_MAX;

    if (!kept || request->answer.capacity > IPC_SPARE_BYTES_MAX) buffer_fini(&request->answer);
    if (!kept) {
        free(request);
        return;
    }
    buffer_clear(&request->answer);
    LIST_INSERT_HEAD(&s->spares, request, link);
    s->spares_len++;
}

void request_free_spares(struct ipc_server *s)
{
    while (s->spares_len > 0) {
        struct ipc_request *request = LIST_FIRST(&s->spares);

        LIST_REMOVE(request, link);
        s->spares_len--;
        request_give(NULL, request);
    }
}

/* --- answers --- */

void request_count(struct ipc_server *s, const struct ipc_method *method, enum ipc_code code)
{
    size_t row = s->owner.methods_len + 1;

    if (method == &dispatch_hello) {
        row = 0;
    } else if (method) {
        row = 1 + (size_t)(method - s->owner.methods);
    }
    s->requests[row][code]++;
}

void request_refuse(struct ipc_connection *c, const struct ipc_method *method, uint64_t msgid,
                    enum ipc_code code, const char *text)
{
    struct ipc_server *s = c->server;
    struct wire_writer w;

    request_count(s, method, code);
    buffer_clear(&s->head);
    wire_begin(&w, &s->head);
    rpc_put_error(&w, msgid, ipc_code_name(code), text);
    if (wire_end(&w) != HS_OK) {
        connection_doom(c);
        return;
    }
    connection_send(c, buffer_slice(&s->head), slice_make(NULL, 0));
}

static void request_error(struct ipc_connection *c, const struct ipc_method *method, uint64_t msgid,
                          enum ipc_code code, const char *text)
{
    if (method->kind == IPC_NOTIFICATION) {
        request_count(c->server, method, code); /* nothing can be answered to it */
    } else {
        request_refuse(c, method, msgid, code, text);
    }
}

static void request_result(struct ipc_connection *c, const struct ipc_method *method,
                           uint64_t msgid, struct slice packed)
{
    struct ipc_server *s = c->server;
    struct wire_writer w;

    if (packed.len > IPC_RESULT_BYTES_MAX) {
        request_error(c, method, msgid, IPC_TOO_LARGE, "the answer does not fit a frame");
        return;
    }
    request_count(s, method, IPC_FINE);
    if (method->kind == IPC_NOTIFICATION) return;
    assert(packed.len > 0 && packed.data != s->head.data);
    buffer_clear(&s->head);
    wire_begin(&w, &s->head);
    rpc_put_result(&w, msgid);
    if (wire_end(&w) != HS_OK) {
        connection_doom(c);
        return;
    }
    connection_send(c, buffer_slice(&s->head), packed);
}

/* --- from its arrival to its reply --- */

static const char *request_no_room(const struct ipc_connection *c, enum ipc_kind kind)
{
    unsigned most = kind == IPC_NOTIFICATION ? IPC_NOTIFICATIONS_MAX : IPC_REQUESTS_MAX;
    unsigned have = kind == IPC_NOTIFICATION
                        ? c->requests_len[IPC_NOTIFICATION]
                        : c->requests_len[IPC_REQUEST] + c->requests_len[IPC_DELIVERY];

    if (have >= most) return "too many requests are unanswered";
    if (c->requests_bytes > IPC_REQUEST_BYTES_MAX) return "too large requests are unanswered";
    return NULL;
}

static size_t request_aligned(size_t bytes)
{
    return (bytes + _Alignof(max_align_t) - 1) / _Alignof(max_align_t) * _Alignof(max_align_t);
}

/* Its parameters are copied and read; NULL where they are refused. */
static struct ipc_request *request_make(struct ipc_connection *c, const struct ipc_method *method,
                                        uint64_t msgid, struct packed_value params)
{
    struct slice packed = method->read ? packed_bytes(params) : slice_make(NULL, 0);
    size_t params_at = request_aligned(c->server->owner.job_size);
    struct ipc_request *request =
        request_take(c->server, params_at + method->params_size + packed.len);
    struct ipc_params reading;
    char *copy;

    if (!request) {
        request_error(c, method, msgid, IPC_INTERNAL, "out of memory");
        return NULL;
    }
    request->connection = c;
    request->server = c->server;
    request->method = method;
    request->msgid = msgid;
    request->arrived_ms = uv_now(c->server->loop);
    request->bytes = packed.len;
    request->params = request->memory + params_at;
    memset(request->params, 0, method->params_size);
    if (!method->read) return request;
    copy = request->params + method->params_size;
    memcpy(copy, packed.data, packed.len);
    ipc_params_begin(&reading, packed_root(slice_make(copy, packed.len)));
    method->read(&reading, request->params);
    if (reading.code == IPC_FINE) return request;
    request_error(c, method, msgid, reading.code, reading.words);
    request_give(c->server, request);
    return NULL;
}

struct ipc_request *request_open(struct ipc_connection *c, const struct ipc_method *method,
                                 uint64_t msgid, struct packed_value params)
{
    const char *no_room = request_no_room(c, method->kind);
    struct ipc_request *request;

    if (no_room) {
        request_error(c, method, msgid, IPC_BUSY, no_room);
        return NULL;
    }
    request = request_make(c, method, msgid, params);
    if (!request) return NULL;
    LIST_INSERT_HEAD(&c->requests, request, link);
    c->requests_len[method->kind]++;
    c->requests_bytes += request->bytes;
    return request;
}

/* The peer is gone, or has its answer. */
static void request_detach(struct ipc_request *request)
{
    struct ipc_connection *c = request->connection;

    if (!c) return;
    LIST_REMOVE(request, link);
    c->requests_len[request->method->kind]--;
    c->requests_bytes -= request->bytes;
    request->connection = NULL;
}

static void request_on_turn(uv_timer_t *timer)
{
    struct ipc_server *s = timer->data;

    if (s->delivery || !s->held) return; /* its node went away, too */
    s->delivery = s->held;
    s->held = NULL;
    dispatch_hand_over(s->delivery);
}

static void request_close(struct ipc_request *request)
{
    struct ipc_server *s = request->server;

    request_detach(request);
    if (s && s->held == request) s->held = NULL;
    if (s && s->delivery == request) {
        s->delivery = NULL;
        /* from the loop: whoever replies does not expect a handler to be called in between */
        if (s->held) (void)uv_timer_start(&s->held_timer, request_on_turn, 0, 0);
    }
    request_give(s, request);
}

void ipc_reply(struct ipc_request *request, struct slice packed)
{
    struct ipc_connection *c = request->connection;

    if (c) {
        if (request->method->kind == IPC_DELIVERY) dispatch_advance(c, SESSION_ANSWERED);
        request_result(c, request->method, request->msgid, packed);
    }
    request_close(request);
}

void ipc_reply_empty(struct ipc_request *request)
{
    static const char empty_map[] = {(char)0x80};

    ipc_reply(request, slice_make(empty_map, sizeof empty_map));
}

void ipc_reply_error(struct ipc_request *request, enum ipc_code code, const char *text)
{
    struct ipc_connection *c = request->connection;

    if (c) {
        if (request->method->kind == IPC_DELIVERY) dispatch_advance(c, SESSION_ANSWERED);
        request_error(c, request->method, request->msgid, code, text);
    }
    request_close(request);
}

/* --- the end of a session --- */

void request_shut_down(struct ipc_connection *c)
{
    struct ipc_request *request;

    LIST_FOREACH(request, &c->requests, link)
    {
        request_error(c, request->method, request->msgid, IPC_SHUTTING_DOWN,
                      "headstart is stopping");
    }
}

void request_forget_peer(struct ipc_connection *c)
{
    struct ipc_server *s = c->server;
    struct ipc_request *request;

    while ((request = LIST_FIRST(&c->requests)) != NULL) {
        request_detach(request);
        if (request == s->held) {
            request_close(request); /* no handler has seen it */
        } else if (request != s->delivery) {
            request->server = NULL; /* it may outlive the server */
        }
    }
}
