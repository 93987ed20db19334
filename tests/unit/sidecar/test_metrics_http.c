/* The metrics page over HTTP: what a scraper gets, and that others cannot hold it up. */
#include "tests/unit/suite.h"

#include "sidecar/report/metrics_http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

struct server {
    uv_loop_t loop;
    uv_async_t stop;
    struct metrics_http *http;
    int port;
    pthread_t thread;
};

static enum hs_status render_page(void *data, struct buffer *out)
{
    (void)data;
    return buffer_append_text(out, "page 1\n");
}

static void server_stop_asked(uv_async_t *async)
{
    struct server *s = async->data;

    metrics_http_stop(s->http);
    uv_close((uv_handle_t *)async, NULL);
}

static void *server_main(void *data)
{
    struct server *s = data;

    (void)uv_run(&s->loop, UV_RUN_DEFAULT);
    return NULL;
}

static void server_open(struct server *s, const char *address)
{
    CU_ASSERT_EQUAL_FATAL(uv_loop_init(&s->loop), 0);
    CU_ASSERT_EQUAL_FATAL(uv_async_init(&s->loop, &s->stop, server_stop_asked), 0);
    s->stop.data = s;
    CU_ASSERT_EQUAL_FATAL(metrics_http_start(&s->loop, address, render_page, NULL, &s->http, NULL),
                          HS_OK);
    s->port = metrics_http_port(s->http);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&s->thread, NULL, server_main, s), 0);
}

static void server_close(struct server *s)
{
    (void)uv_async_send(&s->stop);
    (void)pthread_join(s->thread, NULL);
    CU_ASSERT_EQUAL(uv_loop_close(&s->loop), 0); /* nothing is left open */
}

static int peer_open(const struct server *s)
{
    struct sockaddr_in where = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)s->port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL_FATAL(connect(fd, (struct sockaddr *)&where, sizeof where), 0);
    return fd;
}

static void ask(const struct server *s, const char *request, char *response, size_t room)
{
    int fd = peer_open(s);
    size_t len = 0;
    ssize_t got;

    /* One byte at a time: a request need not come whole. */
    for (const char *c = request; *c; c++) {
        CU_ASSERT_EQUAL_FATAL(send(fd, c, 1, MSG_NOSIGNAL), 1);
    }
    while (len + 1 < room && (got = read(fd, response + len, room - 1 - len)) > 0) {
        len += (size_t)got;
    }
    response[len] = '\0';
    (void)close(fd);
}

