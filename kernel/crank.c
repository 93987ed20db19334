#include "kernel/crank.h"

#include "kernel/critical.h"
#include "kernel/deliveries.h"
#include "kernel/invariants.h"
#include "kernel/metering.h"
#include "kernel/open_block.h"
#include "kernel/pending.h"
#include "kernel/state/utf8.h"
#include "kernel/tables/promises.h"
#include "kernel/tables/reaping.h"
#include "kernel/tables/refcounts.h"
#include "kernel/tables/resolution.h"
#include "kernel/tables/run_queue.h"
#include "kernel/vat_admin.h"
#include "kernel/vat_end.h"
#include "kernel/vat_meter.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum hs_status crank_run(struct kernel *k, crank_body_fn body, void *data, struct hs_error *err)
{
    size_t outputs_len = k->outputs.len, events_len = k->events.len, settled_len = k->settled.len;
    bool gc_pending = k->kv.gc_pending, cleanup_pending = k->kv.cleanup_pending;
    bool reap_pending = k->kv.reap_pending;
    enum hs_status st;

    k->ran = NULL;
    k->handed[0] = '\0';
    k->starts = false;
    meter_crank_begin(k);
    kv_hashed_crank_begin(&k->kv);
    st = body(k, data, err);
    if (st == HS_OK) st = pending_collect(k, err);
    if (st == HS_OK) st = refcounts_process(&k->kv, err);
    if (st == HS_OK) st = meter_check(k, err);
    meter_crank_end(k, st == HS_OK);
    if (st == HS_OK) {
        kv_hashed_crank_commit(&k->kv);
        k->cranks++;
        invariants_after_crank(k);
        return HS_OK;
    }
    kv_hashed_crank_abort(&k->kv);
    outputs_cut(&k->outputs, outputs_len);
    outputs_cut(&k->events, events_len);
    settlements_cut(&k->settled, settled_len);
    k->kv.gc_pending = gc_pending;
    k->kv.cleanup_pending = cleanup_pending;
    k->kv.reap_pending = reap_pending;
    return st;
}

/* --- routing --- */

static enum hs_status crank_accept_send(struct kernel *k, const struct event *e, struct slice text,
                                        struct hs_error *err)
{
    struct route route;
    enum hs_status st = route_find(&k->kv, &e->target, &route, err);

    if (st == HS_OK) {
        switch (route.kind) {
        case ROUTE_VAT: st = run_queue_add(&k->kv, QUEUE_RUN, text, err); break;
        case ROUTE_WAIT: st = promise_enqueue(&k->kv, &e->target, text, err); break;
        case ROUTE_REFUSE:
            st = route_refuse(&k->kv, &route, e, err);
            if (st == HS_OK) st = event_release(&k->kv, e, err);
            break;
        }
    }
    route_fini(&route);
    return st;
}

enum { REQUEUE_EVENTS_MAX = 64, REQUEUE_BYTES_MAX = 1 << 20 }; /* of one crank */

/* Route what waited for a promise; what is left stays where it is, at the head of the queue. */
static enum hs_status crank_accept_waiting(struct kernel *k, const struct event *requeue,
                                           struct slice requeue_text, struct hs_error *err)
{
    struct key at;
    struct buffer text = {0};
    size_t bytes = 0;
    bool left = true;
    enum hs_status st = HS_OK;

    for (int i = 0; i < REQUEUE_EVENTS_MAX && bytes < REQUEUE_BYTES_MAX && left; i++) {
        struct event e = {0};

        st = promise_take_waiting(&k->kv, &requeue->promise, &at, &text, &left, err);
        if (st == HS_OK) st = event_parse(key_slice(&at), buffer_slice(&text), &e, err);
        if (st == HS_OK && e.kind != EVENT_SEND) {
            st = kernel_store_damaged(key_slice(&at), "nothing that waits for a promise", err);
        }
        if (st == HS_OK) st = crank_accept_send(k, &e, buffer_slice(&text), err);
        event_fini(&e);
        if (st != HS_OK) break;
        bytes += text.len;
    }
    buffer_fini(&text);
    if (st != HS_OK) return st;
    return left ? run_queue_give_back(&k->kv, QUEUE_ACCEPTANCE, requeue_text, err)
                : event_release(&k->kv, requeue, err);
}

static enum hs_status crank_accept(struct kernel *k, void *data, struct hs_error *err)
{
    struct key at;
    struct buffer text = buffer_room_take(&k->kv.room);
    struct event e = {0};
    enum hs_status st = run_queue_take(&k->kv, QUEUE_ACCEPTANCE, &at, &text, err);

