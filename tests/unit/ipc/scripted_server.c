#include "tests/unit/ipc/scripted_server.h"

#include "tests/unit/ipc/scripted_task.h"

#include "ipc/wire.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum scripted_order { ORDER_NONE, ORDER_RELEASE, ORDER_TELL, ORDER_FACTS, ORDER_STOP };

struct scripted_server {
    pthread_t thread;
    uv_loop_t loop;
    uv_async_t wake;
    struct ipc_server *ipc;
    struct scripted_task *held;
    struct scripted_facts facts; /* loop thread; others get copies */
    pthread_mutex_t lock;
    pthread_cond_t obeyed;
    enum scripted_order order; /* under the lock */
    bool ended;                /* under the lock: nobody obeys any more */
    struct scripted_facts copy;
    bool stopping; /* loop thread */
    atomic_bool told_to_stop;
};

/* --- handlers --- */

static void on_hello(void *data, struct ipc_hello_answer *out)
{
    static const char *const engines[] = {"engine-1"};

    (void)data;
    *out = (struct ipc_hello_answer){.server = "headstart test",
                                     .phase = "primed",
                                     .at = position_origin(),
                                     .height = 7,
                                     .engines = engines,
                                     .engines_len = 1,
                                     .genesis = "g"};
}

static void on_attached(void *data, const char *client)
{
    struct scripted_server *s = data;

    s->facts.attached++;
    (void)snprintf(s->facts.client, sizeof s->facts.client, "%.60s", client);
}

static void on_detached(void *data)
{
    ((struct scripted_server *)data)->facts.detached++;
}

static void on_deliver(void *data, struct ipc_request *request)
{
    const struct ipc_delivery *d = ipc_request_params(request);
    struct scripted_server *s = data;
    struct scripted_task *t = calloc(1, sizeof *t);

    scripted_must(t != NULL, "no memory");
    s->facts.delivered++;
    t->ipc = s->ipc;
    t->facts = &s->facts;
    t->request = request;
    t->real = d->real;
    scripted_must(buffer_assign(&t->text, d->message.text) == HS_OK, "no memory");
    if (!scripted_task_start(t)) return;
    t->next = s->held;
    s->held = t;
}

/* The node's store is asked for its first entries before the answer, as an entry check may. */
static void on_attach(void *data, struct ipc_request *request)
{
    struct scripted_server *s = data;
    struct scripted_task *t = calloc(1, sizeof *t);

    scripted_must(t != NULL, "no memory");
    t->ipc = s->ipc;
    t->facts = &s->facts;
    t->request = request;
    t->real = ((const struct ipc_attach *)ipc_request_params(request))->real;
    s->facts.met++;
    scripted_task_meet(t);
}

static void on_commit(void *data, struct ipc_request *request)
{
    const struct ipc_commit *block = ipc_request_params(request);
    struct scripted_server *s = data;

    s->facts.commits++;
    s->facts.commits_placed += block->placed && block->at.seqnum == 7;
    s->facts.commit_height = block->height;
    ipc_reply_empty(request);
}

/* Answered with its own text. */
static void on_query(void *data, struct ipc_request *request)
{
    const struct ipc_query *q = ipc_request_params(request);
    struct buffer packed = {0};
    struct wire_writer w;

    (void)data;
    wire_begin(&w, &packed);
    wire_put_map(&w, 5);
    wire_put_text(&w, slice_text("seqnum"));
    wire_put_uint(&w, q->placed ? q->at.seqnum : 7);
    wire_put_text(&w, slice_text("hash"));
    wire_put_text(&w, slice_text(q->at.hash));
    wire_put_text(&w, slice_text("status"));
    wire_put_text(&w, slice_text("fulfilled"));
    wire_put_text(&w, slice_text("value"));
    wire_put_text(&w, q->message.text);
    wire_put_text(&w, slice_text("ticks"));
    wire_put_uint(&w, q->message.limited ? q->message.ticks : 1);
    scripted_must(wire_end(&w) == HS_OK, "an answer cannot be packed");
    ipc_reply(request, buffer_slice(&packed));
    buffer_fini(&packed);
}