static void metrics_http__answers_get_metrics_and_nothing_else(void)
{
    struct server s;
    char response[1024];

    server_open(&s, "127.0.0.1:0");
    ask(&s, "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", response, sizeof response);
    CU_ASSERT_EQUAL(strncmp(response, "HTTP/1.1 200 OK\r\n", 17), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(response, "Content-Type: text/plain; version=0.0.4"));
    CU_ASSERT_PTR_NOT_NULL(strstr(response, "Content-Length: 7\r\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(response, "\r\n\r\npage 1\n"));
    ask(&s, "GET / HTTP/1.1\r\n\r\n", response, sizeof response);
    CU_ASSERT_EQUAL(strncmp(response, "HTTP/1.1 404 ", 13), 0);
    ask(&s, "POST /metrics HTTP/1.1\r\n\r\n", response, sizeof response);
    CU_ASSERT_EQUAL(strncmp(response, "HTTP/1.1 405 ", 13), 0);
    server_close(&s);
}

static int status_of(const struct server *s, const char *request)
{
    char response[1024];

    ask(s, request, response, sizeof response);
    return strncmp(response, "HTTP/1.1 ", 9) == 0 ? (int)strtol(response + 9, NULL, 10) : -1;
}

static void metrics_http__head_and_queries_work(void)
{
    struct server s;
    char response[1024];

    server_open(&s, "localhost:0");
    ask(&s, "HEAD /metrics HTTP/1.1\r\nHost: localhost:9464\r\n\r\n", response, sizeof response);
    CU_ASSERT_EQUAL(strncmp(response, "HTTP/1.1 200 OK\r\n", 17), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(response, "Content-Length: 7\r\n"));
    CU_ASSERT_STRING_EQUAL(response + strlen(response) - 4, "\r\n\r\n");
    CU_ASSERT_EQUAL(status_of(&s, "GET /metrics?name=x HTTP/1.1\r\n\r\n"), 200);
    CU_ASSERT_EQUAL(status_of(&s, "HEAD /metric HTTP/1.1\r\n\r\n"), 404);
    CU_ASSERT_EQUAL(status_of(&s, "GET /metricsx HTTP/1.1\r\n\r\n"), 404);
    server_close(&s);
}

/* What a browser is led here by says its own name. */
static void metrics_http__only_the_bound_host_is_answered(void)
{
    static const struct {
        const char *host;
        int bound, every; /* bound to 127.0.0.1, to 0.0.0.0 */
    } rows[] = {
        {"127.0.0.1", 200, 200},
        {" 127.0.0.1:9464 ", 200, 200},
        {"LocalHost:9464", 200, 200},
        {"evil.example", 421, 421},
        {"evil.example:9464", 421, 421},
        {"localhost.evil.example", 421, 421},
        {"127.0.0.1.evil.example", 421, 421},
        {"192.168.0.7:9464", 421, 200},
        {"[fe80::1]:9464", 421, 200},
        {"[evil]", 421, 421},
        {"[", 421, 421},
        {":9464", 421, 421},
        {"", 421, 421},
    };
    struct server bound, every;
    char request[256];

    server_open(&bound, "127.0.0.1:0");
    server_open(&every, "0.0.0.0:0");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        (void)snprintf(request, sizeof request,
                       "GET /metrics HTTP/1.1\r\nAccept: */*\r\nhost:%s\r\n\r\n", rows[i].host);
        CU_ASSERT_EQUAL(status_of(&bound, request), rows[i].bound);
        CU_ASSERT_EQUAL(status_of(&every, request), rows[i].every);
    }
    server_close(&bound);
    server_close(&every);
}

static void metrics_http__silent_and_endless_peers_do_not_hold_it_up(void)
{
    static char endless[8192 + 1]; /* one request's bound, and no end in it */
    struct server s;
    char response[1024];
    int silent;

    memset(endless, 'x', sizeof endless - 1);
    server_open(&s, "127.0.0.1:0");
    silent = peer_open(&s);
    ask(&s, endless, response, sizeof response);
    CU_ASSERT_STRING_EQUAL(response, "");
    ask(&s, "GET /metrics HTTP/1.1\r\n\r\n", response, sizeof response);
    CU_ASSERT_EQUAL(strncmp(response, "HTTP/1.1 200 OK\r\n", 17), 0);
    server_close(&s); /* with a peer still open */
    (void)close(silent);
}

static void metrics_http__bad_or_taken_addresses_are_told(void)
{
    static const char *const bad[] = {"",
                                      ":",
                                      "9464",
                                      "127.0.0.1:",
                                      ":9464",
                                      "127.0.0.1:65536",
                                      "127.0.0.1:94x",
                                      "localhost:",
                                      "elsewhere:9464",
                                      "[]:9464",
                                      "[::1:9464"};
    struct metrics_http *http = NULL;
    struct hs_error err;
    struct server s;
    char taken[64];
    uv_loop_t loop;

    CU_ASSERT_EQUAL_FATAL(uv_loop_init(&loop), 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CU_ASSERT_EQUAL(metrics_http_start(&loop, bad[i], render_page, NULL, &http, &err),
                        HS_INVALID);
    }
    server_open(&s, "127.0.0.1:0");
    (void)snprintf(taken, sizeof taken, "127.0.0.1:%d", s.port);
    CU_ASSERT_EQUAL(metrics_http_start(&loop, taken, render_page, NULL, &http, &err), HS_LOCKED);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, taken));
    server_close(&s);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    CU_ASSERT_EQUAL(uv_loop_close(&loop), 0);
}

static const struct suite_case cases[] = {
    SUITE_CASE(metrics_http__answers_get_metrics_and_nothing_else),
    SUITE_CASE(metrics_http__head_and_queries_work),
    SUITE_CASE(metrics_http__only_the_bound_host_is_answered),
    SUITE_CASE(metrics_http__silent_and_endless_peers_do_not_hold_it_up),
    SUITE_CASE(metrics_http__bad_or_taken_addresses_are_told),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("metrics_http", cases, argc, argv);
}
