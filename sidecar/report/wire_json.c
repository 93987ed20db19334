/* Both directions walk the tree with a stack of their own: its depth is the wire's limit, whatever
 * the other end sent. */
#include "sidecar/report/wire_json.h"

#include "kernel/state/limits.h"

#include <assert.h>

/* A container that is being filled, and what of it is still to come. */
struct read_level {
    struct packed_walk walk;
    json_t *to; /* borrowed from the root */
};

/* A value without its elements. NULL: text that is no UTF-8, or out of memory. */
static json_t *read_one(struct packed_value v)
{
    struct slice text;
    uint64_t number;
    double real;
    bool yes;

    switch (packed_kind_of(v)) {
    case PACKED_BOOL: return packed_bool(v, &yes) ? json_boolean(yes) : json_null();
    case PACKED_UINT:
        return packed_uint(v, &number) ? json_integer((json_int_t)number) : json_null();
    case PACKED_DOUBLE: return packed_double(v, &real) ? json_real(real) : json_null();
    case PACKED_TEXT:
        return packed_text(v, &text) ? json_stringn(text.data, text.len) : json_null();
    case PACKED_ARRAY: return json_array();
    case PACKED_MAP: return json_object();
    case PACKED_NIL:
    case PACKED_OTHER:
    case PACKED_ABSENT: break;
    }
    return json_null();
}

/* The next element of the container goes into it. `*from`: what comes next there, and then the
 * element's value; *out: the same as JSON, borrowed. */
static bool read_element(struct read_level *l, struct packed_value *from, json_t **out)
{
    struct slice name;

    if (json_is_array(l->to)) {
        *out = read_one(*from);
        return *out && json_array_append_new(l->to, *out) == 0;
    }
    if (!packed_text(*from, &name) || !packed_walk_next(&l->walk, from)) return false;
    *out = read_one(*from);
    return *out && json_object_setn_new(l->to, name.data, name.len, *out) == 0;
}

static bool read_tree(struct packed_value root, json_t *to)
{
    struct read_level levels[HS_FRAME_DEPTH_MAX + 1];
    size_t depth = 0;

    levels[0] = (struct read_level){.to = to};
    if (!packed_walk_begin(root, &levels[0].walk)) return true; /* no container */
    for (;;) {
        struct read_level inner = {0};
        struct packed_value from;

        if (!packed_walk_next(&levels[depth].walk, &from)) {
            if (depth == 0) return true;
            depth--;
            continue;
        }
        if (!read_element(&levels[depth], &from, &inner.to)) return false;
        if (!packed_walk_begin(from, &inner.walk)) continue;
        if (depth == HS_FRAME_DEPTH_MAX) return false;
        levels[++depth] = inner;
    }
}

enum hs_status wire_json_read(struct slice packed, json_t **out, struct hs_error *err)
{
    size_t len = 0, more = 0;
    enum hs_status st;
    json_t *root;

    *out = NULL;
    st = packed_scan_whole(packed, &len, &more, err);
    if (st != HS_OK || len != packed.len) {
        return hs_fail(err, HS_PROTOCOL, "the answer is not one MessagePack value");
    }
    root = read_one(packed_root(packed));
    if (!root || !read_tree(packed_root(packed), root)) {
        json_decref(root);
        return hs_fail(err, HS_PROTOCOL, "the answer holds text that is not UTF-8");
    }
    *out = root;
    return HS_OK;
}

struct write_level {
    const json_t *from;
    size_t next; /* of an array */
    void *pair;  /* of an object: jansson's iterator */
};

/* A value, of a container its head alone. False: it has no place on the wire. */
static bool write_one(struct wire_writer *w, const json_t *v)
{
    switch (json_typeof(v)) {
    case JSON_OBJECT: wire_put_map(w, (uint32_t)json_object_size(v)); return true;
    case JSON_ARRAY: wire_put_array(w, (uint32_t)json_array_size(v)); return true;
    case JSON_STRING:
        wire_put_text(w, slice_make(json_string_value(v), json_string_length(v)));
        return true;
    case JSON_INTEGER:
        if (json_integer_value(v) < 0) return false;
        if ((uint64_t)json_integer_value(v) > HS_UINT_MAX) return false;
        wire_put_uint(w, (uint64_t)json_integer_value(v));
        return true;
    case JSON_REAL: wire_put_double(w, json_real_value(v)); return true;
    case JSON_TRUE:
    case JSON_FALSE: wire_put_bool(w, json_is_true(v)); return true;
    case JSON_NULL: break;
    }
    wire_put_nil(w);
    return true;
}

static struct write_level write_level_of(const json_t *v)
{
    /* json_object_iter wants a mutable object, but only reads it. */
    void *pair = json_is_object(v) ? json_object_iter((json_t *)(uintptr_t)v) : NULL;

    return (struct write_level){.from = v, .pair = pair};
}

/* The next element of the level, its key written; NULL at the end. */
static const json_t *write_next(struct wire_writer *w, struct write_level *l)
{
    const json_t *v;

    if (json_is_array(l->from)) return json_array_get(l->from, l->next++);
    if (!l->pair) return NULL;
    wire_put_text(w, slice_make(json_object_iter_key(l->pair), json_object_iter_key_len(l->pair)));
    v = json_object_iter_value(l->pair);
    l->pair = json_object_iter_next((json_t *)(uintptr_t)l->from, l->pair);
    return v;
}

enum hs_status wire_json_write(const json_t *value, struct buffer *out, struct hs_error *err)
{
    struct write_level levels[HS_FRAME_DEPTH_MAX];
    struct wire_writer w;
    size_t depth = 0; /* levels in use */
    const json_t *v = value;
    enum hs_status st;

    assert(value);
    wire_begin(&w, out);
    while (v) {
        if (!write_one(&w, v)) {
            return hs_fail(err, HS_INVALID, "integers must be from 0 to 2^53 - 1");
        }
        if (json_is_array(v) || json_is_object(v)) {
            if (depth == HS_FRAME_DEPTH_MAX) return hs_fail(err, HS_INVALID, "nested too deep");
            levels[depth++] = write_level_of(v);
        }
        v = NULL;
        while (depth > 0 && !(v = write_next(&w, &levels[depth - 1]))) {
            depth--;
        }
    }
    st = wire_end(&w);
    return st == HS_OK ? st : hs_fail(err, st, "cannot pack: %s", hs_status_text(st));
}
