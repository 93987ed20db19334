/* From frames to methods.
 *
 *   frame ──► row of its method ──► may this session ask it? ──► read ──► request ──► its function
 *
 * Every request ends in exactly one answer: the protocol's own, given here, or the one that its
 * method gives at once or later (ipc/request.h).
 *
 * Deliveries run one at a time, over all nodes that come and go: one whose node went away still
 * runs until its reply, and the next node's is held until then. */
#include "ipc/printable.h"
#include "ipc/request.h"
#include "ipc/server_internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

void dispatch_advance(struct ipc_connection *c, enum session_event event)
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

void dispatch_refuse(struct ipc_connection *c, struct slice bytes, enum hs_status status,
                     const char *text)
{
    enum ipc_code code = status == HS_TOO_LARGE ? IPC_TOO_LARGE : IPC_BAD_REQUEST;

    c->server->protocol_errors++;
    request_refuse(c, NULL, rpc_msgid_peek(bytes), code, text);
}

void dispatch_end(struct ipc_connection *c, bool tell)
{
    struct ipc_server *s = c->server;
    bool was_node = session_is_node(c->state);

    if (c->state == SESSION_OVER) return;
    request_forget_peer(c);
    dispatch_advance(c, SESSION_END);
    if (was_node && tell) s->owner.node_detached(s->owner.data);
}

/* --- hello --- */

static bool dispatch_observers_full(const struct ipc_server *s)
{
    const struct ipc_connection *c;
    unsigned count = 0;

    LIST_FOREACH(c, &s->connections, link)
    {
        count += c->state == SESSION_OBSERVER;
    }
    return count >= IPC_OBSERVERS_MAX;
}

static void dispatch_greet(void *data, struct ipc_request *request)
{
    struct ipc_connection *c = request->connection;
    struct ipc_server *s = request->server;
    struct ipc_hello_answer answer = {.server = "", .phase = "", .genesis = ""};
    struct session_hello hello = *(const struct session_hello *)ipc_request_params(request);
    struct ipc_verdict verdict =
        session_hello_rule(&hello, s->chain_id, s->node != NULL, dispatch_observers_full(s));
    enum hs_status st;

    if (verdict.code != IPC_FINE) {
        ipc_reply_error(request, verdict.code, verdict.text);
        return;
    }
    s->owner.hello_answer(data, &answer);
    buffer_clear(&s->body);
    st = session_hello_write(&answer, &s->owner, s->chain_id, &s->body);
    if (st != HS_OK) {
        ipc_reply_error(request, IPC_INTERNAL, hs_status_text(st));
        return;
    }
    dispatch_advance(c, hello.node ? SESSION_HELLO_NODE : SESSION_HELLO_OBSERVER);
    ipc_reply(request, buffer_slice(&s->body));
    if (hello.node) s->owner.node_attached(data, hello.client);
}

const struct ipc_method dispatch_hello = {.name = "hello",
                                          .who = IPC_BEFORE_HELLO,
                                          .kind = IPC_REQUEST,
                                          .params_size = sizeof(struct session_hello),
                                          .read = session_hello_read,
                                          .handle = dispatch_greet};

/* --- frames --- */

static const struct ipc_method *dispatch_method(const struct ipc_server *s, struct slice name)
{
    if (slice_equal(name, slice_text(dispatch_hello.name))) return &dispatch_hello;
    for (size_t i = 0; i < s->owner.methods_len; i++) {
        if (slice_equal(name, slice_text(s->owner.methods[i].name))) return &s->owner.methods[i];
    }
    return NULL;
}

void dispatch_hand_over(struct ipc_request *request)
{
    const struct ipc_method *method = request->method;
    struct ipc_server *s = request->server;

    if (method->handle) {
        method->handle(s->owner.data, request);
    } else {
        s->owner.post(s->owner.data, request);
    }
}

static void dispatch_take(struct ipc_connection *c, const struct ipc_method *method, uint64_t msgid,
                          struct packed_value params)
{
    struct ipc_server *s = c->server;
    struct ipc_request *request = request_open(c, method, msgid, params);

    if (!request) return;
    if (method->kind == IPC_DELIVERY) {
        dispatch_advance(c, SESSION_DELIVER);
        if (s->delivery) {
            assert(!s->held); /* one node, and its session lets one delivery through */
            s->held = request;
            return;
        }
        s->delivery = request;
    }
    dispatch_hand_over(request);
}

static void dispatch_unknown(struct ipc_connection *c, uint64_t msgid, struct slice name)
{
    char shown[64], text[192];
    int len;

    (void)printable_copy(shown, sizeof shown, name);
    len = snprintf(text, sizeof text, "no method \"%s\"; this is headstart, protocol 1", shown);
    assert(len > 0 && (size_t)len < sizeof text);
    request_refuse(c, NULL, msgid, IPC_UNKNOWN_METHOD, text);
}

static void dispatch_request(struct ipc_connection *c, const struct rpc_frame *frame)
{
    const struct ipc_method *method = dispatch_method(c->server, frame->method);
    struct packed_value params = rpc_params_map(frame->params);
    struct ipc_verdict verdict;

    if (!method) {
        dispatch_unknown(c, frame->msgid, frame->method);
        return;
    }
    verdict = session_rule(c->state, method->who, method->kind);
    if (method->kind == IPC_NOTIFICATION) {
        verdict =
            (struct ipc_verdict){IPC_UNKNOWN_METHOD, "that is a notification: [2, method, [{…}]]"};
    } else if (verdict.code == IPC_FINE && !params.at) {
        verdict = (struct ipc_verdict){IPC_BAD_REQUEST,
                                       "params must be an array holding exactly one map"};
    }
    if (verdict.code == IPC_FINE) {
        dispatch_take(c, method, frame->msgid, params);
    } else {
        request_refuse(c, method, frame->msgid, verdict.code, verdict.text);
    }
}

/* Nothing can be answered to a notification: one that is wrong is counted and has no effect. */
static void dispatch_notification(struct ipc_connection *c, const struct rpc_frame *frame)
{
    const struct ipc_method *method = dispatch_method(c->server, frame->method);
    struct packed_value params = rpc_params_map(frame->params);

    if (!method) {
        request_count(c->server, NULL, IPC_FINE);
    } else if (method->kind != IPC_NOTIFICATION || !params.at ||
               session_rule(c->state, method->who, method->kind).code != IPC_FINE) {
        request_count(c->server, method, IPC_BAD_REQUEST);
    } else {
        dispatch_take(c, method, 0, params);
    }
}

bool dispatch_frame(struct ipc_connection *c, struct slice bytes)
{
    struct rpc_frame frame;
    const char *why = rpc_parse(bytes, &frame);

    if (!why && frame.kind == RPC_RESPONSE) why = question_answered(c, &frame);
    if (why) {
        c->server->protocol_errors++;
        request_refuse(c, NULL, frame.kind == RPC_REQUEST ? frame.msgid : 0, IPC_BAD_REQUEST, why);
        return false;
    }
    if (frame.kind == RPC_REQUEST) dispatch_request(c, &frame);
    if (frame.kind == RPC_NOTIFICATION) dispatch_notification(c, &frame);
    return true;
}
