#include "kernel/syscalls.h"

#include "kernel/capdata.h"
#include "kernel/clist.h"
#include "kernel/devices.h"
#include "kernel/events.h"
#include "kernel/objects.h"
#include "kernel/promises.h"
#include "kernel/resolution.h"
#include "kernel/transcript.h"

#include <assert.h>

static const char answer_ok[] = "[\"ok\",null]";

void delivery_fini(struct delivery *d)
{
    buffer_fini(&d->syscalls);
    buffer_fini(&d->exit_why);
}

static struct keeper *keeper_for(struct delivery *d)
{
    return &d->kernel->keeper;
}

static enum hs_status syscall_malformed(struct json_text *t, struct hs_error *err)
{
    return hs_fail(err, HS_VAT_FAILED, "%s", t->problem ? t->problem : "more than it takes");
}

static enum hs_status answer_text(struct buffer *reply, const char *text, struct hs_error *err)
{
    return keeper_fail(err, buffer_append_text(reply, text));
}

/* ---- arguments ---- */

static bool read_ref(struct json_text *t, struct ref *out)
{
    struct slice raw;

    if (!json_text_string(t, &raw)) return false;
    return ref_make(json_text_inner(raw), out) == HS_OK || json_text_fail(t, "no reference");
}

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

/* A list of vrefs that is the last argument. */
static enum hs_status read_vrefs(struct json_text *t, struct ref_list *out, struct hs_error *err)
{
    struct ref vref;
    enum hs_status st = HS_OK;

    (void)(json_text_next(t, ']') && json_text_open(t, '['));
    while (st == HS_OK && json_text_more(t, ']') && read_ref(t, &vref)) {
        st = keeper_fail(err, ref_list_add(out, &vref));
    }
    if (st != HS_OK) return st;
    return json_text_close(t, ']') ? HS_OK : syscall_malformed(t, err);
}

/* Capdata whose slots become krefs. */
static enum hs_status translate_capdata(struct delivery *d, struct capdata *c, struct hs_error *err)
{
    struct ref_list krefs = {0};
    enum hs_status st = HS_OK;

    if (c->slots.len == 0) return HS_OK;
    st = clist_list_to_kernel(keeper_for(d), &d->vat, &c->slots, &krefs, err);
    ref_list_fini(&c->slots);
    c->slots = krefs;
    return st;
}

static enum hs_status read_capdata(struct json_text *t, struct capdata *out, struct hs_error *err)
{
    enum hs_status st = capdata_read(t, out);

    return st == HS_INVALID ? syscall_malformed(t, err) : keeper_fail(err, st);
}

/* ---- messages and promises ---- */

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
    st = promise_state_read(keeper_for(d), kpid, &state, err);
    if (st != HS_OK) return st;
    if (state != PROMISE_UNRESOLVED) {
        return hs_fail(err, HS_VAT_FAILED, "\"%s\" is resolved already", vpid->text);
    }
    st = promise_decider(keeper_for(d), kpid, &decider, err);
    if (st != HS_OK || ref_equal(&decider, &d->vat)) return st;
    return hs_fail(err, HS_VAT_FAILED, "the vat does not decide \"%s\"", vpid->text);
}

/* The result's decider is nobody until the message is delivered. */
static enum hs_status take_result(struct delivery *d, const struct ref *vpid, struct ref *kpid,
                                  struct hs_error *err)
{
    enum hs_status st = clist_to_kernel(keeper_for(d), &d->vat, vpid, kpid, err);

    if (st == HS_OK) st = require_decider(d, kpid, vpid, err);
    return st == HS_OK ? promise_set_decider(keeper_for(d), kpid, NULL, err) : st;
}

static enum hs_status syscall_send(struct delivery *d, struct json_text *t, struct buffer *reply,
                                   struct hs_error *err)
{
    struct capdata methargs = {0};
    struct ref target_vref, result_vref, target, result;
    bool asked;
    enum hs_status st;

