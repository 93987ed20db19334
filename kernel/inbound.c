#include "kernel/inbound.h"

#include "kernel/bootstrap.h"
#include "kernel/control.h"
#include "kernel/crank.h"
#include "kernel/devices/devices.h"
#include "kernel/pending.h"
#include "kernel/state/utf8.h"
#include "kernel/tables/device_handler.h"
#include "kernel/tables/events.h"
#include "kernel/tables/promises.h"
#include "kernel/tables/routing.h"
#include "kernel/tables/run_queue.h"
#include "kernel/text/capdata.h"
#include "kernel/text/text_size.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

enum { INBOUND_REASON_BYTES = 512 };

struct inbound {
    const struct message *message;
    struct slice to, method, bridge; /* contents: of the message, or of what is decoded of them */
    struct buffer decoded[3];
    struct slice args; /* raw JSON array */
    bool has_to, has_method, has_bridge, has_kernel;
    struct inbound_result *result;
    char reason[INBOUND_REASON_BYTES]; /* why it is rejected; "": it is not */
};

static void inbound_fini(struct inbound *in)
{
    for (size_t i = 0; i < sizeof in->decoded / sizeof *in->decoded; i++) {
        buffer_fini(&in->decoded[i]);
    }
}

static void inbound_refuse(struct inbound *in, const char *reason)
{
    (void)snprintf(in->reason, sizeof in->reason, "%s", reason);
}

static void inbound_refuse_malformed(struct inbound *in, const struct json_text *t)
{
    (void)snprintf(in->reason, sizeof in->reason,
                   "the message is not well-formed JSON: %s at byte %zu", t->problem,
                   (size_t)(t->at - t->start));
}

/* A value that must be text. */
static enum hs_status inbound_read_text(struct slice value, struct buffer *decoded,
                                        struct slice *out, bool *has)
{
    *out = (struct slice){0};
    *has = value.data[0] == '"';
    return *has ? json_text_content(value, decoded, out) : HS_OK;
}

static enum hs_status inbound_read(struct inbound *in, struct json_text *t, struct buffer *key)
{
    struct slice raw, value, name;
    enum hs_status st = HS_OK;

    while (st == HS_OK && json_text_more(t, '}') && json_text_key(t, &raw) &&
           json_text_value(t, &value)) {
        st = json_text_content(raw, key, &name);
        if (st != HS_OK) break;
        if (slice_equal(name, slice_text("to"))) {
            st = inbound_read_text(value, &in->decoded[0], &in->to, &in->has_to);
        } else if (slice_equal(name, slice_text("method"))) {
            st = inbound_read_text(value, &in->decoded[1], &in->method, &in->has_method);
        } else if (slice_equal(name, slice_text("args"))) {
            in->args = value;
        } else if (slice_equal(name, slice_text("bridge"))) {
            st = inbound_read_text(value, &in->decoded[2], &in->bridge, &in->has_bridge);
        } else if (slice_equal(name, slice_text("kernel"))) {
            in->has_kernel = true;
        }
    }
    return st;
}

/* Only the chain itself speaks by the bridge: what comes that way is its own word to the vats. */
static bool inbound_is_by_bridge(const struct inbound *in)
{
    return in->has_bridge && in->message->control;
}

static void inbound_check_call(struct inbound *in)
{
    if (!in->has_to) {
        inbound_refuse(in, "the message must name a vat: \"to\" is missing or not a text");
    } else if (!in->has_method || in->method.len == 0) {
        inbound_refuse(in, "the message must name a method: \"method\" is missing or not a text");
    } else if (slice_equal(in->method, slice_text("bootstrap"))) {
        /* The kernel's own first call: what it hands over decides whom the vats trust. */
        inbound_refuse(in, "\"bootstrap\" is for the kernel alone to call");
    }
}

static void inbound_check(struct inbound *in)
{
    const bool control = in->message->control;

    if (in->has_kernel && control) return;
    if (in->has_kernel && !in->has_to) {
        inbound_refuse(in, "only the chain itself may speak to the kernel");
    } else if (in->has_bridge && !in->has_to && !control) {
        inbound_refuse(in, "only the chain itself may speak by the bridge");
    } else if (!inbound_is_by_bridge(in)) {
        inbound_check_call(in);
    }
    if (in->reason[0] == '\0' && (in->args.len == 0 || in->args.data[0] != '[')) {
        inbound_refuse(in,
                       "the message's arguments must be a list: \"args\" is missing or no list");
    }
}

