#include "sidecar/node/node_link.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct node_link {
    struct job_queue *loop;
    node_send_fn send;
    void (*asks)(void *data);
    void *data; /* of both */
};

struct exchange {
    struct job job; /* first: a job is its exchange */
    struct node_link *link;
    const char *method;
    struct buffer params;
    pthread_mutex_t mutex;
    pthread_cond_t answered;
    int holders; /* the asker, and the loop's side until it has answered */
    bool done;
    enum hs_status status;
    struct buffer result;
    struct hs_error error;
};

enum hs_status node_link_open(struct job_queue *loop, node_send_fn send, void (*asks)(void *data),
                              void *data, struct node_link **out, struct hs_error *err)
{
    struct node_link *l = calloc(1, sizeof *l);

    *out = NULL;
    if (!l) return hs_fail(err, HS_NOMEM, "no memory for the node link");
    *l = (struct node_link){.loop = loop, .send = send, .asks = asks, .data = data};
    *out = l;
    return HS_OK;
}

void node_link_close(struct node_link *l)
{
    free(l);
}

static void exchange_let_go(struct exchange *x)
{
    bool last;

    (void)pthread_mutex_lock(&x->mutex);
    assert(x->holders > 0);
    last = --x->holders == 0;
    (void)pthread_mutex_unlock(&x->mutex);
    if (!last) return;
    (void)pthread_cond_destroy(&x->answered);
    (void)pthread_mutex_destroy(&x->mutex);
    buffer_fini(&x->params);
    buffer_fini(&x->result);
    free(x);
}

/* The loop's side ends here, whatever came of it. */
static void exchange_answer(void *data, enum hs_status status, struct slice result,
                            const char *text)
{
    struct exchange *x = data;

    (void)pthread_mutex_lock(&x->mutex);
    assert(!x->done);
    x->status = status;
    if (status == HS_OK && buffer_assign(&x->result, result) != HS_OK) {
        x->status =
            hs_fail(&x->error, HS_NOMEM, "no memory for an answer of %zu bytes", result.len);
    } else if (status != HS_OK) {
        (void)hs_fail(&x->error, status, "%s: %s", x->method, text ? text : hs_status_text(status));
    }
    x->done = true;
    (void)pthread_cond_signal(&x->answered);
    (void)pthread_mutex_unlock(&x->mutex);
    exchange_let_go(x);
}

static void exchange_drop(struct job *job)
{
    exchange_answer(job, HS_PEER_GONE, slice_make(NULL, 0), "the sidecar stops");
}

static void exchange_run(struct job *job, void *owner)
{
    struct exchange *x = (struct exchange *)job;
    struct hs_error err = {0};
    enum hs_status st;

    (void)owner;
    st =
        x->link->send(x->link->data, x->method, buffer_slice(&x->params), exchange_answer, x, &err);
    if (st != HS_OK) exchange_answer(x, st, slice_make(NULL, 0), err.text);
}

static struct exchange *exchange_open(struct node_link *l, const char *method, struct slice params)
{
    struct exchange *x = calloc(1, sizeof *x);

    if (!x) return NULL;
    if (buffer_append(&x->params, params) != HS_OK) {
        free(x);
        return NULL;
    }
    x->job.run = exchange_run;
    x->job.drop = exchange_drop;
    x->link = l;
    x->method = method;
    x->holders = 2;
    (void)pthread_mutex_init(&x->mutex, NULL);
    (void)pthread_cond_init(&x->answered, NULL);
    return x;
}

enum hs_status node_link_ask(struct node_link *l, const char *method, struct slice params,
                             struct exchange **out, struct hs_error *err)
{
    struct exchange *x = exchange_open(l, method, params);

    *out = x;
    if (!x) return hs_fail(err, HS_NOMEM, "%s: no memory to ask with", method);
    job_queue_post(l->loop, &x->job);
    if (l->asks) l->asks(l->data);
    return HS_OK;
}

enum hs_status node_link_await(struct exchange *x, struct buffer *result, struct hs_error *err)
{
    enum hs_status st;

    (void)pthread_mutex_lock(&x->mutex);
    while (!x->done) {
        (void)pthread_cond_wait(&x->answered, &x->mutex);
    }
    st = x->status;
    if (st == HS_OK) {
        buffer_take(result, &x->result);
    } else if (err) {
        *err = x->error;
    }
    (void)pthread_mutex_unlock(&x->mutex);
    exchange_let_go(x);
    return st;
}

enum hs_status node_link_request(struct node_link *l, const char *method, struct slice params,
                                 struct buffer *result, struct hs_error *err)
{
    struct exchange *x;
    enum hs_status st = node_link_ask(l, method, params, &x, err);

    return st == HS_OK ? node_link_await(x, result, err) : st;
}