    if (!json_text_next(t, ']') || !read_ref(t, &target_vref) || !json_text_next(t, ']')) {
        return syscall_malformed(t, err);
    }
    st = read_message(t, &methargs, &result_vref, err);
    if (st == HS_OK && !json_text_close(t, ']')) st = syscall_malformed(t, err);
    if (st != HS_OK) goto out;
    asked = result_vref.text[0] != '\0';
    st = clist_to_kernel(keeper_for(d), &d->vat, &target_vref, &target, err);
    if (st == HS_OK && kref_kind(&target) == REF_DEVICE) {
        st = hs_fail(err, HS_VAT_FAILED, "cannot send to a device");
    }
    if (st == HS_OK) st = translate_capdata(d, &methargs, err);
    if (st == HS_OK && asked) st = take_result(d, &result_vref, &result, err);
    if (st == HS_OK) {
        st = event_send(keeper_for(d), &target, methargs.body, &methargs.slots,
                        asked ? &result : NULL, err);
    }
    if (st == HS_OK) st = answer_text(reply, answer_ok, err);
out:
    capdata_fini(&methargs);
    return st;
}

static enum hs_status syscall_subscribe(struct delivery *d, struct json_text *t,
                                        struct buffer *reply, struct hs_error *err)
{
    enum promise_state state;
    struct ref vpid, kpid;
    enum hs_status st;

    if (!json_text_next(t, ']') || !read_ref(t, &vpid) || !json_text_close(t, ']')) {
        return syscall_malformed(t, err);
    }
    st = clist_to_kernel(keeper_for(d), &d->vat, &vpid, &kpid, err);
    if (st == HS_OK && kref_kind(&kpid) != REF_PROMISE) {
        st = hs_fail(err, HS_VAT_FAILED, "\"%s\" is no promise", vpid.text);
    }
    if (st == HS_OK) st = promise_state_read(keeper_for(d), &kpid, &state, err);
    if (st != HS_OK) return st;
    if (state == PROMISE_UNRESOLVED) {
        st = promise_subscribe(keeper_for(d), &kpid, &d->vat, err);
    } else {
        st = event_notify(keeper_for(d), &d->vat, &kpid, err);
    }
    return st == HS_OK ? answer_text(reply, answer_ok, err) : st;
}

static enum hs_status resolve_one(struct delivery *d, const struct ref *vpid, bool rejected,
                                  struct capdata *data, struct ref *kpid, struct hs_error *err)
{
    struct buffer body = {0};
    enum hs_status st = clist_to_kernel(keeper_for(d), &d->vat, vpid, kpid, err);

    if (st == HS_OK) st = require_decider(d, kpid, vpid, err);
    if (st == HS_OK) st = translate_capdata(d, data, err);
    if (st == HS_OK) st = keeper_fail(err, json_text_decode(&body, data->body));
    if (st == HS_OK && !rejected && data->slots.len == 1 &&
        kref_kind(&data->slots.items[0]) == REF_PROMISE && capdata_is_slot(buffer_slice(&body))) {
        st = hs_fail(err, HS_VAT_FAILED, "\"%s\" cannot be resolved to a promise", vpid->text);
    }
    if (st == HS_OK) {
        st = resolution_settle(keeper_for(d), kpid, rejected, buffer_slice(&body), &data->slots,
                               &d->vat, err);
    }
    buffer_fini(&body);
    return st;
}

/* One [vpid, rejected, capdata]. */
static enum hs_status read_resolution(struct json_text *t, struct ref *vpid, bool *rejected,
                                      struct capdata *data, struct hs_error *err)
{
    enum hs_status st;

    if (!json_text_open(t, '[') || !json_text_next(t, ']') || !read_ref(t, vpid) ||
        !json_text_next(t, ']') || !read_bool(t, rejected) || !json_text_next(t, ']')) {
        return syscall_malformed(t, err);
    }
    st = read_capdata(t, data, err);
    if (st != HS_OK) return st;
    return json_text_close(t, ']') ? HS_OK : syscall_malformed(t, err);
}

static enum hs_status syscall_resolve(struct delivery *d, struct json_text *t, struct buffer *reply,
                                      struct hs_error *err)
{
    struct ref_list resolved = {0};
    struct capdata data = {0};
    struct ref vpid, kpid;
    bool rejected;
    enum hs_status st = HS_OK;

