/* The server's life: start, accept, stop.
 *
 *   start ─► listening ─► stop: unlink, close listener ─► flush ─► all closed ─► done ─► freed
 *
 * The descriptor is bound by listen_socket.c and given to libuv, which only polls and accepts. */
#include "ipc/server.h"

#include "ipc/server_internal.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void server_free(struct ipc_server *s)
{
    if (s->delivery) s->delivery->server = NULL; /* still worked on; its reply goes nowhere */
    request_free_spares(s);
    buffer_fini(&s->head);
    buffer_fini(&s->body);
    free(s->requests);
    free(s);
}

static void server_maybe_end(struct ipc_server *s)
{
    if (!s->stopping || s->handles_open > 0 || s->connections_len > 0) return;
    if (s->done) s->done(s->done_data);
    server_free(s);
}

static void server_on_closed(uv_handle_t *handle)
{
    struct ipc_server *s = handle->data;

    assert(s->handles_open > 0);
    s->handles_open--;
    server_maybe_end(s);
}

static void server_close_handle(uv_handle_t *handle)
{
    if (!uv_is_closing(handle)) uv_close(handle, server_on_closed);
}

void server_connection_closed(struct ipc_server *s)
{
    if (s->stopping && s->connections_len == 0) {
        server_close_handle((uv_handle_t *)&s->stop_timer);
    }
    server_maybe_end(s);
}

/* --- accepting --- */

static void server_on_accept_again(uv_timer_t *timer);

static void server_on_connection(uv_stream_t *listener, int status)
{
    struct ipc_server *s = listener->data;

    if (status < 0 || s->stopping) return; /* the peer is gone already, or we are */
    if (!connection_accept(s)) {
        (void)uv_timer_start(&s->accept_timer, server_on_accept_again, IPC_ACCEPT_AGAIN_MS, 0);
    }
}

static void server_on_accept_again(uv_timer_t *timer)
{
    struct ipc_server *s = timer->data;

    server_on_connection((uv_stream_t *)&s->listener, 0);
}

/* --- start and stop --- */

static void server_timer_init(struct ipc_server *s, uv_timer_t *timer)
{
    int failure = uv_timer_init(s->loop, timer);

    assert(failure == 0); /* libuv documents no failure */
    timer->data = s;
    s->handles_open++;
}

static enum hs_status server_listen(struct ipc_server *s, struct hs_error *err)
{
    int failure = uv_pipe_open(&s->listener, s->socket.fd);

    if (failure != 0) {
        close(s->socket.fd);
    } else {
        failure = uv_listen((uv_stream_t *)&s->listener, IPC_CONNECTIONS_MAX, server_on_connection);
    }
    if (failure != 0) {
        return hs_fail(err, HS_IO, "cannot listen at %s: %s", s->socket.path, uv_strerror(failure));
    }
    return HS_OK;
}

/* libuv writes without MSG_NOSIGNAL: a peer that goes at the wrong moment must not end us. A
 * handler that the owner has set is left alone. */
static void server_ignore_broken_pipes(void)
{
    struct sigaction now;

    if (sigaction(SIGPIPE, NULL, &now) != 0 || now.sa_handler != SIG_DFL) return;
    (void)signal(SIGPIPE, SIG_IGN);
}

static void server_handles_open(struct ipc_server *s)
{
    int failure = uv_pipe_init(s->loop, &s->listener, 0);

    assert(failure == 0); /* libuv documents no failure */
    s->listener.data = s;
    s->handles_open = 1;
    server_timer_init(s, &s->stop_timer);
    server_timer_init(s, &s->accept_timer);
    server_timer_init(s, &s->held_timer);
    server_timer_init(s, &s->stranger_timer);
}

static struct ipc_server *server_make(const struct ipc_server_options *options)
{
    struct ipc_server *s = calloc(1, sizeof *s);

