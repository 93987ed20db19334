#include "tests/unit/ipc/scripted_server.h"

#include "ipc/wire.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum scripted_order { ORDER_NONE, ORDER_RELEASE, ORDER_FACTS, ORDER_STOP };

struct scripted_task { /* one delivery, from its message to its answer */
    struct scripted_server *server;
    struct ipc_request *request;
    struct position real;
    struct buffer text;
    struct buffer value;  /* JSON */
    struct buffer last;   /* where a scan stands */
    struct buffer params; /* of the question that is asked */
    uint64_t scan_bytes, entries, output_bytes;
    struct scripted_task *next; /* among the held */
};

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
    struct scripted_facts copy;
    atomic_bool told_to_stop;
};

static void must(bool fine, const char *what)
{
    if (fine) return;
    (void)fprintf(stderr, "scripted server: %s\n", what);
    abort();
}

struct position scripted_after(const struct position *before, struct slice text)
{
    struct position after = {.seqnum = before->seqnum + 1};
    struct sha256 *h = NULL;

    must(sha256_open(&h, NULL) == HS_OK, "no digest");
    sha256_add(h, slice_text(before->hash));
    sha256_add(h, text);
    sha256_finish_hex(h, after.hash);
    sha256_close(h);
    return after;
}

/* --- answering a delivery --- */

static void task_close(struct scripted_task *t)
{
    buffer_fini(&t->text);
    buffer_fini(&t->value);
    buffer_fini(&t->last);
    buffer_fini(&t->params);
    free(t);
}

static void put_text(struct wire_writer *w, const char *key, const char *value)
{
    wire_put_text(w, slice_text(key));
    wire_put_text(w, slice_text(value));
}

static void put_uint(struct wire_writer *w, const char *key, uint64_t value)
{
    wire_put_text(w, slice_text(key));
    wire_put_uint(w, value);
}

static void put_write(struct wire_writer *w, const char *key, const char *value)
{
    wire_put_array(w, 2);
    wire_put_text(w, slice_text(key));
    if (value) {
        wire_put_text(w, slice_text(value));
    } else {
        wire_put_nil(w);
    }
}

static void put_outputs(struct wire_writer *w, uint64_t bytes)
{
    char *output = bytes ? malloc(bytes) : NULL;

    wire_put_text(w, slice_text("outputs"));
    wire_put_array(w, output ? 1 : 0);
    if (!output) return;
    memset(output, '7', bytes);
    wire_put_text(w, slice_make(output, bytes));
    free(output);
}

static void task_finish(struct scripted_task *t)
{
    struct position after = scripted_after(&t->real, buffer_slice(&t->text));
    struct buffer packed = {0};
    struct wire_writer w;
    char seqnum[32];

    (void)snprintf(seqnum, sizeof seqnum, "%llu", (unsigned long long)after.seqnum);
    wire_begin(&w, &packed);
    wire_put_map(&w, 10);
    put_uint(&w, "seqnum", after.seqnum);
    put_text(&w, "hash", after.hash);
    put_text(&w, "status", "fulfilled");
    put_text(&w, "value", buffer_text(&t->value));
    put_outputs(&w, t->output_bytes);
    wire_put_text(&w, slice_text("writes"));
    wire_put_array(&w, 3);
    put_write(&w, "kernel.seqnum", seqnum);
    put_write(&w, "kernel.hash", after.hash);
    put_write(&w, "gone", NULL);
    put_text(&w, "path", "live");
    put_uint(&w, "replayed", 0);
    put_uint(&w, "wait_us", 1);
    put_uint(&w, "run_us", 2);
    must(wire_end(&w) == HS_OK, "an answer cannot be packed");
    ipc_reply(t->request, buffer_slice(&packed));
    buffer_fini(&packed);
    task_close(t);
}

static void task_fail(struct scripted_task *t, enum ipc_code code, const char *text)
{
    ipc_reply_error(t->request, code, text);
    task_close(t);
}

/* --- asking the node --- */

static void task_ask(struct scripted_task *t, const char *method);

/* What went wrong with a question, counted; the delivery fails with it. */
static void task_question_failed(struct scripted_task *t, enum hs_status status, const char *text)
{
    struct scripted_facts *facts = &t->server->facts;

    facts->node_failed += status == HS_NODE_FAILED;
    facts->peer_gone += status == HS_PEER_GONE;
    (void)snprintf(facts->words, sizeof facts->words, "%.100s", text);
    task_fail(t, IPC_NODE_FAILED, text);
}

