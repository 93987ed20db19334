/* One question to a running daemon, through libheadstart: connect, ask, take the answer apart. */
#ifndef HEADSTART_SIDECAR_COMMANDS_DAEMON_QUERY_H
#define HEADSTART_SIDECAR_COMMANDS_DAEMON_QUERY_H

#include "ipc/include/headstart.h"
#include "kernel/state/bytes.h"

#include <jansson.h>

struct daemon_query {
    const char *socket_path;
    const char *chain_id; /* NULL: asked as an observer; else as that chain's node */
    const char *method;
    struct slice params;   /* packed map; empty: {} */
    int answer_timeout_ms; /* 0: wait for ever */
};

/** *out: the answer, owned by the caller (json_decref). Else err says why, its status set. */
HS_MUST_CHECK bool daemon_ask(const struct daemon_query *query, json_t **out,
                              struct headstart_error *err);

/** Ask for the status map of the daemon on `socket_path`. */
HS_MUST_CHECK bool daemon_ask_status(const char *socket_path, json_t **out,
                                     struct headstart_error *err);

#endif
