/* Metrics over HTTP: answers GET and HEAD of /metrics, one request a connection, and nothing else,
 * and only those who ask for the address that was bound, or for localhost.
 *
 * Threads: the loop thread.
 */
#ifndef HEADSTART_SIDECAR_REPORT_METRICS_HTTP_H
#define HEADSTART_SIDECAR_REPORT_METRICS_HTTP_H

#include "kernel/state/bytes.h"

struct uv_loop_s;
struct metrics_http;

/** Listen on "ADDR:PORT", "[V6]:PORT" or "localhost:PORT". `render` appends the page.
 *  HS_INVALID: not an address; HS_IO, HS_LOCKED (in use). */
HS_MUST_CHECK enum hs_status
metrics_http_start(struct uv_loop_s *loop, const char *address,
                   enum hs_status (*render)(void *data, struct buffer *out), void *data,
                   struct metrics_http **out, struct hs_error *err);
/** Close all; the memory is freed by the loop, which must run until then. NULL is allowed. */
void metrics_http_stop(struct metrics_http *m);
/** The port that was bound, for an address that asked for port 0. */
int metrics_http_port(const struct metrics_http *m);

#endif