static void inbound_refuse_size(struct inbound *in, const char *problem)
{
    (void)snprintf(in->reason, sizeof in->reason, "the message is too large: %s", problem);
}

static enum hs_status inbound_parse(struct inbound *in, struct hs_error *err)
{
    struct json_text t;
    struct slice whole;
    struct buffer key = {0};
    const char *problem;
    enum hs_status st = HS_OK;

    problem = text_size_problem(in->message->text);
    if (problem) {
        inbound_refuse_size(in, problem);
        return HS_OK;
    }
    json_text_init(&t, in->message->text);
    if (!json_text_value(&t, &whole) || !json_text_end(&t)) {
        inbound_refuse_malformed(in, &t);
        return HS_OK;
    }
    if (whole.data[0] != '{') {
        inbound_refuse(in, "the message must be an object with \"to\", \"method\" and \"args\"");
        return HS_OK;
    }
    json_text_init(&t, whole);
    (void)json_text_open(&t, '{');
    st = kernel_fail(err, inbound_read(in, &t, &key));
    buffer_fini(&key);
    if (st == HS_OK) inbound_check(in);
    return st;
}

/* Is there room behind what waits? */
static enum hs_status inbound_queue_check(struct kernel *k, struct inbound *in,
                                          struct hs_error *err)
{
    uint64_t waiting = 0;
    bool idle;
    enum hs_status st = crank_is_idle(k, &idle, err);

    if (st == HS_OK) st = run_queues_len(&k->kv, &waiting, err);
    if (st != HS_OK) return st;
    in->result->queued_behind = !idle;
    if (waiting >= k->now.rules.run_queue) {
        inbound_refuse(in, "too much waits in the kernel's queue: call again later");
    }
    return HS_OK;
}

/* Behind a backlog the call waits its turn for being routed, too. */
static enum hs_status inbound_enqueue(struct kernel *k, struct inbound *in, const struct ref *root,
                                      struct slice body, struct hs_error *err)
{
    static const struct ref_list no_slots = {0};
    struct ref *promise = &in->result->promise;
    enum run_queue queue = in->result->queued_behind ? QUEUE_ACCEPTANCE : QUEUE_RUN;
    enum hs_status st = promise_create(&k->kv, NULL, 1, promise, err);

    if (st == HS_OK) st = pending_add(k, promise, k->now.at.seqnum + 1, err);
    if (st == HS_OK) st = event_send(&k->kv, queue, root, body, &no_slots, promise, err);
    in->result->called = st == HS_OK;
    return st;
}

static enum hs_status inbound_call(struct kernel *k, struct inbound *in, const struct ref *target,
                                   struct slice method, struct hs_error *err)
{
    struct buffer_room *room = &k->kv.room;
    struct buffer body = buffer_room_take(room);
    const char *problem = NULL;
    enum hs_status st = capdata_call(&body, method, in->args, room);

    if (st == HS_OK) st = text_size_problem_raw(buffer_slice(&body), &problem);
    st = kernel_fail(err, st);
    if (problem) {
        inbound_refuse_size(in, problem); /* once it is written as a call */
    } else if (st == HS_OK) {
        st = inbound_enqueue(k, in, target, buffer_slice(&body), err);
    }
    buffer_room_give(room, &body);
    return st;
}

static enum hs_status inbound_send(struct kernel *k, struct inbound *in, struct hs_error *err)
{
    struct ref vat, root;
    bool found;
    enum hs_status st = vat_names_find(&k->kv, in->to, &vat, &found, err);

    if (st != HS_OK) return st;
    if (!found) {
        (void)snprintf(in->reason, sizeof in->reason, "there is no vat named \"%.*s\"",
                       (int)utf8_cut(in->to, 256), in->to.data);
        return HS_OK;
    }
    st = inbound_queue_check(k, in, err);
    if (st != HS_OK || in->reason[0] != '\0') return st;
    st = bootstrap_root(&k->kv, &vat, &root, err);
    return st == HS_OK ? inbound_call(k, in, &root, in->method, err) : st;
}

/* Whom the bridge hands it; in->reason: nobody, and why. */
static enum hs_status inbound_find_handler(struct kernel *k, struct inbound *in,
                                           struct device_handler *out, struct hs_error *err)
{
    const struct slice name = in->bridge;
    struct ref device;
    const char *why = "there is no bridge named";
    bool found;
    enum hs_status st = device_find_bridge(k, name, &device, &found, err);

