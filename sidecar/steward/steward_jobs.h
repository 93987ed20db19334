/* Steward jobs: what the loop thread and the steward hand each other, each with its own data.
 *
 * A job that is dropped (the sidecar stops) answers its request with shutting_down; so every
 * request is answered exactly once, on the loop thread.
 */
#ifndef HEADSTART_SIDECAR_STEWARD_STEWARD_JOBS_H
#define HEADSTART_SIDECAR_STEWARD_STEWARD_JOBS_H

#include "ipc/server.h"
#include "sidecar/threads/job_queue.h"

/* Each begins with its job: a job is its struct. `run` is the poster's to set. */

struct delivery_job {
    struct job job;
    struct job_queue *loop;
    struct ipc_request *request; /* NULL once answered */
    struct position real;
    struct message message; /* its text is `text` */
    struct buffer text;
    uint64_t node_epoch;
    uint64_t arrived_us; /* the steward's clock; the poster's to set, like node_epoch */
};

struct prepare_job {
    struct job job;
    struct job_queue *loop;
    struct ipc_request *request; /* NULL once answered */
    uint64_t height;
};

struct commit_job {
    struct job job;
    uint64_t height;
};

struct node_job {
    struct job job;
    bool connected;
    char client[HS_NAME_BYTES_MAX];
};

/** All: NULL without memory. */
struct delivery_job *delivery_job_open(struct job_queue *loop, struct ipc_request *request,
                                       const struct ipc_delivery *delivery);
struct prepare_job *prepare_job_open(struct job_queue *loop, struct ipc_request *request,
                                     uint64_t height);
struct commit_job *commit_job_open(uint64_t height);
struct node_job *node_job_open(bool connected, const char *client);

/** Also each job's `drop`. */
void delivery_job_free(struct job *job);
void prepare_job_free(struct job *job);
void commit_job_free(struct job *job);
void node_job_free(struct job *job);

/* Answers, from any thread; without memory the process ends: a request that is never answered
 * would hang its node. */

/** Takes *packed. */
void answer_post(struct job_queue *loop, struct ipc_request *request, struct buffer *packed);
/** The empty map. */
void answer_post_ok(struct job_queue *loop, struct ipc_request *request);
void answer_post_error(struct job_queue *loop, struct ipc_request *request, enum ipc_code code,
                       const char *text);

#endif
