#include "tests/unit/vat/rig.h"

#include "kernel/vat/engine.h"

#include <pthread.h>

enum { THREADS_MAX = 16 };

static struct vat_engine *engine;

struct vat_engine *rig_engine(void)
{
    struct hs_error err;

    if (engine) return engine;
    if (vat_engine_open(disk_system(), NULL, &engine, &err) != HS_OK) {
        (void)fprintf(stderr, "rig: %s\n", err.text);
        abort();
    }
#ifdef LINES_COMPARED
    vat_engine_watch(engine, false);
#endif
    return engine;
}

static void must(enum hs_status st)
{
    if (st != HS_OK) {
        (void)fprintf(stderr, "rig: %s\n", hs_status_text(st));
        abort();
    }
}

/* --- quoting --- */

static void readable_append(struct buffer *out, struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.data[i] != '\\') {
            must(buffer_append_byte(out, s.data[i] == '"' ? '\'' : s.data[i]));
        }
    }
}

static void json_append(struct buffer *out, const char *readable)
{
    for (; *readable; readable++) {
        must(buffer_append_byte(out, *readable == '\'' ? '"' : *readable));
    }
}

/* As the inside of a JSON string. */
static void quoted_append(struct buffer *out, struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.data[i];

        if (c == '\n') {
            must(buffer_append_text(out, "\\n"));
            continue;
        }
        if (c == '"' || c == '\\') must(buffer_append_byte(out, '\\'));
        must(buffer_append_byte(out, c));
    }
}

/* --- vats --- */

static enum hs_status rig_host(void *data, struct slice request, struct buffer *reply,
                               struct hs_error *err)
{
    struct rig *r = data;

    readable_append(&r->requests, request);
    must(buffer_append_byte(&r->requests, '\n'));
    if (r->answer_status != HS_OK) return hs_fail(err, r->answer_status, "the host says no");
    return buffer_append_text(reply, r->answer ? r->answer : "[\"ok\",null]");
}

void rig_open(struct rig *r, struct vat_limits limits)
{
    memset(r, 0, sizeof *r);
    if (vat_open(rig_engine(), VAT_ENGINE_FIRST, "v1", limits, &r->vat, &r->err) != HS_OK) {
        (void)fprintf(stderr, "rig: %s\n", r->err.text);
        abort();
    }
}

void rig_start_limited(struct rig *r, const char *source, struct vat_limits limits)
{
    rig_open(r, limits);
    must(rig_set_bundle(r, source));
    CU_ASSERT_STRING_EQUAL(buffer_text(&r->result), "['dispatchReady']");
    must(rig_deliver(r, "['startVat',{'body':'#{}','slots':[]}]"));
    CU_ASSERT_STRING_EQUAL(buffer_text(&r->result), "['ok',null,null]");
}

void rig_start(struct rig *r, const char *source)
{
    rig_start_limited(r, source, vat_limits_default());
}

void rig_close(struct rig *r)
{
    vat_close(r->vat);
    buffer_fini(&r->requests);
    buffer_fini(&r->result);
    buffer_fini(&r->bytes);
}

static void rig_begin(struct rig *r)
{
    buffer_clear(&r->requests);
    buffer_clear(&r->bytes);
}

static void rig_end(struct rig *r)
{
    buffer_clear(&r->result);
    readable_append(&r->result, buffer_slice(&r->bytes));
}

enum hs_status rig_command(struct rig *r, struct slice command)
{
    enum hs_status st;

    rig_begin(r);
    st = vat_command(r->vat, command, rig_host, r, &r->bytes, &r->ticks, &r->err);
    rig_end(r);
    return st;
}

enum hs_status rig_set_bundle(struct rig *r, const char *source)
{
    struct buffer command = {0};
    enum hs_status st;

    must(buffer_append_text(&command, "[\"setBundle\",\"v1\",{\"moduleFormat\":\"module\","
                                      "\"source\":\""));
    quoted_append(&command, slice_text(source));
    must(buffer_append_text(&command, "\"},{}]"));
    st = rig_command(r, buffer_slice(&command));
    buffer_fini(&command);
    return st;
}

enum hs_status rig_deliver(struct rig *r, const char *delivery)
{
    struct buffer command = {0};
    enum hs_status st;

    must(buffer_append_text(&command, "[\"deliver\","));
    json_append(&command, delivery);
    must(buffer_append_byte(&command, ']'));
    st = rig_command(r, buffer_slice(&command));
    buffer_fini(&command);
    return st;
}

enum hs_status rig_call(struct rig *r, const char *body, const char *slots)
{
    struct buffer text = {0}, slots_text = {0};
    struct vat_message message = {.vref = slice_text("o+0"), .result = slice_text("p-60")};
    enum hs_status st;

    must(buffer_append_byte(&text, '#'));
    json_append(&text, body);
    json_append(&slots_text, slots);
    message.body = buffer_slice(&text);
    message.slots = buffer_slice(&slots_text);
    rig_begin(r);
    st = vat_deliver_message(r->vat, &message, rig_host, r, &r->bytes, &r->ticks, &r->err);
    rig_end(r);
    buffer_fini(&text);
    buffer_fini(&slots_text);
    return st;
}

enum hs_status rig_call_plain(struct rig *r, const char *method)
{
    char body[128];

    (void)snprintf(body, sizeof body, "['%s',[]]", method);
    return rig_call(r, body, "[]");
}

const char *rig_heap(const struct rig *r)
{
    static _Thread_local char texts[4][SHA256_HEX_BYTES];
    static _Thread_local unsigned next;
    char *text = texts[next++ % 4];

    must(vat_heap_sha256(r->vat, text, NULL));
    return text;
}

/* --- threads --- */

struct main_job {
    const char *title;
    const struct suite_case *cases;
    size_t count;
    int argc;
    char **argv;
    int code;
};

static void *main_body(void *data)
{
    struct main_job *job = data;

    job->code = suite_run(job->title, job->cases, job->count, job->argc, job->argv);
    vat_engine_close(engine);
    return NULL;
}

static pthread_t thread_start(void *(*body)(void *), void *data)
{
    pthread_attr_t attributes;
    pthread_t thread;

    if (pthread_attr_init(&attributes) != 0 ||
        pthread_attr_setstacksize(&attributes, HS_VAT_THREAD_STACK_BYTES) != 0 ||
        pthread_create(&thread, &attributes, body, data) != 0) {
        abort();
    }
    (void)pthread_attr_destroy(&attributes);
    return thread;
}

int rig_main(const char *title, const struct suite_case *cases, size_t count, int argc, char **argv)
{
    struct main_job job = {title, cases, count, argc, argv, 70};

    (void)pthread_join(thread_start(main_body, &job), NULL);
    return job.code;
}

void rig_threads(size_t count, void *(*body)(void *index))
{
    pthread_t threads[THREADS_MAX];
    size_t indices[THREADS_MAX];

    if (count > THREADS_MAX) abort();
    (void)rig_engine(); /* opened once, before threads */
    for (size_t i = 0; i < count; i++) {
        indices[i] = i;
        threads[i] = thread_start(body, &indices[i]);
    }
    for (size_t i = 0; i < count; i++)
        (void)pthread_join(threads[i], NULL);
}
