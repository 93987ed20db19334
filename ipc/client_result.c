/* A delivery's answer becomes one block of memory: the struct, its arrays, then a copy of the
 * packed result that all texts point into. One malloc, one free. */
#include "ipc/client_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct result_parts { /* where in the packed result things are */
    struct packed_value outputs, writes, settled, events;
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

static const char *result_read_fields(struct packed_value map, uint64_t seqnum,
                                      struct headstart_result *r)
{
    if (!packed_uint(packed_member(map, "seqnum"), &r->seqnum) || r->seqnum != seqnum + 1) {
        return "seqnum";
    }
    if (!client_text_copy(r->hash, sizeof r->hash, packed_member(map, "hash")) ||
        strlen(r->hash) != sizeof r->hash - 1) {
        return "hash";
    }
    if (!client_text_copy(r->status, sizeof r->status, packed_member(map, "status")) ||
        !result_status_known(r->status)) {
        return "status";
    }
    if (!client_text_copy(r->path, sizeof r->path, packed_member(map, "path"))) return "path";
    if (!result_bytes(packed_member(map, "value"), &r->value)) return "value";
    if (!packed_uint(packed_member(map, "replayed"), &r->replayed)) return "replayed";
    if (!packed_uint(packed_member(map, "wait_us"), &r->wait_us)) return "wait_us";
    if (!packed_uint(packed_member(map, "run_us"), &r->run_us)) return "run_us";
    if (!result_optional(packed_member(map, "ticks"), &r->ticks)) return "ticks";
    if (!result_optional(packed_member(map, "queued"), &r->queued)) return "queued";
    return NULL;
}

static bool result_read_texts(struct packed_value list, struct headstart_bytes *out)
{
    struct packed_walk walk;
    struct packed_value v;

    if (packed_kind_of(list) != PACKED_ARRAY) return true;
    packed_walk_begin(list, &walk);
    while (packed_walk_next(&walk, &v)) {
        if (!result_bytes(v, out++)) return false;
    }
    return true;
}

static bool result_read_settlement(struct packed_value v, struct headstart_settled *out)
{
    struct packed_walk walk;
    struct packed_value seqnum, status, value;
    uint32_t parts;

    if (packed_kind_of(v) != PACKED_ARRAY || !packed_count(v, &parts) || parts != 3) return false;
    packed_walk_begin(v, &walk);
    return packed_walk_next(&walk, &seqnum) && packed_uint(seqnum, &out->seqnum) &&
           packed_walk_next(&walk, &status) &&
           client_text_copy(out->status, sizeof out->status, status) &&
           result_status_known(out->status) && packed_walk_next(&walk, &value) &&
           result_bytes(value, &out->value);
}

static const char *result_read_settled(struct packed_value settled, struct headstart_result *r)
{
    struct packed_walk walk;
    struct packed_value v;
    size_t i = 0;

    if (r->settled_len == 0) return NULL;
    packed_walk_begin(settled, &walk);
    while (packed_walk_next(&walk, &v)) {
        if (!result_read_settlement(v, &r->settled[i++])) return "settled";
    }
    assert(i == r->settled_len);
    return NULL;
}

static const char *result_read_writes(struct packed_value writes, struct headstart_result *r)
{
    struct packed_walk walk, pair;
    struct packed_value v, key, value;
    uint32_t parts;
    size_t i = 0;

    packed_walk_begin(writes, &walk);
    while (packed_walk_next(&walk, &v)) {
        struct headstart_write *write = &r->writes[i++];

        if (packed_kind_of(v) != PACKED_ARRAY || !packed_count(v, &parts) || parts != 2)
            return "writes";
        packed_walk_begin(v, &pair);
        if (!packed_walk_next(&pair, &key) || !packed_walk_next(&pair, &value)) return "writes";
        if (!result_bytes(key, &write->key)) return "writes";
        write->value = (struct headstart_bytes){NULL, 0};
        if (packed_kind_of(value) != PACKED_NIL && !result_bytes(value, &write->value))
            return "writes";
    }
    assert(i == r->writes_len);
    return NULL;
}

/* A list that the first version of the protocol lacks: how many are in it. */
static bool result_optional_list(struct packed_value v, uint32_t *len)
{
    *len = 0;
    if (packed_kind_of(v) == PACKED_ARRAY) (void)packed_count(v, len);
    return packed_kind_of(v) == PACKED_ARRAY || packed_kind_of(v) == PACKED_ABSENT;
}

static const char *result_find_parts(struct packed_value map, struct result_parts *parts)
{
    parts->outputs = packed_member(map, "outputs");
    parts->writes = packed_member(map, "writes");
    if (packed_kind_of(parts->outputs) != PACKED_ARRAY) return "outputs";
    if (packed_kind_of(parts->writes) != PACKED_ARRAY) return "writes";
    parts->settled = packed_member(map, "settled");
    parts->events = packed_member(map, "events");
    if (!result_optional_list(parts->settled, &parts->settled_len)) return "settled";
    if (!result_optional_list(parts->events, &parts->events_len)) return "events";
    (void)packed_count(parts->outputs, &parts->outputs_len);
    (void)packed_count(parts->writes, &parts->writes_len);
    return NULL;
}

/* A block laid out for the result; its packed bytes are copied and *map points at the copy. */
static struct headstart_result *result_open(struct packed_value *map,
                                            const struct result_parts *parts)
{
    struct slice packed = packed_bytes(*map);
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
    *map = packed_root(slice_make(at, packed.len));
    return r;
}

_Static_assert(sizeof(struct headstart_result) % sizeof(void *) == 0, "arrays lie right behind it");

enum headstart_status client_result_read(struct packed_value result, uint64_t seqnum,
                                         struct headstart_result **out, struct headstart_error *err)
{
    struct result_parts parts;
    struct headstart_result *r;
    const char *bad = result_find_parts(result, &parts);

    if (bad) return result_bad(err, bad);
    r = result_open(&result, &parts);
    if (!r) return client_fail(err, HEADSTART_NOMEM, "no memory for a delivery's answer");
    bad = result_find_parts(result, &parts);
    if (!bad) bad = result_read_fields(result, seqnum, r);
    if (!bad && !result_read_texts(parts.outputs, r->outputs)) bad = "outputs";
    if (!bad && !result_read_texts(parts.events, r->events)) bad = "events";
    if (!bad) bad = result_read_settled(parts.settled, r);
    if (!bad) bad = result_read_writes(parts.writes, r);
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
