#include "kernel/deliveries.h"

#include "kernel/critical.h"
#include "kernel/metering.h"
#include "kernel/state/utf8.h"
#include "kernel/syscalls.h"
#include "kernel/tables/clist.h"
#include "kernel/tables/meters.h"
#include "kernel/tables/promises.h"
#include "kernel/tables/reaping.h"
#include "kernel/tables/retirement.h"
#include "kernel/tables/termination.h"
#include "kernel/tables/transcript.h"
#include "kernel/tables/vat_options.h"
#include "kernel/text/name_census.h"
#include "kernel/vat_end.h"
#include "kernel/vat_meter.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* What one notify gathers: promises, bytes of what they were settled with, and names of like hash.
 * One that is left out is subscribed to by the vat, or was, and told of later. */
enum { NOTIFY_PROMISES_MAX = 1024, NOTIFY_BYTES_MAX = 4 << 20, NOTIFY_SLOT_BYTES = 16 };

enum { EXIT_REASON_BYTES = 400 }; /* of the vat's own words */

/* --- running one --- */

/* Whose doing it is. In the last two nothing of the vat's own code runs, and what there is to do is
 * bounded by how many references they name: the crank's limit and the vat's meter are not for them,
 * or a vat could end by what others let go of. */
enum delivery_kind { DELIVERY_CALL, DELIVERY_COLLECT, DELIVERY_REAP };

/* Each delivery counts; the reap begins the counting anew. */
static enum hs_status delivery_note_work(struct delivery *d, struct slice text,
                                         enum delivery_kind kind, struct hs_error *err)
{
    struct kernel *k = d->kernel;
    const struct reap_work work = {.bytes = text.len + d->syscalls.len,
                                   .steps = k->meter.vat_steps,
                                   .memory = vat_heap_bytes(k->ran->vat)};

    if (kind != DELIVERY_REAP) return reap_dirt_add(&k->kv, &d->vat, &k->now.rules, &work, err);
    return reap_dirt_clear(&k->kv, &d->vat, &k->now.rules, work.memory,
                           d->let_go >= REAP_REFERENCES_MAX, err);
}

/* The vat asked to end: HS_VAT_FAILED if it called that a failure. What it says of it outlives the
 * crank, which is undone, and with it what slots may name; so a reason that has some is not kept.
 */
static enum hs_status delivery_exit(struct delivery *d, struct hs_error *err)
{
    struct buffer why = {0};
    enum hs_status st;

    if (!d->exit_failed) {
        struct vat_last_word word = {.body = buffer_slice(&d->exit_why), .slots = d->exit_slots};
        struct vat_fate fate = {&d->kernel->ran->name, "it exited", "the vat has exited",
                                d->kernel->handed, &word};

        kernel_process_ended(d->kernel, d->kernel->ran);
        return vat_end(d->kernel, &fate, err);
    }
    st = capdata_rejection_to_text(&why, buffer_slice(&d->exit_why));
    if (st == HS_OK && d->exit_slots.len == 0) {
        st = buffer_assign(&d->kernel->exit_reason, buffer_slice(&d->exit_why));
    }
    st = kernel_fail(err, st);
    if (st == HS_OK)
        st = hs_fail(err, HS_VAT_FAILED, "it exited: %.*s",
                     (int)utf8_cut(buffer_slice(&why), EXIT_REASON_BYTES), buffer_text(&why));
    buffer_fini(&why);
    return st;
}

/* What the vat's options grant it: memory, whether it is critical, and, of a call, what is left on
 * its meter. */
static enum hs_status delivery_grant(struct delivery *d, enum delivery_kind kind,
                                     struct hs_error *err)
{
    struct kernel *k = d->kernel;
    struct vat_process *p = k->ran;
    struct vat_options options;
    struct vat_meter meter = {0};
    bool metered = false;
    uint64_t steps = meter_grant(k);
    enum hs_status st = vat_options_find(&k->kv, &d->vat, &options, err);

