#include "kernel/inbound.h"

#include "kernel/bootstrap.h"
#include "kernel/crank.h"
#include "kernel/state/utf8.h"
#include "kernel/tables/events.h"
#include "kernel/tables/promises.h"
#include "kernel/text/capdata.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

enum { INBOUND_REASON_BYTES = 512 };

struct inbound {
    struct slice message;
    struct buffer to, method; /* decoded */
    struct slice args;        /* raw JSON array */
    bool has_to, has_method;
    struct ref result;
    char reason[INBOUND_REASON_BYTES]; /* why it is rejected; "": it is not */
};

static void inbound_fini(struct inbound *in)
{
    buffer_fini(&in->to);
    buffer_fini(&in->method);
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
static enum hs_status inbound_read_text(struct slice value, struct buffer *out, bool *has)
{
    buffer_clear(out);
    *has = value.data[0] == '"';
    return *has ? json_text_decode(out, value) : HS_OK;
}

static enum hs_status inbound_read(struct inbound *in, struct json_text *t, struct buffer *key)
{
    struct slice raw, value, name;
    enum hs_status st = HS_OK;

    while (st == HS_OK && json_text_more(t, '}') && json_text_key(t, &raw) &&
           json_text_value(t, &value)) {
        buffer_clear(key);
        st = json_text_decode(key, raw);
        if (st != HS_OK) break;
        name = buffer_slice(key);
        if (slice_equal(name, slice_text("to"))) {
            st = inbound_read_text(value, &in->to, &in->has_to);
        } else if (slice_equal(name, slice_text("method"))) {
            st = inbound_read_text(value, &in->method, &in->has_method);
        } else if (slice_equal(name, slice_text("args"))) {
            in->args = value;
        }
    }
    return st;
}

static void inbound_check(struct inbound *in)
{
    if (!in->has_to) {
        inbound_refuse(in, "the message must name a vat: \"to\" is missing or not a text");
    } else if (!in->has_method || in->method.len == 0) {
        inbound_refuse(in, "the message must name a method: \"method\" is missing or not a text");
    } else if (in->args.len == 0 || in->args.data[0] != '[') {
        inbound_refuse(in,
                       "the message's arguments must be a list: \"args\" is missing or no list");
    }
}

static enum hs_status inbound_parse(struct inbound *in, struct hs_error *err)
{
    struct json_text t;
    struct slice whole;
    struct buffer key = {0};
    enum hs_status st = HS_OK;

    json_text_init(&t, in->message);
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

static enum hs_status inbound_send(struct kernel *k, struct inbound *in, struct hs_error *err)
{
    static const struct ref_list no_slots = {0};
    struct buffer body = {0};
    struct ref vat, root;
    bool found;
    enum hs_status st = vat_names_find(&k->kv, buffer_slice(&in->to), &vat, &found, err);

    if (st != HS_OK) return st;
    if (!found) {
        (void)snprintf(in->reason, sizeof in->reason, "there is no vat named \"%.*s\"",
                       (int)utf8_cut(buffer_slice(&in->to), 256), in->to.data);
        return HS_OK;
    }
    st = bootstrap_root(&k->kv, &vat, &root, err);
    if (st == HS_OK) st = promise_create(&k->kv, NULL, 1, &in->result, err);
    if (st == HS_OK) {
        st = kernel_fail(err, capdata_call(&body, buffer_slice(&in->method), in->args));
    }
    if (st == HS_OK) {
        st = event_send(&k->kv, QUEUE_RUN, &root, buffer_slice(&body), &no_slots, &in->result, err);
    }
    buffer_fini(&body);
    return st;
}

static enum hs_status inbound_crank(struct kernel *k, void *data, struct hs_error *err)
{
    struct inbound *in = data;
    enum hs_status st =
        kv_hashed_write_uint(&k->kv, slice_text("kernel.seqnum"), k->now.at.seqnum + 1, err);

    in->result.text[0] = '\0';
    if (st != HS_OK || in->reason[0] != '\0') return st;
    return inbound_send(k, in, err);
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

enum hs_status inbound_take(struct kernel *k, struct slice message, struct ref *result,
                            struct buffer *value, struct hs_error *err)
{
    struct inbound in = {.message = message};
    enum hs_status st = inbound_parse(&in, err);

    if (st == HS_OK) st = crank_run(k, inbound_crank, &in, err);
    if (st == HS_TOO_LARGE) {
        /* It fits a frame, but not once it is written as a call: rejected like any bad one. */
        inbound_refuse(&in, "the message is too large");
        st = crank_run(k, inbound_crank, &in, err);
    }
    if (st == HS_OK) {
        assert((in.result.text[0] != '\0') != (in.reason[0] != '\0'));
        *result = in.result;
        if (in.reason[0] != '\0') st = inbound_explain(&in, value, err);
    }
    inbound_fini(&in);
    return st;
}
