#include "kernel/vat_process.h"

#include "kernel/state/array.h"
#include "kernel/state/utf8.h"
#include "kernel/tables/vat_record.h"
#include "kernel/text/json_printer.h"
#include "kernel/text/json_text.h"
#include "kernel/vat_engines.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { VAT_PROBLEM_BYTES = 400 }; /* of a vat's own words, as far as they are passed on */

/* --- the table --- */

static void vat_process_close(struct vat_process *p)
{
    vat_close(p->vat);
    free(p);
}

void vat_table_fini(struct vat_table *t)
{
    for (size_t i = 0; i < t->len; i++) {
        vat_process_close(t->items[i].process);
    }
    free(t->items);
    *t = (struct vat_table){0};
}

static enum hs_status vat_table_reserve(struct vat_table *t)
{
    size_t alive = 0;

    /* Those that ended are this process's matter: another may have forgotten them. */
    for (size_t i = 0; i < t->len; i++) {
        alive += !t->items[i].process->ended;
    }
    if (alive >= HS_VAT_COUNT_MAX) return HS_TOO_LARGE;
    return array_reserve(&t->items, &t->capacity, t->len + 1, sizeof(*t->items));
}

enum hs_status vat_table_add(struct vat_table *t, const struct vat_name *name,
                             struct vat_process **out, struct hs_error *err)
{
    struct vat_process *p;
    size_t i = t->len;
    enum hs_status st = kernel_fail(err, vat_table_reserve(t));

    if (st != HS_OK) return st;
    p = calloc(1, sizeof *p);
    if (!p) return kernel_fail(err, HS_NOMEM);
    p->name = *name;
    for (; i > 0 && t->items[i - 1].number > name->number; i--) {
        t->items[i] = t->items[i - 1];
    }
    t->items[i] = (struct vat_row){name->number, p};
    t->len++;
    *out = p;
    return HS_OK;
}