    (void)(json_text_next(t, ']') && json_text_open(t, '['));
    while (st == HS_OK && json_text_more(t, ']')) {
        st = read_resolution(t, &vpid, &rejected, &data, err);
        if (st == HS_OK) st = resolve_one(d, &vpid, rejected, &data, &kpid, err);
        if (st == HS_OK) st = keeper_fail(err, ref_list_add(&resolved, &kpid));
    }
    if (st == HS_OK && !json_text_close(t, ']')) st = syscall_malformed(t, err);
    if (st == HS_OK) st = clist_forget(keeper_for(d), &d->vat, &resolved, err);
    if (st == HS_OK) st = answer_text(reply, answer_ok, err);
    ref_list_fini(&resolved);
    capdata_fini(&data);
    return st;
}

static enum hs_status syscall_exit(struct delivery *d, struct json_text *t, struct buffer *reply,
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
    if (st == HS_OK && !d->exits) { /* the first one counts */
        d->exits = true;
        d->exit_failed = failure;
        st = keeper_fail(err, json_text_decode(&d->exit_why, info.body));
    }
    if (st == HS_OK) st = answer_text(reply, answer_ok, err);
    capdata_fini(&info);
    return st;
}

static enum hs_status syscall_call_now(struct delivery *d, struct json_text *t,
                                       struct buffer *reply, struct hs_error *err)
{
    struct capdata args = {0};
    struct buffer name = {0};
    struct ref vref, device;
    struct slice method;
    enum hs_status st;

    if (!json_text_next(t, ']') || !read_ref(t, &vref) || !json_text_next(t, ']') ||
        !json_text_string(t, &method) || !json_text_next(t, ']')) {
        return syscall_malformed(t, err);
    }
    st = read_capdata(t, &args, err);
    if (st == HS_OK && !json_text_close(t, ']')) st = syscall_malformed(t, err);
    if (st == HS_OK) st = clist_to_kernel(keeper_for(d), &d->vat, &vref, &device, err);
    if (st == HS_OK && kref_kind(&device) != REF_DEVICE) {
        st = hs_fail(err, HS_VAT_FAILED, "\"%s\" is no device", vref.text);
    }
    if (st == HS_OK) st = translate_capdata(d, &args, err);
    if (st == HS_OK) st = keeper_fail(err, json_text_decode(&name, method));
    if (st == HS_OK) {
        st = device_call(d->kernel, &device, buffer_slice(&name), &args, reply, err);
    }
    buffer_fini(&name);
    capdata_fini(&args);
    return st;
}

/* ---- the vat's own store ---- */

/* The next argument, decoded, behind the vat's prefix in the store. */
static enum hs_status read_store_key(struct delivery *d, struct json_text *t, struct buffer *out,
                                     struct hs_error *err)
{
    struct slice raw;
    enum hs_status st;

    if (!json_text_next(t, ']') || !json_text_string(t, &raw)) return syscall_malformed(t, err);
    st = buffer_append_text(out, d->vat.text);
    if (st == HS_OK) st = buffer_append_text(out, ".vs.");
    if (st == HS_OK) st = json_text_decode(out, raw);
    if (st != HS_OK) return keeper_fail(err, st);
    if (out->len <= HS_KEY_BYTES_MAX) return HS_OK;
    return hs_fail(err, HS_VAT_FAILED, "a key of %zu bytes is too long", out->len);
}

static enum hs_status answer_string(struct buffer *reply, struct slice text, struct hs_error *err)
{
    enum hs_status st = buffer_append_text(reply, "[\"ok\",");

    if (st == HS_OK) st = json_text_encode(reply, text);
    return keeper_fail(err, st == HS_OK ? buffer_append_byte(reply, ']') : st);
}

static enum hs_status syscall_store_get(struct delivery *d, struct json_text *t,
                                        struct buffer *reply, struct hs_error *err)
{
    struct buffer key = {0};
    struct slice value;
    bool found;
    enum hs_status st = read_store_key(d, t, &key, err);

    if (st == HS_OK && !json_text_close(t, ']')) st = syscall_malformed(t, err);
    if (st == HS_OK) st = keeper_find(keeper_for(d), buffer_slice(&key), &value, &found, err);
    if (st == HS_OK) {
        st = found ? answer_string(reply, value, err) : answer_text(reply, answer_ok, err);
    }
    buffer_fini(&key);
    return st;
}

static enum hs_status syscall_store_next(struct delivery *d, struct json_text *t,
                                         struct buffer *reply, struct hs_error *err)
{
    struct buffer key = {0};
    struct key prefix;
    struct slice own = key_of(&prefix, d->vat.text, ".vs.", "");
    enum hs_status st = read_store_key(d, t, &key, err);

