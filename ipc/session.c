/* A session's life, one connection each:
 *
 *                     hello(observer)
 *            ┌──────────────────────────► OBSERVER ──┐
 *   NEW ─────┤                                       │
 *            └──► NODE ──deliver──► DELIVERING ──────┼──end──► OVER
 *         hello(node)  ◄──answered──┘                │
 *   (any) ───────────────────────────────────────────┘
 *
 * A refused request changes nothing: the peer may correct itself and ask again. */
#include "ipc/session.h"

#include "ipc/text.h"
#include "ipc/wire.h"
#include "kernel/state/utf8.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const uint8_t session_moves[SESSION_STATE_COUNT][SESSION_EVENT_COUNT] = {
    /* not written: SESSION_NONE, cannot happen */
    [SESSION_NEW] = {[SESSION_HELLO_OBSERVER] = SESSION_OBSERVER,
                     [SESSION_HELLO_NODE] = SESSION_NODE,
                     [SESSION_END] = SESSION_OVER},
    [SESSION_OBSERVER] = {[SESSION_END] = SESSION_OVER},
    [SESSION_NODE] = {[SESSION_DELIVER] = SESSION_DELIVERING, [SESSION_END] = SESSION_OVER},
    [SESSION_DELIVERING] = {[SESSION_ANSWERED] = SESSION_NODE, [SESSION_END] = SESSION_OVER},
};

enum session_state session_next(enum session_state state, enum session_event event)
{
    assert(state > SESSION_NONE && state < SESSION_STATE_COUNT);
    assert(event < SESSION_EVENT_COUNT);
    return (enum session_state)session_moves[state][event];
}

bool session_is_node(enum session_state state)
{
    return state == SESSION_NODE || state == SESSION_DELIVERING;
}

static const char *const session_method_names[METHOD_COUNT] = {
    [METHOD_NONE] = "none",
    [METHOD_HELLO] = "hello",
    [METHOD_DELIVER] = "deliver",
    [METHOD_COMMIT] = "commit",
    [METHOD_PREPARE_COMMIT] = "prepare_commit",
    [METHOD_STATUS] = "status",
    [METHOD_METRICS] = "metrics",
    [METHOD_SHUTDOWN] = "shutdown",
    [METHOD_OTHER] = "other",
};

enum session_method session_method(struct slice name)
{
    for (int method = METHOD_HELLO; method < METHOD_OTHER; method++) {
        if (slice_equal(name, slice_text(session_method_names[method]))) {
            return (enum session_method)method;
        }
    }
    return METHOD_OTHER;
}

const char *session_method_name(enum session_method method)
{
    assert(method < METHOD_COUNT);
    return session_method_names[method];
}

const char *ipc_code_name(enum ipc_code code)
{
    static const char *const names[IPC_CODE_COUNT] = {
        [IPC_BAD_REQUEST] = "bad_request",     [IPC_UNKNOWN_METHOD] = "unknown_method",
        [IPC_WRONG_CHAIN] = "wrong_chain",     [IPC_BUSY] = "busy",
        [IPC_TOO_LARGE] = "too_large",         [IPC_NOT_READY] = "not_ready",
        [IPC_KERNEL_FAILED] = "kernel_failed", [IPC_STORAGE_FAILED] = "storage_failed",
        [IPC_NODE_FAILED] = "node_failed",     [IPC_SHUTTING_DOWN] = "shutting_down",
        [IPC_INTERNAL] = "internal",
    };

    assert(code > 0 && code < IPC_CODE_COUNT);
    return names[code];
}

/* --- rules --- */

enum session_rule {
    RULE_NONE, /* not written: cannot happen */
    RULE_ALLOW,
    RULE_UNKNOWN,
    RULE_NOTIFICATION,
    RULE_HELLO_FIRST,
    RULE_HELLO_AGAIN,
    RULE_NODE_ONLY,
    RULE_DELIVERING,
    RULE_COUNT,
};

static const struct session_verdict session_verdicts[RULE_COUNT] = {
    [RULE_ALLOW] = {0, NULL},
    [RULE_UNKNOWN] = {IPC_UNKNOWN_METHOD, "no such method; this is headstart, protocol 1"},
    [RULE_NOTIFICATION] = {IPC_UNKNOWN_METHOD, "commit is a notification: [2, \"commit\", [{…}]]"},
    [RULE_HELLO_FIRST] = {IPC_BAD_REQUEST, "say hello with the role \"node\" first"},
    [RULE_HELLO_AGAIN] = {IPC_BAD_REQUEST, "hello was said; open a new connection instead"},
    [RULE_NODE_ONLY] = {IPC_BAD_REQUEST, "an observer may ask for status and metrics only"},
    [RULE_DELIVERING] = {IPC_BUSY, "a delivery is in progress; wait for its answer"},
};