    if (st == HS_OK && kind == DELIVERY_CALL && options.meter.text[0] != '\0') {
        st = meter_read(&k->kv, &options.meter, &meter, &metered, err);
    }
    if (st != HS_OK) return st;
    if (metered) {
        k->vat_meter = options.meter;
        if (meter.remaining < steps) steps = meter.remaining;
    }
    p->critical = options.critical;
    vat_set_memory_max(p->vat, options.memory);
    vat_set_steps_max(p->vat, steps);
    return HS_OK;
}

static enum hs_status delivery_execute(struct delivery *d, struct slice text,
                                       enum delivery_kind kind, struct hs_error *err)
{
    struct kernel *k = d->kernel;
    struct vat_process *p = k->ran;
    struct buffer result = buffer_room_take(&k->kv.room);
    enum hs_status st;

    k->meter.moved_bytes += text.len;
    kernel_tell(k, (struct witnessed){.kind = WITNESS_DELIVERY,
                                      .vat = &p->name,
                                      .number = p->transcript_len,
                                      .text = text});
    st = vat_process_deliver(p, text, &k->kv.room, syscall_answer, d, err);
    k->meter.vat_steps = vat_steps(p->vat);
    if (st == HS_OK) st = meter_check(k, err);
    if (st == HS_VAT_FAILED && vat_steps(p->vat) > vat_steps_max(p->vat) &&
        meter_check(k, err) == HS_SPENT) {
        st = HS_SPENT; /* the caller's limit was the nearer one */
    }
    k->meter.noted_bytes = 0; /* the store's bytes have them from here on */
    if (st == HS_OK) st = kernel_fail(err, transcript_result(&result, vat_steps(p->vat)));
    if (st == HS_OK) {
        st = transcript_append(&k->kv, &d->vat, p->transcript_len, text, buffer_slice(&d->syscalls),
                               buffer_slice(&result), err);
    }
    if (st == HS_OK) st = delivery_note_work(d, text, kind, err);
    if (st == HS_OK) {
        p->transcript_len++;
        p->deliveries++;
        if (d->exits) delivery_words(text, k->handed);
        st = vat_meter_settle(k, p, err);
    }
    if (st == HS_OK && d->exits) st = delivery_exit(d, err);
    buffer_room_give(&k->kv.room, &result);
    kernel_tell(k, (struct witnessed){.kind = WITNESS_DELIVERED,
                                      .vat = &p->name,
                                      .steps = k->meter.vat_steps,
                                      .status = st,
                                      .words = err ? err->text : ""});
    return st;
}

static enum hs_status deliver_text(struct kernel *k, const struct ref *vat, struct slice text,
                                   enum delivery_kind kind, struct hs_error *err)
{
    struct delivery d = {.kernel = k, .vat = *vat, .syscalls = buffer_room_take(&k->kv.room)};
    enum hs_status st = kernel_process(k, vat, &k->ran, err);

    if (st == HS_OK) st = meter_check(k, err); /* its program may have been loaded */
    if (st == HS_OK) {
        k->meter.cranks++;
        k->meter.unbounded = kind != DELIVERY_CALL;
        st = delivery_grant(&d, kind, err);
    }
    if (st == HS_OK) st = critical_guard(k, err);
    if (st == HS_OK) st = delivery_execute(&d, text, kind, err);
    if (st != HS_OK) delivery_words(text, k->handed);
    buffer_room_give(&k->kv.room, &d.syscalls);
    delivery_fini(&d);
    return st;
}

static enum hs_status deliver(struct kernel *k, const struct ref *vat, struct slice text,
                              struct hs_error *err)
{
    return deliver_text(k, vat, text, DELIVERY_CALL, err);
}

enum hs_status deliver_reap(struct kernel *k, const struct ref *vat, struct hs_error *err)
{
    return deliver_text(k, vat, slice_text("[\"bringOutYourDead\"]"), DELIVERY_REAP, err);
}

/* --- translating --- */

