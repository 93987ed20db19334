/* From frames to handlers, and from replies to frames.
 *
 * Every request ends in exactly one answer: the protocol's own (session.c), a handler's at once, or
 * one that a handler gives later through its ipc_request. That handle outlives its peer, since
 * whoever works on it may be another thread's job: a peer that goes takes its address out, and the
 * reply then goes nowhere.
 *
 * Deliveries run one at a time, over all nodes that come and go: one whose node went away still
 * runs until its reply, and the next node's is held (copied out of its input buffer) until then. */
#include "ipc/server_internal.h"

#include "ipc/text.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* The only place that writes the state. */
static void dispatch_advance(struct ipc_connection *c, enum session_event event)
{
    enum session_state to = session_next(c->state, event);

    assert(to != SESSION_NONE);
    c->state = to;
    if (session_is_node(to)) {
        assert(!c->server->node || c->server->node == c);
        c->server->node = c;
    } else if (c->server->node == c) {
        c->server->node = NULL;
    }
}

/* --- answers --- */

static void dispatch_count(struct ipc_server *s, enum session_method method, enum ipc_code code)
{
    s->requests[method][code]++;
}

static void dispatch_error(struct ipc_connection *c, enum session_method method, uint64_t msgid,
                           enum ipc_code code, const char *text)
{
    struct ipc_server *s = c->server;
    struct wire_writer w;

    dispatch_count(s, method, code);
    buffer_clear(&s->head);
    wire_begin(&w, &s->head);
    rpc_put_error(&w, msgid, ipc_code_name(code), text);
    if (wire_end(&w) != HS_OK) {
        connection_doom(c);
        return;
    }
    connection_send(c, buffer_slice(&s->head), slice_make(NULL, 0));
}

static void dispatch_result(struct ipc_connection *c, enum session_method method, uint64_t msgid,
                            struct slice packed)
{
    struct ipc_server *s = c->server;
    struct wire_writer w;

    if (packed.len > IPC_RESULT_BYTES_MAX) {
        dispatch_error(c, method, msgid, IPC_TOO_LARGE, "the answer does not fit a frame");
        return;
    }
    assert(packed.len > 0 && packed.data != s->head.data);
    buffer_clear(&s->head);
    wire_begin(&w, &s->head);
    rpc_put_result(&w, msgid);
    if (wire_end(&w) != HS_OK) {
        connection_doom(c);
        return;
    }
    dispatch_count(s, method, 0);
    connection_send(c, buffer_slice(&s->head), packed);
}

void dispatch_refuse(struct ipc_connection *c, struct slice bytes, enum hs_status status,
                     const char *text)
{
    enum ipc_code code = status == HS_TOO_LARGE ? IPC_TOO_LARGE : IPC_BAD_REQUEST;

    c->server->protocol_errors++;
    dispatch_error(c, METHOD_OTHER, rpc_msgid_peek(bytes), code, text);
}

/* --- requests that are answered later --- */

static struct ipc_request *request_open(struct ipc_connection *c, enum session_method method,
                                        uint64_t msgid)
{
    struct ipc_request *request;

    if (c->requests_len >= IPC_REQUESTS_MAX) {
        dispatch_error(c, method, msgid, IPC_BUSY, "too many requests are unanswered");
        return NULL;
    }
    request = calloc(1, sizeof *request);
    if (!request) {
        dispatch_error(c, method, msgid, IPC_INTERNAL, "out of memory");
        return NULL;
    }
    request->connection = c;
    request->server = c->server;
    request->method = method;
    request->msgid = msgid;
    LIST_INSERT_HEAD(&c->requests, request, link);
    c->requests_len++;
    return request;
}

/* The peer is gone, or has its answer. */
static void request_detach(struct ipc_request *request)
{
    if (!request->connection) return;
    LIST_REMOVE(request, link);
    request->connection->requests_len--;
    request->connection = NULL;
}

static void dispatch_on_held(uv_timer_t *timer)
{
    struct ipc_server *s = timer->data;

    if (s->delivery || !s->held) return; /* its node went away, too */
    s->delivery = s->held;
    s->held = NULL;
    s->handlers.deliver(s->data, s->delivery, &s->delivery->delivery);
}

static void request_close(struct ipc_request *request)
{
    struct ipc_server *s = request->server;

    request_detach(request);
    if (s && s->held == request) s->held = NULL;
    if (s && s->delivery == request) {
        s->delivery = NULL;
        /* from the loop: whoever replies does not expect a handler to be called in between */
        if (s->held) (void)uv_timer_start(&s->held_timer, dispatch_on_held, 0, 0);
    }
    buffer_fini(&request->text);
    free(request);
}

