#include "sidecar/commands/daemon_query.h"

#include "sidecar/report/wire_json.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    /* A daemon that is there accepts at once; a tool does not wait for one to be started. */
    DAEMON_CONNECT_TIMEOUT_MS = 200,
    DAEMON_HELLO_TIMEOUT_MS = 2000, /* a hello is answered between two pieces of work */
    DAEMON_STATUS_TIMEOUT_MS = 5000
};

/* A tool has no store to answer from. */
static int no_store_get(void *data, struct headstart_bytes key, struct headstart_bytes *value)
{
    (void)data, (void)key, (void)value;
    return -1;
}

static int no_store_next(void *data, struct headstart_bytes after, struct headstart_bytes *key,
                         struct headstart_bytes *value)
{
    (void)data, (void)after, (void)key, (void)value;
    return -1;
}

static bool take_apart(struct slice packed, json_t **out, struct headstart_error *err)
{
    struct hs_error cause = {0};

    if (wire_json_read(packed, out, &cause) == HS_OK) return true;
    *err = (struct headstart_error){.status = HEADSTART_PROTOCOL};
    (void)snprintf(err->text, sizeof err->text, "%.500s", cause.text);
    return false;
}

bool daemon_ask(const struct daemon_query *query, json_t **out, struct headstart_error *err)
{
    struct headstart_options options = {
        .socket_path = query->socket_path,
        .chain_id = query->chain_id,
        .client = "headstart " HEADSTART_VERSION_TEXT,
        .observer = query->chain_id == NULL || strcmp(query->method, "query") == 0,
        .store = {.get = no_store_get, .next = no_store_next},
        .connect_timeout_ms = query->chain_id ? DAEMON_HELLO_TIMEOUT_MS : DAEMON_CONNECT_TIMEOUT_MS,
        .answer_timeout_ms = query->answer_timeout_ms,
    };
    struct headstart_bytes params = {.data = query->params.data, .len = query->params.len};
    struct headstart *connection = NULL;
    char *packed = NULL;
    size_t packed_len = 0;
    bool ok = false;

    assert(query->method);
    *out = NULL;
    if (headstart_connect(&options, &connection, err) != HEADSTART_OK) goto out;
    if (headstart_call(connection, query->method, params, &packed, &packed_len, err) !=
        HEADSTART_OK) {
        goto out;
    }
    ok = take_apart(slice_make(packed, packed_len), out, err);
out:
    free(packed);
    headstart_close(connection);
    return ok;
}

bool daemon_ask_status(const char *socket_path, json_t **out, struct headstart_error *err)
{
    struct daemon_query query = {.socket_path = socket_path,
                                 .method = "status",
                                 .answer_timeout_ms = DAEMON_STATUS_TIMEOUT_MS};

    if (!daemon_ask(&query, out, err)) return false;
    if (json_is_object(*out)) return true;
    json_decref(*out);
    *out = NULL;
    *err =
        (struct headstart_error){.status = HEADSTART_PROTOCOL, .text = "the status is not a map"};
    return false;
}
