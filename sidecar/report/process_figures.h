/* Process figures: the standard process_* families of a metrics page, from /proc. */
#ifndef HEADSTART_SIDECAR_REPORT_PROCESS_FIGURES_H
#define HEADSTART_SIDECAR_REPORT_PROCESS_FIGURES_H

#include "kernel/state/bytes.h"

/** Append the families. What cannot be read is left out. HS_NOMEM. */
HS_MUST_CHECK enum hs_status process_figures_render(uint64_t started_unix_s, struct buffer *out);

#endif
