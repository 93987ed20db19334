/* A request that is not answered yet, as its handler sees it. It stays valid until it is replied
 * to, its peer gone or not, and what was read from it may be looked at from any thread until then.
 *
 * Threads: the loop thread; method, params, job and answer are whoever's the request was given to.
 */
#ifndef HEADSTART_IPC_REQUEST_H
#define HEADSTART_IPC_REQUEST_H

#include "ipc/owner.h"

/* The largest result that ipc_reply can send: what is left of a frame beside the envelope. A
 * delivery's result must be checked against it before anything depends on it having been sent. */
enum { IPC_RESULT_BYTES_MAX = HS_FRAME_BYTES_MAX - 16 };

const struct ipc_method *ipc_request_method(const struct ipc_request *request);
/** What the method's reader filled. */
const void *ipc_request_params(const struct ipc_request *request);
/** The owner's `job_size` bytes in it, aligned for anything; what is in them at first is undefined.
 */
void *ipc_request_job(struct ipc_request *request);
/** A buffer for the answer, empty at first. Its memory serves the requests that follow. */
struct buffer *ipc_request_answer(struct ipc_request *request);

/** Answer with an already packed MessagePack value; over IPC_RESULT_BYTES_MAX the peer gets
 *  too_large instead. All three free the request; a peer that is gone gets nothing. */
void ipc_reply(struct ipc_request *request, struct slice packed);
/** The empty map. */
void ipc_reply_empty(struct ipc_request *request);
/** `text` is cut to one printable line; the code is put before it. */
void ipc_reply_error(struct ipc_request *request, enum ipc_code code, const char *text);

#endif
