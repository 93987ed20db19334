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

#include "ipc/printable.h"
#include "ipc/wire.h"
#include "kernel/state/utf8.h"

#include <assert.h>
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

/* --- rules --- */

enum session_rule {
    RULE_NONE, /* not written: cannot happen */
    RULE_ALLOW,
    RULE_HELLO_FIRST,
    RULE_HELLO_AGAIN,
    RULE_NODE_ONLY,
    RULE_DELIVERING,
    RULE_COUNT,
};

static const struct ipc_verdict session_verdicts[RULE_COUNT] = {
    [RULE_ALLOW] = {IPC_FINE, NULL},
    [RULE_HELLO_FIRST] = {IPC_BAD_REQUEST, "say hello first, with the role that may ask this"},
    [RULE_HELLO_AGAIN] = {IPC_BAD_REQUEST, "hello was said; open a new connection instead"},
    [RULE_NODE_ONLY] = {IPC_BAD_REQUEST, "only the node may ask this; this is an observer"},
    [RULE_DELIVERING] = {IPC_BUSY, "a delivery is in progress; wait for its answer"},
};

static const uint8_t session_rules[SESSION_STATE_COUNT][IPC_WHO_COUNT] = {
    [SESSION_NEW] = {[IPC_BEFORE_HELLO] = RULE_ALLOW,
                     [IPC_ANYONE] = RULE_ALLOW,
                     [IPC_AFTER_HELLO] = RULE_HELLO_FIRST,
                     [IPC_NODE] = RULE_HELLO_FIRST},
    [SESSION_OBSERVER] = {[IPC_BEFORE_HELLO] = RULE_HELLO_AGAIN,
                          [IPC_ANYONE] = RULE_ALLOW,
                          [IPC_AFTER_HELLO] = RULE_ALLOW,
                          [IPC_NODE] = RULE_NODE_ONLY},
    [SESSION_NODE] = {[IPC_BEFORE_HELLO] = RULE_HELLO_AGAIN,
                      [IPC_ANYONE] = RULE_ALLOW,
                      [IPC_AFTER_HELLO] = RULE_ALLOW,
                      [IPC_NODE] = RULE_ALLOW},
    [SESSION_DELIVERING] = {[IPC_BEFORE_HELLO] = RULE_HELLO_AGAIN,
                            [IPC_ANYONE] = RULE_ALLOW,
                            [IPC_AFTER_HELLO] = RULE_ALLOW,
                            [IPC_NODE] = RULE_ALLOW},
};

struct ipc_verdict session_rule(enum session_state state, enum ipc_who who, enum ipc_kind kind)
{
    enum session_rule rule;

    assert(state < SESSION_STATE_COUNT && who < IPC_WHO_COUNT && kind < IPC_KIND_COUNT);
    rule = (enum session_rule)session_rules[state][who];
    assert(rule != RULE_NONE);
    if (rule == RULE_ALLOW && kind == IPC_DELIVERY && state == SESSION_DELIVERING) {
        rule = RULE_DELIVERING;
    }
    return session_verdicts[rule];
}

/* --- hello --- */

/* What a peer can is looked at where something depends on it: here, whether it is said right. */
static void hello_features_read(struct ipc_params *p)
{
    struct packed_value features = packed_member(p->map, "features"), v;
    struct packed_walk walk;
    struct slice name;

    if (packed_kind_of(features) == PACKED_ABSENT) return; /* a client of the first version */
    if (packed_kind_of(features) != PACKED_ARRAY) {
        ipc_params_refuse(p, IPC_BAD_REQUEST, "features must be an array of strings");
        return;
    }
    packed_walk_begin(features, &walk);
    while (packed_walk_next(&walk, &v)) {
        if (!packed_text(v, &name)) {
            ipc_params_refuse(p, IPC_BAD_REQUEST, "features must be an array of strings");
        }
    }
}