void ipc_reply(struct ipc_request *request, struct slice packed)
{
    struct ipc_connection *c = request->connection;

    if (c) {
        if (request->method == METHOD_DELIVER) dispatch_advance(c, SESSION_ANSWERED);
        dispatch_result(c, request->method, request->msgid, packed);
    }
    request_close(request);
}

void ipc_reply_error(struct ipc_request *request, enum ipc_code code, const char *text)
{
    struct ipc_connection *c = request->connection;

    if (c) {
        if (request->method == METHOD_DELIVER) dispatch_advance(c, SESSION_ANSWERED);
        dispatch_error(c, request->method, request->msgid, code, text);
    }
    request_close(request);
}

/* --- the end of a session --- */

void dispatch_shut_down(struct ipc_connection *c)
{
    struct ipc_request *request;

    LIST_FOREACH(request, &c->requests, link)
    {
        dispatch_error(c, request->method, request->msgid, IPC_SHUTTING_DOWN,
                       "headstart is stopping");
    }
}

void dispatch_end(struct ipc_connection *c, bool tell)
{
    struct ipc_server *s = c->server;
    struct ipc_request *request;
    bool was_node = session_is_node(c->state);

    if (c->state == SESSION_OVER) return;
    while ((request = LIST_FIRST(&c->requests)) != NULL) {
        request_detach(request);
        if (request == s->held) {
            request_close(request); /* no handler has seen it */
        } else if (request != s->delivery) {
            request->server = NULL; /* it may outlive the server */
        }
    }
    dispatch_advance(c, SESSION_END);
    if (was_node && tell) s->handlers.node_detached(s->data);
}

/* --- requests --- */

static void dispatch_hello(struct ipc_connection *c, uint64_t msgid, struct packed_value params)
{
    struct ipc_server *s = c->server;
    struct ipc_hello_answer answer = {.server = "", .phase = ""};
    struct session_hello hello = {0};
    struct session_verdict verdict =
        session_hello_read(params, s->chain_id, s->node != NULL, &hello);
    enum hs_status st;

    if (verdict.code != 0) {
        dispatch_error(c, METHOD_HELLO, msgid, verdict.code, verdict.text);
        return;
    }
    s->handlers.hello_answer(s->data, &answer);
    buffer_clear(&s->body);
    st = session_hello_write(&answer, s->chain_id, &s->body);
    if (st != HS_OK) {
        dispatch_error(c, METHOD_HELLO, msgid, IPC_INTERNAL, hs_status_text(st));
        return;
    }
    dispatch_advance(c, hello.node ? SESSION_HELLO_NODE : SESSION_HELLO_OBSERVER);
    dispatch_result(c, METHOD_HELLO, msgid, buffer_slice(&s->body));
    if (hello.node) s->handlers.node_attached(s->data, hello.client);
}

static void dispatch_deliver(struct ipc_connection *c, uint64_t msgid, struct packed_value params)
{
    struct ipc_server *s = c->server;
    struct ipc_delivery delivery = {0};
    struct session_verdict verdict = session_deliver_read(params, &delivery);
    struct ipc_request *request;

    if (verdict.code != 0) {
        dispatch_error(c, METHOD_DELIVER, msgid, verdict.code, verdict.text);
        return;
    }
    request = request_open(c, METHOD_DELIVER, msgid);
    if (!request) return;
    if (s->delivery) {
        assert(!s->held); /* one node, and its session lets one delivery through */
        if (buffer_assign(&request->text, delivery.message.text) != HS_OK) {
            dispatch_error(c, METHOD_DELIVER, msgid, IPC_INTERNAL, "out of memory");
            request_close(request);
            return;
        }
        request->delivery = delivery;
        request->delivery.message.text = buffer_slice(&request->text);
        s->held = request;
        dispatch_advance(c, SESSION_DELIVER);
        return;
    }
    s->delivery = request;
    dispatch_advance(c, SESSION_DELIVER);
    s->handlers.deliver(s->data, request, &delivery);
}

static void dispatch_prepare_commit(struct ipc_connection *c, uint64_t msgid,
                                    struct packed_value params)
{
    struct ipc_request *request;
    uint64_t height = 0;
    struct session_verdict verdict = session_height_read(params, &height);

    if (verdict.code != 0) {
        dispatch_error(c, METHOD_PREPARE_COMMIT, msgid, verdict.code, verdict.text);
        return;
    }
    request = request_open(c, METHOD_PREPARE_COMMIT, msgid);
    if (request) c->server->handlers.prepare_commit(c->server->data, request, height);
}

static void dispatch_shutdown(struct ipc_connection *c, uint64_t msgid)
{
    struct ipc_request *request = request_open(c, METHOD_SHUTDOWN, msgid);

    if (request) c->server->handlers.shutdown(c->server->data, request);
}

