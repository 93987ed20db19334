/* Wire job: a request on its way to the steward, and its answer on the way back.
 *
 *   loop thread: wire_job_open ──► steward: its method's `job` ──answer──► loop thread: ipc_reply
 *
 * One block of memory makes both ways, so that an answer never fails for want of memory. A job that
 * is dropped, because the sidecar stops, answers shutting_down: every request is answered exactly
 * once, on the loop thread.
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
    /* the answer: an error, a packed result, or where there is neither the empty map */
    enum ipc_code code;
    struct buffer packed;
    char text[HS_ERROR_TEXT_BYTES_MAX]; /* of an error */
};

/** On the loop thread, to be posted to the steward. NULL without memory: the request stays the
 *  caller's. */
struct wire_job *wire_job_open(struct job_queue *loop, struct ipc_request *request);
/** What the method's reader filled; until the answer. */
const void *wire_job_params(const struct wire_job *j);

/* Each takes the job, from any thread. */

/** With *packed, which is taken. */
void wire_job_answer(struct wire_job *j, struct buffer *packed);
/** With the empty map; also ends a notification. */
void wire_job_done(struct wire_job *j);
void wire_job_fail(struct wire_job *j, enum ipc_code code, const char *text);

#endif