    if (st == HS_OK && !json_text_close(t, ']')) st = syscall_malformed(t, err);
    if (st == HS_OK) {
        st = keeper_next(keeper_for(d), own, &key, NULL, err);
        if (st == HS_NOT_FOUND) {
            st = answer_text(reply, answer_ok, err);
        } else if (st == HS_OK) {
            st = answer_string(reply, slice_make(key.data + own.len, key.len - own.len), err);
        }
    }
    buffer_fini(&key);
    return st;
}

static enum hs_status syscall_store_set(struct delivery *d, struct json_text *t,
                                        struct buffer *reply, struct hs_error *err)
{
    struct buffer key = {0}, value = {0};
    struct slice raw;
    enum hs_status st = read_store_key(d, t, &key, err);

    if (st == HS_OK &&
        (!json_text_next(t, ']') || !json_text_string(t, &raw) || !json_text_close(t, ']'))) {
        st = syscall_malformed(t, err);
    }
    if (st == HS_OK) st = keeper_fail(err, json_text_decode(&value, raw));
    if (st == HS_OK && value.len > HS_VALUE_BYTES_MAX) {
        st = hs_fail(err, HS_VAT_FAILED, "a value of %zu bytes is too long", value.len);
    }
    if (st == HS_OK) {
        st = keeper_write(keeper_for(d), buffer_slice(&key), buffer_slice(&value), err);
    }
    if (st == HS_OK) st = answer_text(reply, answer_ok, err);
    buffer_fini(&key);
    buffer_fini(&value);
    return st;
}

static enum hs_status syscall_store_delete(struct delivery *d, struct json_text *t,
                                           struct buffer *reply, struct hs_error *err)
{
    struct buffer key = {0};
    enum hs_status st = read_store_key(d, t, &key, err);

    if (st == HS_OK && !json_text_close(t, ']')) st = syscall_malformed(t, err);
    if (st == HS_OK) st = keeper_delete(keeper_for(d), buffer_slice(&key), err);
    if (st == HS_OK) st = answer_text(reply, answer_ok, err);
    buffer_fini(&key);
    return st;
}

/* ---- garbage collection ---- */

/* What one vref of a list must be, and what becomes of its c-list entry. */
typedef enum hs_status (*gc_step_fn)(struct delivery *d, const struct clist_entry *entry,
                                     struct hs_error *err);

static enum hs_status gc_step_drop_import(struct delivery *d, const struct clist_entry *entry,
                                          struct hs_error *err)
{
    if (!entry->reachable) {
        return hs_fail(err, HS_VAT_FAILED, "\"%s\" is dropped already", entry->vref.text);
    }
    return clist_drop(keeper_for(d), &d->vat, entry, err);
}

static enum hs_status gc_step_retire_import(struct delivery *d, const struct clist_entry *entry,
                                            struct hs_error *err)
{
    if (entry->reachable) {
        return hs_fail(err, HS_VAT_FAILED, "\"%s\" is still reachable", entry->vref.text);
    }
    return clist_delete(keeper_for(d), &d->vat, entry, err);
}

static enum hs_status gc_step_retire_export(struct delivery *d, const struct clist_entry *entry,
                                            struct hs_error *err)
{
    enum hs_status st;

    if (entry->reachable) {
        return hs_fail(err, HS_VAT_FAILED, "\"%s\" is still reachable", entry->vref.text);
    }
    st = clist_delete(keeper_for(d), &d->vat, entry, err);
    return st == HS_OK ? object_retire(keeper_for(d), &entry->kref, err) : st;
}

static enum hs_status gc_step_abandon_export(struct delivery *d, const struct clist_entry *entry,
                                             struct hs_error *err)
{
    enum hs_status st = clist_delete(keeper_for(d), &d->vat, entry, err);

    return st == HS_OK ? object_orphan(keeper_for(d), &entry->kref, err) : st;
}

