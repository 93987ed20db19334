/* The status map as one screen for people. Pure: JSON in, text out. */
#ifndef HEADSTART_SIDECAR_COMMANDS_STATUS_SCREEN_H
#define HEADSTART_SIDECAR_COMMANDS_STATUS_SCREEN_H

#include "kernel/state/bytes.h"

#include <jansson.h>

/** Append the screen of `status` (docs/operations.md). What is missing or of another type shows as
 *  "-": the daemon may be older or newer than this program. HS_NOMEM */
HS_MUST_CHECK enum hs_status status_screen_render(const json_t *status, bool colour,
                                                  struct buffer *out);

#endif