static void on_prepare_commit(void *data, struct ipc_request *request)
{
    ((struct scripted_server *)data)->facts.prepared++;
    ipc_reply_empty(request);
}

static void reply(struct ipc_request *request, struct wire_writer *w)
{
    scripted_must(wire_end(w) == HS_OK, "an answer cannot be packed");
    ipc_reply(request, buffer_slice(w->out));
    buffer_fini(w->out);
}

static void on_status(void *data, struct ipc_request *request)
{
    struct buffer packed = {0};
    struct wire_writer w;

    (void)data;
    wire_begin(&w, &packed);
    wire_put_map(&w, 2);
    wire_put_text(&w, slice_text("schema"));
    wire_put_uint(&w, 1);
    wire_put_text(&w, slice_text("phase"));
    wire_put_text(&w, slice_text("primed"));
    reply(request, &w);
}

static void on_metrics(void *data, struct ipc_request *request)
{
    struct buffer packed = {0};
    struct wire_writer w;

    (void)data;
    wire_begin(&w, &packed);
    wire_put_text(&w, slice_text("headstart_ready 1\n"));
    reply(request, &w);
}

static void stop(struct scripted_server *s);

/* As the daemon does: the server is stopped from inside its own handler. */
static void on_shutdown(void *data, struct ipc_request *request)
{
    struct scripted_server *s = data;

    s->facts.shutdowns++;
    ipc_reply_empty(request);
    stop(s);
    atomic_store(&s->told_to_stop, true);
}

static const char *const features[] = {"attach"};

static const struct ipc_method methods[] = {
    {"attach", IPC_NODE, IPC_DELIVERY, sizeof(struct ipc_attach), ipc_attach_read, on_attach, NULL},
    {"deliver", IPC_NODE, IPC_DELIVERY, sizeof(struct ipc_delivery), ipc_delivery_read, on_deliver,
     NULL},
    {"commit", IPC_NODE, IPC_NOTIFICATION, sizeof(struct ipc_commit), ipc_commit_read, on_commit,
     NULL},
    {"prepare_commit", IPC_NODE, IPC_REQUEST, sizeof(struct ipc_height), ipc_height_read,
     on_prepare_commit, NULL},
    {"query", IPC_AFTER_HELLO, IPC_REQUEST, sizeof(struct ipc_query), ipc_query_read, on_query,
     NULL},
    {"status", IPC_ANYONE, IPC_REQUEST, 0, NULL, on_status, NULL},
    {"metrics", IPC_ANYONE, IPC_REQUEST, 0, NULL, on_metrics, NULL},
    {"shutdown", IPC_NODE, IPC_REQUEST, 0, NULL, on_shutdown, NULL},
};

/* --- orders from the test's thread --- */

static void release_held(struct scripted_server *s)
{
    while (s->held) {
        struct scripted_task *t = s->held;

        s->held = t->next;
        scripted_task_finish(t);
    }
}

static void tell_waiting(struct scripted_server *s)
{
    static const char params[] = "\x81\xa5phase\xa4live";

    scripted_must(ipc_node_notify(s->ipc, "progress", slice_make(params, sizeof params - 1)) ==
                      HS_OK,
                  "a notice cannot be sent");
}

static void count_requests(void *data, const char *method, const char *result, uint64_t count)
{
    struct scripted_facts *facts = data;

    assert(method[0] != '\0' && count > 0);
    if (strcmp(result, "ok") == 0) {
        facts->requests_ok += count;
    } else {
        facts->requests_refused += count;
    }
}

static void take_facts(struct scripted_server *s)
{
    s->copy = s->facts;
    s->copy.waits = ipc_node_waits(s->ipc, &s->copy.waits_since_ms);
    s->copy.counters = ipc_server_counters(s->ipc);
    ipc_server_requests(s->ipc, count_requests, &s->copy);
}