static enum hs_status syscall_gc(struct delivery *d, struct json_text *t, struct buffer *reply,
                                 bool exports, gc_step_fn step, struct hs_error *err)
{
    struct ref_list vrefs = {0};
    struct clist_entry entry;
    enum hs_status st = read_vrefs(t, &vrefs, err);

    for (size_t i = 0; i < vrefs.len && st == HS_OK; i++) {
        const struct ref *vref = &vrefs.items[i];

        if (vref_kind(vref) != REF_OBJECT || vref_is_export(vref) != exports) {
            st = hs_fail(err, HS_VAT_FAILED, "\"%s\" is no %s", vref->text,
                         exports ? "exported object" : "imported object");
            break;
        }
        st = clist_find_vref(keeper_for(d), &d->vat, vref, &entry, err);
        if (st == HS_OK && !entry.found) {
            st = hs_fail(err, HS_VAT_FAILED, "the vat does not know \"%s\"", vref->text);
        }
        if (st == HS_OK) st = step(d, &entry, err);
    }
    if (st == HS_OK) st = answer_text(reply, answer_ok, err);
    ref_list_fini(&vrefs);
    return st;
}

static enum hs_status syscall_drop_imports(struct delivery *d, struct json_text *t,
                                           struct buffer *reply, struct hs_error *err)
{
    return syscall_gc(d, t, reply, false, gc_step_drop_import, err);
}

static enum hs_status syscall_retire_imports(struct delivery *d, struct json_text *t,
                                             struct buffer *reply, struct hs_error *err)
{
    return syscall_gc(d, t, reply, false, gc_step_retire_import, err);
}

static enum hs_status syscall_retire_exports(struct delivery *d, struct json_text *t,
                                             struct buffer *reply, struct hs_error *err)
{
    return syscall_gc(d, t, reply, true, gc_step_retire_export, err);
}

static enum hs_status syscall_abandon_exports(struct delivery *d, struct json_text *t,
                                              struct buffer *reply, struct hs_error *err)
{
    return syscall_gc(d, t, reply, true, gc_step_abandon_export, err);
}

/* ---- the table ---- */

typedef enum hs_status (*syscall_fn)(struct delivery *d, struct json_text *t, struct buffer *reply,
                                     struct hs_error *err);

static const struct {
    const char *name;
    syscall_fn run; /* `t` stands behind the name */
} syscalls[] = {
    {"send", syscall_send},
    {"subscribe", syscall_subscribe},
    {"resolve", syscall_resolve},
    {"exit", syscall_exit},
    {"callNow", syscall_call_now},
    {"vatstoreGet", syscall_store_get},
    {"vatstoreGetNextKey", syscall_store_next},
    {"vatstoreSet", syscall_store_set},
    {"vatstoreDelete", syscall_store_delete},
    {"dropImports", syscall_drop_imports},
    {"retireImports", syscall_retire_imports},
    {"retireExports", syscall_retire_exports},
    {"abandonExports", syscall_abandon_exports},
};

static enum hs_status syscall_run(struct delivery *d, struct slice syscall, struct buffer *reply,
                                  struct hs_error *err)
{
    struct json_text t;
    struct slice name;
    enum hs_status st;

    json_text_init(&t, syscall);
    if (!json_text_open(&t, '[') || !json_text_next(&t, ']') || !json_text_string(&t, &name)) {
        return hs_fail(err, HS_VAT_FAILED, "illegal syscall: %s", t.problem);
    }
    for (size_t i = 0; i < sizeof syscalls / sizeof *syscalls; i++) {
        if (!json_text_is(name, syscalls[i].name)) continue;
        st = syscalls[i].run(d, &t, reply, err);
        if (st == HS_OK && !json_text_end(&t)) st = syscall_malformed(&t, err);
        if (st != HS_VAT_FAILED) return st;
        return hs_fail_prefix(err, st, "illegal syscall %s", syscalls[i].name);
    }
    return hs_fail(err, HS_VAT_FAILED, "illegal syscall: there is none of that name");
}

enum hs_status syscall_answer(void *data, struct slice request, struct buffer *reply,
                              struct hs_error *err)
{
    struct delivery *d = data;
    struct slice syscall;
    enum hs_status st;

    buffer_clear(reply);
    if (!vat_request_syscall(request, &syscall)) return answer_text(reply, VAT_ANSWER_NOTHING, err);
    st = syscall_run(d, syscall, reply, err);
    if (st != HS_OK) return st;
    return keeper_fail(err, transcript_note_syscall(&d->syscalls, syscall, buffer_slice(reply)));
}
