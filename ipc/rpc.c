#include "ipc/rpc.h"

#include "ipc/printable.h"

#include <assert.h>
#include <stdio.h>

bool rpc_may_begin(char byte)
{
    unsigned char type = (unsigned char)byte;

    return type == 0x93 || type == 0x94 || type == 0xdc || type == 0xdd; /* an array */
}

static const char *rpc_parse_request(struct packed_walk *walk, struct rpc_frame *out)
{
    struct packed_value v;

    if (!packed_walk_next(walk, &v) || !packed_uint(v, &out->msgid)) {
        return "a request's msgid must be an unsigned integer up to 2^53-1";
    }
    if (!packed_walk_next(walk, &v) || !packed_text(v, &out->method)) {
        return "a request's method must be a string";
    }
    if (!packed_walk_next(walk, &out->params) || packed_kind_of(out->params) != PACKED_ARRAY) {
        return "a request's params must be an array";
    }
    return NULL;
}

static const char *rpc_parse_response(struct packed_walk *walk, struct rpc_frame *out)
{
    struct packed_value v;

    if (!packed_walk_next(walk, &v) || !packed_uint(v, &out->msgid)) {
        return "a response's msgid must be an unsigned integer up to 2^53-1";
    }
    (void)packed_walk_next(walk, &out->error); /* the count of elements was checked */
    (void)packed_walk_next(walk, &out->result);
    return NULL;
}

static const char *rpc_parse_notification(struct packed_walk *walk, struct rpc_frame *out)
{
    struct packed_value v;

    if (!packed_walk_next(walk, &v) || !packed_text(v, &out->method)) {
        return "a notification's method must be a string";
    }
    if (!packed_walk_next(walk, &out->params) || packed_kind_of(out->params) != PACKED_ARRAY) {
        return "a notification's params must be an array";
    }
    return NULL;
}

const char *rpc_parse(struct slice frame, struct rpc_frame *out)
{
    struct packed_value root = packed_root(frame), v;
    struct packed_walk walk;
    const char *why;
    uint64_t type;
    uint32_t count;

    *out = (struct rpc_frame){.kind = RPC_NONE};
    if (packed_kind_of(root) != PACKED_ARRAY) return "a frame must be an array";
    (void)packed_count(root, &count);
    packed_walk_begin(root, &walk);
    if (!packed_walk_next(&walk, &v) || !packed_uint(v, &type) || type > 2) {
        return "a frame's first element must be 0, 1 or 2";
    }
    if (count != (type == 2 ? 3 : 4)) return "a frame of the wrong number of elements";
    if (type == 0) {
        out->kind = RPC_REQUEST;
        return rpc_parse_request(&walk, out);
    }
    out->kind = type == 1 ? RPC_RESPONSE : RPC_NOTIFICATION;
    why = type == 1 ? rpc_parse_response(&walk, out) : rpc_parse_notification(&walk, out);
    if (why) out->msgid = 0; /* an error about a response must not look like the answer to it */
    return why;
}

uint64_t rpc_msgid_peek(struct slice bytes)
{
    size_t head_len = 0, type_len = 0, msgid_len = 0;
    struct slice rest;
    uint64_t type, msgid;

    if (bytes.len == 0 || !rpc_may_begin(bytes.data[0])) return 0;
    head_len = (unsigned char)bytes.data[0] < 0xa0 ? 1 : bytes.data[0] == (char)0xdc ? 3 : 5;
    if (bytes.len <= head_len) return 0;
    rest = slice_make(bytes.data + head_len, bytes.len - head_len);
    if (packed_scan_whole(rest, &type_len, NULL, NULL) != HS_OK) return 0;
    if (!packed_uint(packed_root(slice_make(rest.data, type_len)), &type) || type != 0) return 0;
    rest = slice_make(rest.data + type_len, rest.len - type_len);
    if (packed_scan_whole(rest, &msgid_len, NULL, NULL) != HS_OK) return 0;
    return packed_uint(packed_root(slice_make(rest.data, msgid_len)), &msgid) ? msgid : 0;
}

struct packed_value rpc_params_map(struct packed_value params)
{
    uint32_t count;
    struct packed_value map;

    if (!packed_count(params, &count) || count != 1) return (struct packed_value){0};
    map = packed_at(params, 0);
    return packed_kind_of(map) == PACKED_MAP ? map : (struct packed_value){0};
}

void rpc_put_request(struct wire_writer *w, uint64_t msgid, const char *method)
{
    wire_put_array(w, 4);
    wire_put_uint(w, 0);
    wire_put_uint(w, msgid);
    wire_put_text(w, slice_text(method));
    wire_put_array(w, 1);
}

void rpc_put_notification(struct wire_writer *w, const char *method)
{
    wire_put_array(w, 3);
    wire_put_uint(w, 2);
    wire_put_text(w, slice_text(method));
    wire_put_array(w, 1);
}

void rpc_put_result(struct wire_writer *w, uint64_t msgid)
{
    wire_put_array(w, 4);
    wire_put_uint(w, 1);
    wire_put_uint(w, msgid);
    wire_put_nil(w);
}

void rpc_put_error(struct wire_writer *w, uint64_t msgid, const char *code, const char *text)
{
    char words[HS_ERROR_TEXT_BYTES_MAX], line[HS_ERROR_TEXT_BYTES_MAX + 32];
    int len;

    (void)printable_copy(words, sizeof words, slice_text(text));
    len = snprintf(line, sizeof line, "%s: %s", code, words);
    assert(len > 0 && (size_t)len < sizeof line);
    wire_put_array(w, 4);
    wire_put_uint(w, 1);
    wire_put_uint(w, msgid);
    wire_put_text(w, slice_make(line, (size_t)len));
    wire_put_nil(w);
}
