/* Between the wire's values and JSON: the status map, and the tools that show or send raw values.
 */
#ifndef HEADSTART_SIDECAR_REPORT_WIRE_JSON_H
#define HEADSTART_SIDECAR_REPORT_WIRE_JSON_H

#include "ipc/wire.h"
#include "kernel/state/packed.h"

#include <jansson.h>

/** The packed value as JSON (owned by the caller, json_decref). Kinds that the protocol does not
 *  use become null.
 *  HS_PROTOCOL: not one whole MessagePack value, a key or text that is no UTF-8; HS_NOMEM */
HS_MUST_CHECK enum hs_status wire_json_read(struct slice packed, json_t **out,
                                            struct hs_error *err);

/** Append `value`, packed. HS_INVALID: a negative integer, one above 2^53 - 1, or too deep. */
HS_MUST_CHECK enum hs_status wire_json_write(const json_t *value, struct buffer *out,
                                             struct hs_error *err);

#endif
