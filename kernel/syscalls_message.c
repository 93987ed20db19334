/* Messages and promises, devices, and the end: send, subscribe, resolve, callNow, exit. */
#include "kernel/devices/devices.h"
#include "kernel/syscalls_private.h"
#include "kernel/tables/clist.h"
#include "kernel/tables/events.h"
#include "kernel/tables/promises.h"
#include "kernel/tables/resolution.h"
#include "kernel/text/capdata.h"

enum { RESOLVED_KEPT = 256 }; /* references whose memory waits for the next syscall */

/* --- arguments --- */

static bool read_bool(struct json_text *t, bool *out)
{
    struct slice raw;

    if (!json_text_value(t, &raw)) return false;
    *out = slice_equal(raw, slice_text("true"));
    return *out || slice_equal(raw, slice_text("false")) || json_text_fail(t, "no true or false");
}

static bool read_ref_or_null(struct json_text *t, struct ref *out)
{
    struct slice raw;

    out->text[0] = '\0';
    if (!json_text_value(t, &raw)) return false;
    if (slice_equal(raw, slice_text("null"))) return true;
    return (raw.data[0] == '"' && ref_make(json_text_inner(raw), out) == HS_OK) ||
           json_text_fail(t, "no reference");
}

/* Capdata whose slots become krefs. */
static enum hs_status translate_capdata(struct delivery *d, struct capdata *c, struct hs_error *err)
{
    struct ref_list krefs = {0};
    enum hs_status st = HS_OK;

    if (c->slots.len == 0) return HS_OK;
    st = clist_list_to_kernel(syscall_kv(d), &d->vat, &c->slots, &krefs, err);
    ref_list_fini(&c->slots);
    c->slots = krefs;
    return st;
}

static enum hs_status read_capdata(struct json_text *t, struct capdata *out, struct hs_error *err)
{
    enum hs_status st = capdata_read(t, out);

    return st == HS_INVALID ? syscall_malformed(t, err) : kernel_fail(err, st);
}

/* --- the syscalls --- */

/* {"methargs":capdata,"result":vpid|null} */
static enum hs_status read_message(struct json_text *t, struct capdata *methargs,
                                   struct ref *result, struct hs_error *err)
{
    struct slice key;
    enum hs_status st = HS_OK;

    result->text[0] = '\0';
    (void)json_text_open(t, '{');
    while (st == HS_OK && json_text_more(t, '}') && json_text_key(t, &key)) {
        if (json_text_is(key, "methargs")) {
            st = read_capdata(t, methargs, err);
        } else if (json_text_is(key, "result")) {
            (void)read_ref_or_null(t, result);
        } else {
            (void)json_text_fail(t, "a message has \"methargs\" and \"result\"");
        }
    }
    if (st == HS_OK && methargs->body.len == 0) (void)json_text_fail(t, "a message lacks methargs");
    if (st != HS_OK) return st;
    return t->problem ? syscall_malformed(t, err) : HS_OK;
}

/* Is it an unresolved promise that this vat decides? */
static enum hs_status require_decider(struct delivery *d, const struct ref *kpid,
                                      const struct ref *vpid, struct hs_error *err)
{
    enum promise_state state;
    struct ref decider;
    enum hs_status st;

    if (kref_kind(kpid) != REF_PROMISE) {
        return hs_fail(err, HS_VAT_FAILED, "\"%s\" is no promise", vpid->text);
    }
    st = promise_state_read(syscall_kv(d), kpid, &state, err);
    if (st != HS_OK) return st;
    if (state != PROMISE_UNRESOLVED) {
        return hs_fail(err, HS_VAT_FAILED, "\"%s\" is resolved already", vpid->text);
    }
    st = promise_decider(syscall_kv(d), kpid, &decider, err);
    if (st != HS_OK || ref_equal(&decider, &d->vat)) return st;
    return hs_fail(err, HS_VAT_FAILED, "the vat does not decide \"%s\"", vpid->text);
}

/* The result's decider is nobody until the message is delivered. */
static enum hs_status take_result(struct delivery *d, const struct ref *vpid, struct ref *kpid,
                                  struct hs_error *err)
{
    enum hs_status st = clist_to_kernel(syscall_kv(d), &d->vat, vpid, kpid, err);

