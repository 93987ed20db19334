/* libheadstart's public functions: requests out, answers in, and headstart's own questions answered
 * in between.
 *
 * One rule about failure: an answer that says "error" leaves the connection as it was; anything
 * that leaves in doubt where the byte stream stands (broken, late, not well-formed) closes it. */
#include "ipc/client_internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    CLIENT_CONNECT_TIMEOUT_MS = 5000,
    CLIENT_CODE_BYTES = sizeof(((struct headstart_error *)0)->code)
};

static enum headstart_status client_broken(struct headstart *h, enum headstart_status status)
{
    client_link_close(&h->link);
    return status;
}

/* "<code>: <words>" into its two halves. */
static enum headstart_status client_refused(struct headstart_error *err, struct packed_value error)
{
    struct slice text = {0};
    const char *colon;
    size_t code_len;

    if (!packed_text(error, &text)) text = slice_text("internal: an error that is not text");
    colon = memchr(text.data, ':', text.len);
    code_len = colon ? (size_t)(colon - text.data) : 0;
    if (code_len >= CLIENT_CODE_BYTES) code_len = 0;
    client_fail(err, HEADSTART_REFUSED, "%.*s", (int)(text.len < 400 ? text.len : 400), text.data);
    if (err) {
        memcpy(err->code, text.data, code_len);
        err->code[code_len] = '\0';
    }
    return HEADSTART_REFUSED;
}

/* Sends h->out and, behind it, `tail`. */
static enum headstart_status client_send(struct headstart *h, const struct wire_writer *w,
                                         struct headstart_bytes tail, client_deadline deadline,
                                         struct headstart_error *err)
{
    struct iovec parts[2] = {{h->out.data, h->out.len}, {(char *)(uintptr_t)tail.data, tail.len}};
    enum headstart_status st;

    if (w->status != HS_OK) return client_fail(err, HEADSTART_NOMEM, "no memory for a request");
    st = client_link_send(&h->link, parts, tail.len > 0 ? 2 : 1, deadline, err);
    return st == HEADSTART_OK ? st : client_broken(h, st);
}

/* What headstart sends until the answer to our last request comes. */
static enum headstart_status client_await(struct headstart *h, client_deadline deadline,
                                          struct packed_value *result, struct headstart_error *err)
{
    struct rpc_frame frame;
    struct slice bytes;
    enum headstart_status st;
    const char *why;

    for (;;) {
        st = client_link_receive(&h->link, deadline, &bytes, err);
        if (st != HEADSTART_OK) return client_broken(h, st);
        why = rpc_parse(bytes, &frame);
        if (why) {
            client_fail(err, HEADSTART_PROTOCOL, "headstart sent what is not allowed: %s", why);
            return client_broken(h, HEADSTART_PROTOCOL);
        }
        if (frame.kind == RPC_REQUEST) {
            st = client_store_answer(h, &frame, deadline, err);
            if (st != HEADSTART_OK) return client_broken(h, st);
        }
        if (frame.kind == RPC_RESPONSE) break; /* notifications are not ours to understand */
    }
    if (frame.msgid != h->msgid) {
        client_fail(err, HEADSTART_PROTOCOL, "headstart answered what was not asked");
        if (packed_kind_of(frame.error) != PACKED_NIL) { /* msgid 0: why it disconnects us */
            (void)client_refused(err, frame.error);
            if (err) err->status = HEADSTART_PROTOCOL;
        }
        return client_broken(h, HEADSTART_PROTOCOL);
    }
    if (packed_kind_of(frame.error) != PACKED_NIL) return client_refused(err, frame.error);
    *result = frame.result;
    return HEADSTART_OK;
}

/* Begins a request in h->out, to be followed by its params map. */
static enum headstart_status client_begin(struct headstart *h, const char *method,
                                          struct wire_writer *w, struct headstart_error *err)
{
    if (!headstart_connected(h)) {
        return client_fail(err, HEADSTART_UNREACHABLE, "the connection is closed: connect again");
    }
    buffer_clear(&h->out);
    wire_begin(w, &h->out);
    rpc_put_request(w, ++h->msgid, method);
    return HEADSTART_OK;
}

static void client_put_uint(struct wire_writer *w, const char *key, uint64_t v)
{
    wire_put_text(w, slice_text(key));
    wire_put_uint(w, v);
}

static void client_put_text(struct wire_writer *w, const char *key, const char *v)
{
    wire_put_text(w, slice_text(key));
    wire_put_text(w, slice_text(v));
}

static struct headstart_bytes client_no_tail(void)
{
    return (struct headstart_bytes){NULL, 0};
}

/* --- connecting --- */