static const uint8_t session_rules[SESSION_STATE_COUNT][METHOD_COUNT] = {
    [SESSION_NEW] = {[METHOD_HELLO] = RULE_ALLOW,
                     [METHOD_DELIVER] = RULE_HELLO_FIRST,
                     [METHOD_COMMIT] = RULE_NOTIFICATION,
                     [METHOD_PREPARE_COMMIT] = RULE_HELLO_FIRST,
                     [METHOD_STATUS] = RULE_ALLOW,
                     [METHOD_METRICS] = RULE_ALLOW,
                     [METHOD_SHUTDOWN] = RULE_HELLO_FIRST,
                     [METHOD_OTHER] = RULE_UNKNOWN},
    [SESSION_OBSERVER] = {[METHOD_HELLO] = RULE_HELLO_AGAIN,
                          [METHOD_DELIVER] = RULE_NODE_ONLY,
                          [METHOD_COMMIT] = RULE_NOTIFICATION,
                          [METHOD_PREPARE_COMMIT] = RULE_NODE_ONLY,
                          [METHOD_STATUS] = RULE_ALLOW,
                          [METHOD_METRICS] = RULE_ALLOW,
                          [METHOD_SHUTDOWN] = RULE_NODE_ONLY,
                          [METHOD_OTHER] = RULE_UNKNOWN},
    [SESSION_NODE] = {[METHOD_HELLO] = RULE_HELLO_AGAIN,
                      [METHOD_DELIVER] = RULE_ALLOW,
                      [METHOD_COMMIT] = RULE_NOTIFICATION,
                      [METHOD_PREPARE_COMMIT] = RULE_ALLOW,
                      [METHOD_STATUS] = RULE_ALLOW,
                      [METHOD_METRICS] = RULE_ALLOW,
                      [METHOD_SHUTDOWN] = RULE_ALLOW,
                      [METHOD_OTHER] = RULE_UNKNOWN},
    [SESSION_DELIVERING] = {[METHOD_HELLO] = RULE_HELLO_AGAIN,
                            [METHOD_DELIVER] = RULE_DELIVERING,
                            [METHOD_COMMIT] = RULE_NOTIFICATION,
                            [METHOD_PREPARE_COMMIT] = RULE_ALLOW,
                            [METHOD_STATUS] = RULE_ALLOW,
                            [METHOD_METRICS] = RULE_ALLOW,
                            [METHOD_SHUTDOWN] = RULE_ALLOW,
                            [METHOD_OTHER] = RULE_UNKNOWN},
};

struct session_verdict session_request_rule(enum session_state state, enum session_method method)
{
    enum session_rule rule;

    assert(state < SESSION_STATE_COUNT && method < METHOD_COUNT);
    rule = (enum session_rule)session_rules[state][method];
    assert(rule != RULE_NONE);
    return session_verdicts[rule];
}

/* --- what a request must hold --- */

static const struct session_verdict session_fine = {0, NULL};

static struct session_verdict session_bad(const char *text)
{
    return (struct session_verdict){IPC_BAD_REQUEST, text};
}

struct session_verdict session_hello_read(struct packed_value params, const char *chain_id,
                                          bool node_held, struct session_hello *out)
{
    struct slice chain, role, client;
    uint64_t protocol;

    if (!packed_uint(packed_member(params, "protocol"), &protocol)) {
        return session_bad("hello needs protocol, an unsigned integer");
    }
    if (protocol != 1) return session_bad("this is headstart of protocol 1; no other is spoken");
    if (!packed_text(packed_member(params, "chain_id"), &chain)) {
        return session_bad("hello needs chain_id, a string");
    }
    if (!packed_text(packed_member(params, "role"), &role)) {
        return session_bad("hello needs role, \"node\" or \"observer\"");
    }
    if (!packed_text(packed_member(params, "client"), &client)) {
        return session_bad("hello needs client, a string");
    }
    out->node = slice_equal(role, slice_text("node"));
    if (!out->node && !slice_equal(role, slice_text("observer"))) {
        return session_bad("role must be \"node\" or \"observer\"");
    }
    if (!utf8_valid(client) || client.len > HS_NAME_BYTES_MAX) {
        return session_bad("client must be UTF-8 of at most 256 bytes");
    }
    if (!slice_equal(chain, slice_text(chain_id))) {
        return (struct session_verdict){IPC_WRONG_CHAIN, "this headstart serves another chain"};
    }
    if (out->node && node_held) {
        return (struct session_verdict){IPC_BUSY, "another node is connected"};
    }
    (void)text_copy_printable(out->client, sizeof out->client, client);
    return session_fine;
}

