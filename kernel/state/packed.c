/* Checking and reading MessagePack in place.
 *
 *   byte run ──packed_scan──► "these n bytes are one value" ──packed_value──► numbers, slices
 *
 * The scanner counts: a container's head adds that many values to those that are due, each value
 * takes one away, and as every value is at least a byte long, bytes seen + values due is a lower
 * bound of the frame. A head that claims gigabytes is refused by that sum when it is read, before
 * anything is kept for it; one that claims what is allowed is believed byte by byte as they come.
 * A stack of counts, as deep as frames may nest, takes the place of recursion.
 *
 * Reading relies on the scan: inside a scanned frame every head and body is complete. Bounds are
 * still checked, by assertion, since a value that was never scanned is a programmer's error.
 *
 * Rejected: msgpack-c's unpacker behind the scan. It copies every frame into objects that are read
 * once and thrown away, and needs its own limits told a second time. */
#include "kernel/state/packed.h"

#include <assert.h>
#include <string.h>

enum packed_form {
    FORM_ABSENT, /* there is no value */
    FORM_CUT,    /* the head is not complete: head_len says how long it will be */
    FORM_NEVER,  /* 0xc1: the one byte that begins nothing */
    FORM_NIL,
    FORM_BOOL,
    FORM_UINT,
    FORM_INT,
    FORM_FLOAT,
    FORM_TEXT,
    FORM_EXTENSION,
    FORM_ARRAY,
    FORM_MAP,
};

/* What a value's first bytes say. */
struct packed_head {
    enum packed_form form;
    uint32_t head_len; /* the type byte and the length behind it */
    uint64_t body_len; /* bytes behind the head that belong to this value alone */
    uint64_t children; /* values inside: elements, or keys and values */
};

/* The type bytes 0xc0..0xdf: how many length bytes follow, and how many body bytes besides. */
static const struct {
    uint8_t form, length_len, body_len;
} packed_forms[32] = {
    {FORM_NIL, 0, 0},        {FORM_NEVER, 0, 0},     {FORM_BOOL, 0, 0},      {FORM_BOOL, 0, 0},
    {FORM_TEXT, 1, 0},       {FORM_TEXT, 2, 0},      {FORM_TEXT, 4, 0},      {FORM_EXTENSION, 1, 1},
    {FORM_EXTENSION, 2, 1},  {FORM_EXTENSION, 4, 1}, {FORM_FLOAT, 0, 4},     {FORM_FLOAT, 0, 8},
    {FORM_UINT, 0, 1},       {FORM_UINT, 0, 2},      {FORM_UINT, 0, 4},      {FORM_UINT, 0, 8},
    {FORM_INT, 0, 1},        {FORM_INT, 0, 2},       {FORM_INT, 0, 4},       {FORM_INT, 0, 8},
    {FORM_EXTENSION, 0, 2},  {FORM_EXTENSION, 0, 3}, {FORM_EXTENSION, 0, 5}, {FORM_EXTENSION, 0, 9},
    {FORM_EXTENSION, 0, 17}, {FORM_TEXT, 1, 0},      {FORM_TEXT, 2, 0},      {FORM_TEXT, 4, 0},
    {FORM_ARRAY, 2, 0},      {FORM_ARRAY, 4, 0},     {FORM_MAP, 2, 0},       {FORM_MAP, 4, 0},
};

/* All others hold their value or length themselves: by their upper four bits. */
static const uint8_t packed_short_forms[16] = {
    FORM_UINT, FORM_UINT,  FORM_UINT, FORM_UINT, FORM_UINT,  FORM_UINT,  FORM_UINT, FORM_UINT,
    FORM_MAP,  FORM_ARRAY, FORM_TEXT, FORM_TEXT, FORM_NEVER, FORM_NEVER, FORM_INT,  FORM_INT,
};

static uint64_t packed_load(const char *at, size_t len)
{
    uint64_t value = 0;

    assert(len <= sizeof value);
    for (size_t i = 0; i < len; i++) {
        value = value << 8 | (uint8_t)at[i];
    }
    return value;
}

static uint64_t packed_children(enum packed_form form, uint64_t count)
{
    if (form == FORM_ARRAY) return count;
    return form == FORM_MAP ? 2 * count : 0;
}

static struct packed_head packed_head_read_long(const char *at, size_t len)
{
    uint8_t type = (uint8_t)(*at - 0xc0), length_len = packed_forms[type].length_len;
    struct packed_head head = {.form = (enum packed_form)packed_forms[type].form,
                               .head_len = 1u + length_len,
                               .body_len = packed_forms[type].body_len};
    uint64_t length;

