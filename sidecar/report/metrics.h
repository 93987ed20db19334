/* Metrics: the page for Prometheus, a row of one table each (metrics.c). */
#ifndef HEADSTART_SIDECAR_REPORT_METRICS_H
#define HEADSTART_SIDECAR_REPORT_METRICS_H

#include "sidecar/report/figures.h"

struct ipc_server;

/** Append the whole page. `server` may be NULL: no ipc families. now_us: clock_us.
 *  HS_NOMEM: *out holds part of the page. */
HS_MUST_CHECK enum hs_status metrics_render(const struct figures *f,
                                            const struct ipc_server *server, uint64_t now_us,
                                            struct buffer *out);

struct metric_description {
    const char *name, *type, *help;
    const char *labels; /* "method, result"; NULL: none */
};
/** The i-th metric that there is; false behind the last. */
bool metrics_describe(size_t i, struct metric_description *out);

#endif
