/* Metrics: the page for Prometheus, in its text format (version 0.0.4). */
#ifndef HEADSTART_SIDECAR_REPORT_METRICS_H
#define HEADSTART_SIDECAR_REPORT_METRICS_H

#include "sidecar/report/figures.h"

struct ipc_server;

/** Append the whole page. `server` may be NULL: no ipc families. now_us: clock_us.
 *  HS_NOMEM: *out holds part of the page. */
HS_MUST_CHECK enum hs_status metrics_render(const struct figures *f,
                                            const struct ipc_server *server, uint64_t now_us,
                                            struct buffer *out);

#endif
