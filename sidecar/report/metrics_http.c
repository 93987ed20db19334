/* A scraper's connection: request in, page out, close. What it sends beyond the bounds below ends
 * it; there is no keep-alive, so nothing has to be parsed but the first line and the host asked
 * for.
 *
 * A web page that is open in a browser on this machine can have the browser ask any name that leads
 * here, and read the answer where the name is the page's own (DNS rebinding). The browser then says
 * that name in Host; so only our own address, and localhost, are answered. */
#include "sidecar/report/metrics_http.h"

#include "kernel/state/decimal.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>
#include <uv.h>

enum {
    HTTP_CONNECTIONS_MAX = 16,
    HTTP_REQUEST_BYTES_MAX = 8192,
    HTTP_IDLE_MS = 5000,
    HTTP_BACKLOG = 16,
};

struct http_peer {
    LIST_ENTRY(http_peer) link;
    struct metrics_http *owner;
    uv_tcp_t tcp;
    uv_timer_t idle; /* a peer that does not ask is let go */
    int handles;     /* open ones */
    char request[HTTP_REQUEST_BYTES_MAX];
    size_t request_len;
    bool head; /* asked by HEAD: no page */
    struct buffer response;
    uv_write_t write;
};

struct metrics_http {
    uv_tcp_t listener;
    char host[INET6_ADDRSTRLEN + 2]; /* what was bound, as it was written, with its brackets */
    bool every_address;              /* that of no interface in particular */
    enum hs_status (*render)(void *data, struct buffer *out);
    void *data;
    LIST_HEAD(, http_peer) peers;
    size_t peers_len;
    bool stopping, listener_closed;
};

static void http_maybe_free(struct metrics_http *m)
{
    if (m->stopping && m->listener_closed && m->peers_len == 0) free(m);
}

static void http_peer_closed(uv_handle_t *handle)
{
    struct http_peer *p = handle->data;
    struct metrics_http *m = p->owner;

    if (--p->handles > 0) return;
    LIST_REMOVE(p, link);
    m->peers_len--;
    buffer_fini(&p->response);
    free(p);
    http_maybe_free(m);
}

static void http_peer_close(struct http_peer *p)
{
    if (!uv_is_closing((uv_handle_t *)&p->tcp)) uv_close((uv_handle_t *)&p->tcp, http_peer_closed);
    if (!uv_is_closing((uv_handle_t *)&p->idle))
        uv_close((uv_handle_t *)&p->idle, http_peer_closed);
}

static void http_written(uv_write_t *write, int status)
{
    (void)status;
    http_peer_close(write->data);
}

static void http_idle(uv_timer_t *timer)
{
    http_peer_close(timer->data);
}

static void http_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    struct http_peer *p = handle->data;

    (void)suggested;
    *out = uv_buf_init(p->request + p->request_len,
                       (unsigned)(HTTP_REQUEST_BYTES_MAX - p->request_len));
}

static enum hs_status http_respond(struct http_peer *p, const char *status, struct slice body)
{
    enum hs_status st = buffer_printf(&p->response,
                                      "HTTP/1.1 %s\r\nContent-Type: text/plain; version=0.0.4; "
                                      "charset=utf-8\r\nContent-Length: %zu\r\nConnection: "
                                      "close\r\n\r\n",
                                      status, body.len);

    return st == HS_OK && !p->head ? buffer_append(&p->response, body) : st;
}

/* The first header of that name, with the blanks around its value; false: there is none. */
static bool http_header(struct slice request, const char *name, struct slice *value)
{
    const char *at = request.data, *end = request.data + request.len;
    size_t name_len = strlen(name);

    while ((at = memmem(at, (size_t)(end - at), "\r\n", 2)) != NULL) {
        const char *line_end;

        at += 2;
        line_end = memmem(at, (size_t)(end - at), "\r\n", 2);
        if (!line_end) return false;
        if ((size_t)(line_end - at) > name_len && at[name_len] == ':' &&
            strncasecmp(at, name, name_len) == 0) {
            *value = slice_make(at + name_len + 1, (size_t)(line_end - at) - name_len - 1);
            return true;
        }
    }
    return false;
}