static void on_stopped(void *data)
{
    struct scripted_server *s = data;

    pthread_mutex_lock(&s->lock);
    take_facts(s);
    s->ipc = NULL;
    s->ended = true;
    pthread_cond_broadcast(&s->obeyed);
    pthread_mutex_unlock(&s->lock);
    uv_close((uv_handle_t *)&s->wake, NULL);
}

static void stop(struct scripted_server *s)
{
    if (!s->stopping) ipc_server_stop(s->ipc, on_stopped, s);
    s->stopping = true;
}

static void on_wake(uv_async_t *wake)
{
    struct scripted_server *s = wake->data;

    pthread_mutex_lock(&s->lock);
    if (s->order == ORDER_RELEASE) release_held(s);
    if (s->order == ORDER_TELL) tell_waiting(s);
    if (s->order == ORDER_FACTS) take_facts(s);
    if (s->order == ORDER_STOP) stop(s);
    s->order = ORDER_NONE;
    pthread_cond_broadcast(&s->obeyed);
    pthread_mutex_unlock(&s->lock);
}

static void obey(struct scripted_server *s, enum scripted_order order)
{
    pthread_mutex_lock(&s->lock);
    s->order = order;
    if (!s->ended) uv_async_send(&s->wake);
    while (s->order != ORDER_NONE && !s->ended) {
        pthread_cond_wait(&s->obeyed, &s->lock);
    }
    pthread_mutex_unlock(&s->lock);
}

void scripted_server_release(struct scripted_server *s)
{
    obey(s, ORDER_RELEASE);
}

void scripted_server_tell(struct scripted_server *s)
{
    obey(s, ORDER_TELL);
}

struct scripted_facts scripted_server_facts(struct scripted_server *s)
{
    obey(s, ORDER_FACTS);
    return s->copy;
}

bool scripted_server_told_to_stop(struct scripted_server *s)
{
    return atomic_load(&s->told_to_stop);
}

/* --- life --- */

static void *run(void *data)
{
    struct scripted_server *s = data;

    scripted_must(uv_run(&s->loop, UV_RUN_DEFAULT) == 0, "the loop ended early");
    return NULL;
}

struct scripted_server *scripted_server_open(const char *path)
{
    return scripted_server_open_strict(path, 0);
}

struct scripted_server *scripted_server_open_strict(const char *path, unsigned hello_timeout_ms)
{
    struct scripted_server *s = calloc(1, sizeof *s);
    struct hs_error err = {.text = ""};
    struct ipc_server_options options = {
        .socket_path = path,
        .chain_id = SCRIPTED_CHAIN,
        .hello_timeout_ms = hello_timeout_ms,
        .owner = {.methods = methods,
                  .methods_len = sizeof methods / sizeof *methods,
                  .features = features,
                  .features_len = sizeof features / sizeof *features,
                  .hello_answer = on_hello,
                  .node_attached = on_attached,
                  .node_detached = on_detached,
                  .data = s},
    };

    scripted_must(s != NULL && uv_loop_init(&s->loop) == 0, "no loop");
    scripted_must(uv_async_init(&s->loop, &s->wake, on_wake) == 0, "no async handle");
    s->wake.data = s;
    options.loop = &s->loop;
    scripted_must(ipc_server_start(&options, &s->ipc, &err) == HS_OK, err.text);
    scripted_must(pthread_mutex_init(&s->lock, NULL) == 0, "no lock");
    scripted_must(pthread_cond_init(&s->obeyed, NULL) == 0, "no condition");
    scripted_must(pthread_create(&s->thread, NULL, run, s) == 0, "no thread");
    return s;
}

void scripted_server_close(struct scripted_server *s)
{
    obey(s, ORDER_STOP);
    scripted_must(pthread_join(s->thread, NULL) == 0, "the thread did not end");
    release_held(s); /* their peers and the server are gone: the replies go nowhere */
    scripted_must(uv_loop_close(&s->loop) == 0, "a handle was left open");
    pthread_cond_destroy(&s->obeyed);
    pthread_mutex_destroy(&s->lock);
    free(s);
}
