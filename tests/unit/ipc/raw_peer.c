#include "tests/unit/ipc/raw_peer.h"

#include "tests/unit/suite.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void must(bool fine, const char *what)
{
    if (fine) return;
    (void)fprintf(stderr, "raw peer: %s: %s\n", what, strerror(errno));
    abort();
}

void raw_peer_open(struct raw_peer *p, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    *p = (struct raw_peer){.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    must(p->fd >= 0 && strlen(path) < sizeof address.sun_path, "socket");
    memcpy(address.sun_path, path, strlen(path) + 1);
    must(connect(p->fd, (struct sockaddr *)&address, sizeof address) == 0, "connect");
}

void raw_peer_close(struct raw_peer *p)
{
    if (p->fd >= 0) close(p->fd);
    p->fd = -1;
    buffer_fini(&p->in);
}

size_t raw_peer_send(struct raw_peer *p, struct slice bytes)
{
    size_t sent = 0;

    while (sent < bytes.len) {
        ssize_t len = send(p->fd, bytes.data + sent, bytes.len - sent, MSG_NOSIGNAL);

        if (len <= 0) break;
        sent += (size_t)len;
    }
    return sent;
}

enum raw_read raw_peer_read(struct raw_peer *p, int wait_ms)
{
    struct pollfd poll_fd = {.fd = p->fd, .events = POLLIN};
    size_t frame_len = 0;
    ssize_t len;

    memmove(p->in.data ? p->in.data : (char *)p, p->in.data ? p->in.data + p->taken : (char *)p,
            p->in.len - p->taken);
    p->in.len -= p->taken;
    p->taken = 0;
    while (p->in.len == 0 ||
           packed_scan_whole(buffer_slice(&p->in), &frame_len, NULL, NULL) != HS_OK) {
        if (poll(&poll_fd, 1, wait_ms) == 0) return RAW_SILENCE;
        must(buffer_reserve(&p->in, 1 << 20) == HS_OK, "memory");
        len = recv(p->fd, p->in.data + p->in.len, p->in.capacity - p->in.len - 1, 0);
        if (len <= 0) return RAW_END;
        p->in.len += (size_t)len;
    }
    p->taken = frame_len;
    p->bytes = slice_make(p->in.data, frame_len);
    must(rpc_parse(p->bytes, &p->frame) == NULL, "the server sent what is not MessagePack-RPC");
    return RAW_FRAME;
}

void raw_request(struct buffer *out, uint64_t msgid, const char *method, struct slice params)
{
    struct wire_writer w;

    buffer_clear(out);
    wire_begin(&w, out);
    rpc_put_request(&w, msgid, method);
    wire_put_raw(&w, params.len > 0 ? params : slice_make("\x80", 1));
    must(wire_end(&w) == HS_OK, "packing");
}

static void put_text(struct wire_writer *w, const char *key, struct slice value)
{
    wire_put_text(w, slice_text(key));
    wire_put_text(w, value);
}

static void put_uint(struct wire_writer *w, const char *key, uint64_t value)
{
    wire_put_text(w, slice_text(key));
    wire_put_uint(w, value);
}

void raw_hello(struct buffer *out, uint64_t msgid, const char *chain_id, const char *role)
{
    struct buffer params = {0};
    struct wire_writer w;

    wire_begin(&w, &params);
    wire_put_map(&w, 4);
    put_uint(&w, "protocol", 1);
    put_text(&w, "chain_id", slice_text(chain_id));
    put_text(&w, "role", slice_text(role));
    put_text(&w, "client", slice_text("raw"));
    must(wire_end(&w) == HS_OK, "packing");
    raw_request(out, msgid, "hello", buffer_slice(&params));
    buffer_fini(&params);
}

void raw_deliver(struct buffer *out, uint64_t msgid, uint64_t seqnum, const char *hash,
                 struct slice message)
{
    struct buffer params = {0};
    struct wire_writer w;

    wire_begin(&w, &params);
    wire_put_map(&w, 5);
    put_uint(&w, "height", 1);
    put_uint(&w, "time", 2);
    put_uint(&w, "seqnum", seqnum);
    put_text(&w, "hash", slice_text(hash));
    put_text(&w, "message", message);
    must(wire_end(&w) == HS_OK, "packing");
    raw_request(out, msgid, "deliver", buffer_slice(&params));
    buffer_fini(&params);
}

enum raw_read raw_peer_ask(struct raw_peer *p, const struct buffer *frame)
{
    (void)raw_peer_send(p, buffer_slice(frame));
    return raw_peer_read(p, SUITE_HANG_MS);
}

bool raw_peer_told(const struct raw_peer *p, uint64_t msgid, const char *code)
{
    struct slice text;

    if (p->frame.kind != RPC_RESPONSE || p->frame.msgid != msgid) return false;
    if (!code) return packed_kind_of(p->frame.error) == PACKED_NIL;
    return packed_text(p->frame.error, &text) && slice_starts_with(text, slice_text(code)) &&
           text.len > strlen(code) + 2 && memcmp(text.data + strlen(code), ": ", 2) == 0;
}