/* The result promise becomes the vat's to decide. */
static enum hs_status give_result(struct kernel *k, const struct ref *vat, const struct ref *kpid,
                                  struct ref *vpid, struct hs_error *err)
{
    struct key key;
    struct ref decider;
    enum hs_status st = promise_decider(&k->kv, kpid, &decider, err);

    if (st == HS_OK && decider.text[0] != '\0') {
        st = kernel_store_damaged(key_of(&key, kpid->text, ".decider", ""),
                                  "somebody else's to decide already", err);
    }
    if (st == HS_OK) st = clist_to_vat(&k->kv, vat, kpid, vpid, err);
    return st == HS_OK ? promise_set_decider(&k->kv, kpid, vat, err) : st;
}

static enum hs_status message_text(struct buffer *out, const struct ref *target, struct slice body,
                                   const struct ref_list *slots, const struct ref *result)
{
    struct json_printer j = json_printer_on(out);

    printer_note(&j.text, buffer_reserve(out, body.len + 128));
    json_print_open(&j, '[');
    json_print_word(&j, "message");
    json_print_word(&j, target->text);
    json_print_open(&j, '{');
    json_print_key(&j, "methargs");
    capdata_print(&j, body, slots);
    json_print_key(&j, "result");
    ref_print(result, &j);
    json_print_close(&j, '}');
    json_print_close(&j, ']');
    return json_print_end(&j);
}

enum hs_status deliver_message(struct kernel *k, const struct event *e, const struct route *route,
                               struct hs_error *err)
{
    struct key key;
    struct ref_list slots = {0};
    struct buffer text = buffer_room_take(&k->kv.room);
    struct ref target, result = {""};
    enum hs_status st;

    assert(route->kind == ROUTE_VAT);
    st = clist_to_vat(&k->kv, &route->vat, &route->object, &target, err);
    if (st == HS_OK && !vref_is_export(&target)) {
        st = kernel_store_damaged(key_of(&key, route->object.text, ".owner", ""),
                                  "a vat that does not export it", err);
    }
    if (st == HS_OK) st = clist_list_to_vat(&k->kv, &route->vat, &e->data.slots, &slots, err);
    if (st == HS_OK && e->promise.text[0] != '\0') {
        st = give_result(k, &route->vat, &e->promise, &result, err);
    }
    if (st == HS_OK) st = event_release(&k->kv, e, err);
    if (st == HS_OK) {
        st = kernel_fail(err, message_text(&text, &target, e->data.body, &slots, &result));
    }
    if (st == HS_OK) st = deliver(k, &route->vat, buffer_slice(&text), err);
    ref_list_fini(&slots);
    buffer_room_give(&k->kv.room, &text);
    return st;
}

/* Count the names of a body. One that is alone was counted when it was sent. */
static enum hs_status notify_census(struct name_census **census, bool alone, struct slice body,
                                    bool *crowded)
{
    enum hs_status st = HS_OK;

    if (alone || body.len == 0) return HS_OK;
    if (!*census) st = name_census_open(census);
    if (st == HS_OK) st = name_census_add(*census, slice_make(body.data + 1, body.len - 1));
    if (st == HS_OK) *crowded = name_census_crowded(*census);
    return st;
}

/* Depth first, each once: the promise, and whatever settled promises its data speaks of. */
static enum hs_status notify_gather(struct kernel *k, const struct ref *first, struct ref_list *out,
                                    struct hs_error *err)
{
    struct ref_list waiting = {0}, slots = {0};
    struct name_census *census = NULL;
    struct buffer body = {0};
    bool crowded = false;
    enum promise_state state;
    size_t bytes = 0;
    enum hs_status st = kernel_fail(err, ref_list_add(&waiting, first));

