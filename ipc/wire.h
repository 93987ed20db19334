/* The wire's bytes: MessagePack-RPC frames checked, taken apart and put together. No I/O.
 *
 * docs/protocol.md is the contract. Bytes from a socket are hostile: a frame's shape, depth and
 * lengths are checked against the bytes that have really come before msgpack-c sees it, because
 * msgpack-c allocates what a header declares.
 */
#ifndef HEADSTART_IPC_WIRE_H
#define HEADSTART_IPC_WIRE_H

#include "kernel/state/bytes.h"

/** Look at the front of `bytes` for one whole MessagePack value.
 *  HS_OK: *frame_len bytes are one value; HS_NOT_FOUND: it may become one with more bytes
 *  (*needed_more > 0 when known, else 1); HS_PROTOCOL: over HS_FRAME_BYTES_MAX,
 *  HS_FRAME_DEPTH_MAX or not MessagePack. Never reads past the slice, allocates nothing. */
HS_MUST_CHECK enum hs_status wire_frame_scan(struct slice bytes, size_t *frame_len,
                                             size_t *needed_more, struct hs_error *err);

/* A value inside a frame that was scanned; borrowed from the frame. */
struct wire_value {
    const char *at; /* NULL: absent */
    const char *end;
};

enum wire_kind {
    WIRE_NIL,
    WIRE_BOOL,
    WIRE_UINT, /* 0..2^53-1; larger and negative integers are WIRE_OTHER */
    WIRE_TEXT, /* str, or bin where str is named */
    WIRE_ARRAY,
    WIRE_MAP,
    WIRE_DOUBLE,
    WIRE_OTHER,
    WIRE_ABSENT,
};

struct wire_value wire_root(struct slice frame);
enum wire_kind wire_kind_of(struct wire_value v);
bool wire_bool(struct wire_value v, bool *out);
bool wire_uint(struct wire_value v, uint64_t *out);
bool wire_double(struct wire_value v, double *out);
bool wire_text(struct wire_value v, struct slice *out);
bool wire_count(struct wire_value v, uint32_t *out); /* elements of an array, pairs of a map */
/** Element i of an array (or absent), pair i of a map, value of a key in a map. Linear. */
struct wire_value wire_at(struct wire_value array, uint32_t i);
bool wire_pair(struct wire_value map, uint32_t i, struct wire_value *key, struct wire_value *value);
struct wire_value wire_member(struct wire_value map, const char *key);

/* Writing: values are appended to a buffer; the first failure sticks and is told by wire_end. */
struct wire_writer {
    struct buffer *out;
    enum hs_status status;
};
void wire_begin(struct wire_writer *w, struct buffer *out);
void wire_put_nil(struct wire_writer *w);
void wire_put_bool(struct wire_writer *w, bool v);
void wire_put_uint(struct wire_writer *w, uint64_t v);
void wire_put_double(struct wire_writer *w, double v);
void wire_put_text(struct wire_writer *w, struct slice s);
void wire_put_array(struct wire_writer *w, uint32_t count);
void wire_put_map(struct wire_writer *w, uint32_t pairs);
void wire_put_raw(struct wire_writer *w, struct slice packed); /* an already packed value */
HS_MUST_CHECK enum hs_status wire_end(struct wire_writer *w);

#endif
