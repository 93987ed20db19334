#include "ipc/params.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* One pass over the map, however many keys are asked for. */
void ipc_params_begin(struct ipc_params *p, struct packed_value map)
{
    struct packed_walk walk;
    struct packed_value value;
    struct slice name;

    p->map = map;
    p->code = IPC_FINE;
    p->words[0] = '\0';
    p->kept_len = 0;
    p->all_kept = true;
    if (packed_kind_of(map) != PACKED_MAP) return;
    (void)packed_walk_begin(map, &walk);
    while (p->all_kept && packed_walk_pair(&walk, &name, &value)) {
        p->all_kept = p->kept_len < IPC_PARAMS_KEPT;
        if (!p->all_kept || !name.data) continue;
        p->kept[p->kept_len].key = name;
        p->kept[p->kept_len++].value = value;
    }
}

static struct packed_value ipc_params_member(const struct ipc_params *p, const char *key)
{
    struct slice wanted = slice_text(key);

    for (size_t i = 0; i < p->kept_len; i++) {
        if (slice_equal(p->kept[i].key, wanted)) return p->kept[i].value;
    }
    return p->all_kept ? (struct packed_value){0} : packed_member(p->map, key);
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

    if (!packed_uint(ipc_params_member(p, key), &value) || value > most) {
        ipc_params_refuse(p, IPC_BAD_REQUEST, "%s must be an unsigned integer up to %" PRIu64, key,
                          most);
        return 0;
    }
    return value;
}

bool ipc_params_has(const struct ipc_params *p, const char *key)
{
    enum packed_kind kind = packed_kind_of(ipc_params_member(p, key));

    return kind != PACKED_ABSENT && kind != PACKED_NIL;
}

bool ipc_params_flag(struct ipc_params *p, const char *key)
{
    bool flag = false;

    if (ipc_params_has(p, key) && !packed_bool(ipc_params_member(p, key), &flag)) {
        ipc_params_refuse(p, IPC_BAD_REQUEST, "%s must be true or false", key);
    }
    return flag;
}

struct slice ipc_params_text(struct ipc_params *p, const char *key)
{
    struct slice text = {0};

    if (!packed_text(ipc_params_member(p, key), &text)) {
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