    if (len < head.head_len) {
        head.form = FORM_CUT;
        return head;
    }
    length = packed_load(at + 1, length_len);
    if (head.form == FORM_TEXT || head.form == FORM_EXTENSION) head.body_len += length;
    head.children = packed_children(head.form, length);
    return head;
}

/* Inline, and by value: a frame is read a head at a time, and most heads are one byte. */
static inline struct packed_head packed_head_read(const char *at, size_t len)
{
    struct packed_head head = {.form = FORM_CUT, .head_len = 1};
    uint8_t type;

    if (len == 0) return head;
    type = (uint8_t)*at;
    if ((type & 0xe0) == 0xc0) return packed_head_read_long(at, len);
    head.form = (enum packed_form)packed_short_forms[type >> 4];
    head.body_len = head.form == FORM_TEXT ? type & 0x1f : 0;
    head.children = packed_children(head.form, type & 0x0f);
    return head;
}

/* --- scanning --- */

/* Why the value whose head that is cannot be part of the frame; HS_OK: it can. */
static enum hs_status packed_head_judge(const struct packed_scanner *scanner,
                                        struct packed_head head, uint64_t frame_len_least,
                                        struct hs_error *err)
{
    if (head.form == FORM_NEVER) {
        return hs_fail(err, HS_PROTOCOL, "not MessagePack: byte 0xc1 at offset %zu", scanner->at);
    }
    if (frame_len_least > HS_FRAME_BYTES_MAX) {
        return hs_fail(err, HS_TOO_LARGE, "a frame of at least %llu bytes; %d are allowed",
                       (unsigned long long)frame_len_least, HS_FRAME_BYTES_MAX);
    }
    if ((head.form == FORM_ARRAY || head.form == FORM_MAP) &&
        scanner->depth >= HS_FRAME_DEPTH_MAX) {
        return hs_fail(err, HS_PROTOCOL, "nested deeper than %d levels at offset %zu",
                       HS_FRAME_DEPTH_MAX, scanner->at);
    }
    return HS_OK;
}

static inline enum hs_status packed_head_check(const struct packed_scanner *scanner,
                                               struct packed_head head, struct hs_error *err)
{
    uint64_t frame_len_least =
        scanner->at + head.head_len + head.body_len + scanner->due - 1 + head.children;
    bool fine = head.form != FORM_NEVER && scanner->depth < HS_FRAME_DEPTH_MAX &&
                frame_len_least <= HS_FRAME_BYTES_MAX;

    return fine ? HS_OK : packed_head_judge(scanner, head, frame_len_least, err);
}

static inline void packed_scanner_pass(struct packed_scanner *scanner, struct packed_head head)
{
    scanner->at += head.head_len + (size_t)head.body_len;
    scanner->due += head.children - 1;
    if (head.children > 0) {
        assert(scanner->depth < HS_FRAME_DEPTH_MAX);
        scanner->left[scanner->depth++] = (uint32_t)head.children; /* < HS_FRAME_BYTES_MAX */
        return;
    }
    while (scanner->depth > 0 && --scanner->left[scanner->depth - 1] == 0) {
        scanner->depth--; /* its last value ended that container, which is a value itself */
    }
}

/* How many bytes are missing at least, behind the `have` that begin the value at hand. */
static size_t packed_missing(const struct packed_scanner *scanner, struct packed_head head,
                             size_t have)
{
    uint64_t least = head.head_len + scanner->due - 1;

    if (head.form != FORM_CUT) least += head.body_len + head.children;
    return least > have ? (size_t)(least - have) : 1;
}

enum hs_status packed_scan(struct packed_scanner *scanner, struct slice bytes, size_t *frame_len,
                           size_t *needed_more, struct hs_error *err)
{
    assert(scanner->at <= bytes.len);
    if (scanner->at == 0) scanner->due = 1;
    while (scanner->due > 0) {
        size_t have = bytes.len - scanner->at;
        struct packed_head head = packed_head_read(have ? bytes.data + scanner->at : NULL, have);
        enum hs_status st = HS_OK;

        if (head.form != FORM_CUT) st = packed_head_check(scanner, head, err);
        if (st != HS_OK) return st;
        if (head.form == FORM_CUT || have < head.head_len + head.body_len) {
            if (needed_more) *needed_more = packed_missing(scanner, head, have);
            return HS_NOT_FOUND;
        }
        packed_scanner_pass(scanner, head);
    }
    assert(scanner->depth == 0);
    *frame_len = scanner->at;
    return HS_OK;
}