    if (st == HS_OK) st = require_decider(d, kpid, vpid, err);
    return st == HS_OK ? promise_set_decider(syscall_kv(d), kpid, NULL, err) : st;
}

enum hs_status syscall_send(struct delivery *d, struct json_text *t, struct buffer *reply,
                            struct hs_error *err)
{
    struct capdata methargs = {0};
    struct ref target_vref, result_vref, target, result;
    bool asked;
    enum hs_status st;

    if (!json_text_next(t, ']') || !syscall_read_ref(t, &target_vref) || !json_text_next(t, ']')) {
        return syscall_malformed(t, err);
    }
    st = read_message(t, &methargs, &result_vref, err);
    if (st == HS_OK && !json_text_close(t, ']')) st = syscall_malformed(t, err);
    if (st != HS_OK) goto out;
    asked = result_vref.text[0] != '\0';
    st = clist_to_kernel(syscall_kv(d), &d->vat, &target_vref, &target, err);
    if (st == HS_OK && kref_kind(&target) == REF_DEVICE) {
        st = hs_fail(err, HS_VAT_FAILED, "cannot send to a device");
    }
    if (st == HS_OK) st = translate_capdata(d, &methargs, err);
    if (st == HS_OK && asked) st = take_result(d, &result_vref, &result, err);
    if (st == HS_OK) {
        st = event_send(syscall_kv(d), QUEUE_ACCEPTANCE, &target, methargs.body, &methargs.slots,
                        asked ? &result : NULL, err);
    }
    if (st == HS_OK) st = syscall_answer_ok(reply, err);
out:
    capdata_fini(&methargs);
    return st;
}

enum hs_status syscall_subscribe(struct delivery *d, struct json_text *t, struct buffer *reply,
                                 struct hs_error *err)
{
    enum promise_state state;
    struct ref vpid, kpid;
    enum hs_status st;

    if (!json_text_next(t, ']') || !syscall_read_ref(t, &vpid) || !json_text_close(t, ']')) {
        return syscall_malformed(t, err);
    }
    st = clist_to_kernel(syscall_kv(d), &d->vat, &vpid, &kpid, err);
    if (st == HS_OK && kref_kind(&kpid) != REF_PROMISE) {
        st = hs_fail(err, HS_VAT_FAILED, "\"%s\" is no promise", vpid.text);
    }
    if (st == HS_OK) st = promise_state_read(syscall_kv(d), &kpid, &state, err);
    if (st != HS_OK) return st;
    if (state == PROMISE_UNRESOLVED) {
        st = promise_subscribe(syscall_kv(d), &kpid, &d->vat, err);
    } else {
        st = event_notify(syscall_kv(d), &d->vat, &kpid, err);
    }
    return st == HS_OK ? syscall_answer_ok(reply, err) : st;
}

static enum hs_status resolve_one(struct delivery *d, const struct ref *vpid, bool rejected,
                                  struct capdata *data, struct ref *kpid, struct hs_error *err)
{
    struct buffer_room *room = &syscall_kv(d)->room;
    struct buffer body = buffer_room_take(room);
    enum hs_status st = clist_to_kernel(syscall_kv(d), &d->vat, vpid, kpid, err);

    if (st == HS_OK) st = require_decider(d, kpid, vpid, err);
    if (st == HS_OK) st = translate_capdata(d, data, err);
    if (st == HS_OK) st = kernel_fail(err, json_text_decode(&body, data->body));
    if (st == HS_OK && !rejected && data->slots.len == 1 &&
        kref_kind(&data->slots.items[0]) == REF_PROMISE && capdata_is_slot(buffer_slice(&body))) {
        st = hs_fail(err, HS_VAT_FAILED, "\"%s\" cannot be resolved to a promise", vpid->text);
    }
    if (st == HS_OK) {
        st = resolution_settle(syscall_kv(d), kpid, rejected, buffer_slice(&body), &data->slots,
                               &d->vat, err);
    }
    buffer_room_give(room, &body);
    return st;
}