void session_hello_read(struct ipc_params *p, void *out)
{
    struct session_hello *hello = out;
    uint64_t protocol = ipc_params_uint(p, "protocol", HS_UINT_MAX);
    struct slice role, client;

    if (protocol != 1) {
        ipc_params_refuse(p, IPC_BAD_REQUEST, "protocol must be 1; no other is spoken");
    }
    hello->chain_id = ipc_params_text(p, "chain_id");
    role = ipc_params_text(p, "role");
    client = ipc_params_text(p, "client");
    hello->node = slice_equal(role, slice_text("node"));
    if (!hello->node && !slice_equal(role, slice_text("observer"))) {
        ipc_params_refuse(p, IPC_BAD_REQUEST, "role must be \"node\" or \"observer\"");
    }
    if (!utf8_valid(client) || client.len > HS_NAME_BYTES_MAX) {
        ipc_params_refuse(p, IPC_BAD_REQUEST, "client must be UTF-8 of at most %d bytes",
                          HS_NAME_BYTES_MAX);
    }
    (void)printable_copy(hello->client, sizeof hello->client, client);
    hello_features_read(p);
}

struct ipc_verdict session_hello_rule(const struct session_hello *hello, const char *chain_id,
                                      bool node_held, bool observers_full)
{
    if (!slice_equal(hello->chain_id, slice_text(chain_id))) {
        return (struct ipc_verdict){IPC_WRONG_CHAIN, "this headstart serves another chain"};
    }
    if (hello->node && node_held) {
        return (struct ipc_verdict){IPC_BUSY, "another node is connected"};
    }
    if (!hello->node && observers_full) {
        return (struct ipc_verdict){IPC_BUSY, "too many observers are connected"};
    }
    return (struct ipc_verdict){IPC_FINE, NULL};
}

static void hello_put_text(struct wire_writer *w, const char *key, const char *value)
{
    wire_put_text(w, slice_text(key));
    wire_put_text(w, slice_text(value));
}

static void hello_put_uint(struct wire_writer *w, const char *key, uint64_t value)
{
    wire_put_text(w, slice_text(key));
    wire_put_uint(w, value);
}

static void hello_put_texts(struct wire_writer *w, const char *key, const char *const *texts,
                            size_t texts_len)
{
    wire_put_text(w, slice_text(key));
    wire_put_array(w, (uint32_t)texts_len);
    for (size_t i = 0; i < texts_len; i++) {
        wire_put_text(w, slice_text(texts[i]));
    }
}

enum hs_status session_hello_write(const struct ipc_hello_answer *answer,
                                   const struct ipc_owner *owner, const char *chain_id,
                                   struct buffer *out)
{
    struct wire_writer w;

    wire_begin(&w, out);
    wire_put_map(&w, 10);
    hello_put_uint(&w, "protocol", 1);
    hello_put_text(&w, "server", answer->server);
    hello_put_text(&w, "chain_id", chain_id);
    hello_put_text(&w, "phase", answer->phase);
    hello_put_uint(&w, "seqnum", answer->at.seqnum);
    hello_put_text(&w, "hash", answer->at.hash);
    hello_put_uint(&w, "height", answer->height);
    hello_put_texts(&w, "engines", answer->engines, answer->engines_len);
    hello_put_text(&w, "genesis", answer->genesis);
    hello_put_texts(&w, "features", owner->features, owner->features_len);
    return wire_end(&w);
}

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

static const char *session_get_check(struct packed_value result)
{
    enum packed_kind kind = packed_kind_of(packed_member(result, "value"));

    if (kind == PACKED_TEXT || kind == PACKED_NIL) return NULL;
    return "store.get needs value, a string or nil";
}

static const char *session_scan_check(struct packed_value result)
{
    bool more;

    if (!packed_bool(packed_member(result, "more"), &more)) return "store.scan needs more, a bool";
    return session_entries_check(packed_member(result, "entries"), more);
}

static const struct session_question session_questions[] = {
    {"store.get", session_get_check},
    {"store.scan", session_scan_check},
};

const struct session_question *session_question(const char *name)
{
    for (size_t i = 0; i < sizeof session_questions / sizeof *session_questions; i++) {
        if (strcmp(session_questions[i].name, name) == 0) return &session_questions[i];
    }
    return NULL;
}
