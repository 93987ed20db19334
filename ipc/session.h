/* The protocol's rules, pure: who may ask what when, and what a request must hold.
 *
 * A session is one connection as the protocol sees it. Nothing here does I/O, so every
 * (state, event) and (state, method) pair is tested as a table.
 */
#ifndef HEADSTART_IPC_SESSION_H
#define HEADSTART_IPC_SESSION_H

#include "ipc/server.h"
#include "kernel/state/packed.h"

enum session_method {
    METHOD_NONE,
    METHOD_HELLO,
    METHOD_DELIVER,
    METHOD_COMMIT, /* a notification, the only one known */
    METHOD_PREPARE_COMMIT,
    METHOD_STATUS,
    METHOD_METRICS,
    METHOD_SHUTDOWN,
    METHOD_OTHER, /* any name that the protocol does not know */
    METHOD_COUNT,
};

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

/** METHOD_OTHER for names that are not known. */
enum session_method session_method(struct slice name);
const char *session_method_name(enum session_method method);

/* What the protocol decides by itself. code 0: go on. */
struct session_verdict {
    enum ipc_code code;
    const char *text;
};

/** May a request of that method be made in that state? */
struct session_verdict session_request_rule(enum session_state state, enum session_method method);

/* A hello that was found well-formed. */
struct session_hello {
    bool node; /* role "node", else "observer" */
    char client[HS_NAME_BYTES_MAX + 1];
};

/** `node_held`: another connection has the node role. */
struct session_verdict session_hello_read(struct packed_value params, const char *chain_id,
                                          bool node_held, struct session_hello *out);
HS_MUST_CHECK enum hs_status session_hello_write(const struct ipc_hello_answer *answer,
                                                 const char *chain_id, struct buffer *out);
/** The message text of *out is borrowed from the frame. */
struct session_verdict session_deliver_read(struct packed_value params, struct ipc_delivery *out);
/** For commit and prepare_commit. */
struct session_verdict session_height_read(struct packed_value params, uint64_t *height);

/** Is `result` what the node may answer to store.get or store.scan? NULL, or what is wrong.
 *  Entries must be in strictly rising key order, and "more" needs at least one of them. Results of
 *  other methods are not judged. */
const char *session_answer_check(const char *method, struct packed_value result);

#endif
