/* Checking and reading MessagePack in place.
 *
 *   byte run ──wire_scan──► "these n bytes are one value" ──wire_value──► numbers, slices
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
#include "ipc/wire.h"

#include <assert.h>
#include <string.h>

enum wire_form {
    FORM_NEVER, /* 0xc1: the one byte that begins nothing */
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
struct wire_head {
    enum wire_form form;
    uint32_t head_len; /* the type byte and the length behind it */
    uint64_t body_len; /* bytes behind the head that belong to this value alone */
    uint64_t children; /* values inside: elements, or keys and values */
    uint32_t count;    /* length as written: bytes, elements or pairs */
};

/* The type bytes 0xc0..0xdf: how many length bytes follow, and how many body bytes besides. */
static const struct {
    uint8_t form, length_len, body_len;
} wire_forms[32] = {
    {FORM_NIL, 0, 0},        {FORM_NEVER, 0, 0},     {FORM_BOOL, 0, 0},      {FORM_BOOL, 0, 0},
    {FORM_TEXT, 1, 0},       {FORM_TEXT, 2, 0},      {FORM_TEXT, 4, 0},      {FORM_EXTENSION, 1, 1},
    {FORM_EXTENSION, 2, 1},  {FORM_EXTENSION, 4, 1}, {FORM_FLOAT, 0, 4},     {FORM_FLOAT, 0, 8},
    {FORM_UINT, 0, 1},       {FORM_UINT, 0, 2},      {FORM_UINT, 0, 4},      {FORM_UINT, 0, 8},
    {FORM_INT, 0, 1},        {FORM_INT, 0, 2},       {FORM_INT, 0, 4},       {FORM_INT, 0, 8},
    {FORM_EXTENSION, 0, 2},  {FORM_EXTENSION, 0, 3}, {FORM_EXTENSION, 0, 5}, {FORM_EXTENSION, 0, 9},
    {FORM_EXTENSION, 0, 17}, {FORM_TEXT, 1, 0},      {FORM_TEXT, 2, 0},      {FORM_TEXT, 4, 0},
    {FORM_ARRAY, 2, 0},      {FORM_ARRAY, 4, 0},     {FORM_MAP, 2, 0},       {FORM_MAP, 4, 0},
};

static uint64_t wire_load(const char *at, size_t len)
{
    uint64_t value = 0;

    assert(len <= sizeof value);
    for (size_t i = 0; i < len; i++) {
        value = value << 8 | (uint8_t)at[i];
    }
    return value;
}

/* The type bytes that hold their value or length themselves. */
static void wire_head_short(uint8_t type, struct wire_head *head)
{
    head->head_len = 1;
    if (type < 0x80) {
        head->form = FORM_UINT;
    } else if (type < 0x90) {
        head->form = FORM_MAP;
        head->count = type & 0x0f;
    } else if (type < 0xa0) {
        head->form = FORM_ARRAY;
        head->count = type & 0x0f;
    } else if (type < 0xc0) {
        head->form = FORM_TEXT;
        head->count = type & 0x1f;
    } else {
        head->form = FORM_INT;
    }
}

/* False: the head itself is not complete; head->head_len then says how long it will be. */
static bool wire_head_read(const char *at, size_t len, struct wire_head *head)
{
    uint8_t type;

    *head = (struct wire_head){.head_len = 1};
    if (len == 0) return false;
    type = (uint8_t)*at;
    if (type < 0xc0 || type >= 0xe0) {
        wire_head_short(type, head);
    } else {
        head->form = wire_forms[type - 0xc0].form;
        head->head_len = 1u + wire_forms[type - 0xc0].length_len;
        head->body_len = wire_forms[type - 0xc0].body_len;
        if (len < head->head_len) return false;
        head->count = (uint32_t)wire_load(at + 1, wire_forms[type - 0xc0].length_len);
    }
    if (head->form == FORM_TEXT || head->form == FORM_EXTENSION) head->body_len += head->count;
    if (head->form == FORM_ARRAY) head->children = head->count;
    if (head->form == FORM_MAP) head->children = 2 * (uint64_t)head->count;
    return true;
}

/* --- scanning --- */