/* "HOST", "HOST:PORT", "[V6]:PORT", as text of its own; false where it cannot be ours. */
static bool http_host_copy(struct slice value, char *out, size_t size)
{
    const char *colon;

    while (value.len > 0 && *value.data == ' ') {
        value = slice_make(value.data + 1, value.len - 1);
    }
    while (value.len > 0 && value.data[value.len - 1] == ' ') {
        value.len--;
    }
    colon = value.len > 0 ? memrchr(value.data, ':', value.len) : NULL;
    if (colon && value.data[value.len - 1] != ']') value.len = (size_t)(colon - value.data);
    if (value.len == 0 || value.len >= size) return false;
    memcpy(out, value.data, value.len);
    out[value.len] = '\0';
    return true;
}

static bool http_is_address(const char *host)
{
    char bare[INET6_ADDRSTRLEN + 2];
    size_t len = strlen(host);
    struct in6_addr v6;
    struct in_addr v4;

    if (host[0] != '[') return uv_inet_pton(AF_INET, host, &v4) == 0;
    if (len < 3 || len - 2 >= sizeof bare || host[len - 1] != ']') return false;
    memcpy(bare, host + 1, len - 2);
    bare[len - 2] = '\0';
    return uv_inet_pton(AF_INET6, bare, &v6) == 0;
}

/* A peer that says no host is no browser. */
static bool http_host_is_ours(const struct metrics_http *m, struct slice request)
{
    char host[INET6_ADDRSTRLEN + 2];
    struct slice value;

    if (!http_header(request, "Host", &value)) return true;
    if (!http_host_copy(value, host, sizeof host)) return false;
    if (strcasecmp(host, "localhost") == 0 || strcasecmp(host, m->host) == 0) return true;
    return m->every_address && http_is_address(host); /* no name can be rebound to an address */
}

static bool http_target_is_metrics(struct slice request, const char *method)
{
    size_t method_len = strlen(method);
    struct slice target =
        slice_make(request.data + method_len, request.len - method_len); /* starts with it */

    return slice_starts_with(target, slice_text("/metrics ")) ||
           slice_starts_with(target, slice_text("/metrics?"));
}

static enum hs_status http_answer(struct http_peer *p)
{
    struct slice request = slice_make(p->request, p->request_len);
    struct buffer page = {0};
    enum hs_status st;

    p->head = slice_starts_with(request, slice_text("HEAD "));
    if (!p->head && !slice_starts_with(request, slice_text("GET "))) {
        return http_respond(p, "405 Method Not Allowed", slice_text("only GET and HEAD\n"));
    }
    if (!http_host_is_ours(p->owner, request)) {
        return http_respond(p, "421 Misdirected Request",
                            slice_text("ask by the address that --metrics names\n"));
    }
    if (!http_target_is_metrics(request, p->head ? "HEAD " : "GET ")) {
        return http_respond(p, "404 Not Found", slice_text("see /metrics\n"));
    }
    st = p->owner->render(p->owner->data, &page);
    if (st == HS_OK) st = http_respond(p, "200 OK", buffer_slice(&page));
    buffer_fini(&page);
    return st;
}

static void http_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf)
{
    struct http_peer *p = stream->data;
    uv_buf_t out;

    (void)buf;
    if (len < 0) {
        http_peer_close(p);
        return;
    }
    p->request_len += (size_t)len;
    if (!memmem(p->request, p->request_len, "\r\n\r\n", 4)) {
        if (p->request_len == HTTP_REQUEST_BYTES_MAX) http_peer_close(p);
        return;
    }
    (void)uv_read_stop(stream);
    if (http_answer(p) != HS_OK) {
        http_peer_close(p);
        return;
    }
    out = uv_buf_init(p->response.data, (unsigned)p->response.len);
    p->write.data = p;
    if (uv_write(&p->write, stream, &out, 1, http_written) != 0) http_peer_close(p);
}

static void http_connected(uv_stream_t *listener, int status)
{
    struct metrics_http *m = listener->data;
    struct http_peer *p;

    if (status < 0 || m->stopping) return;
    p = calloc(1, sizeof *p);
    if (!p) return;
    p->owner = m;
    p->handles = 2;
    LIST_INSERT_HEAD(&m->peers, p, link);
    m->peers_len++;
    (void)uv_tcp_init(listener->loop, &p->tcp);
    (void)uv_timer_init(listener->loop, &p->idle);
    p->tcp.data = p;
    p->idle.data = p;
    if (uv_accept(listener, (uv_stream_t *)&p->tcp) != 0 || m->peers_len > HTTP_CONNECTIONS_MAX ||
        uv_read_start((uv_stream_t *)&p->tcp, http_alloc, http_read) != 0 ||
        uv_timer_start(&p->idle, http_idle, HTTP_IDLE_MS, 0) != 0) {
        http_peer_close(p);
    }
}