int headstart_default_socket(char *path, size_t size)
{
    const char *folder = getuid() == 0 ? NULL : getenv("XDG_RUNTIME_DIR");

    if (folder && folder[0]) return snprintf(path, size, "%s/headstart.sock", folder);
    return snprintf(path, size, "/run/headstart/headstart.sock");
}

static enum headstart_status client_hello_read(struct headstart *h, struct packed_value map,
                                               struct headstart_error *err)
{
    struct headstart_hello *hello = &h->hello;

    if (!client_text_copy(hello->server, sizeof hello->server, packed_member(map, "server")) ||
        !client_text_copy(hello->phase, sizeof hello->phase, packed_member(map, "phase")) ||
        !client_text_copy(hello->hash, sizeof hello->hash, packed_member(map, "hash")) ||
        !packed_uint(packed_member(map, "seqnum"), &hello->seqnum) ||
        !packed_uint(packed_member(map, "height"), &hello->height)) {
        return client_fail(err, HEADSTART_PROTOCOL, "headstart's hello lacks something");
    }
    return HEADSTART_OK;
}

static enum headstart_status client_hello(struct headstart *h,
                                          const struct headstart_options *options,
                                          client_deadline deadline, struct headstart_error *err)
{
    struct packed_value result;
    struct wire_writer w;
    enum headstart_status st = client_begin(h, "hello", &w, err);

    if (st != HEADSTART_OK) return st;
    wire_put_map(&w, 4);
    client_put_uint(&w, "protocol", 1);
    client_put_text(&w, "chain_id", options->chain_id);
    client_put_text(&w, "role", options->observer ? "observer" : "node");
    client_put_text(&w, "client", options->client ? options->client : "");
    st = client_send(h, &w, client_no_tail(), deadline, err);
    if (st == HEADSTART_OK) st = client_await(h, deadline, &result, err);
    if (st == HEADSTART_OK) st = client_hello_read(h, result, err);
    return st;
}

enum headstart_status headstart_connect(const struct headstart_options *options,
                                        struct headstart **out, struct headstart_error *err)
{
    int timeout_ms =
        options->connect_timeout_ms ? options->connect_timeout_ms : CLIENT_CONNECT_TIMEOUT_MS;
    const char *path = options->socket_path ? options->socket_path : getenv("HEADSTART_SOCKET");
    char default_path[256];
    client_deadline deadline;
    struct headstart *h;
    enum headstart_status st;

    *out = NULL;
    if (timeout_ms < 0 || options->answer_timeout_ms < 0) {
        return client_fail(err, HEADSTART_INVALID, "a timeout must not be negative");
    }
    if (!path || !path[0]) {
        (void)headstart_default_socket(default_path, sizeof default_path);
        path = default_path;
    }
    h = calloc(1, sizeof *h);
    if (!h) return client_fail(err, HEADSTART_NOMEM, "no memory for a connection");
    h->store = options->store;
    h->answer_timeout_ms = options->answer_timeout_ms;
    deadline = client_deadline_in(timeout_ms);
    st = client_link_open(&h->link, path, deadline, err);
    if (st == HEADSTART_OK && options->chain_id) st = client_hello(h, options, deadline, err);
    if (st != HEADSTART_OK) {
        headstart_close(h);
        return st;
    }
    *out = h;
    return HEADSTART_OK;
}

const struct headstart_hello *headstart_greeting(const struct headstart *h)
{
    return &h->hello;
}

bool headstart_connected(const struct headstart *h)
{
    return h->link.fd >= 0;
}

void headstart_close(struct headstart *h)
{
    if (!h) return;
    client_link_close(&h->link);
    buffer_fini(&h->out);
    buffer_fini(&h->entries);
    free(h);
}

/* --- requests --- */

static enum headstart_status client_delivery_check(const struct headstart_delivery *d,
                                                   struct headstart_error *err)
{
    if (!d->hash || strlen(d->hash) > 64) {
        return client_fail(err, HEADSTART_INVALID, "hash must be 64 hex digits, or \"\"");
    }
    if (d->height > HS_UINT_MAX || d->time > HS_UINT_MAX || d->seqnum >= HS_UINT_MAX) {
        return client_fail(err, HEADSTART_INVALID, "numbers must not exceed 2^53-1");
    }
    if (d->message.len > HS_MESSAGE_BYTES_MAX || (!d->message.data && d->message.len > 0)) {
        return client_fail(err, HEADSTART_INVALID, "a message may have %d bytes",
                           HS_MESSAGE_BYTES_MAX);
    }
    return HEADSTART_OK;
}

enum headstart_status headstart_deliver(struct headstart *h, const struct headstart_delivery *d,
                                        struct headstart_result **out, struct headstart_error *err)
{
    client_deadline deadline = client_deadline_in(h->answer_timeout_ms);
    enum headstart_status st = client_delivery_check(d, err);
    struct packed_value result;
    struct wire_writer w;