static enum hs_status wire_head_check(const struct wire_scanner *scanner,
                                      const struct wire_head *head, struct hs_error *err)
{
    uint64_t frame_len_least =
        scanner->at + head->head_len + head->body_len + scanner->due - 1 + head->children;

    if (head->form == FORM_NEVER) {
        return hs_fail(err, HS_PROTOCOL, "not MessagePack: byte 0xc1 at offset %zu", scanner->at);
    }
    if (frame_len_least > HS_FRAME_BYTES_MAX) {
        return hs_fail(err, HS_TOO_LARGE, "a frame of at least %llu bytes; %d are allowed",
                       (unsigned long long)frame_len_least, HS_FRAME_BYTES_MAX);
    }
    if ((head->form == FORM_ARRAY || head->form == FORM_MAP) &&
        scanner->depth >= HS_FRAME_DEPTH_MAX) {
        return hs_fail(err, HS_PROTOCOL, "nested deeper than %d levels at offset %zu",
                       HS_FRAME_DEPTH_MAX, scanner->at);
    }
    return HS_OK;
}

static void wire_scanner_pass(struct wire_scanner *scanner, const struct wire_head *head)
{
    scanner->at += head->head_len + (size_t)head->body_len;
    scanner->due += head->children - 1;
    if (head->children > 0) {
        assert(scanner->depth < HS_FRAME_DEPTH_MAX);
        scanner->left[scanner->depth++] = (uint32_t)head->children; /* < HS_FRAME_BYTES_MAX */
        return;
    }
    while (scanner->depth > 0 && --scanner->left[scanner->depth - 1] == 0) {
        scanner->depth--; /* its last value ended that container, which is a value itself */
    }
}

enum hs_status wire_scan(struct wire_scanner *scanner, struct slice bytes, size_t *frame_len,
                         size_t *needed_more, struct hs_error *err)
{
    struct wire_head head;
    enum hs_status st;
    uint64_t value_len;
    bool whole;

    assert(scanner->at <= bytes.len);
    if (scanner->at == 0) scanner->due = 1;
    while (scanner->due > 0) {
        size_t have = bytes.len - scanner->at;

        whole = wire_head_read(have ? bytes.data + scanner->at : NULL, have, &head);
        st = whole ? wire_head_check(scanner, &head, err) : HS_OK;
        if (st != HS_OK) return st;
        value_len = head.head_len + (whole ? head.body_len : 0);
        if (!whole || have < value_len) {
            value_len += head.children + scanner->due - 1;
            if (needed_more) *needed_more = value_len > have ? (size_t)(value_len - have) : 1;
            return HS_NOT_FOUND;
        }
        wire_scanner_pass(scanner, &head);
    }
    assert(scanner->depth == 0);
    *frame_len = scanner->at;
    return HS_OK;
}

enum hs_status wire_frame_scan(struct slice bytes, size_t *frame_len, size_t *needed_more,
                               struct hs_error *err)
{
    struct wire_scanner scanner = {0};

    return wire_scan(&scanner, bytes, frame_len, needed_more, err);
}

/* --- reading --- */

static bool wire_head_of(struct wire_value v, struct wire_head *head)
{
    bool whole;

    if (!v.at) return false;
    whole = wire_head_read(v.at, (size_t)(v.end - v.at), head);
    assert(whole); /* the scan's promise */
    return whole;
}

static size_t wire_value_len(const char *at, const char *end)
{
    const char *start = at;
    uint64_t due = 1;
    struct wire_head head;

    while (due > 0) {
        bool whole = wire_head_read(at, (size_t)(end - at), &head);

        assert(whole);
        assert(head.head_len + head.body_len <= (size_t)(end - at));
        at += head.head_len + head.body_len;
        due += head.children - 1;
    }
    return (size_t)(at - start);
}

struct wire_value wire_root(struct slice frame)
{
    assert(frame.len > 0);
    return (struct wire_value){frame.data, frame.data + frame.len};
}

static uint64_t wire_integer(struct wire_value v, const struct wire_head *head)
{
    if (head->body_len == 0) return (uint8_t)*v.at;
    return wire_load(v.at + head->head_len, (size_t)head->body_len);
}

/* A signed integer's top bit, at the width it was written in. */
static bool wire_negative(struct wire_value v, const struct wire_head *head)
{
    return head->form == FORM_INT && ((uint8_t)v.at[head->body_len ? head->head_len : 0] & 0x80);
}

