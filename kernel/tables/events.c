#include "kernel/tables/events.h"

#include "kernel/tables/refcounts.h"

#include <assert.h>

void event_fini(struct event *e)
{
    capdata_fini(&e->data);
}

static void event_read_ref(struct json_text *t, struct ref *out)
{
    struct slice raw;

    if (!json_text_string(t, &raw)) return;
    if (ref_make(json_text_inner(raw), out) != HS_OK) (void)json_text_fail(t, "no reference");
}

static void event_read_result(struct json_text *t, struct ref *out)
{
    struct slice raw;

    if (!json_text_value(t, &raw)) return;
    if (slice_equal(raw, slice_text("null"))) return;
    if (raw.data[0] != '"' || ref_make(json_text_inner(raw), out) != HS_OK) {
        (void)json_text_fail(t, "no reference");
    }
}

static enum hs_status event_read_message(struct json_text *t, struct event *e)
{
    struct slice key;
    enum hs_status st = HS_OK;

    (void)json_text_open(t, '{');
    while (st == HS_OK && json_text_more(t, '}') && json_text_key(t, &key)) {
        if (json_text_is(key, "methargs")) {
            st = capdata_read(t, &e->data);
        } else if (json_text_is(key, "result")) {
            event_read_result(t, &e->promise);
        } else {
            (void)json_text_fail(t, "unknown key");
        }
    }
    return st;
}

static const char *const event_names[EVENT_KIND_COUNT] = {
    [EVENT_SEND] = "send",
    [EVENT_NOTIFY] = "notify",
    [EVENT_START_VAT] = "startVat",
    [EVENT_REQUEUE] = "requeue",
    [EVENT_CREATE_VAT] = "create-vat",
    [EVENT_UPGRADE_VAT] = "upgrade-vat",
    [EVENT_CHANGE_OPTIONS] = "changeVatOptions",
    [EVENT_TERMINATE_VAT] = "terminate-vat",
};

static void event_read_kind(struct json_text *t, struct event *e)
{
    struct slice raw;

    if (!json_text_string(t, &raw)) return;
    for (int i = 0; i < EVENT_KIND_COUNT; i++) {
        if (!json_text_is(raw, event_names[i])) continue;
        e->kind = (enum event_kind)i;
        return;
    }
    (void)json_text_fail(t, "unknown type of event");
}

static enum hs_status event_read(struct json_text *t, struct event *e)
{
    struct slice key;
    enum hs_status st = HS_OK;

    (void)json_text_open(t, '{');
    while (st == HS_OK && json_text_more(t, '}') && json_text_key(t, &key)) {
        if (json_text_is(key, "type")) {
            event_read_kind(t, e);
        } else if (json_text_is(key, "target") || json_text_is(key, "vatID")) {
            event_read_ref(t, &e->target);
        } else if (json_text_is(key, "kpid")) {
            event_read_ref(t, &e->promise);
        } else if (json_text_is(key, "msg")) {
            st = event_read_message(t, e);
        } else if (json_text_is(key, "vatParameters") || json_text_is(key, "reason")) {
            st = capdata_read(t, &e->data);
        } else if (json_text_is(key, "details")) {
            (void)json_text_value(t, &e->details);
        } else {
            (void)json_text_fail(t, "unknown key");
        }
    }
    return st;
}

static bool event_has_details(const struct event *e)
{
    return e->details.len > 0 && e->details.data[0] == '{';
}

static bool event_is_complete(const struct event *e)
{
    switch (e->kind) {
    case EVENT_SEND:
        return kref_kind(&e->target) != REF_NONE && e->data.body.len > 0 &&
               ref_list_is_krefs(&e->data.slots) &&
               (e->promise.text[0] == '\0' || kref_kind(&e->promise) == REF_PROMISE);
    case EVENT_NOTIFY: return ref_is_vat(&e->target) && kref_kind(&e->promise) == REF_PROMISE;
    case EVENT_REQUEUE: return kref_kind(&e->promise) == REF_PROMISE;
    case EVENT_START_VAT:
        return ref_is_vat(&e->target) && e->data.body.len > 0 && e->data.slots.len == 0;
    case EVENT_CREATE_VAT:
    case EVENT_UPGRADE_VAT:
        return ref_is_vat(&e->target) && e->data.body.len > 0 &&
               ref_list_is_krefs(&e->data.slots) && event_has_details(e);
    case EVENT_CHANGE_OPTIONS: return ref_is_vat(&e->target) && event_has_details(e);
    case EVENT_TERMINATE_VAT:
        return ref_is_vat(&e->target) && e->data.body.len > 0 && ref_list_is_krefs(&e->data.slots);
    case EVENT_KIND_COUNT: break;
    }
    return false;
}

enum hs_status event_parse(struct slice key, struct slice text, struct event *out,
                           struct hs_error *err)
{
    struct json_text t;
    enum hs_status st;

    *out = (struct event){0};
    json_text_init(&t, text);
    st = event_read(&t, out);
    if (st == HS_NOMEM) return kernel_fail(err, st);
    if (st == HS_OK && json_text_end(&t) && event_is_complete(out)) return HS_OK;
    return kernel_store_damaged(key, t.problem ? t.problem : "no complete event", err);
}