static void task_got(void *data, enum hs_status status, struct slice result, const char *text)
{
    struct scripted_task *t = data;
    struct slice value = slice_text("null");

    if (status != HS_OK) {
        task_question_failed(t, status, text);
        return;
    }
    t->server->facts.answered++;
    (void)wire_text(wire_member(wire_root(result), "value"), &value);
    must(buffer_assign(&t->value, value) == HS_OK, "no memory");
    task_finish(t);
}

static void task_scanned(void *data, enum hs_status status, struct slice result, const char *text)
{
    struct scripted_task *t = data;
    struct wire_value entry, entries = {0};
    struct wire_walk walk;
    struct slice key = {0};
    bool more = false;

    if (status != HS_OK) {
        task_question_failed(t, status, text);
        return;
    }
    t->server->facts.answered++;
    entries = wire_member(wire_root(result), "entries");
    must(wire_bool(wire_member(wire_root(result), "more"), &more), "the server checks this");
    wire_walk_begin(entries, &walk);
    while (wire_walk_next(&walk, &entry)) {
        must(wire_text(wire_at(entry, 0), &key), "the server checks this");
        t->entries++;
    }
    must(buffer_assign(&t->last, key) == HS_OK, "no memory");
    if (more) {
        task_ask(t, "store.scan");
        return;
    }
    buffer_clear(&t->value);
    must(buffer_printf(&t->value, "%llu", (unsigned long long)t->entries) == HS_OK, "no memory");
    task_finish(t);
}

static void task_ask(struct scripted_task *t, const char *method)
{
    bool scan = strcmp(method, "store.scan") == 0;
    struct hs_error err = {0};
    struct wire_writer w;

    buffer_clear(&t->params);
    wire_begin(&w, &t->params);
    wire_put_map(&w, scan ? 2 : 1);
    wire_put_text(&w, slice_text(scan ? "after" : "key"));
    wire_put_text(&w, buffer_slice(&t->last));
    if (scan) put_uint(&w, "bytes", t->scan_bytes);
    must(wire_end(&w) == HS_OK, "params cannot be packed");
    t->server->facts.asked++;
    if (ipc_node_request(t->server->ipc, method, buffer_slice(&t->params),
                         scan ? task_scanned : task_got, t, &err) != HS_OK) {
        task_question_failed(t, err.status, err.text);
    }
}

/* --- handlers --- */

