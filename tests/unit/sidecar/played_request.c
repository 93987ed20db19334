#include "tests/unit/sidecar/played_request.h"

#include "tests/unit/suite.h"

static void request_answer(struct ipc_request *q, enum ipc_code code, struct slice packed,
                           const char *text)
{
    (void)pthread_mutex_lock(&q->mutex);
    CU_ASSERT_FALSE(q->done); /* exactly once */
    q->done = true;
    q->code = code;
    CU_ASSERT_EQUAL(buffer_assign(&q->packed, packed), HS_OK);
    (void)snprintf(q->text, sizeof q->text, "%s", text);
    (void)pthread_cond_signal(&q->answered);
    (void)pthread_mutex_unlock(&q->mutex);
}

void ipc_reply(struct ipc_request *request, struct slice packed)
{
    request_answer(request, IPC_FINE, packed, "");
}

void ipc_reply_empty(struct ipc_request *request)
{
    request_answer(request, IPC_FINE, slice_make(NULL, 0), "");
}

void ipc_reply_error(struct ipc_request *request, enum ipc_code code, const char *text)
{
    request_answer(request, code, slice_make(NULL, 0), text);
}

const struct ipc_method *ipc_request_method(const struct ipc_request *request)
{
    return request->method;
}

const void *ipc_request_params(const struct ipc_request *request)
{
    return request->params;
}

void *ipc_request_job(struct ipc_request *request)
{
    return &request->job;
}

struct buffer *ipc_request_answer(struct ipc_request *request)
{
    return &request->answer;
}

void played_request_init(struct ipc_request *q, const struct ipc_method *method, const void *params)
{
    *q = (struct ipc_request){.method = method, .params = params};
    (void)pthread_mutex_init(&q->mutex, NULL);
    (void)pthread_cond_init(&q->answered, NULL);
}

void played_request_wait(struct ipc_request *q)
{
    (void)pthread_mutex_lock(&q->mutex);
    while (!q->done) {
        (void)pthread_cond_wait(&q->answered, &q->mutex);
    }
    (void)pthread_mutex_unlock(&q->mutex);
}

void played_request_fini(struct ipc_request *q)
{
    (void)pthread_cond_destroy(&q->answered);
    (void)pthread_mutex_destroy(&q->mutex);
    buffer_fini(&q->packed);
    buffer_fini(&q->answer);
}