bool wire_uint(struct wire_value v, uint64_t *out)
{
    struct wire_head head;
    uint64_t value;

    if (!wire_head_of(v, &head) || (head.form != FORM_UINT && head.form != FORM_INT)) return false;
    if (wire_negative(v, &head)) return false;
    value = wire_integer(v, &head);
    if (value > HS_UINT_MAX) return false;
    *out = value;
    return true;
}

enum wire_kind wire_kind_of(struct wire_value v)
{
    struct wire_head head;
    uint64_t ignored;

    if (!wire_head_of(v, &head)) return WIRE_ABSENT;
    switch (head.form) {
    case FORM_NIL: return WIRE_NIL;
    case FORM_BOOL: return WIRE_BOOL;
    case FORM_UINT:
    case FORM_INT: return wire_uint(v, &ignored) ? WIRE_UINT : WIRE_OTHER;
    case FORM_FLOAT: return WIRE_DOUBLE;
    case FORM_TEXT: return WIRE_TEXT;
    case FORM_ARRAY: return WIRE_ARRAY;
    case FORM_MAP: return WIRE_MAP;
    case FORM_EXTENSION:
    case FORM_NEVER: break;
    }
    return WIRE_OTHER;
}

bool wire_bool(struct wire_value v, bool *out)
{
    struct wire_head head;

    if (!wire_head_of(v, &head) || head.form != FORM_BOOL) return false;
    *out = (uint8_t)*v.at == 0xc3;
    return true;
}

bool wire_double(struct wire_value v, double *out)
{
    struct wire_head head;
    uint64_t bits;

    if (!wire_head_of(v, &head) || head.form != FORM_FLOAT) return false;
    bits = wire_load(v.at + head.head_len, (size_t)head.body_len);
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

bool wire_text(struct wire_value v, struct slice *out)
{
    struct wire_head head;

    if (!wire_head_of(v, &head) || head.form != FORM_TEXT) return false;
    assert(head.head_len + head.body_len <= (size_t)(v.end - v.at));
    *out = slice_make(v.at + head.head_len, (size_t)head.body_len);
    return true;
}

bool wire_count(struct wire_value v, uint32_t *out)
{
    struct wire_head head;

    if (!wire_head_of(v, &head)) return false;
    if (head.form != FORM_ARRAY && head.form != FORM_MAP) return false;
    *out = head.count;
    return true;
}

struct slice wire_packed(struct wire_value v)
{
    return v.at ? slice_make(v.at, (size_t)(v.end - v.at)) : slice_make(NULL, 0);
}

bool wire_walk_begin(struct wire_value v, struct wire_walk *walk)
{
    struct wire_head head;

    *walk = (struct wire_walk){0};
    if (!wire_head_of(v, &head)) return false;
    if (head.form != FORM_ARRAY && head.form != FORM_MAP) return false;
    *walk = (struct wire_walk){.at = v.at + head.head_len, .end = v.end, .left = head.children};
    return true;
}

bool wire_walk_next(struct wire_walk *walk, struct wire_value *out)
{
    if (walk->left == 0) return false;
    out->at = walk->at;
    out->end = walk->at + wire_value_len(walk->at, walk->end);
    walk->at = out->end;
    walk->left--;
    return true;
}

struct wire_value wire_at(struct wire_value array, uint32_t i)
{
    struct wire_walk walk;
    struct wire_value v;

    if (wire_kind_of(array) != WIRE_ARRAY) return (struct wire_value){0};
    wire_walk_begin(array, &walk);
    while (wire_walk_next(&walk, &v)) {
        if (i-- == 0) return v;
    }
    return (struct wire_value){0};
}

bool wire_pair(struct wire_value map, uint32_t i, struct wire_value *key, struct wire_value *value)
{
    struct wire_walk walk;

    if (wire_kind_of(map) != WIRE_MAP) return false;
    wire_walk_begin(map, &walk);
    while (wire_walk_next(&walk, key) && wire_walk_next(&walk, value)) {
        if (i-- == 0) return true;
    }
    return false;
}

struct wire_value wire_member(struct wire_value map, const char *key)
{
    struct slice wanted = slice_text(key), name;
    struct wire_walk walk;
    struct wire_value k, v;

    if (wire_kind_of(map) != WIRE_MAP) return (struct wire_value){0};
    wire_walk_begin(map, &walk);
    while (wire_walk_next(&walk, &k) && wire_walk_next(&walk, &v)) {
        if (wire_text(k, &name) && slice_equal(name, wanted)) return v;
    }
    return (struct wire_value){0};
}
