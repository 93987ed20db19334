/* Status: the map of `headstart status --json`. */
#ifndef HEADSTART_SIDECAR_REPORT_STATUS_H
#define HEADSTART_SIDECAR_REPORT_STATUS_H

#include "sidecar/report/figures.h"

#include <jansson.h>

/** The status map (docs/operations.md) at `now_us` (clock_us) and `now_s` (Unix). A new reference;
 *  NULL without memory. */
json_t *status_json(const struct figures *f, uint64_t now_us, uint64_t now_s);

#endif
