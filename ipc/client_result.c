/* A delivery's answer becomes one block of memory: the struct, its arrays, then a copy of the
 * packed result that all texts point into. One malloc, one free. */
#include "ipc/client_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum result_member {
    MEMBER_SEQNUM,
    MEMBER_HASH,
    MEMBER_STATUS,
    MEMBER_VALUE,
    MEMBER_OUTPUTS,
    MEMBER_WRITES,
    MEMBER_PATH,
    MEMBER_REPLAYED,
    MEMBER_WAIT_US,
    MEMBER_RUN_US,
    MEMBER_TICKS,
    MEMBER_QUEUED,
    MEMBER_SETTLED,
    MEMBER_EVENTS,
    MEMBER_COUNT
};

/* In the order that headstart writes them. */
static const char *const result_member_names[MEMBER_COUNT] = {
    [MEMBER_SEQNUM] = "seqnum",   [MEMBER_HASH] = "hash",         [MEMBER_STATUS] = "status",
    [MEMBER_VALUE] = "value",     [MEMBER_OUTPUTS] = "outputs",   [MEMBER_WRITES] = "writes",
    [MEMBER_PATH] = "path",       [MEMBER_REPLAYED] = "replayed", [MEMBER_WAIT_US] = "wait_us",
    [MEMBER_RUN_US] = "run_us",   [MEMBER_TICKS] = "ticks",       [MEMBER_QUEUED] = "queued",
    [MEMBER_SETTLED] = "settled", [MEMBER_EVENTS] = "events",
};

struct result_parts { /* where in the packed result things are */
    struct packed_value member[MEMBER_COUNT];
    uint32_t outputs_len, writes_len, settled_len, events_len;
};

static enum headstart_status result_bad(struct headstart_error *err, const char *what)
{
    return client_fail(err, HEADSTART_PROTOCOL, "a delivery's answer without a right %s", what);
}

bool client_text_copy(char *out, size_t size, struct packed_value v)
{
    struct slice s;

    if (!packed_text(v, &s) || s.len >= size) return false;
    if (s.len > 0) memcpy(out, s.data, s.len);
    out[s.len] = '\0';
    return true;
}

static bool result_bytes(struct packed_value v, struct headstart_bytes *out)
{
    struct slice s;

    if (!packed_text(v, &s)) return false;
    *out = (struct headstart_bytes){s.data, s.len};
    return true;
}

static bool result_status_known(const char *status)
{
    return strcmp(status, "fulfilled") == 0 || strcmp(status, "rejected") == 0 ||
           strcmp(status, "pending") == 0;
}

/* What the first version of the protocol lacks is 0 there. */
static bool result_optional(struct packed_value v, uint64_t *out)
{
    return packed_kind_of(v) == PACKED_ABSENT || packed_uint(v, out);
}

static const char *result_read_fields(const struct result_parts *parts, uint64_t seqnum,
                                      struct headstart_result *r)
{
    const struct packed_value *m = parts->member;

    if (!packed_uint(m[MEMBER_SEQNUM], &r->seqnum) || r->seqnum != seqnum + 1) return "seqnum";
    if (!client_text_copy(r->hash, sizeof r->hash, m[MEMBER_HASH]) ||
        strlen(r->hash) != sizeof r->hash - 1) {
        return "hash";
    }
    if (!client_text_copy(r->status, sizeof r->status, m[MEMBER_STATUS]) ||
        !result_status_known(r->status)) {
        return "status";
    }
    if (!client_text_copy(r->path, sizeof r->path, m[MEMBER_PATH])) return "path";
    if (!result_bytes(m[MEMBER_VALUE], &r->value)) return "value";
    if (!packed_uint(m[MEMBER_REPLAYED], &r->replayed)) return "replayed";
    if (!packed_uint(m[MEMBER_WAIT_US], &r->wait_us)) return "wait_us";
    if (!packed_uint(m[MEMBER_RUN_US], &r->run_us)) return "run_us";
    if (!result_optional(m[MEMBER_TICKS], &r->ticks)) return "ticks";
    if (!result_optional(m[MEMBER_QUEUED], &r->queued)) return "queued";
    return NULL;
}

static bool result_next_bytes(struct packed_walk *walk, struct headstart_bytes *out)
{
    struct slice s;

    if (!packed_walk_text(walk, &s)) return false;
    *out = (struct headstart_bytes){s.data, s.len};
    return true;
}

static bool result_read_texts(struct packed_value list, struct headstart_bytes *out, size_t len)
{
    struct packed_walk walk;

    (void)packed_walk_begin(list, &walk);
    for (size_t i = 0; i < len; i++) {
        if (!result_next_bytes(&walk, &out[i])) return false;
    }
    return true;
}

static bool result_read_settlement(struct packed_walk *walk, struct headstart_settled *out)
{
    struct packed_value seqnum, status;

    return packed_walk_into(walk, 3) && packed_walk_next(walk, &seqnum) &&
           packed_uint(seqnum, &out->seqnum) && packed_walk_next(walk, &status) &&
           client_text_copy(out->status, sizeof out->status, status) &&
           result_status_known(out->status) && result_next_bytes(walk, &out->value);
}

