/* One peer's bytes.
 *
 *   socket ──read──► `in` ──scan──► frame ──► dispatch ──► answer ──try──► socket
 *                     ▲  (rest of a frame stays)                └─ what did not fit ──► queue
 *
 * One frame at a time is taken from the buffer, and none while the peer leaves more than
 * IPC_QUEUE_BYTES_HIGH of answers unread: a peer that writes without reading stops itself, and what
 * is kept for it stays below IPC_QUEUE_BYTES_MAX. An answer is written where it lies, head and body
 * in one system call; only what the socket does not take is copied.
 *
 * A failure while sending is not acted upon on the spot, because the sender is in the middle of
 * something: the socket is shut down, and the loop reports the end as it would any other. */
#include "ipc/server_internal.h"
#include "ipc/trust.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct connection_write { /* the unsent rest of an answer */
    uv_write_t handle;
    struct ipc_connection *connection;
    char bytes[];
};

static void connection_on_closed(uv_handle_t *handle)
{
    struct ipc_connection *c = handle->data;
    struct ipc_server *s = c->server;

    question_end(c);
    assert(LIST_EMPTY(&c->requests) && LIST_EMPTY(&c->questions));
    LIST_REMOVE(c, link);
    s->connections_len--;
    buffer_fini(&c->in);
    free(c);
    server_connection_closed(s);
}

void connection_close(struct ipc_connection *c)
{
    if (c->closing) return;
    c->closing = true;
    uv_close((uv_handle_t *)&c->pipe, connection_on_closed);
}

void connection_end(struct ipc_connection *c)
{
    if (c->closing) return;
    connection_close(c);
    dispatch_end(c, true);
    question_end(c);
}

void connection_finish(struct ipc_connection *c)
{
    if (c->closing) return;
    request_shut_down(c);
    dispatch_end(c, false);
    uv_read_stop((uv_stream_t *)&c->pipe);
    if (uv_stream_get_write_queue_size((uv_stream_t *)&c->pipe) == 0) connection_close(c);
}

/* --- in --- */

/* Peers that are not the node have no business with many large frames at once. */
static bool connection_may_grow(const struct ipc_connection *c)
{
    const struct ipc_connection *other;
    size_t total = 0;

    if (session_is_node(c->state) || c->in.len < IPC_INPUT_KEPT_BYTES) return true;
    LIST_FOREACH(other, &c->server->connections, link)
    {
        if (!session_is_node(other->state)) total += other->in.capacity;
    }
    return total <= IPC_INPUT_BYTES_MAX;
}

static void connection_on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    struct ipc_connection *c = handle->data;
    size_t room;

    (void)suggested;
    *out = uv_buf_init(NULL, 0); /* libuv then reports UV_ENOBUFS */
    if (c->doomed || !connection_may_grow(c)) return;
    if (buffer_reserve(&c->in, IPC_READ_BYTES) != HS_OK) return;
    room = c->in.capacity - c->in.len - 1;
    *out = uv_buf_init(c->in.data + c->in.len, (unsigned)room);
}

/* What was dispatched goes; a large buffer is not kept for the small frames that follow it. */
static void connection_compact(struct ipc_connection *c)
{
    size_t left = c->in.len - c->in_taken;

    if (left > 0 && c->in_taken > 0) memmove(c->in.data, c->in.data + c->in_taken, left);
    c->in.len = left;
    c->in_taken = 0;
    if (left == 0 && c->in.capacity > IPC_INPUT_KEPT_BYTES) buffer_fini(&c->in);
}