    if (st == HS_OK && found) {
        why = "no vat has registered for what comes in by the bridge";
        st = device_handler_read(&k->kv, &device, out, err);
        found = st == HS_OK && out->handler.text[0] != '\0';
    }
    if (st == HS_OK && found) {
        why = "the vat has ended that had registered for what comes in by the bridge";
        st = route_is_open(&k->kv, &out->handler, &found, err);
    }
    if (st == HS_OK && !found) {
        (void)snprintf(in->reason, sizeof in->reason, "%s \"%.*s\"", why, (int)utf8_cut(name, 256),
                       name.len ? name.data : "");
    }
    return st;
}

static enum hs_status inbound_by_bridge(struct kernel *k, struct inbound *in, struct hs_error *err)
{
    struct device_handler to;
    enum hs_status st = inbound_find_handler(k, in, &to, err);

    if (st == HS_OK && in->reason[0] == '\0') st = inbound_queue_check(k, in, err);
    if (st != HS_OK || in->reason[0] != '\0') return st;
    return inbound_call(k, in, &to.handler, slice_text("inbound"), err);
}

static enum hs_status inbound_control(struct kernel *k, struct inbound *in, struct hs_error *err)
{
    struct hs_error why = {.status = HS_OK};
    enum hs_status st = control_run(k, in->message->text, &why);

    in->result->status = MESSAGE_FULFILLED;
    if (st == HS_INVALID) inbound_refuse(in, why.text);
    return st == HS_OK || st == HS_INVALID ? HS_OK : hs_fail(err, st, "%s", why.text);
}

static enum hs_status inbound_crank(struct kernel *k, void *data, struct hs_error *err)
{
    struct inbound *in = data;
    enum hs_status st =
        kv_hashed_write_uint(&k->kv, slice_text("kernel.seqnum"), k->now.at.seqnum + 1, err);

    /* What a run works off stays; so the next one would fail as this one did. */
    if (st == HS_OK && in->message->skipped && message_is_run(in->message)) {
        return pending_give_up_bootstrap(k, err);
    }
    if (st != HS_OK || in->reason[0] != '\0' || message_is_run(in->message)) return st;
    k->meter.moved_bytes += in->message->text.len;
    if (in->has_kernel) return inbound_control(k, in, err);
    return inbound_is_by_bridge(in) ? inbound_by_bridge(k, in, err) : inbound_send(k, in, err);
}

static enum hs_status inbound_explain(const struct inbound *in, struct buffer *value,
                                      struct hs_error *err)
{
    struct json_printer j = json_printer_on(value);

    buffer_clear(value);
    json_print_open(&j, '{');
    json_print_key(&j, "error");
    json_print_string(&j, slice_text(in->reason));
    json_print_close(&j, '}');
    return kernel_fail(err, json_print_end(&j));
}

/* A message that was passed over is told: it is not what its text would have come to. */
static enum hs_status inbound_tell_skipped(struct kernel *k, struct hs_error *err)
{
    return kernel_say(k, &k->events, slice_text("{\"type\":\"message_skipped\"}"), err);
}

static enum hs_status inbound_look(struct kernel *k, struct inbound *in, enum inbound_manner manner,
                                   struct hs_error *err)
{
    if (in->message->skipped) {
        inbound_refuse(in, "the message was skipped, as the chain's operators agreed");
        return inbound_tell_skipped(k, err);
    }
    if (manner == INBOUND_SPENT) {
        (void)snprintf(in->reason, sizeof in->reason,
                       "the call needs more than the %" PRIu64 " ticks that its caller allows",
                       in->message->ticks);
        return HS_OK;
    }
    return message_is_run(in->message) ? HS_OK : inbound_parse(in, err);
}

enum hs_status inbound_take(struct kernel *k, const struct message *m, enum inbound_manner manner,
                            struct inbound_result *out, struct buffer *value, struct hs_error *err)
{
    struct inbound in = {.message = m, .result = out};
    enum hs_status st = inbound_look(k, &in, manner, err);

    if (st == HS_OK) st = crank_run(k, inbound_crank, &in, err);
    if (st == HS_OK && in.reason[0] != '\0') {
        out->status = MESSAGE_REJECTED;
        st = inbound_explain(&in, value, err);
    } else if (st == HS_OK && !out->called) {
        st = kernel_fail(err, buffer_assign(value, slice_text("null")));
    }
    inbound_fini(&in);
    return st;
}