enum hs_status session_hello_write(const struct ipc_hello_answer *answer, const char *chain_id,
                                   struct buffer *out)
{
    struct wire_writer w;

    wire_begin(&w, out);
    wire_put_map(&w, 7);
    wire_put_text(&w, slice_text("protocol"));
    wire_put_uint(&w, 1);
    wire_put_text(&w, slice_text("server"));
    wire_put_text(&w, slice_text(answer->server));
    wire_put_text(&w, slice_text("chain_id"));
    wire_put_text(&w, slice_text(chain_id));
    wire_put_text(&w, slice_text("phase"));
    wire_put_text(&w, slice_text(answer->phase));
    wire_put_text(&w, slice_text("seqnum"));
    wire_put_uint(&w, answer->at.seqnum);
    wire_put_text(&w, slice_text("hash"));
    wire_put_text(&w, slice_text(answer->at.hash));
    wire_put_text(&w, slice_text("height"));
    wire_put_uint(&w, answer->height);
    return wire_end(&w);
}

struct session_verdict session_deliver_read(struct packed_value params, struct ipc_delivery *out)
{
    struct slice hash;
    uint64_t seqnum;

    if (!packed_uint(packed_member(params, "height"), &out->message.height)) {
        return session_bad("deliver needs height, an unsigned integer up to 2^53-1");
    }
    if (!packed_uint(packed_member(params, "time"), &out->message.time)) {
        return session_bad("deliver needs time, an unsigned integer up to 2^53-1");
    }
    if (!packed_uint(packed_member(params, "seqnum"), &seqnum) || seqnum == HS_UINT_MAX) {
        return session_bad("deliver needs seqnum, an unsigned integer below 2^53-1");
    }
    if (!packed_text(packed_member(params, "hash"), &hash)) {
        return session_bad("deliver needs hash, a string");
    }
    if (!packed_text(packed_member(params, "message"), &out->message.text)) {
        return session_bad("deliver needs message, a string");
    }
    if (out->message.text.len > HS_MESSAGE_BYTES_MAX) {
        return (struct session_verdict){IPC_TOO_LARGE, "a message may have 33554432 bytes"};
    }
    if (position_make(seqnum, hash, &out->real, NULL) != HS_OK) {
        return session_bad("hash must be 64 lower-case hex digits, or \"\" where seqnum is 0");
    }
    return session_fine;
}

struct session_verdict session_height_read(struct packed_value params, uint64_t *height)
{
    if (!packed_uint(packed_member(params, "height"), height)) {
        return session_bad("needs height, an unsigned integer up to 2^53-1");
    }
    return session_fine;
}

_Static_assert(HS_MESSAGE_BYTES_MAX == 33554432, "the number in the too_large text");
_Static_assert(HS_NAME_BYTES_MAX == 256, "the number in the client text");

/* --- what the node answers --- */

static const char *session_entries_check(struct packed_value entries, bool more)
{
    struct packed_walk walk;
    struct packed_value entry;
    struct slice before = {0}, key, value;
    uint32_t count, parts;

    if (packed_kind_of(entries) != PACKED_ARRAY) return "entries must be an array";
    (void)packed_count(entries, &count);
    if (more && count == 0) return "more is said, but there are no entries";
    packed_walk_begin(entries, &walk);
    while (packed_walk_next(&walk, &entry)) {
        if (packed_kind_of(entry) != PACKED_ARRAY || !packed_count(entry, &parts) || parts != 2 ||
            !packed_text(packed_at(entry, 0), &key) || !packed_text(packed_at(entry, 1), &value)) {
            return "each entry must be [key, value], both strings";
        }
        if (walk.left + 1 < count && slice_compare(before, key) >= 0) {
            return "entries must be in rising order of their keys";
        }
        before = key;
    }
    return NULL;
}

const char *session_answer_check(const char *method, struct packed_value result)
{
    struct packed_value value;
    bool more;

    if (strcmp(method, "store.get") == 0) {
        value = packed_member(result, "value");
        if (packed_kind_of(value) == PACKED_TEXT || packed_kind_of(value) == PACKED_NIL)
            return NULL;
        return "store.get needs value, a string or nil";
    }
    if (strcmp(method, "store.scan") == 0) {
        if (!packed_bool(packed_member(result, "more"), &more))
            return "store.scan needs more, a bool";
        return session_entries_check(packed_member(result, "entries"), more);
    }
    return NULL;
}