    while (st == HS_OK && waiting.len > 0 && out->len < NOTIFY_PROMISES_MAX &&
           bytes < NOTIFY_BYTES_MAX && !crowded) {
        struct ref kpid = waiting.items[--waiting.len];

        if (kref_kind(&kpid) != REF_PROMISE || ref_list_has(out, &kpid)) continue;
        st = promise_state_read(&k->kv, &kpid, &state, err);
        if (st != HS_OK || state == PROMISE_UNRESOLVED) continue;
        st = kernel_fail(err, ref_list_add(out, &kpid));
        if (st == HS_OK) st = promise_data(&k->kv, &kpid, &body, &slots, err);
        bytes += body.len + slots.len * NOTIFY_SLOT_BYTES;
        for (size_t i = slots.len; i > 0 && st == HS_OK; i--) {
            st = kernel_fail(err, ref_list_add(&waiting, &slots.items[i - 1]));
        }
        if (st == HS_OK) {
            st = kernel_fail(err, notify_census(&census, out->len == 1 && waiting.len == 0,
                                                buffer_slice(&body), &crowded));
        }
    }
    name_census_close(census);
    ref_list_fini(&waiting);
    ref_list_fini(&slots);
    buffer_fini(&body);
    return st;
}

/* One [vpid, rejected, capdata]. */
static enum hs_status notify_print(struct kernel *k, const struct ref *vat, const struct ref *kpid,
                                   struct json_printer *j, struct hs_error *err)
{
    struct ref_list slots = {0}, vrefs = {0};
    struct buffer body = {0}, raw = {0};
    enum promise_state state;
    struct ref vpid;
    enum hs_status st = promise_state_read(&k->kv, kpid, &state, err);

    if (st == HS_OK) st = clist_to_vat(&k->kv, vat, kpid, &vpid, err);
    if (st == HS_OK) st = promise_data(&k->kv, kpid, &body, &slots, err);
    if (st == HS_OK) st = clist_list_to_vat(&k->kv, vat, &slots, &vrefs, err);
    if (st == HS_OK) st = kernel_fail(err, json_text_encode(&raw, buffer_slice(&body)));
    if (st != HS_OK) goto out;
    json_print_open(j, '[');
    json_print_word(j, vpid.text);
    json_print_raw(j, slice_text(state == PROMISE_REJECTED ? "true" : "false"));
    capdata_print(j, buffer_slice(&raw), &vrefs);
    json_print_close(j, ']');
out:
    ref_list_fini(&slots);
    ref_list_fini(&vrefs);
    buffer_fini(&body);
    buffer_fini(&raw);
    return st;
}

static enum hs_status notify_text(struct kernel *k, const struct ref *vat,
                                  const struct ref_list *kpids, struct buffer *out,
                                  struct hs_error *err)
{
    struct json_printer j = json_printer_on(out);
    enum hs_status st = HS_OK;

    json_print_open(&j, '[');
    json_print_word(&j, "notify");
    json_print_open(&j, '[');
    for (size_t i = 0; i < kpids->len && st == HS_OK; i++) {
        st = notify_print(k, vat, &kpids->items[i], &j, err);
    }
    json_print_close(&j, ']');
    json_print_close(&j, ']');
    return st == HS_OK ? kernel_fail(err, json_print_end(&j)) : st;
}

enum hs_status deliver_notify(struct kernel *k, const struct event *e, struct hs_error *err)
{
    const struct ref *vat = &e->target;
    struct ref_list kpids = {0};
    struct buffer text = {0};
    struct clist_entry entry;
    enum hs_status st = clist_find(&k->kv, vat, &e->promise, &entry, err);

    if (st == HS_OK && entry.found) st = notify_gather(k, &e->promise, &kpids, err);
    if (st == HS_OK && kpids.len > 0) st = notify_text(k, vat, &kpids, &text, err);
    if (st == HS_OK) st = event_release(&k->kv, e, err);
    if (st == HS_OK && kpids.len > 0) {
        st = deliver(k, vat, buffer_slice(&text), err);
        /* The vat has its answers: it may not speak of these promises any more. */
        if (st == HS_OK) st = clist_forget(&k->kv, vat, &kpids, err);
    }
    ref_list_fini(&kpids);
    buffer_fini(&text);
    return st;
}