static bool result_read_settled(struct packed_value list, struct headstart_settled *out, size_t len)
{
    struct packed_walk walk;

    (void)packed_walk_begin(list, &walk);
    for (size_t i = 0; i < len; i++) {
        if (!result_read_settlement(&walk, &out[i])) return false;
    }
    return true;
}

static bool result_read_writes(struct packed_value list, struct headstart_write *out, size_t len)
{
    struct packed_walk walk;
    struct packed_value nil;

    (void)packed_walk_begin(list, &walk);
    for (size_t i = 0; i < len; i++) {
        if (!packed_walk_into(&walk, 2) || !result_next_bytes(&walk, &out[i].key)) return false;
        if (result_next_bytes(&walk, &out[i].value)) continue;
        if (!packed_walk_next(&walk, &nil) || packed_kind_of(nil) != PACKED_NIL) return false;
        out[i].value = (struct headstart_bytes){NULL, 0};
    }
    return true;
}

static bool result_list(struct packed_value v, uint32_t *len)
{
    return packed_kind_of(v) == PACKED_ARRAY && packed_count(v, len);
}

/* A list that the first version of the protocol lacks is empty there. */
static bool result_optional_list(struct packed_value v, uint32_t *len)
{
    *len = 0;
    return !v.at || result_list(v, len);
}

static const char *result_find_parts(struct packed_value map, struct result_parts *parts)
{
    const struct packed_value *m = parts->member;

    packed_members(map, result_member_names, MEMBER_COUNT, parts->member);
    if (!result_list(m[MEMBER_OUTPUTS], &parts->outputs_len)) return "outputs";
    if (!result_list(m[MEMBER_WRITES], &parts->writes_len)) return "writes";
    if (!result_optional_list(m[MEMBER_SETTLED], &parts->settled_len)) return "settled";
    if (!result_optional_list(m[MEMBER_EVENTS], &parts->events_len)) return "events";
    return NULL;
}

/* The members where the copy of the packed bytes is. */
static void result_move_parts(struct result_parts *parts, const char *from, const char *to)
{
    for (int i = 0; i < MEMBER_COUNT; i++) {
        struct packed_value *v = &parts->member[i];

        if (v->at) *v = (struct packed_value){to + (v->at - from), to + (v->end - from)};
    }
}

/* A block laid out for the result; the packed bytes are copied and *parts leads into the copy. */
static struct headstart_result *result_open(struct slice packed, struct result_parts *parts)
{
    size_t writes_size = (size_t)parts->writes_len * sizeof(struct headstart_write);
    size_t settled_size = (size_t)parts->settled_len * sizeof(struct headstart_settled);
    size_t outputs_size = (size_t)parts->outputs_len * sizeof(struct headstart_bytes);
    size_t events_size = (size_t)parts->events_len * sizeof(struct headstart_bytes);
    struct headstart_result *r =
        malloc(sizeof *r + writes_size + settled_size + outputs_size + events_size + packed.len);
    char *at = (char *)r + sizeof *r;

    if (!r) return NULL;
    memset(r, 0, sizeof *r);
    r->writes = (struct headstart_write *)(void *)at;
    r->writes_len = parts->writes_len;
    at += writes_size;
    r->settled = (struct headstart_settled *)(void *)at;
    r->settled_len = parts->settled_len;
    at += settled_size;
    r->outputs = (struct headstart_bytes *)(void *)at;
    r->outputs_len = parts->outputs_len;
    at += outputs_size;
    r->events = (struct headstart_bytes *)(void *)at;
    r->events_len = parts->events_len;
    at += events_size;
    memcpy(at, packed.data, packed.len);
    result_move_parts(parts, packed.data, at);
    return r;
}

_Static_assert(sizeof(struct headstart_result) % sizeof(void *) == 0, "arrays lie right behind it");

/* Everything into the block that was laid out for it: NULL, or what is not right. */
static const char *result_read(const struct result_parts *parts, uint64_t seqnum,
                               struct headstart_result *r)
{
    const struct packed_value *m = parts->member;
    const char *bad = result_read_fields(parts, seqnum, r);

    if (bad) return bad;
    if (!result_read_texts(m[MEMBER_OUTPUTS], r->outputs, r->outputs_len)) return "outputs";
    if (!result_read_texts(m[MEMBER_EVENTS], r->events, r->events_len)) return "events";
    if (!result_read_settled(m[MEMBER_SETTLED], r->settled, r->settled_len)) return "settled";
    if (!result_read_writes(m[MEMBER_WRITES], r->writes, r->writes_len)) return "writes";
    return NULL;
}

enum headstart_status client_result_read(struct packed_value result, uint64_t seqnum,
                                         struct headstart_result **out, struct headstart_error *err)
{
    struct result_parts parts;
    struct headstart_result *r;
    const char *bad = result_find_parts(result, &parts);

    if (bad) return result_bad(err, bad);
    r = result_open(packed_bytes(result), &parts);
    if (!r) return client_fail(err, HEADSTART_NOMEM, "no memory for a delivery's answer");
    bad = result_read(&parts, seqnum, r);
    if (bad) {
        headstart_result_free(r);
        return result_bad(err, bad);
    }
    *out = r;
    return HEADSTART_OK;
}

void headstart_result_free(struct headstart_result *r)
{
    free(r);
}
