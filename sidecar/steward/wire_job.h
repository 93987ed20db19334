/* Wire job: a request on its way to the steward, and its answer on the way back.
 *
 *   loop thread: wire_job_open ──► steward: its method's `job` ──answer──► loop thread: ipc_reply
 *
 * The job lies in the request and makes both ways, so neither of them fails for want of memory, and
 * the answer is packed into the request's buffer, which has some already. A job that is dropped,
 * because the sidecar stops, answers shutting_down: every request is answered exactly once, on the
 * loop thread.
 */
#ifndef HEADSTART_SIDECAR_STEWARD_WIRE_JOB_H
#define HEADSTART_SIDECAR_STEWARD_WIRE_JOB_H

#include "ipc/request.h"
#include "sidecar/threads/job_queue.h"

#include <stdatomic.h>

struct wire_job {
    struct job job; /* first: a job is its wire_job */
    struct job_queue *loop;
    struct ipc_request *request;
    uint64_t node_epoch;  /* which node it came from: the poster's to set, like what follows */
    uint64_t arrived_us;  /* the clock's */
    atomic_uint *counted; /* NULL, or less by one as soon as there is an answer */
    enum ipc_code code;   /* IPC_FINE: the answer is what was packed, or the empty map */
    char text[HS_ERROR_TEXT_BYTES_MAX]; /* of an error */
};

/** On the loop thread, to be posted to the steward. Of an owner whose `job_size` is a wire_job's.
 */
struct wire_job *wire_job_open(struct job_queue *loop, struct ipc_request *request);
/** What the method's reader filled; until the answer. */
const void *wire_job_params(const struct wire_job *j);
/** What the result is packed into, empty at first. */
struct buffer *wire_job_packed(const struct wire_job *j);

/* Each takes the job, from any thread. */

/** With what was packed; where nothing was, with the empty map. Also ends a notification. */
void wire_job_done(struct wire_job *j);
void wire_job_fail(struct wire_job *j, enum ipc_code code, const char *text);

#endif