static enum hs_status event_compose_send(struct buffer *out, const struct ref *target,
                                         struct slice body_raw, const struct ref_list *slots,
                                         const struct ref *result)
{
    struct json_printer j = json_printer_on(out);

    printer_note(&j.text, buffer_reserve(out, body_raw.len + 256));
    json_print_open(&j, '{');
    json_print_key(&j, "type");
    json_print_word(&j, "send");
    json_print_key(&j, "target");
    json_print_word(&j, target->text);
    json_print_key(&j, "msg");
    json_print_open(&j, '{');
    json_print_key(&j, "methargs");
    capdata_print(&j, body_raw, slots);
    json_print_key(&j, "result");
    ref_print(result ? result : &(struct ref){""}, &j);
    json_print_close(&j, '}');
    json_print_close(&j, '}');
    return json_print_end(&j);
}

enum hs_status event_send(struct kv_hashed *k, enum run_queue queue, const struct ref *target,
                          struct slice body_raw, const struct ref_list *slots,
                          const struct ref *result, struct hs_error *err)
{
    struct buffer text = buffer_room_take(&k->room);
    enum hs_status st;

    assert(!result || kref_kind(result) == REF_PROMISE);
    st = kernel_fail(err, event_compose_send(&text, target, body_raw, slots, result));
    if (st == HS_OK) st = refcount_hold(k, target, err);
    if (st == HS_OK) st = refcount_hold_all(k, slots, err);
    if (st == HS_OK && result) st = refcount_hold(k, result, err);
    if (st == HS_OK) st = run_queue_add(k, queue, buffer_slice(&text), err);
    buffer_room_give(&k->room, &text);
    return st;
}

/* {"type":…,"vatID":…,<key>:<value>}; vat NULL: without one */
static enum hs_status event_compose(struct buffer *out, const char *type, const struct ref *vat,
                                    const char *key, struct slice value)
{
    struct json_printer j = json_printer_on(out);

    json_print_open(&j, '{');
    json_print_key(&j, "type");
    json_print_word(&j, type);
    if (vat) json_print_key(&j, "vatID");
    if (vat) json_print_word(&j, vat->text);
    json_print_key(&j, key);
    json_print_raw(&j, value);
    json_print_close(&j, '}');
    return json_print_end(&j);
}

static enum hs_status event_of_promise(struct kv_hashed *k, const char *type, const struct ref *vat,
                                       const struct ref *kpid, struct hs_error *err)
{
    struct buffer text = {0}, promise = {0};
    struct json_printer j = json_printer_on(&promise);
    enum hs_status st;

    ref_print(kpid, &j);
    st = json_print_end(&j);
    if (st == HS_OK) st = event_compose(&text, type, vat, "kpid", buffer_slice(&promise));
    st = kernel_fail(err, st);
    if (st == HS_OK) st = refcount_hold(k, kpid, err);
    if (st == HS_OK) st = run_queue_add(k, QUEUE_ACCEPTANCE, buffer_slice(&text), err);
    buffer_fini(&text);
    buffer_fini(&promise);
    return st;
}

enum hs_status event_notify(struct kv_hashed *k, const struct ref *vat, const struct ref *kpid,
                            struct hs_error *err)
{
    return event_of_promise(k, "notify", vat, kpid, err);
}

enum hs_status event_requeue(struct kv_hashed *k, const struct ref *kpid, struct hs_error *err)
{
    return event_of_promise(k, "requeue", NULL, kpid, err);
}

enum hs_status event_start_vat(struct kv_hashed *k, const struct ref *vat, struct slice parameters,
                               struct hs_error *err)
{
    struct buffer text = {0};
    enum hs_status st =
        kernel_fail(err, event_compose(&text, "startVat", vat, "vatParameters", parameters));

    if (st == HS_OK) st = run_queue_add(k, QUEUE_ACCEPTANCE, buffer_slice(&text), err);
    buffer_fini(&text);
    return st;
}

static enum hs_status event_compose_of_vat(struct buffer *out, enum event_kind kind,
                                           const struct ref *vat, struct slice details,
                                           const struct capdata *data)
{
    struct json_printer j = json_printer_on(out);

    json_print_open(&j, '{');
    json_print_key(&j, "type");
    json_print_word(&j, event_names[kind]);
    json_print_key(&j, "vatID");
    json_print_word(&j, vat->text);
    if (details.len > 0) {
        json_print_key(&j, "details");
        json_print_raw(&j, details);
    }
    if (data) {
        json_print_key(&j, kind == EVENT_TERMINATE_VAT ? "reason" : "vatParameters");
        capdata_print(&j, data->body, &data->slots);
    }
    json_print_close(&j, '}');
    return json_print_end(&j);
}

enum hs_status event_of_vat(struct kv_hashed *k, enum event_kind kind, const struct ref *vat,
                            struct slice details, const struct capdata *data, struct hs_error *err)
{
    struct buffer text = {0};
    enum hs_status st = kernel_fail(err, event_compose_of_vat(&text, kind, vat, details, data));

    assert(kind >= EVENT_CREATE_VAT && kind < EVENT_KIND_COUNT);
    if (st == HS_OK && data) st = refcount_hold_all(k, &data->slots, err);
    if (st == HS_OK) st = run_queue_add(k, QUEUE_ACCEPTANCE, buffer_slice(&text), err);
    buffer_fini(&text);
    return st;
}

enum hs_status event_release(struct kv_hashed *k, const struct event *e, struct hs_error *err)
{
    enum hs_status st = HS_OK;

    if (e->kind == EVENT_SEND) st = refcount_release(k, &e->target, err);
    if (st == HS_OK) st = refcount_release_all(k, &e->data.slots, err);
    if (st == HS_OK && e->promise.text[0] != '\0') st = refcount_release(k, &e->promise, err);
    return st;
}
