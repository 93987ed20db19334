/* MessagePack-RPC envelopes, for both ends: what a frame is, and the heads of those we send.
 *
 *   request       [0, msgid, method, params]      params: an array holding exactly one map
 *   response      [1, msgid, error, result]       error: nil or one string "<code>: <words>"
 *   notification  [2, method, params]
 */
#ifndef HEADSTART_IPC_RPC_H
#define HEADSTART_IPC_RPC_H

#include "ipc/wire.h"
#include "kernel/state/packed.h"

enum rpc_kind { RPC_NONE, RPC_REQUEST, RPC_RESPONSE, RPC_NOTIFICATION };

struct rpc_frame { /* borrowed from the frame */
    enum rpc_kind kind;
    uint64_t msgid; /* requests and responses; 0..2^53-1 */
    struct slice method;
    struct packed_value params; /* an array; what it holds is the method's business */
    struct packed_value error;  /* responses */
    struct packed_value result;
};

/** Could a frame that begins with `byte` be one of ours? Asked before the rest is waited for. */
bool rpc_may_begin(char byte);
/** Take a scanned frame apart. NULL, or why it is not MessagePack-RPC; out->msgid is then the id
 *  to answer under: that of a request, else 0. */
const char *rpc_parse(struct slice frame, struct rpc_frame *out);
/** The id to answer under when the frame at the front of `bytes` cannot be read to its end. */
uint64_t rpc_msgid_peek(struct slice bytes);
/** The map inside `params`; absent unless params holds exactly one map. */
struct packed_value rpc_params_map(struct packed_value params);

/* Heads; the params map or the result value follows. */
void rpc_put_request(struct wire_writer *w, uint64_t msgid, const char *method);
void rpc_put_notification(struct wire_writer *w, const char *method);
void rpc_put_result(struct wire_writer *w, uint64_t msgid);
/** A whole error response: "<code>: <text>", with whatever people cannot read in `text` replaced
 *  and cut to a line. */
void rpc_put_error(struct wire_writer *w, uint64_t msgid, const char *code, const char *text);

#endif