    (void)data;
    if (st == HS_OK) st = event_parse(key_slice(&at), buffer_slice(&text), &e, err);
    if (st == HS_OK && e.kind == EVENT_SEND) {
        st = crank_accept_send(k, &e, buffer_slice(&text), err);
    } else if (st == HS_OK && e.kind == EVENT_REQUEUE) {
        st = crank_accept_waiting(k, &e, buffer_slice(&text), err);
    } else if (st == HS_OK) {
        st = run_queue_add(&k->kv, QUEUE_RUN, buffer_slice(&text), err);
    }
    event_fini(&e);
    buffer_room_give(&k->kv.room, &text);
    return st;
}

/* --- deliveries --- */

static enum hs_status crank_deliver_send(struct kernel *k, const struct event *e,
                                         struct hs_error *err)
{
    struct route route;
    enum hs_status st = route_find(&k->kv, &e->target, &route, err);

    if (st == HS_OK) {
        switch (route.kind) {
        case ROUTE_VAT: st = deliver_message(k, e, &route, err); break;
        case ROUTE_WAIT:
            st = hs_fail(err, HS_KERNEL_FAILED, "%s was routed and is unresolved", e->target.text);
            break;
        case ROUTE_REFUSE: /* the vat ended after the message was accepted */
            st = route_refuse(&k->kv, &route, e, err);
            if (st == HS_OK) st = event_release(&k->kv, e, err);
            break;
        }
    }
    route_fini(&route);
    return st;
}

/* To a vat that ended meanwhile nothing is delivered; a send to it finds no owner of its target. */
static enum hs_status crank_deliver_event(struct kernel *k, const struct event *e,
                                          struct hs_error *err)
{
    bool ended = false;
    enum hs_status st = HS_OK;

    if (e->kind == EVENT_SEND) return crank_deliver_send(k, e, err);
    if (e->kind == EVENT_REQUEUE) {
        return hs_fail(err, HS_KERNEL_FAILED, "%s: what waited is to be routed, not delivered",
                       e->promise.text);
    }
    if (e->kind >= EVENT_CREATE_VAT) return vat_admin_run(k, e, err);
    st = vat_names_ended(&k->kv, &e->target, &ended, err);
    if (st != HS_OK) return st;
    if (ended) return event_release(&k->kv, e, err);
    k->starts = e->kind == EVENT_START_VAT;
    return e->kind == EVENT_NOTIFY ? deliver_notify(k, e, err) : deliver_start_vat(k, e, err);
}

/* `data`: gets the event's kind. */
static enum hs_status crank_deliver(struct kernel *k, void *data, struct hs_error *err)
{
    enum event_kind *kind = data;
    struct key at;
    struct buffer text = buffer_room_take(&k->kv.room);
    struct event e = {0};
    enum hs_status st = run_queue_take(&k->kv, QUEUE_RUN, &at, &text, err);

    if (st == HS_OK) st = event_parse(key_slice(&at), buffer_slice(&text), &e, err);
    if (st == HS_OK) *kind = e.kind;
    if (st == HS_OK) st = crank_deliver_event(k, &e, err);
    event_fini(&e);
    buffer_room_give(&k->kv.room, &text);
    return st;
}

static enum hs_status crank_collect(struct kernel *k, void *data, struct hs_error *err)
{
    struct ref_list krefs = {0};
    enum gc_action action = GC_DROP_EXPORT;
    struct ref vat;
    bool found;
    enum hs_status st = gc_actions_take(&k->kv, &vat, &action, &krefs, &found, err);

    (void)data;
    if (st == HS_OK && found) st = deliver_gc(k, &vat, action, &krefs, err);
    ref_list_fini(&krefs);
    return st;
}

static enum hs_status crank_reap(struct kernel *k, void *data, struct hs_error *err)
{
    struct ref vat;
    enum hs_status st = reap_queue_take(&k->kv, &vat, err);

    (void)data;
    if (st == HS_OK) st = deliver_reap(k, &vat, err);
    /* What a critical vat could not be told before, it is told behind this. */
    return st == HS_OK && k->ran->critical ? gc_actions_take_up(&k->kv, &vat, err) : st;
}

/* --- a vat that failed --- */

struct casualty {
    struct vat_process *process; /* NULL: it was not made yet */
    struct vat_fate fate;
};

/* What it failed on stays where it was: it finds the vat gone, and is refused, behind what the vat
 * still owed when it was sent. */
static enum hs_status crank_bury(struct kernel *k, void *data, struct hs_error *err)
{
    struct casualty *c = data;
    enum hs_status st = vat_meter_settle(k, c->process, err);

    return st == HS_OK ? vat_end(k, &c->fate, err) : st;
}

/* --- what a vat's maker asked for, and cannot be done --- */

static enum hs_status crank_give_up(struct kernel *k, void *data, struct hs_error *err)
{
    const struct casualty *c = data;
    struct key at;
    struct buffer text = {0};
    struct event e = {0};
    enum hs_status st = run_queue_take(&k->kv, QUEUE_RUN, &at, &text, err);