/* One [vpid, rejected, capdata]. */
static enum hs_status read_resolution(struct json_text *t, struct ref *vpid, bool *rejected,
                                      struct capdata *data, struct hs_error *err)
{
    enum hs_status st;

    if (!json_text_open(t, '[') || !json_text_next(t, ']') || !syscall_read_ref(t, vpid) ||
        !json_text_next(t, ']') || !read_bool(t, rejected) || !json_text_next(t, ']')) {
        return syscall_malformed(t, err);
    }
    st = read_capdata(t, data, err);
    if (st != HS_OK) return st;
    return json_text_close(t, ']') ? HS_OK : syscall_malformed(t, err);
}

enum hs_status syscall_resolve(struct delivery *d, struct json_text *t, struct buffer *reply,
                               struct hs_error *err)
{
    struct ref_list *resolved = &d->kernel->resolved;
    struct capdata data = {0};
    struct ref vpid, kpid;
    bool rejected;
    enum hs_status st = HS_OK;

    ref_list_clear(resolved);
    (void)(json_text_next(t, ']') && json_text_open(t, '['));
    while (st == HS_OK && json_text_more(t, ']')) {
        st = read_resolution(t, &vpid, &rejected, &data, err);
        if (st == HS_OK) st = resolve_one(d, &vpid, rejected, &data, &kpid, err);
        if (st == HS_OK) st = kernel_fail(err, ref_list_add(resolved, &kpid));
    }
    if (st == HS_OK && !json_text_close(t, ']')) st = syscall_malformed(t, err);
    if (st == HS_OK) st = clist_forget(syscall_kv(d), &d->vat, resolved, err);
    if (st == HS_OK) st = syscall_answer_ok(reply, err);
    if (resolved->capacity > RESOLVED_KEPT) ref_list_fini(resolved);
    capdata_fini(&data);
    return st;
}

enum hs_status syscall_exit(struct delivery *d, struct json_text *t, struct buffer *reply,
                            struct hs_error *err)
{
    struct capdata info = {0};
    bool failure = false;
    enum hs_status st;

    if (!json_text_next(t, ']') || !read_bool(t, &failure) || !json_text_next(t, ']')) {
        return syscall_malformed(t, err);
    }
    st = read_capdata(t, &info, err);
    if (st == HS_OK && !json_text_close(t, ']')) st = syscall_malformed(t, err);
    if (st == HS_OK) st = translate_capdata(d, &info, err);
    if (st == HS_OK) { /* the last one counts */
        d->exits = true;
        d->exit_failed = failure;
        buffer_clear(&d->exit_why);
        ref_list_fini(&d->exit_slots);
        d->exit_slots = info.slots;
        info.slots = (struct ref_list){0};
        st = kernel_fail(err, json_text_decode(&d->exit_why, info.body));
    }
    if (st == HS_OK) st = syscall_answer_ok(reply, err);
    capdata_fini(&info);
    return st;
}

enum hs_status syscall_call_now(struct delivery *d, struct json_text *t, struct buffer *reply,
                                struct hs_error *err)
{
    struct capdata args = {0};
    struct buffer name = {0};
    struct ref vref, device;
    struct slice method;
    enum hs_status st;

    if (!json_text_next(t, ']') || !syscall_read_ref(t, &vref) || !json_text_next(t, ']') ||
        !json_text_string(t, &method) || !json_text_next(t, ']')) {
        return syscall_malformed(t, err);
    }
    st = read_capdata(t, &args, err);
    if (st == HS_OK && !json_text_close(t, ']')) st = syscall_malformed(t, err);
    if (st == HS_OK) st = clist_to_kernel(syscall_kv(d), &d->vat, &vref, &device, err);
    if (st == HS_OK && kref_kind(&device) != REF_DEVICE) {
        st = hs_fail(err, HS_VAT_FAILED, "\"%s\" is no device", vref.text);
    }
    if (st == HS_OK) st = translate_capdata(d, &args, err);
    if (st == HS_OK) st = kernel_fail(err, json_text_decode(&name, method));
    if (st == HS_OK) {
        st = device_call(d->kernel, &d->vat, &device, buffer_slice(&name), &args, reply, err);
    }
    buffer_fini(&name);
    capdata_fini(&args);
    return st;
}