static void on_hello(void *data, struct ipc_hello_answer *out)
{
    (void)data;
    *out = (struct ipc_hello_answer){
        .server = "headstart test", .phase = "primed", .at = position_origin(), .height = 7};
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

static void on_deliver(void *data, struct ipc_request *request, const struct ipc_delivery *d)
{
    struct scripted_server *s = data;
    struct scripted_task *t = calloc(1, sizeof *t);
    const char *text;

    must(t != NULL, "no memory");
    s->facts.delivered++;
    t->server = s;
    t->request = request;
    t->real = d->real;
    must(buffer_assign(&t->text, d->message.text) == HS_OK, "no memory");
    must(buffer_printf(&t->value, "%zu", t->text.len) == HS_OK, "no memory");
    text = buffer_text(&t->text);
    if (strncmp(text, "get ", 4) == 0) {
        must(buffer_assign(&t->last, slice_text(text + 4)) == HS_OK, "no memory");
        task_ask(t, "store.get");
    } else if (strncmp(text, "scan ", 5) == 0) {
        t->scan_bytes = strtoull(text + 5, NULL, 10);
        task_ask(t, "store.scan");
    } else if (strcmp(text, "hold") == 0) {
        t->next = s->held;
        s->held = t;
    } else if (strcmp(text, "fail") == 0) {
        task_fail(t, IPC_KERNEL_FAILED, "told\nto\xff");
    } else {
        if (strncmp(text, "big ", 4) == 0) t->output_bytes = strtoull(text + 4, NULL, 10);
        task_finish(t);
    }
}

static void on_commit(void *data, uint64_t height)
{
    struct scripted_server *s = data;

    s->facts.commits++;
    s->facts.commit_height = height;
}

static void on_prepare_commit(void *data, struct ipc_request *request, uint64_t height)
{
    (void)height;
    ((struct scripted_server *)data)->facts.prepared++;
    ipc_reply(request, slice_make("\x80", 1));
}

static enum hs_status on_status(void *data, struct buffer *out)
{
    struct wire_writer w;

    (void)data;
    wire_begin(&w, out);
    wire_put_map(&w, 2);
    put_uint(&w, "schema", 1);
    put_text(&w, "phase", "primed");
    return wire_end(&w);
}

static enum hs_status on_metrics(void *data, struct buffer *out)
{
    (void)data;
    return buffer_append_text(out, "headstart_ready 1\n");
}

static void on_shutdown(void *data, struct ipc_request *request)
{
    struct scripted_server *s = data;

    s->facts.shutdowns++;
    ipc_reply(request, slice_make("\x80", 1));
    atomic_store(&s->told_to_stop, true);
}

/* --- orders from the test's thread --- */

static void release_held(struct scripted_server *s)
{
    while (s->held) {
        struct scripted_task *t = s->held;

        s->held = t->next;
        task_finish(t);
    }
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

static void on_stopped(void *data)
{
    struct scripted_server *s = data;

    s->ipc = NULL;
    uv_close((uv_handle_t *)&s->wake, NULL);
}

static void on_wake(uv_async_t *wake)
{
    struct scripted_server *s = wake->data;
    enum scripted_order order;

    pthread_mutex_lock(&s->lock);
    order = s->order;
    if (order == ORDER_RELEASE) release_held(s);
    if (order == ORDER_FACTS) {
        s->copy = s->facts;
        s->copy.counters = ipc_server_counters(s->ipc);
        ipc_server_requests(s->ipc, count_requests, &s->copy);
    }
    if (order == ORDER_STOP) ipc_server_stop(s->ipc, on_stopped, s);
    s->order = ORDER_NONE;
    pthread_cond_broadcast(&s->obeyed);
    pthread_mutex_unlock(&s->lock);
}

static void obey(struct scripted_server *s, enum scripted_order order)
{
    pthread_mutex_lock(&s->lock);
    s->order = order;
    uv_async_send(&s->wake);
    while (s->order != ORDER_NONE) {
        pthread_cond_wait(&s->obeyed, &s->lock);
    }
    pthread_mutex_unlock(&s->lock);
}

void scripted_server_release(struct scripted_server *s)
{
    obey(s, ORDER_RELEASE);
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

    must(uv_run(&s->loop, UV_RUN_DEFAULT) == 0, "the loop ended early");
    return NULL;
}

struct scripted_server *scripted_server_open(const char *path)
{
    struct scripted_server *s = calloc(1, sizeof *s);
    struct hs_error err = {.text = ""};
    struct ipc_server_options options = {
        .socket_path = path,
        .chain_id = SCRIPTED_CHAIN,
        .handlers = {.hello_answer = on_hello,
                     .node_attached = on_attached,
                     .node_detached = on_detached,
                     .deliver = on_deliver,
                     .commit = on_commit,
                     .prepare_commit = on_prepare_commit,
                     .status = on_status,
                     .metrics = on_metrics,
                     .shutdown = on_shutdown},
    };

    must(s != NULL && uv_loop_init(&s->loop) == 0, "no loop");
    must(uv_async_init(&s->loop, &s->wake, on_wake) == 0, "no async handle");
    s->wake.data = s;
    options.loop = &s->loop;
    options.data = s;
    must(ipc_server_start(&options, &s->ipc, &err) == HS_OK, err.text);
    must(pthread_mutex_init(&s->lock, NULL) == 0, "no lock");
    must(pthread_cond_init(&s->obeyed, NULL) == 0, "no condition");
    must(pthread_create(&s->thread, NULL, run, s) == 0, "no thread");
    return s;
}

void scripted_server_close(struct scripted_server *s)
{
    obey(s, ORDER_STOP);
    must(pthread_join(s->thread, NULL) == 0, "the thread did not end");
    release_held(s); /* their peers and the server are gone: the replies go nowhere */
    must(uv_loop_close(&s->loop) == 0, "a handle was left open");
    pthread_cond_destroy(&s->obeyed);
    pthread_mutex_destroy(&s->lock);
    free(s);
}