    if (st == HS_OK) st = event_parse(key_slice(&at), buffer_slice(&text), &e, err);
    if (st == HS_OK) st = vat_meter_settle(k, c->process, err);
    if (st == HS_OK) st = vat_admin_give_up(k, &e, c->fate.reason, err);
    event_fini(&e);
    buffer_fini(&text);
    return st;
}

/* Nothing of it stays; `process` (NULL: none) was made for it. */
static enum hs_status crank_not_done(struct kernel *k, struct vat_process *process,
                                     const char *reason, struct hs_error *err)
{
    struct casualty c = {.process = process, .fate = {.reason = reason}};
    enum hs_status st = crank_run(k, crank_give_up, &c, err);

    if (st == HS_OK && process) kernel_process_give_up(k, process);
    k->ran = NULL;
    return st;
}

/* Was it about a vat to come, so that no vat ends by it? */
static bool crank_is_not_done(enum event_kind kind, const struct vat_process *ran)
{
    return kind == EVENT_CREATE_VAT || kind == EVENT_UPGRADE_VAT ||
           (kind == EVENT_CHANGE_OPTIONS && !ran);
}

/* --- a critical vat that failed: what it was handed is passed over --- */

/* A message is rejected; of anything else nobody waits for an answer. A notify's entries stay in
 * the vat's c-list: it may still speak of them. */
static enum hs_status crank_pass_over_event(struct kernel *k, void *data, struct hs_error *err)
{
    const struct vat_fate *fate = data;
    struct key at;
    struct buffer text = {0};
    struct event e = {0};
    enum hs_status st = vat_spare(k, fate, err);

    if (st == HS_OK) st = run_queue_take(&k->kv, QUEUE_RUN, &at, &text, err);
    if (st == HS_OK) st = event_parse(key_slice(&at), buffer_slice(&text), &e, err);
    if (st == HS_OK && e.kind == EVENT_SEND && e.promise.text[0] != '\0') {
        st = resolution_reject(&k->kv, &e.promise, fate->message, err);
    }
    if (st == HS_OK) st = event_release(&k->kv, &e, err);
    event_fini(&e);
    buffer_fini(&text);
    return st;
}

static enum hs_status crank_pass_over_collect(struct kernel *k, void *data, struct hs_error *err)
{
    struct ref_list krefs = {0};
    enum gc_action action = GC_DROP_EXPORT;
    struct ref vat;
    bool found;
    enum hs_status st = vat_spare(k, data, err);

    if (st == HS_OK) st = gc_actions_take(&k->kv, &vat, &action, &krefs, &found, err);
    if (st == HS_OK && found) st = gc_actions_put_off(&k->kv, &vat, action, &krefs, err);
    ref_list_fini(&krefs);
    return st;
}

static enum hs_status crank_pass_over_reap(struct kernel *k, void *data, struct hs_error *err)
{
    const struct vat_fate *fate = data;
    const struct vat_process *p = vat_table_find(&k->vats, &fate->vat->id);
    struct ref vat;
    enum hs_status st = vat_spare(k, fate, err);

    if (st == HS_OK) st = reap_queue_take(&k->kv, &vat, err);
    if (st != HS_OK) return st;
    return reap_dirt_clear(&k->kv, &vat, &k->now.rules, vat_heap_bytes(p->vat), false, err);
}

/* --- cranks that deliver --- */

struct delivering {
    crank_body_fn deliver, pass_over;
};
static const struct delivering delivering_event = {crank_deliver, crank_pass_over_event};
static const struct delivering delivering_collect = {crank_collect, crank_pass_over_collect};
static const struct delivering delivering_reap = {crank_reap, crank_pass_over_reap};

static enum hs_status crank_spare(struct kernel *k, const struct delivering *what,
                                  struct vat_fate *fate, struct hs_error *err)
{
    fate->message = "the vat could not do this; it is critical, and nothing of it happened";
    critical_return(k);
    return crank_run(k, what->pass_over, fate, err);
}

static enum hs_status crank_end_vat(struct kernel *k, struct vat_process *failed,
                                    const struct vat_fate *fate, struct hs_error *err)
{
    struct casualty c = {failed, *fate};
    struct vat_last_word word = {.failed = true, .body = buffer_slice(&k->exit_reason)};
    struct buffer message = {0};
    bool starts = k->starts && failed->name.is_static;
    enum hs_status st =
        buffer_printf(&message, "vat \"%s\" was terminated: %s", failed->name.name, fate->reason);

    st = kernel_fail(err, st);
    c.fate.message = buffer_text(&message);
    if (word.body.len > 0) c.fate.word = &word;
    if (st == HS_OK) st = crank_run(k, crank_bury, &c, err);
    if (st == HS_OK) kernel_process_ended(k, failed);
    k->unstarted = k->unstarted || starts;
    if (st == HS_OK && k->casualty.len == 0) buffer_take(&k->casualty, &message);
    buffer_fini(&message);
    return st;
}

