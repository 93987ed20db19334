/* A query and its answer. */
#include "ipc/client_call.h"

#include <stdlib.h>
#include <string.h>

static void query_pack(struct client_packer *p, const void *in)
{
    const struct headstart_query *q = in;

    if (q->hash && strlen(q->hash) > 64) client_refuse(p, "hash must be 64 hex digits, or \"\"");
    if (q->message.len == 0 || q->message.len > HS_MESSAGE_BYTES_MAX || !q->message.data) {
        client_refuse(p, "a query's message must have 1 to 33554432 bytes");
    }
    if (p->wrong) return;
    client_put_map(p, 1u + (q->hash ? 2 : 0) + q->limited);
    if (q->hash) {
        client_put_uint(p, "seqnum", q->seqnum);
        client_put_text(p, "hash", q->hash);
    }
    if (q->limited) client_put_uint(p, "ticks", q->ticks);
    client_put_tail(p, "message", q->message);
}

static bool query_read_fields(struct packed_value map, struct headstart_query_result *r)
{
    return packed_uint(packed_member(map, "seqnum"), &r->seqnum) &&
           client_text_copy(r->hash, sizeof r->hash, packed_member(map, "hash")) &&
           client_text_copy(r->status, sizeof r->status, packed_member(map, "status")) &&
           packed_uint(packed_member(map, "ticks"), &r->ticks);
}

static enum headstart_status query_read(struct packed_value map, const void *in, void *out,
                                        struct headstart_error *err)
{
    struct headstart_query_result fields = {.seqnum = 0}, *r;
    struct slice value;

    (void)in;
    if (!query_read_fields(map, &fields) || !packed_text(packed_member(map, "value"), &value)) {
        return client_fail(err, HEADSTART_PROTOCOL,
                           "headstart's answer to a query lacks something");
    }
    r = malloc(sizeof *r + value.len + 1);
    if (!r) return client_fail(err, HEADSTART_NOMEM, "no memory for an answer");
    *r = fields;
    r->value = (struct headstart_bytes){.data = (char *)(r + 1), .len = value.len};
    memcpy(r + 1, value.data, value.len);
    ((char *)(r + 1))[value.len] = '\0';
    *(struct headstart_query_result **)out = r;
    return HEADSTART_OK;
}

enum headstart_status headstart_query(struct headstart *h, const struct headstart_query *q,
                                      struct headstart_query_result **out,
                                      struct headstart_error *err)
{
    static const struct client_method method = {"query", false, query_pack, query_read};

    *out = NULL;
    return client_call(h, &method, q, out, client_deadline_in(h->answer_timeout_ms), err);
}

void headstart_query_result_free(struct headstart_query_result *r)
{
    free(r);
}