enum hs_status deliver_start_vat(struct kernel *k, const struct event *e, struct hs_error *err)
{
    struct ref_list slots = {0};
    struct buffer text = {0};
    struct json_printer j = json_printer_on(&text);
    enum hs_status st = clist_list_to_vat(&k->kv, &e->target, &e->data.slots, &slots, err);

    if (st == HS_OK) st = event_release(&k->kv, e, err);
    if (st != HS_OK) goto out;
    json_print_open(&j, '[');
    json_print_word(&j, "startVat");
    capdata_print(&j, e->data.body, &slots);
    json_print_close(&j, ']');
    st = kernel_fail(err, json_print_end(&j));
    if (st == HS_OK) st = deliver(k, &e->target, buffer_slice(&text), err);
out:
    ref_list_fini(&slots);
    buffer_fini(&text);
    return st;
}

enum hs_status deliver_change_options(struct kernel *k, const struct event *e, uint64_t memory,
                                      struct hs_error *err)
{
    struct buffer text = {0};
    struct json_printer j = json_printer_on(&text);
    enum hs_status st;

    json_print_open(&j, '[');
    json_print_word(&j, "changeVatOptions");
    json_print_open(&j, '{');
    if (memory > 0) {
        json_print_key(&j, "memory");
        json_print_uint(&j, memory);
    }
    json_print_close(&j, '}');
    json_print_close(&j, ']');
    st = kernel_fail(err, json_print_end(&j));
    if (st == HS_OK) st = event_release(&k->kv, e, err);
    if (st == HS_OK) st = deliver(k, &e->target, buffer_slice(&text), err);
    buffer_fini(&text);
    return st;
}

/* The vat's name for one object of a GC delivery; its c-list entry follows. */
static enum hs_status gc_translate(struct kernel *k, const struct ref *vat, enum gc_action action,
                                   const struct ref *kref, struct ref_list *vrefs,
                                   struct hs_error *err)
{
    struct key key;
    struct clist_entry entry;
    enum hs_status st = clist_find(&k->kv, vat, kref, &entry, err);

    if (st != HS_OK) return st;
    if (!entry.found || vref_is_export(&entry.vref) != (action != GC_RETIRE_IMPORT)) {
        return kernel_store_damaged(key_of(&key, vat->text, ".c.", kref->text),
                                    "the vat is to be told of what is not there", err);
    }
    st = kernel_fail(err, ref_list_add(vrefs, &entry.vref));
    if (st != HS_OK) return st;
    if (action == GC_DROP_EXPORT) return clist_drop(&k->kv, vat, &entry, err);
    st = clist_delete(&k->kv, vat, &entry, err);
    if (st != HS_OK || action == GC_RETIRE_IMPORT) return st;
    return retirement_of_object(&k->kv, kref, err);
}

enum hs_status deliver_gc(struct kernel *k, const struct ref *vat, enum gc_action action,
                          const struct ref_list *krefs, struct hs_error *err)
{
    static const char *const names[GC_ACTION_COUNT] = {
        [GC_DROP_EXPORT] = "dropExports",
        [GC_RETIRE_EXPORT] = "retireExports",
        [GC_RETIRE_IMPORT] = "retireImports",
    };
    struct ref_list vrefs = {0};
    struct buffer text = {0};
    struct json_printer j = json_printer_on(&text);
    enum hs_status st = HS_OK;

    assert(krefs->len > 0);
    for (size_t i = 0; i < krefs->len && st == HS_OK; i++) {
        st = gc_translate(k, vat, action, &krefs->items[i], &vrefs, err);
    }
    json_print_open(&j, '[');
    json_print_word(&j, names[action]);
    ref_list_print(&vrefs, &j);
    json_print_close(&j, ']');
    if (st == HS_OK) st = kernel_fail(err, json_print_end(&j));
    if (st == HS_OK) st = deliver_text(k, vat, buffer_slice(&text), DELIVERY_COLLECT, err);
    ref_list_fini(&vrefs);
    buffer_fini(&text);
    return st;
}
