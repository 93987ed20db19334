/* The protocol's rules, pure: who may ask what when, and what a hello and a node's answer must
 * hold.
 *
 * A session is one connection as the protocol sees it. Nothing here does I/O, so every
 * (state, event) and every (state, who, kind) is tested as a table.
 */
#ifndef HEADSTART_IPC_SESSION_H
#define HEADSTART_IPC_SESSION_H

#include "ipc/owner.h"

enum session_state {
    SESSION_NONE,
    SESSION_NEW,        /* no hello yet, or only refused ones */
    SESSION_OBSERVER,   /* said hello; may look */
    SESSION_NODE,       /* said hello; may deliver */
    SESSION_DELIVERING, /* the node, with a delivery that is not answered yet */
    SESSION_OVER,       /* the connection ended */
    SESSION_STATE_COUNT,
};

enum session_event {
    SESSION_HELLO_OBSERVER,
    SESSION_HELLO_NODE,
    SESSION_DELIVER,
    SESSION_ANSWERED, /* the delivery was */
    SESSION_END,
    SESSION_EVENT_COUNT,
};

/** SESSION_NONE: the event cannot happen in that state. */
enum session_state session_next(enum session_state state, enum session_event event);
/** The node role is held in the states SESSION_NODE and SESSION_DELIVERING. */
bool session_is_node(enum session_state state);

/** May a method of that row be asked for in that state? */
struct ipc_verdict session_rule(enum session_state state, enum ipc_who who, enum ipc_kind kind);

/* A hello that was found well-formed. */
struct session_hello {
    bool node; /* role "node", else "observer" */
    struct slice chain_id;
    char client[HS_NAME_BYTES_MAX + 1]; /* printable */
};
void session_hello_read(struct ipc_params *p, void *out); /* an ipc_reader */
/** May it be let in? `node_held`: another connection has the node role; `observers_full`: no more
 *  of them are taken. */
struct ipc_verdict session_hello_rule(const struct session_hello *hello, const char *chain_id,
                                      bool node_held, bool observers_full);
HS_MUST_CHECK enum hs_status session_hello_write(const struct ipc_hello_answer *answer,
                                                 const struct ipc_owner *owner,
                                                 const char *chain_id, struct buffer *out);

/* What we may ask the node, and whether its answer is one. */
struct session_question {
    const char *name;
    /* NULL, or what is wrong. store.scan's entries must be in strictly rising key order, and "more"
     * needs at least one of them. */
    const char *(*check)(struct packed_value result);
};
/** NULL for a name that the protocol does not have. */
const struct session_question *session_question(const char *name);

#endif