/* Run a crank that delivers. A vat that fails in it is terminated in its place, *died, or, where it
 * is critical, spared. */
static enum hs_status crank_run_delivery(struct kernel *k, const struct delivering *what,
                                         bool *died, struct hs_error *err)
{
    struct hs_error cause = {.status = HS_OK};
    struct vat_process *failed;
    struct vat_fate fate;
    char handed[KERNEL_HANDED_BYTES];
    enum event_kind kind = EVENT_SEND;
    enum hs_status st;
    bool fails;

    *died = false;
    k->vat_meter = (struct ref){""}; /* a delivery that was undone may have left one */
    buffer_clear(&k->exit_reason);
    st = crank_run(k, what->deliver, &kind, &cause);
    /* Bounds are the same on every node, so is running into one. */
    fails = st == HS_VAT_FAILED || st == HS_TOO_LARGE;
    failed = k->ran;
    if (fails && crank_is_not_done(kind, failed)) {
        return crank_not_done(k, failed, cause.text, err);
    }
    if (!fails || !failed) {
        critical_keep(k);
        return st == HS_OK ? st : hs_fail(err, st, "%s", cause.text);
    }
    cause.text[utf8_cut(slice_text(cause.text), sizeof cause.text - 1)] = '\0';
    memcpy(handed, k->handed, sizeof handed);
    fate = (struct vat_fate){.vat = &failed->name, .reason = cause.text, .handed = handed};
    if (k->guarded.process) return crank_spare(k, what, &fate, err);
    st = crank_end_vat(k, failed, &fate, err);
    *died = st == HS_OK;
    return st;
}

enum { REFUSAL_CRANKS_MAX = 64 };

/* What the vat failed on is refused in the same message, though the failure may have spent the run
 * policy: no vat runs for it, and a call is so answered by what became of it. Where more than a few
 * others are to hear first, it waits like everything else. */
static enum hs_status crank_refuse_failed(struct kernel *k, struct hs_error *err)
{
    enum event_kind kind;
    bool first = false;
    enum hs_status st = HS_OK;

    for (int i = 0; i < REFUSAL_CRANKS_MAX && !first && st == HS_OK; i++) {
        st = run_queue_is_empty(&k->kv, QUEUE_ACCEPTANCE, &first, err);
        if (st == HS_OK) st = crank_run(k, first ? crank_deliver : crank_accept, &kind, err);
    }
    return st;
}

/* --- the order of work --- */

enum hs_status crank_run_collect(struct kernel *k, struct hs_error *err)
{
    bool died;

    return crank_run_delivery(k, &delivering_collect, &died, err);
}

enum hs_status crank_run_reap(struct kernel *k, struct hs_error *err)
{
    bool died;

    return crank_run_delivery(k, &delivering_reap, &died, err);
}

static enum hs_status crank_step(struct kernel *k, bool *idle, struct hs_error *err)
{
    bool empty, died;
    enum hs_status st = run_queue_is_empty(&k->kv, QUEUE_ACCEPTANCE, &empty, err);

    *idle = false;
    open_block_release_ended(k);
    if (st != HS_OK) return st;
    if (!empty) return crank_run(k, crank_accept, NULL, err);
    if (k->kv.gc_pending) return crank_run_collect(k, err);
    st = run_queue_is_empty(&k->kv, QUEUE_RUN, &empty, err);
    if (st != HS_OK) return st;
    *idle = empty;
    if (empty) return HS_OK;
    st = crank_run_delivery(k, &delivering_event, &died, err);
    return st == HS_OK && died ? crank_refuse_failed(k, err) : st;
}

enum hs_status crank_run_some(struct kernel *k, bool at_least_one, bool *idle, struct hs_error *err)
{
    enum hs_status st = HS_OK;

    *idle = false;
    if (at_least_one) st = crank_step(k, idle, err);
    while (st == HS_OK && !*idle && !meter_policy_is_spent(k)) {
        st = crank_step(k, idle, err);
    }
    return st;
}

enum hs_status crank_is_idle(struct kernel *k, bool *idle, struct hs_error *err)
{
    bool none = false;
    enum hs_status st = run_queue_is_empty(&k->kv, QUEUE_ACCEPTANCE, &none, err);

    *idle = st == HS_OK && none && !k->kv.gc_pending;
    if (!*idle) return st;
    return run_queue_is_empty(&k->kv, QUEUE_RUN, idle, err);
}
