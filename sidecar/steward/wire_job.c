#include "sidecar/steward/wire_job.h"

#include <assert.h>
#include <stdio.h>

static void wire_job_run(struct job *job, void *owner)
{
    struct wire_job *j = (struct wire_job *)job;

    ipc_request_method(j->request)->job(owner, j);
}

static void wire_job_drop(struct job *job)
{
    wire_job_fail((struct wire_job *)job, IPC_SHUTTING_DOWN, "headstart stops");
}

struct wire_job *wire_job_open(struct job_queue *loop, struct ipc_request *request)
{
    struct wire_job *j = ipc_request_job(request);

    j->job = (struct job){.run = wire_job_run, .drop = wire_job_drop};
    j->loop = loop;
    j->request = request;
    j->node_epoch = 0;
    j->arrived_us = 0;
    j->counted = NULL;
    j->code = IPC_FINE;
    j->text[0] = '\0';
    return j;
}

const void *wire_job_params(const struct wire_job *j)
{
    return ipc_request_params(j->request);
}

struct buffer *wire_job_packed(const struct wire_job *j)
{
    return ipc_request_answer(j->request);
}

/* Also when the answer is dropped: a request is answered, whether or not anybody still reads it. */
static void wire_job_reply(struct job *job)
{
    const struct wire_job *j = (const struct wire_job *)job;
    struct slice packed = buffer_slice(wire_job_packed(j));

    if (j->code != IPC_FINE) {
        ipc_reply_error(j->request, j->code, j->text);
    } else if (packed.len > 0) {
        ipc_reply(j->request, packed);
    } else {
        ipc_reply_empty(j->request);
    }
}

static void wire_job_reply_run(struct job *job, void *owner)
{
    (void)owner;
    wire_job_reply(job);
}

static void wire_job_return(struct wire_job *j)
{
    assert(j->request);
    if (j->counted) (void)atomic_fetch_sub(j->counted, 1); /* before anybody hears of it */
    j->job = (struct job){.run = wire_job_reply_run, .drop = wire_job_reply};
    job_queue_post(j->loop, &j->job);
}

void wire_job_done(struct wire_job *j)
{
    wire_job_return(j);
}

void wire_job_fail(struct wire_job *j, enum ipc_code code, const char *text)
{
    assert(code != IPC_FINE);
    j->code = code;
    (void)snprintf(j->text, sizeof j->text, "%s", text);
    wire_job_return(j);
}