    if (!s) return NULL;
    s->requests = calloc(options->owner.methods_len + 2, sizeof *s->requests);
    if (!s->requests) {
        free(s);
        return NULL;
    }
    s->loop = options->loop;
    s->owner = options->owner;
    s->hello_timeout_ms =
        options->hello_timeout_ms ? options->hello_timeout_ms : IPC_HELLO_TIMEOUT_MS;
    LIST_INIT(&s->connections);
    LIST_INIT(&s->spares);
    memcpy(s->chain_id, options->chain_id, strlen(options->chain_id) + 1);
    return s;
}

enum hs_status ipc_server_start(const struct ipc_server_options *options, struct ipc_server **out,
                                struct hs_error *err)
{
    size_t chain_len = strlen(options->chain_id);
    struct ipc_server *s;
    enum hs_status st;

    assert(options->loop != NULL && options->socket_path != NULL);
    *out = NULL;
    if (chain_len == 0 || chain_len > HS_CHAIN_ID_BYTES_MAX) {
        return hs_fail(err, HS_INVALID, "a chain id must have 1 to %d bytes",
                       HS_CHAIN_ID_BYTES_MAX);
    }
    for (size_t i = 0; i < options->owner.methods_len; i++) {
        assert(!options->owner.methods[i].handle != !options->owner.methods[i].job);
    }
    s = server_make(options);
    if (!s) return hs_fail(err, HS_NOMEM, "no memory for the server");
    st = listen_socket_open(options->socket_path, &s->socket, err);
    if (st != HS_OK) {
        server_free(s);
        return st;
    }
    server_ignore_broken_pipes();
    server_handles_open(s);
    st = server_listen(s, err);
    if (st != HS_OK) {
        ipc_server_stop(s, NULL, NULL); /* the loop frees it */
        return st;
    }
    *out = s;
    return HS_OK;
}

static void server_on_flush_timeout(uv_timer_t *timer)
{
    struct ipc_server *s = timer->data;
    struct ipc_connection *c;

    LIST_FOREACH(c, &s->connections, link)
    {
        connection_close(c);
    }
}

void ipc_server_stop(struct ipc_server *s, void (*done)(void *data), void *data)
{
    struct ipc_connection *c;

    assert(!s->stopping);
    s->stopping = true;
    s->done = done;
    s->done_data = data;
    listen_socket_remove(&s->socket);
    server_close_handle((uv_handle_t *)&s->listener);
    server_close_handle((uv_handle_t *)&s->accept_timer);
    server_close_handle((uv_handle_t *)&s->held_timer);
    server_close_handle((uv_handle_t *)&s->stranger_timer);
    LIST_FOREACH(c, &s->connections, link)
    {
        connection_finish(c);
    }
    if (s->connections_len == 0) {
        server_close_handle((uv_handle_t *)&s->stop_timer);
    } else {
        (void)uv_timer_start(&s->stop_timer, server_on_flush_timeout, IPC_STOP_FLUSH_MS, 0);
    }
}

/* --- counters --- */

struct ipc_counters ipc_server_counters(const struct ipc_server *s)
{
    struct ipc_counters counters = {.protocol_errors = s->protocol_errors};
    const struct ipc_connection *c;

    LIST_FOREACH(c, &s->connections, link)
    {
        if (session_is_node(c->state)) counters.connections_node++;
        if (c->state == SESSION_OBSERVER) counters.connections_observer++;
        if (c->state == SESSION_NEW) counters.connections_new++;
    }
    return counters;
}

static const char *server_row_name(const struct ipc_server *s, size_t row)
{
    if (row == 0) return dispatch_hello.name;
    return row <= s->owner.methods_len ? s->owner.methods[row - 1].name : "other";
}

void ipc_server_requests(const struct ipc_server *s,
                         void (*each)(void *data, const char *method, const char *result,
                                      uint64_t count),
                         void *data)
{
    for (size_t row = 0; row < s->owner.methods_len + 2; row++) {
        for (int code = 0; code < IPC_CODE_COUNT; code++) {
            uint64_t count = s->requests[row][code];

            if (count == 0) continue;
            each(data, server_row_name(s, row), ipc_code_name((enum ipc_code)code), count);
        }
    }
}