static void dispatch_status(struct ipc_connection *c, uint64_t msgid)
{
    struct ipc_server *s = c->server;
    enum hs_status st;

    buffer_clear(&s->body);
    st = s->handlers.status(s->data, &s->body);
    if (st != HS_OK) {
        dispatch_error(c, METHOD_STATUS, msgid, IPC_INTERNAL, hs_status_text(st));
        return;
    }
    dispatch_result(c, METHOD_STATUS, msgid, buffer_slice(&s->body));
}

static void dispatch_metrics(struct ipc_connection *c, uint64_t msgid)
{
    struct ipc_server *s = c->server;
    struct buffer page = {0};
    struct wire_writer w;
    enum hs_status st = s->handlers.metrics(s->data, &page);

    buffer_clear(&s->body);
    wire_begin(&w, &s->body);
    wire_put_text(&w, buffer_slice(&page));
    buffer_fini(&page);
    if (st == HS_OK) st = wire_end(&w);
    if (st != HS_OK) {
        dispatch_error(c, METHOD_METRICS, msgid, IPC_INTERNAL, hs_status_text(st));
        return;
    }
    dispatch_result(c, METHOD_METRICS, msgid, buffer_slice(&s->body));
}

static void dispatch_unknown(struct ipc_connection *c, uint64_t msgid, struct slice name)
{
    char shown[64], text[192];
    int len;

    (void)text_copy_printable(shown, sizeof shown, name);
    len = snprintf(text, sizeof text, "no method \"%s\"; this is headstart, protocol 1", shown);
    assert(len > 0 && (size_t)len < sizeof text);
    dispatch_error(c, METHOD_OTHER, msgid, IPC_UNKNOWN_METHOD, text);
}

static void dispatch_request(struct ipc_connection *c, const struct rpc_frame *frame)
{
    enum session_method method = session_method(frame->method);
    struct session_verdict verdict = session_request_rule(c->state, method);
    struct packed_value params = rpc_params_map(frame->params);

    if (method == METHOD_OTHER) {
        dispatch_unknown(c, frame->msgid, frame->method);
        return;
    }
    if (verdict.code == 0 && !params.at) {
        verdict = (struct session_verdict){IPC_BAD_REQUEST,
                                           "params must be an array holding exactly one map"};
    }
    if (verdict.code != 0) {
        dispatch_error(c, method, frame->msgid, verdict.code, verdict.text);
        return;
    }
    switch (method) {
    case METHOD_HELLO: dispatch_hello(c, frame->msgid, params); return;
    case METHOD_DELIVER: dispatch_deliver(c, frame->msgid, params); return;
    case METHOD_PREPARE_COMMIT: dispatch_prepare_commit(c, frame->msgid, params); return;
    case METHOD_STATUS: dispatch_status(c, frame->msgid); return;
    case METHOD_METRICS: dispatch_metrics(c, frame->msgid); return;
    case METHOD_SHUTDOWN: dispatch_shutdown(c, frame->msgid); return;
    case METHOD_NONE:
    case METHOD_COMMIT:
    case METHOD_OTHER:
    case METHOD_COUNT: break;
    }
    assert(!"a method that the rules let through has no arm");
}

/* Nothing can be answered to a notification: one that is wrong is counted and has no effect. */
static void dispatch_notification(struct ipc_connection *c, const struct rpc_frame *frame)
{
    struct ipc_server *s = c->server;
    struct packed_value params = rpc_params_map(frame->params);
    uint64_t height = 0;

    if (session_method(frame->method) != METHOD_COMMIT) {
        dispatch_count(s, METHOD_OTHER, 0);
        return;
    }
    if (!session_is_node(c->state) || session_height_read(params, &height).code != 0) {
        dispatch_count(s, METHOD_COMMIT, IPC_BAD_REQUEST);
        return;
    }
    dispatch_count(s, METHOD_COMMIT, 0);
    s->handlers.commit(s->data, height);
}

bool dispatch_frame(struct ipc_connection *c, struct slice bytes)
{
    struct rpc_frame frame;
    const char *why = rpc_parse(bytes, &frame);

    if (!why && frame.kind == RPC_RESPONSE) why = question_answered(c, &frame);
    if (why) {
        c->server->protocol_errors++;
        dispatch_error(c, METHOD_OTHER, frame.kind == RPC_REQUEST ? frame.msgid : 0,
                       IPC_BAD_REQUEST, why);
        return false;
    }
    if (frame.kind == RPC_REQUEST) dispatch_request(c, &frame);
    if (frame.kind == RPC_NOTIFICATION) dispatch_notification(c, &frame);
    return true;
}
