/* Status: the map of `headstart status --json`, and the same as a MessagePack value. */
#ifndef HEADSTART_SIDECAR_STATUS_H
#define HEADSTART_SIDECAR_STATUS_H

#include "sidecar/figures.h"

#include <jansson.h>

/** The status map (docs/operations.md) at `now_us` (clock_us) and `now_s` (Unix). A new reference;
 *  NULL without memory. */
json_t *status_json(const struct figures *f, uint64_t now_us, uint64_t now_s);

/** Append a JSON value packed as MessagePack. Integers below 0 become 0: the wire has none.
 *  HS_TOO_LARGE: nested deeper than the wire allows. */
HS_MUST_CHECK enum hs_status status_pack(const json_t *value, struct buffer *out);

#endif