/* The first process whose id has that number, or one above; the end if there is none. */
static size_t vat_table_from(const struct vat_table *t, uint64_t number)
{
    size_t low = 0, high = t->len;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (t->items[middle].number < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

struct vat_process *vat_table_find(const struct vat_table *t, const struct ref *id)
{
    uint64_t number;

    if (!vat_names_number(id, &number)) return NULL;
    for (size_t i = vat_table_from(t, number); i < t->len && t->items[i].number == number; i++) {
        struct vat_process *p = t->items[i].process;

        if (!p->ended && ref_equal(&p->name.id, id)) return p;
    }
    return NULL;
}

void vat_table_remove(struct vat_table *t, struct vat_process *p)
{
    size_t i = vat_table_from(t, p->name.number);

    while (t->items[i].process != p) {
        i++;
        assert(i < t->len);
    }
    vat_table_open_remove(p);
    vat_process_close(p);
    t->len--;
    memmove(t->items + i, t->items + i + 1, (t->len - i) * sizeof *t->items);
}

void vat_table_open_add(struct vat_table *t, struct vat_process *p)
{
    if (p->open) return;
    LIST_INSERT_HEAD(&t->open, p, among_open);
    p->open = true;
}

void vat_table_open_remove(struct vat_process *p)
{
    if (!p->open) return;
    LIST_REMOVE(p, among_open);
    p->open = false;
}

/* --- talking to the vat --- */

bool vat_request_syscall(struct slice request, struct slice *syscall)
{
    static const char head[] = "[\"syscall\",";
    const size_t head_len = sizeof head - 1;

    if (!slice_starts_with(request, slice_make(head, head_len)) ||
        request.data[request.len - 1] != ']') {
        return false;
    }
    *syscall = slice_make(request.data + head_len, request.len - head_len - 1);
    return true;
}

/* ["error", problem, …]: the vat's words become the error's, cut to a readable length. */
static enum hs_status vat_answer_failed(struct slice answer, struct hs_error *err)
{
    struct buffer words = {0};
    struct json_text t;
    struct slice raw = {NULL, 0};
    enum hs_status st = HS_OK;

    json_text_init(&t, answer);
    if (json_text_open(&t, '[') && json_text_next(&t, ']') && json_text_string(&t, &raw) &&
        json_text_is(raw, "error") && json_text_next(&t, ']') && json_text_string(&t, &raw)) {
        st = json_text_decode(&words, raw);
    } else {
        st = buffer_append_text(&words, "it gave an answer that is none");
    }
    if (st == HS_OK) {
        st = hs_fail(err, HS_VAT_FAILED, "%.*s",
                     (int)utf8_cut(buffer_slice(&words), VAT_PROBLEM_BYTES), buffer_text(&words));
    }
    buffer_fini(&words);
    return st;
}

struct vat_loading {
    const struct vat_process *process;
    vat_console_fn console;
    void *console_data;
};

/* Before a vat's program runs it has nothing to ask for. */
static enum hs_status vat_answer_loading(void *data, struct slice request, struct buffer *reply,
                                         struct hs_error *err)
{
    const struct vat_loading *loading = data;
    struct slice syscall;

    if (vat_request_syscall(request, &syscall)) {
        return hs_fail(err, HS_VAT_FAILED, "a syscall while the program is loaded");
    }
    if (loading->console) loading->console(loading->console_data, loading->process, request);
    return kernel_fail(err, buffer_assign(reply, slice_text(VAT_ANSWER_NOTHING)));
}

static enum hs_status vat_bundle_print(struct buffer *out, const struct ref *id,
                                       struct slice source, struct slice parameters)
{
    struct json_printer j = json_printer_on(out);

    json_print_open(&j, '[');
    json_print_word(&j, "setBundle");
    json_print_word(&j, id->text);
    json_print_open(&j, '{');
    json_print_key(&j, "moduleFormat");
    json_print_word(&j, "module");
    json_print_key(&j, "source");
    json_print_string(&j, source);
    json_print_close(&j, '}');
    json_print_open(&j, '{');
    json_print_key(&j, "vatParameters");
    json_print_raw(&j, parameters);
    json_print_close(&j, '}');
    json_print_close(&j, ']');
    return json_print_end(&j);
}

static enum hs_status vat_bundle_command(struct kv_store *kv, const struct ref *id,
                                         struct buffer *out, struct hs_error *err)
{
    struct buffer source = {0}, parameters = {0};
    struct key key;
    enum hs_status st = vat_record_source(kv, id, &source, err);

    if (st != HS_OK) goto out;
    st = vat_record_parameters(kv, id, &parameters, err);
    if (st == HS_OK && !json_text_is_value(buffer_slice(&parameters))) {
        st = kernel_store_damaged(key_of(&key, id->text, ".vatParameters", ""), "no JSON", err);
    }
    if (st != HS_OK) goto out;
    st = vat_bundle_print(out, id, buffer_slice(&source), buffer_slice(&parameters));
    st = kernel_fail(err, st);
out:
    buffer_fini(&source);
    buffer_fini(&parameters);
    return st;
}

/* What the vat's options grant its program while it is loaded. */
static enum hs_status vat_process_limits(const struct vat_process *p, struct kv_store *kv,
                                         uint64_t ticks_max, struct vat_limits *out,
                                         struct hs_error *err)
{
    struct vat_options options;
    enum hs_status st = vat_options_read(kv, &p->name.id, &options, err);

    *out = (struct vat_limits){.ticks_max = ticks_max, .heap_bytes_max = HS_HEAP_BYTES_MAX};
    if (st == HS_OK && ticks_max > 0) out->heap_bytes_max = (uint32_t)options.memory;
    return st;
}

enum hs_status vat_process_open(struct vat_process *p, struct kv_store *kv,
                                struct vat_engine *engine, uint64_t ticks_max,
                                vat_console_fn console, void *console_data, struct hs_error *err)
{
    struct vat_loading loading = {p, console, console_data};
    struct buffer command = {0}, answer = {0};
    struct vat_limits limits;
    size_t number;
    enum hs_status st;

    assert(!p->vat);
    st = vat_engines_read(kv, engine, p->name.id.text, &number, err);
    if (st == HS_OK) st = vat_bundle_command(kv, &p->name.id, &command, err);
    if (st == HS_OK) st = vat_process_limits(p, kv, ticks_max, &limits, err);
    if (st != HS_OK) goto out;
    st = vat_open(engine, number, p->name.id.text, limits, &p->vat, err);
    if (st != HS_OK) goto out;
    st = vat_command(p->vat, buffer_slice(&command), vat_answer_loading, &loading, &answer, NULL,
                     err);
    if (st == HS_OK && !slice_equal(buffer_slice(&answer), slice_text("[\"dispatchReady\"]"))) {
        st = vat_answer_failed(buffer_slice(&answer), err);
    }
out:
    buffer_fini(&command);
    buffer_fini(&answer);
    return st;
}

static bool message_key(struct json_text *t, const char *name)
{
    struct slice raw;

    return json_text_next(t, '}') && json_text_key(t, &raw) && json_text_is(raw, name);
}

/* A reference, or nothing where null may stand. */
static bool message_vref(struct json_text *t, bool may_miss, struct slice *out)
{
    struct slice raw;

    if (!json_text_value(t, &raw)) return false;
    *out = (struct slice){0};
    if (may_miss && slice_equal(raw, slice_text("null"))) return true;
    if (raw.data[0] != '"' || memchr(raw.data, '\\', raw.len)) return false;
    *out = json_text_inner(raw);
    return out->len > 0;
}

/* ["message", vref, {"methargs":{"body":…,"slots":[…]},"result":vref}], as the kernel prints it.
 * False: it is anything else. `body`: the raw string. */
static bool message_parts(struct slice delivery, struct vat_message *out, struct slice *body)
{
    struct json_text t;
    struct slice type;

    json_text_init(&t, delivery);
    if (!json_text_open(&t, '[') || !json_text_next(&t, ']') || !json_text_string(&t, &type)) {
        return false;
    }
    if (!json_text_is(type, "message") || !json_text_next(&t, ']') ||
        !message_vref(&t, false, &out->vref)) {
        return false;
    }
    if (!json_text_next(&t, ']') || !json_text_open(&t, '{') || !message_key(&t, "methargs") ||
        !json_text_open(&t, '{') || !message_key(&t, "body") || !json_text_string(&t, body) ||
        !message_key(&t, "slots") || !json_text_value(&t, &out->slots) ||
        !json_text_close(&t, '}') || !message_key(&t, "result") ||
        !message_vref(&t, true, &out->result)) {
        return false;
    }
    if (slice_equal(out->slots, slice_text("[]"))) out->slots = (struct slice){0};
    return (out->slots.len == 0 || out->slots.data[0] == '[') && json_text_close(&t, '}') &&
           json_text_close(&t, ']') && json_text_end(&t);
}

static enum hs_status vat_process_message(struct vat_process *p, struct vat_message *message,
                                          struct slice body_raw, struct buffer_room *room,
                                          vat_host_fn host, void *host_data, struct buffer *answer,
                                          struct hs_error *err)
{
    struct buffer body = buffer_room_take(room);
    enum hs_status st = kernel_fail(err, json_text_decode(&body, body_raw));

    message->body = buffer_slice(&body);
    if (st == HS_OK) {
        st = vat_deliver_message(p->vat, message, host, host_data, answer, NULL, err);
    }
    buffer_room_give(room, &body);
    return st;
}

static enum hs_status vat_process_command(struct vat_process *p, struct slice delivery,
                                          vat_host_fn host, void *host_data, struct buffer *answer,
                                          struct hs_error *err)
{
    struct buffer command = {0};
    struct json_printer j = json_printer_on(&command);
    enum hs_status st;

    printer_note(&j.text, buffer_reserve(&command, delivery.len + 16));
    json_print_open(&j, '[');
    json_print_word(&j, "deliver");
    json_print_raw(&j, delivery);
    json_print_close(&j, ']');
    st = kernel_fail(err, json_print_end(&j));
    if (st == HS_OK) {
        st = vat_command(p->vat, buffer_slice(&command), host, host_data, answer, NULL, err);
    }
    buffer_fini(&command);
    return st;
}

enum hs_status vat_process_deliver(struct vat_process *p, struct slice delivery,
                                   struct buffer_room *room, vat_host_fn host, void *host_data,
                                   struct hs_error *err)
{
    struct buffer answer = buffer_room_take(room);
    struct vat_message message;
    struct slice body;
    enum hs_status st;

    assert(p->vat && !p->ended);
    p->touched = true;
    if (message_parts(delivery, &message, &body)) {
        st = vat_process_message(p, &message, body, room, host, host_data, &answer, err);
    } else {
        st = vat_process_command(p, delivery, host, host_data, &answer, err);
    }
    if (st == HS_OK && !slice_starts_with(buffer_slice(&answer), slice_text("[\"ok\","))) {
        st = vat_answer_failed(buffer_slice(&answer), err);
    }
    buffer_room_give(room, &answer);
    return st;
}
