#include "sidecar/steward/steward_jobs.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void request_give_up(struct job_queue *loop, struct ipc_request **request)
{
    if (*request) answer_post_error(loop, *request, IPC_SHUTTING_DOWN, "headstart stops");
    *request = NULL;
}

void delivery_job_free(struct job *job)
{
    struct delivery_job *j = (struct delivery_job *)job;

    request_give_up(j->loop, &j->request);
    buffer_fini(&j->text);
    free(j);
}

struct delivery_job *delivery_job_open(struct job_queue *loop, struct ipc_request *request,
                                       const struct ipc_delivery *delivery)
{
    struct delivery_job *j = calloc(1, sizeof *j);

    if (!j) return NULL;
    if (buffer_assign(&j->text, delivery->message.text) != HS_OK) {
        free(j);
        return NULL;
    }
    j->job.drop = delivery_job_free;
    j->loop = loop;
    j->request = request;
    j->real = delivery->real;
    j->message = delivery->message;
    j->message.text = buffer_slice(&j->text);
    return j;
}

void prepare_job_free(struct job *job)
{
    struct prepare_job *j = (struct prepare_job *)job;

    request_give_up(j->loop, &j->request);
    free(j);
}

struct prepare_job *prepare_job_open(struct job_queue *loop, struct ipc_request *request,
                                     uint64_t height)
{
    struct prepare_job *j = calloc(1, sizeof *j);

    if (!j) return NULL;
    j->job.drop = prepare_job_free;
    j->loop = loop;
    j->request = request;
    j->height = height;
    return j;
}

void commit_job_free(struct job *job)
{
    free(job);
}

struct commit_job *commit_job_open(uint64_t height)
{
    struct commit_job *j = calloc(1, sizeof *j);

    if (!j) return NULL;
    j->job.drop = commit_job_free;
    j->height = height;
    return j;
}

void node_job_free(struct job *job)
{
    free(job);
}

struct node_job *node_job_open(bool connected, const char *client)
{
    struct node_job *j = calloc(1, sizeof *j);

    if (!j) return NULL;
    j->job.drop = node_job_free;
    j->connected = connected;
    (void)snprintf(j->client, sizeof j->client, "%s", client);
    return j;
}

/* Answers. */

struct answer_job {
    struct job job;
    struct ipc_request *request;
    struct buffer packed;
    enum ipc_code code; /* 0: none, `packed` is the result */
    char text[HS_ERROR_TEXT_BYTES_MAX];
};

/* Also when dropped: a request is answered, whether or not anybody still reads it. */
static void answer_give(struct job *job)
{
    struct answer_job *a = (struct answer_job *)job;

    if (a->code) {
        ipc_reply_error(a->request, a->code, a->text);
    } else {
        ipc_reply(a->request, buffer_slice(&a->packed));
    }
    buffer_fini(&a->packed);
    free(a);
}

static void answer_run(struct job *job, void *owner)
{
    (void)owner;
    answer_give(job);
}

static struct answer_job *answer_open(struct ipc_request *request)
{
    struct answer_job *a = calloc(1, sizeof *a);

    assert(request);
    if (!a) {
        (void)fputs("headstart: out of memory for an answer\n", stderr);
        abort();
    }
    a->job.run = answer_run;
    a->job.drop = answer_give;
    a->request = request;
    return a;
}

void answer_post(struct job_queue *loop, struct ipc_request *request, struct buffer *packed)
{
    struct answer_job *a = answer_open(request);

    buffer_take(&a->packed, packed);
    job_queue_post(loop, &a->job);
}

void answer_post_ok(struct job_queue *loop, struct ipc_request *request)
{
    static const char empty_map[] = {(char)0x80}; /* MessagePack's fixmap of no pairs */
    struct answer_job *a = answer_open(request);

    if (buffer_assign(&a->packed, slice_make(empty_map, sizeof empty_map)) != HS_OK) {
        a->code = IPC_INTERNAL;
        (void)snprintf(a->text, sizeof a->text, "out of memory");
    }
    job_queue_post(loop, &a->job);
}

void answer_post_error(struct job_queue *loop, struct ipc_request *request, enum ipc_code code,
                       const char *text)
{
    struct answer_job *a = answer_open(request);

    a->code = code;
    (void)snprintf(a->text, sizeof a->text, "%s", text);
    job_queue_post(loop, &a->job);
}