/* False: no more can be taken now. */
static bool connection_take_frame(struct ipc_connection *c)
{
    struct slice rest = slice_make(c->in.data + c->in_taken, c->in.len - c->in_taken);
    struct hs_error err;
    size_t frame_len = 0;
    enum hs_status st = HS_PROTOCOL;

    if (rest.len == 0) return false;
    hs_error_clear(&err);
    if (rpc_may_begin(rest.data[0])) {
        st = packed_scan(&c->scanner, rest, &frame_len, NULL, &err);
    } else {
        (void)hs_fail(&err, st, "not MessagePack-RPC: a frame must be an array");
    }
    if (st == HS_NOT_FOUND) return false;
    if (st != HS_OK) {
        dispatch_refuse(c, rest, st, err.text);
        connection_end(c);
        return false;
    }
    c->scanner = (struct packed_scanner){0};
    c->in_taken += frame_len;
    c->heard_ms = uv_now(c->server->loop);
    if (!dispatch_frame(c, slice_make(rest.data, frame_len))) connection_end(c);
    return true;
}

static void connection_take_frames(struct ipc_connection *c)
{
    uv_stream_t *stream = (uv_stream_t *)&c->pipe;

    assert(!c->taking);
    c->taking = true;
    while (c->state != SESSION_OVER && !c->paused && !c->doomed && connection_take_frame(c)) {
        if (c->state == SESSION_OVER) break;
        if (uv_stream_get_write_queue_size(stream) > IPC_QUEUE_BYTES_HIGH) {
            c->paused = true;
            uv_read_stop(stream);
        }
    }
    c->taking = false;
    connection_compact(c);
}

static void connection_on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *room)
{
    struct ipc_connection *c = stream->data;

    (void)room;
    if (len < 0) { /* the end, or a failure: for us the same */
        connection_end(c);
        return;
    }
    if (len == 0 || c->doomed) return;
    assert((size_t)len < c->in.capacity - c->in.len);
    c->in.len += (size_t)len;
    connection_take_frames(c);
}

/* --- out --- */

void connection_doom(struct ipc_connection *c)
{
    uv_os_fd_t fd;

    c->doomed = true;
    if (uv_fileno((const uv_handle_t *)&c->pipe, &fd) == 0) (void)shutdown(fd, SHUT_RDWR);
}

static void connection_on_written(uv_write_t *handle, int status)
{
    struct connection_write *write = handle->data;
    struct ipc_connection *c = write->connection;
    size_t queued = uv_stream_get_write_queue_size((uv_stream_t *)&c->pipe);

    free(write);
    if (c->closing) return;
    if (status < 0) {
        connection_end(c);
    } else if (c->state == SESSION_OVER) { /* the server stops: flushed? */
        if (queued == 0) connection_close(c);
    } else if (c->paused && queued <= IPC_QUEUE_BYTES_HIGH / 2) {
        c->paused = false;
        if (uv_read_start((uv_stream_t *)&c->pipe, connection_on_room, connection_on_read) != 0) {
            connection_end(c);
            return;
        }
        connection_take_frames(c);
    }
}

/* The bytes of head and body from `sent` on, as one queued write. */
static enum hs_status connection_queue(struct ipc_connection *c, struct slice head,
                                       struct slice body, size_t sent)
{
    size_t rest_len = head.len + body.len - sent, head_len;
    struct connection_write *write;
    uv_buf_t rest;

    if (uv_stream_get_write_queue_size((uv_stream_t *)&c->pipe) + rest_len > IPC_QUEUE_BYTES_MAX) {
        return HS_TOO_LARGE;
    }
    write = malloc(sizeof *write + rest_len);
    if (!write) return HS_NOMEM;
    write->connection = c;
    write->handle.data = write;
    head_len = sent < head.len ? head.len - sent : 0;
    if (head_len > 0) memcpy(write->bytes, head.data + sent, head_len);
    if (rest_len > head_len) {
        memcpy(write->bytes + head_len, body.data + (sent + head_len - head.len),
               rest_len - head_len);
    }
    rest = uv_buf_init(write->bytes, (unsigned)rest_len);
    if (uv_write(&write->handle, (uv_stream_t *)&c->pipe, &rest, 1, connection_on_written) != 0) {
        free(write);
        return HS_IO;
    }
    return HS_OK;
}