    *out = NULL;
    if (st == HEADSTART_OK) st = client_begin(h, "deliver", &w, err);
    if (st != HEADSTART_OK) return st;
    wire_put_map(&w, 5);
    client_put_uint(&w, "height", d->height);
    client_put_uint(&w, "time", d->time);
    client_put_uint(&w, "seqnum", d->seqnum);
    client_put_text(&w, "hash", d->hash);
    wire_put_text(&w, slice_text("message"));
    wire_put_text_head(&w, d->message.len); /* last, so that its bytes are sent where they lie */
    st = client_send(h, &w, d->message, deadline, err);
    if (st != HEADSTART_OK) return st;
    h->delivering = true;
    st = client_await(h, deadline, &result, err);
    h->delivering = false;
    if (st != HEADSTART_OK) return st;
    st = client_result_read(result, d->seqnum, out, err);
    return st == HEADSTART_OK ? st : client_broken(h, st);
}

enum headstart_status headstart_commit(struct headstart *h, uint64_t height,
                                       struct headstart_error *err)
{
    client_deadline deadline = client_deadline_in(h->answer_timeout_ms);
    struct wire_writer w;

    if (height > HS_UINT_MAX) {
        return client_fail(err, HEADSTART_INVALID, "numbers must not exceed 2^53-1");
    }
    if (!headstart_connected(h)) {
        return client_fail(err, HEADSTART_UNREACHABLE, "the connection is closed: connect again");
    }
    buffer_clear(&h->out);
    wire_begin(&w, &h->out);
    rpc_put_notification(&w, "commit");
    wire_put_map(&w, 1);
    client_put_uint(&w, "height", height);
    return client_send(h, &w, client_no_tail(), deadline, err);
}

enum headstart_status headstart_prepare_commit(struct headstart *h, uint64_t height,
                                               struct headstart_error *err)
{
    client_deadline deadline = client_deadline_in(h->answer_timeout_ms);
    struct packed_value result;
    struct wire_writer w;
    enum headstart_status st;

    if (height > HS_UINT_MAX) {
        return client_fail(err, HEADSTART_INVALID, "numbers must not exceed 2^53-1");
    }
    st = client_begin(h, "prepare_commit", &w, err);
    if (st != HEADSTART_OK) return st;
    wire_put_map(&w, 1);
    client_put_uint(&w, "height", height);
    st = client_send(h, &w, client_no_tail(), deadline, err);
    return st == HEADSTART_OK ? client_await(h, deadline, &result, err) : st;
}

/* Is it one packed map that fits a frame? Checked before anything is sent. */
static bool client_params_fine(struct headstart_bytes params)
{
    struct slice s = slice_make(params.data, params.len);
    size_t len = 0;

    if (s.len + HS_NAME_BYTES_MAX + 32 > HS_FRAME_BYTES_MAX) return false;
    if (packed_scan_whole(s, &len, NULL, NULL) != HS_OK || len != s.len) return false;
    return packed_kind_of(packed_root(s)) == PACKED_MAP;
}

enum headstart_status headstart_call(struct headstart *h, const char *method,
                                     struct headstart_bytes params, char **result,
                                     size_t *result_len, struct headstart_error *err)
{
    static const char empty_map[] = "\x80";
    client_deadline deadline = client_deadline_in(h->answer_timeout_ms);
    struct packed_value value;
    struct wire_writer w;
    struct slice packed;
    enum headstart_status st;

    if (params.len == 0) params = (struct headstart_bytes){empty_map, 1};
    if (strlen(method) > HS_NAME_BYTES_MAX || !client_params_fine(params)) {
        return client_fail(err, HEADSTART_INVALID, "params must be one packed MessagePack map");
    }
    st = client_begin(h, method, &w, err);
    if (st == HEADSTART_OK) st = client_send(h, &w, params, deadline, err);
    if (st == HEADSTART_OK) st = client_await(h, deadline, &value, err);
    if (st != HEADSTART_OK) return st;
    packed = packed_bytes(value);
    *result = malloc(packed.len);
    if (!*result) return client_fail(err, HEADSTART_NOMEM, "no memory for an answer");
    memcpy(*result, packed.data, packed.len);
    *result_len = packed.len;
    return HEADSTART_OK;
}

enum headstart_status headstart_shutdown(struct headstart *h, struct headstart_error *err)
{
    char *result = NULL;
    size_t result_len = 0;
    enum headstart_status st =
        headstart_call(h, "shutdown", client_no_tail(), &result, &result_len, err);

    free(result);
    return st;
}