static void http_listener_closed(uv_handle_t *handle)
{
    struct metrics_http *m = handle->data;

    m->listener_closed = true;
    http_maybe_free(m);
}

void metrics_http_stop(struct metrics_http *m)
{
    struct http_peer *p;

    if (!m) return;
    assert(!m->stopping);
    m->stopping = true;
    LIST_FOREACH(p, &m->peers, link)
    {
        http_peer_close(p);
    }
    uv_close((uv_handle_t *)&m->listener, http_listener_closed);
}

static bool http_every_address(const struct sockaddr_storage *where)
{
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)where;

    if (where->ss_family == AF_INET6) return IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr);
    return ((const struct sockaddr_in *)where)->sin_addr.s_addr == htonl(INADDR_ANY);
}

/* "127.0.0.1:9464", "[::1]:9464" or "localhost:9464". */
static bool http_address(const char *text, struct metrics_http *m, struct sockaddr_storage *out)
{
    const char *colon = strrchr(text, ':');
    char bare[INET6_ADDRSTRLEN + 2];
    uint64_t port;
    size_t len;

    if (!colon || colon == text || uint_parse(slice_text(colon + 1), &port) != HS_OK) return false;
    len = (size_t)(colon - text);
    if (port > UINT16_MAX || len >= sizeof m->host) return false;
    memcpy(m->host, text, len);
    m->host[len] = '\0';
    if (strcasecmp(m->host, "localhost") == 0) {
        return uv_ip4_addr("127.0.0.1", (int)port, (struct sockaddr_in *)out) == 0;
    }
    if (m->host[0] != '[' || m->host[len - 1] != ']') {
        return uv_ip4_addr(m->host, (int)port, (struct sockaddr_in *)out) == 0;
    }
    memcpy(bare, m->host + 1, len - 2);
    bare[len - 2] = '\0';
    return uv_ip6_addr(bare, (int)port, (struct sockaddr_in6 *)out) == 0;
}

static enum hs_status http_failed(struct hs_error *err, const char *address, int code)
{
    enum hs_status st = code == UV_EADDRINUSE ? HS_LOCKED : HS_IO;

    st = hs_fail(err, st, "cannot serve metrics on %s: %s; name another address with --metrics",
                 address, uv_strerror(code));
    if (err && code == UV_EACCES) err->errnum = EACCES;
    return st;
}

enum hs_status metrics_http_start(struct uv_loop_s *loop, const char *address,
                                  enum hs_status (*render)(void *data, struct buffer *out),
                                  void *data, struct metrics_http **out, struct hs_error *err)
{
    struct sockaddr_storage where = {0};
    struct metrics_http *m;
    int code;

    *out = NULL;
    m = calloc(1, sizeof *m);
    if (!m) return hs_fail(err, HS_NOMEM, "metrics");
    if (!http_address(address, m, &where)) {
        free(m);
        return hs_fail(err, HS_INVALID,
                       "--metrics %s is not ADDR:PORT, as in 127.0.0.1:9464, nor \"off\"", address);
    }
    m->every_address = http_every_address(&where);
    m->render = render;
    m->data = data;
    LIST_INIT(&m->peers);
    code = uv_tcp_init(loop, &m->listener);
    if (code != 0) {
        free(m);
        return http_failed(err, address, code);
    }
    m->listener.data = m;
    code = uv_tcp_bind(&m->listener, (const struct sockaddr *)&where, 0);
    if (code == 0) code = uv_listen((uv_stream_t *)&m->listener, HTTP_BACKLOG, http_connected);
    if (code != 0) {
        metrics_http_stop(m); /* the loop frees it */
        return http_failed(err, address, code);
    }
    *out = m;
    return HS_OK;
}

int metrics_http_port(const struct metrics_http *m)
{
    struct sockaddr_storage where = {0};
    int len = sizeof where;

    if (uv_tcp_getsockname(&m->listener, (struct sockaddr *)&where, &len) != 0) return 0;
    return where.ss_family == AF_INET6 ? ntohs(((struct sockaddr_in6 *)&where)->sin6_port)
                                       : ntohs(((struct sockaddr_in *)&where)->sin_port);
}