enum hs_status packed_scan_whole(struct slice bytes, size_t *frame_len, size_t *needed_more,
                                 struct hs_error *err)
{
    struct packed_scanner scanner = {0};

    return packed_scan(&scanner, bytes, frame_len, needed_more, err);
}

/* --- reading --- */

static inline struct packed_head packed_head_of(struct packed_value v)
{
    struct packed_head head;

    if (!v.at) return (struct packed_head){.form = FORM_ABSENT};
    head = packed_head_read(v.at, (size_t)(v.end - v.at));
    assert(head.form != FORM_CUT); /* the scan's promise */
    return head;
}

static size_t packed_value_len(const char *at, const char *end)
{
    const char *start = at;
    uint64_t due = 1;

    while (due > 0) {
        struct packed_head head = packed_head_read(at, (size_t)(end - at));

        assert(head.form != FORM_CUT);
        assert(head.head_len + head.body_len <= (size_t)(end - at));
        at += head.head_len + head.body_len;
        due += head.children - 1;
    }
    return (size_t)(at - start);
}

struct packed_value packed_root(struct slice frame)
{
    assert(frame.len > 0);
    return (struct packed_value){frame.data, frame.data + frame.len};
}

static uint64_t packed_integer(struct packed_value v, struct packed_head head)
{
    if (head.body_len == 0) return (uint8_t)*v.at;
    return packed_load(v.at + head.head_len, (size_t)head.body_len);
}

/* A signed integer's top bit, at the width it was written in. */
static bool packed_negative(struct packed_value v, struct packed_head head)
{
    return head.form == FORM_INT && ((uint8_t)v.at[head.body_len ? head.head_len : 0] & 0x80);
}

bool packed_uint(struct packed_value v, uint64_t *out)
{
    struct packed_head head = packed_head_of(v);
    uint64_t value;

    if (head.form != FORM_UINT && head.form != FORM_INT) return false;
    if (packed_negative(v, head)) return false;
    value = packed_integer(v, head);
    if (value > HS_UINT_MAX) return false;
    *out = value;
    return true;
}

enum packed_kind packed_kind_of(struct packed_value v)
{
    uint64_t ignored;

    switch (packed_head_of(v).form) {
    case FORM_ABSENT: return PACKED_ABSENT;
    case FORM_NIL: return PACKED_NIL;
    case FORM_BOOL: return PACKED_BOOL;
    case FORM_UINT:
    case FORM_INT: return packed_uint(v, &ignored) ? PACKED_UINT : PACKED_OTHER;
    case FORM_FLOAT: return PACKED_DOUBLE;
    case FORM_TEXT: return PACKED_TEXT;
    case FORM_ARRAY: return PACKED_ARRAY;
    case FORM_MAP: return PACKED_MAP;
    case FORM_EXTENSION:
    case FORM_NEVER:
    case FORM_CUT: break;
    }
    return PACKED_OTHER;
}

bool packed_bool(struct packed_value v, bool *out)
{
    if (packed_head_of(v).form != FORM_BOOL) return false;
    *out = (uint8_t)*v.at == 0xc3;
    return true;
}

bool packed_double(struct packed_value v, double *out)
{
    struct packed_head head = packed_head_of(v);
    uint64_t bits;

    if (head.form != FORM_FLOAT) return false;
    bits = packed_load(v.at + head.head_len, (size_t)head.body_len);
    if (head.body_len == sizeof(float)) {
        uint32_t bits32 = (uint32_t)bits;
        float value32;

        memcpy(&value32, &bits32, sizeof value32);
        *out = (double)value32;
    } else {
        memcpy(out, &bits, sizeof *out);
    }
    return true;
}

bool packed_text(struct packed_value v, struct slice *out)
{
    struct packed_head head = packed_head_of(v);

    if (head.form != FORM_TEXT) return false;
    assert(head.head_len + head.body_len <= (size_t)(v.end - v.at));
    *out = slice_make(v.at + head.head_len, (size_t)head.body_len);
    return true;
}

bool packed_binary(struct packed_value v, struct slice *out)
{
    uint8_t type = v.at ? (uint8_t)*v.at : 0;

    return type >= 0xc4 && type <= 0xc6 && packed_text(v, out);
}