void connection_send(struct ipc_connection *c, struct slice head, struct slice body)
{
    uv_buf_t parts[2] = {uv_buf_init((char *)(uintptr_t)head.data, (unsigned)head.len),
                         uv_buf_init((char *)(uintptr_t)body.data, (unsigned)body.len)};
    int sent;

    assert(head.len > 0 && head.len + body.len <= HS_FRAME_BYTES_MAX);
    if (c->closing || c->doomed) return;
    sent = uv_try_write((uv_stream_t *)&c->pipe, parts, body.len > 0 ? 2 : 1);
    if (sent < 0) sent = 0; /* not now, or never: the queued write will say which */
    if ((size_t)sent == head.len + body.len) return;
    if (connection_queue(c, head, body, (size_t)sent) != HS_OK) connection_doom(c);
}

/* --- strangers: who has not said hello --- */

static bool connection_is_stranger(const struct ipc_connection *c)
{
    return c->state == SESSION_NEW && !c->closing;
}

static void connection_on_strangers(uv_timer_t *timer)
{
    struct ipc_server *s = timer->data;
    uint64_t now_ms = uv_now(s->loop), next_ms = 0;
    struct ipc_connection *c;

    LIST_FOREACH(c, &s->connections, link)
    {
        uint64_t due_ms = c->heard_ms + s->hello_timeout_ms;

        if (!connection_is_stranger(c)) continue;
        if (due_ms <= now_ms) {
            connection_end(c);
        } else if (next_ms == 0 || due_ms < next_ms) {
            next_ms = due_ms;
        }
    }
    if (next_ms > 0) {
        (void)uv_timer_start(timer, connection_on_strangers, next_ms - now_ms, 0);
    }
}

/* Where all places are taken, the stranger that was silent longest makes way: so none of them can
 * keep the node out, and observers leave places free (IPC_OBSERVERS_MAX). */
static bool connection_make_room(const struct ipc_connection *newcomer)
{
    struct ipc_connection *c, *oldest = NULL;
    unsigned count = 0;

    LIST_FOREACH(c, &newcomer->server->connections, link) /* newest first */
    {
        count += !c->closing;
        if (c == newcomer || !connection_is_stranger(c)) continue;
        if (!oldest || c->heard_ms <= oldest->heard_ms) oldest = c;
    }
    if (count <= IPC_CONNECTIONS_MAX) return true;
    if (!oldest) return false;
    connection_end(oldest);
    return true;
}

/* --- accepting --- */

static bool connection_welcome(const struct ipc_connection *c)
{
    uv_os_fd_t fd;

    if (c->server->stopping || uv_fileno((const uv_handle_t *)&c->pipe, &fd) != 0) return false;
    return trust_peer(fd) && connection_make_room(c);
}

bool connection_accept(struct ipc_server *s)
{
    struct ipc_connection *c = calloc(1, sizeof *c);

    if (!c) return false;
    if (uv_pipe_init(s->loop, &c->pipe, 0) != 0) {
        free(c);
        return false;
    }
    c->server = s;
    c->state = SESSION_NEW;
    uv_update_time(s->loop); /* what the loop did before this is not the stranger's silence */
    c->heard_ms = uv_now(s->loop);
    c->pipe.data = c;
    LIST_INIT(&c->requests);
    LIST_INIT(&c->questions);
    LIST_INSERT_HEAD(&s->connections, c, link);
    s->connections_len++;
    if (uv_accept((uv_stream_t *)&s->listener, (uv_stream_t *)&c->pipe) != 0 ||
        !connection_welcome(c) ||
        uv_read_start((uv_stream_t *)&c->pipe, connection_on_room, connection_on_read) != 0) {
        connection_end(c);
    } else if (!uv_is_active((uv_handle_t *)&s->stranger_timer)) {
        (void)uv_timer_start(&s->stranger_timer, connection_on_strangers, s->hello_timeout_ms, 0);
    }
    return true;
}
