#include "ipc/params.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

void ipc_params_begin(struct ipc_params *p, struct packed_value map)
{
    *p = (struct ipc_params){.map = map};
}

void ipc_params_refuse(struct ipc_params *p, enum ipc_code code, const char *format, ...)
{
    va_list args;

    assert(code != IPC_FINE);
    if (p->code != IPC_FINE) return;
    p->code = code;
    va_start(args, format);
    (void)vsnprintf(p->words, sizeof p->words, format, args);
    va_end(args);
}

uint64_t ipc_params_uint(struct ipc_params *p, const char *key, uint64_t most)
{
    uint64_t value = 0;

    if (!packed_uint(packed_member(p->map, key), &value) || value > most) {
        ipc_params_refuse(p, IPC_BAD_REQUEST, "%s must be an unsigned integer up to %" PRIu64, key,
                          most);
        return 0;
    }
    return value;
}

bool ipc_params_has(const struct ipc_params *p, const char *key)
{
    enum packed_kind kind = packed_kind_of(packed_member(p->map, key));

    return kind != PACKED_ABSENT && kind != PACKED_NIL;
}

bool ipc_params_flag(struct ipc_params *p, const char *key)
{
    bool flag = false;

    if (ipc_params_has(p, key) && !packed_bool(packed_member(p->map, key), &flag)) {
        ipc_params_refuse(p, IPC_BAD_REQUEST, "%s must be true or false", key);
    }
    return flag;
}

struct slice ipc_params_text(struct ipc_params *p, const char *key)
{
    struct slice text = {0};

    if (!packed_text(packed_member(p->map, key), &text)) {
        ipc_params_refuse(p, IPC_BAD_REQUEST, "%s must be a string", key);
    }
    return text;
}

static void ipc_position_read(struct ipc_params *p, uint64_t most, struct position *out)
{
    uint64_t seqnum = ipc_params_uint(p, "seqnum", most);
    struct slice hash = ipc_params_text(p, "hash");

    if (position_make(seqnum, hash, out, NULL) != HS_OK) {
        ipc_params_refuse(p, IPC_BAD_REQUEST,
                          "hash must be 64 lower-case hex digits, or \"\" where seqnum is 0");
    }
}

/* The message's text, and its limit. */
static void ipc_call_read(struct ipc_params *p, struct message *out)
{
    out->limited = ipc_params_has(p, "ticks");
    if (out->limited) out->ticks = ipc_params_uint(p, "ticks", HS_UINT_MAX);
    out->text = ipc_params_text(p, "message");
    if (out->text.len > HS_MESSAGE_BYTES_MAX) {
        ipc_params_refuse(p, IPC_TOO_LARGE, "a message may have %d bytes", HS_MESSAGE_BYTES_MAX);
    }
}

void ipc_delivery_read(struct ipc_params *p, void *out)
{
    struct ipc_delivery *d = out;

    d->message.height = ipc_params_uint(p, "height", HS_UINT_MAX);
    d->message.time = ipc_params_uint(p, "time", HS_UINT_MAX);
    ipc_position_read(p, HS_UINT_MAX - 1, &d->real); /* a seqnum must be able to follow it */
    d->message.control = ipc_params_flag(p, "control");
    ipc_call_read(p, &d->message);
}

void ipc_query_read(struct ipc_params *p, void *out)
{
    struct ipc_query *q = out;

    ipc_call_read(p, &q->message);
    if (q->message.text.len == 0) {
        ipc_params_refuse(p, IPC_BAD_REQUEST, "a query must have a message");
    }
    q->placed = ipc_params_has(p, "seqnum") || ipc_params_has(p, "hash");
    if (q->placed) ipc_position_read(p, HS_UINT_MAX, &q->at);
}

void ipc_attach_read(struct ipc_params *p, void *out)
{
    struct ipc_attach *a = out;

    a->height = ipc_params_uint(p, "height", HS_UINT_MAX);
    ipc_position_read(p, HS_UINT_MAX, &a->real);
}

void ipc_commit_read(struct ipc_params *p, void *out)
{
    struct ipc_commit *c = out;

    c->height = ipc_params_uint(p, "height", HS_UINT_MAX);
    c->placed = ipc_params_has(p, "seqnum") || ipc_params_has(p, "hash");
    if (c->placed) ipc_position_read(p, HS_UINT_MAX, &c->at);
}

void ipc_height_read(struct ipc_params *p, void *out)
{
    ((struct ipc_height *)out)->height = ipc_params_uint(p, "height", HS_UINT_MAX);
}
