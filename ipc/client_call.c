#include "ipc/client_call.h"

#include <assert.h>
#include <string.h>

enum { CLIENT_CODE_BYTES = sizeof(((struct headstart_error *)0)->code) };

/* --- packing --- */

void client_refuse(struct client_packer *p, const char *why)
{
    if (!p->wrong) p->wrong = why;
}

void client_put_map(struct client_packer *p, uint32_t pairs)
{
    wire_put_map(&p->w, pairs);
}

void client_put_uint(struct client_packer *p, const char *key, uint64_t value)
{
    if (value > HS_UINT_MAX) {
        client_refuse(p, "numbers must not exceed 2^53-1");
        return;
    }
    wire_put_text(&p->w, slice_text(key));
    wire_put_uint(&p->w, value);
}

void client_put_true(struct client_packer *p, const char *key)
{
    wire_put_text(&p->w, slice_text(key));
    wire_put_bool(&p->w, true);
}

void client_put_text(struct client_packer *p, const char *key, const char *value)
{
    wire_put_text(&p->w, slice_text(key));
    wire_put_text(&p->w, slice_text(value));
}

void client_put_texts(struct client_packer *p, const char *key, const char *const *texts,
                      size_t texts_len)
{
    wire_put_text(&p->w, slice_text(key));
    wire_put_array(&p->w, (uint32_t)texts_len);
    for (size_t i = 0; i < texts_len; i++) {
        wire_put_text(&p->w, slice_text(texts[i]));
    }
}

void client_put_tail(struct client_packer *p, const char *key, struct headstart_bytes value)
{
    assert(!p->tail.data);
    wire_put_text(&p->w, slice_text(key));
    wire_put_text_head(&p->w, value.len);
    p->tail = value;
}

/* --- sending and waiting --- */

static enum headstart_status client_broken(struct headstart *h, enum headstart_status status)
{
    client_link_close(&h->link);
    return status;
}

/* The error "<code>: <words>": the text is all of it, the code what stands before the colon. */
static enum headstart_status client_refused(struct headstart_error *err, struct packed_value error)
{
    struct slice text = {0};
    const char *colon;
    size_t code_len;

    if (!packed_text(error, &text)) text = slice_text("internal: an error that is not text");
    colon = memchr(text.data, ':', text.len);
    code_len = colon ? (size_t)(colon - text.data) : 0;
    if (code_len >= CLIENT_CODE_BYTES) code_len = 0;
    client_fail(err, HEADSTART_REFUSED, "%.*s", (int)(text.len < 400 ? text.len : 400), text.data);
    if (err) {
        memcpy(err->code, text.data, code_len);
        err->code[code_len] = '\0';
    }
    return HEADSTART_REFUSED;
}

/* Packs behind the head that was put already, and sends. */
static enum headstart_status client_send(struct headstart *h, struct client_packer *p,
                                         const struct client_method *method, const void *in,
                                         client_deadline deadline, struct headstart_error *err)
{
    struct iovec parts[2];
    enum headstart_status st;

    method->pack(p, in);
    if (p->wrong) return client_fail(err, HEADSTART_INVALID, "%s", p->wrong);
    if (wire_end(&p->w) != HS_OK) {
        return client_fail(err, HEADSTART_NOMEM, "no memory for a request");
    }
    parts[0] = (struct iovec){h->out.data, h->out.len};
    parts[1] = (struct iovec){(char *)(uintptr_t)p->tail.data, p->tail.len};
    st = client_link_send(&h->link, parts, p->tail.len > 0 ? 2 : 1, deadline, err);
    return st == HEADSTART_OK ? st : client_broken(h, st);
}

/* What headstart sends until the answer to our last request comes. */
static enum headstart_status client_await(struct headstart *h, client_deadline deadline,
                                          struct packed_value *result, struct headstart_error *err)
{
    struct rpc_frame frame;
    struct slice bytes;
    enum headstart_status st;
    const char *why;

    for (;;) {
        st = client_link_receive(&h->link, deadline, &bytes, err);
        if (st != HEADSTART_OK) return client_broken(h, st);
        why = rpc_parse(bytes, &frame);
        if (why) {
            client_fail(err, HEADSTART_PROTOCOL, "headstart sent what is not allowed: %s", why);
            return client_broken(h, HEADSTART_PROTOCOL);
        }
        if (frame.kind == RPC_REQUEST) {
            st = client_store_answer(h, &frame, deadline, err);
            if (st != HEADSTART_OK) return client_broken(h, st);
        }
        if (frame.kind == RPC_NOTIFICATION) client_notice(h, &frame);
        if (frame.kind == RPC_RESPONSE) break;
    }
    if (frame.msgid != h->msgid) {
        client_fail(err, HEADSTART_PROTOCOL, "headstart answered what was not asked");
        if (packed_kind_of(frame.error) != PACKED_NIL) { /* msgid 0: why it disconnects us */
            (void)client_refused(err, frame.error);
            if (err) err->status = HEADSTART_PROTOCOL;
        }
        return client_broken(h, HEADSTART_PROTOCOL);
    }
    if (packed_kind_of(frame.error) != PACKED_NIL) return client_refused(err, frame.error);
    *result = frame.result;
    return HEADSTART_OK;
}

static enum headstart_status client_begin(struct headstart *h, struct client_packer *p,
                                          struct headstart_error *err)
{
    *p = (struct client_packer){.wrong = NULL};
    buffer_clear(&h->out);
    wire_begin(&p->w, &h->out);
    if (client_link_is_open(&h->link)) return HEADSTART_OK;
    return client_fail(err, HEADSTART_UNREACHABLE, "the connection is closed: connect again");
}

enum headstart_status client_call(struct headstart *h, const struct client_method *method,
                                  const void *in, void *out, client_deadline deadline,
                                  struct headstart_error *err)
{
    struct packed_value result;
    struct client_packer p;
    enum headstart_status st = client_begin(h, &p, err);

    if (st != HEADSTART_OK) return st;
    rpc_put_request(&p.w, ++h->msgid, method->name);
    st = client_send(h, &p, method, in, deadline, err);
    if (st != HEADSTART_OK) return st;
    h->delivering = method->delivery;
    st = client_await(h, deadline, &result, err);
    h->delivering = false;
    if (st == HEADSTART_OK && method->read) {
        st = method->read(result, in, out, err);
        if (st == HEADSTART_PROTOCOL) return client_broken(h, st);
    }
    return st;
}

enum headstart_status client_notify(struct headstart *h, const struct client_method *method,
                                    const void *in, client_deadline deadline,
                                    struct headstart_error *err)
{
    struct client_packer p;
    enum headstart_status st = client_begin(h, &p, err);

    if (st != HEADSTART_OK) return st;
    rpc_put_notification(&p.w, method->name);
    return client_send(h, &p, method, in, deadline, err);
}