bool packed_count(struct packed_value v, uint32_t *out)
{
    struct packed_head head = packed_head_of(v);

    if (head.form != FORM_ARRAY && head.form != FORM_MAP) return false;
    *out = (uint32_t)(head.form == FORM_MAP ? head.children / 2 : head.children);
    return true;
}

struct slice packed_bytes(struct packed_value v)
{
    return v.at ? slice_make(v.at, (size_t)(v.end - v.at)) : slice_make(NULL, 0);
}

bool packed_walk_begin(struct packed_value v, struct packed_walk *walk)
{
    struct packed_head head = packed_head_of(v);

    *walk = (struct packed_walk){0};
    if (head.form != FORM_ARRAY && head.form != FORM_MAP) return false;
    *walk = (struct packed_walk){.at = v.at + head.head_len, .end = v.end, .left = head.children};
    return true;
}

static inline struct packed_head packed_walk_head(const struct packed_walk *walk)
{
    if (walk->left == 0) return (struct packed_head){.form = FORM_ABSENT};
    return packed_head_of((struct packed_value){walk->at, walk->end});
}

bool packed_walk_into(struct packed_walk *walk, uint32_t count)
{
    struct packed_head head = packed_walk_head(walk);

    if (head.form != FORM_ARRAY || head.children != count) return false;
    walk->at += head.head_len;
    walk->left += head.children - 1;
    return true;
}

bool packed_walk_text(struct packed_walk *walk, struct slice *out)
{
    struct packed_head head = packed_walk_head(walk);

    if (head.form != FORM_TEXT) return false;
    assert(head.head_len + head.body_len <= (size_t)(walk->end - walk->at));
    *out = slice_make(walk->at + head.head_len, (size_t)head.body_len);
    walk->at = out->data + out->len;
    walk->left--;
    return true;
}

/* The last one ends where the container does: what it holds need not be passed to see that. */
bool packed_walk_next(struct packed_walk *walk, struct packed_value *out)
{
    if (walk->left == 0) return false;
    assert(walk->at < walk->end);
    out->at = walk->at;
    out->end = walk->left == 1 ? walk->end : walk->at + packed_value_len(walk->at, walk->end);
    walk->at = out->end;
    walk->left--;
    return true;
}

bool packed_walk_pair(struct packed_walk *walk, struct slice *name, struct packed_value *value)
{
    struct packed_value key;

    *name = (struct slice){NULL, 0};
    if (!packed_walk_text(walk, name) && !packed_walk_next(walk, &key)) return false;
    return packed_walk_next(walk, value);
}

struct packed_value packed_at(struct packed_value array, uint32_t i)
{
    struct packed_walk walk;
    struct packed_value v;

    if (packed_kind_of(array) != PACKED_ARRAY) return (struct packed_value){0};
    packed_walk_begin(array, &walk);
    while (packed_walk_next(&walk, &v)) {
        if (i-- == 0) return v;
    }
    return (struct packed_value){0};
}

struct packed_value packed_member(struct packed_value map, const char *key)
{
    struct slice wanted = slice_text(key), name;
    struct packed_walk walk;
    struct packed_value v;

    if (packed_kind_of(map) != PACKED_MAP) return (struct packed_value){0};
    packed_walk_begin(map, &walk);
    while (packed_walk_pair(&walk, &name, &v)) {
        if (name.data && slice_equal(name, wanted)) return v;
    }
    return (struct packed_value){0};
}

/* The one that is wanted next is tried first: who writes and who reads names them alike. */
static size_t packed_key_find(struct slice name, const char *const *keys, size_t keys_len,
                              size_t next)
{
    for (size_t tried = 0; tried < keys_len; tried++) {
        size_t i = next + tried < keys_len ? next + tried : next + tried - keys_len;

        if (slice_equal(name, slice_text(keys[i]))) return i;
    }
    return keys_len;
}

void packed_members(struct packed_value map, const char *const *keys, size_t keys_len,
                    struct packed_value *out)
{
    struct packed_walk walk;
    struct packed_value v;
    struct slice name;
    size_t next = 0;

    for (size_t i = 0; i < keys_len; i++) {
        out[i] = (struct packed_value){0};
    }
    if (packed_kind_of(map) != PACKED_MAP) return;
    packed_walk_begin(map, &walk);
    while (packed_walk_pair(&walk, &name, &v)) {
        size_t i = name.data ? packed_key_find(name, keys, keys_len, next) : keys_len;

        if (i == keys_len) continue;
        if (!out[i].at) out[i] = v; /* its first */
        next = i + 1 < keys_len ? i + 1 : 0;
    }
}
