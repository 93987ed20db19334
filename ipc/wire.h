/* The wire's bytes: MessagePack values checked, taken apart and put together. No I/O.
 *
 * docs/protocol.md is the contract. Bytes from a socket are hostile, and msgpack-c allocates what
 * a header declares, so it never reads here: a frame's shape, depth and lengths are checked against
 * the bytes that have really come, and the checked frame is walked where it lies, without a copy.
 * msgpack-c does the writing.
 */
#ifndef HEADSTART_IPC_WIRE_H
#define HEADSTART_IPC_WIRE_H

#include "kernel/state/bytes.h"
#include "kernel/state/limits.h"

/* How far the value at the front of a growing run of bytes was checked. Plain value; all zero is
 * "not begun". */
struct wire_scanner {
    size_t at;                         /* bytes checked */
    uint64_t due;                      /* values that are still to come, each at least one byte */
    uint32_t left[HS_FRAME_DEPTH_MAX]; /* values still to come in each open container */
    uint32_t depth;                    /* containers open now */
};

/** Go on checking the value at the front of `bytes`, which must begin with what the calls before
 *  saw. The work of all calls for one frame together is linear in its length.
 *
 *  Out:     frame_len    HS_OK: that many bytes are one value
 *           needed_more  HS_NOT_FOUND: at least that many bytes are missing (> 0); NULL: unwanted
 *  Returns: HS_OK         one whole value is there; zero the scanner before the next
 *           HS_NOT_FOUND  it may become one with more bytes
 *           HS_TOO_LARGE  it cannot end within HS_FRAME_BYTES_MAX
 *           HS_PROTOCOL   not MessagePack, or nested deeper than HS_FRAME_DEPTH_MAX
 *  Never reads past the slice, allocates nothing.
 */
HS_MUST_CHECK enum hs_status wire_scan(struct wire_scanner *scanner, struct slice bytes,
                                       size_t *frame_len, size_t *needed_more,
                                       struct hs_error *err);
/** The same in one step, for bytes that do not grow. */
HS_MUST_CHECK enum hs_status wire_frame_scan(struct slice bytes, size_t *frame_len,
                                             size_t *needed_more, struct hs_error *err);

/* A value inside a frame that was scanned; borrowed from the frame. Its packed bytes are exactly
 * [at, end). */
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
struct slice wire_packed(struct wire_value v);       /* its bytes, as wire_put_raw takes them */

/* Going through an array's elements, or a map's keys and values in turn: linear in all. */
struct wire_walk {
    const char *at;
    const char *end;
    uint64_t left; /* values still to come */
};
/** False, and an empty walk, unless `v` is an array or a map. */
bool wire_walk_begin(struct wire_value v, struct wire_walk *walk);
bool wire_walk_next(struct wire_walk *walk, struct wire_value *out);

/** Element i of an array (or absent), pair i of a map, value of a key in a map (its first).
 *  Linear in what lies before: to see all, walk. */
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
void wire_put_uint(struct wire_writer *w, uint64_t v); /* at most 2^53-1: asserted */
void wire_put_double(struct wire_writer *w, double v);
void wire_put_text(struct wire_writer *w, struct slice s);
/** The head of a text whose `len` bytes the caller sends right behind the buffer. */
void wire_put_text_head(struct wire_writer *w, size_t len);
void wire_put_array(struct wire_writer *w, uint32_t count);
void wire_put_map(struct wire_writer *w, uint32_t pairs);
void wire_put_raw(struct wire_writer *w, struct slice packed); /* an already packed value */
HS_MUST_CHECK enum hs_status wire_end(struct wire_writer *w);

#endif
