/* The server's side of a request, played by a test. The real one lies behind sockets; the steward
 * knows it only by the functions of ipc/request.h, which are answered here. */
#ifndef HEADSTART_TESTS_UNIT_SIDECAR_PLAYED_REQUEST_H
#define HEADSTART_TESTS_UNIT_SIDECAR_PLAYED_REQUEST_H

#include "sidecar/steward/wire_job.h"

#include <pthread.h>
#include <stdbool.h>

struct ipc_request {
    const struct ipc_method *method;
    const void *params;
    struct wire_job job;
    struct buffer answer; /* what the steward packs, gone with the reply */
    pthread_mutex_t mutex;
    pthread_cond_t answered;
    bool done;
    enum ipc_code code;
    struct buffer packed;
    char text[512];
};

/** One to be given to the steward; method and params are borrowed. */
void played_request_init(struct ipc_request *q, const struct ipc_method *method,
                         const void *params);
/** Until it is answered, by whatever thread. */
void played_request_wait(struct ipc_request *q);
void played_request_fini(struct ipc_request *q);

#endif
