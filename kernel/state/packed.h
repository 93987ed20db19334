/* Packed values: MessagePack checked and read where it lies. No I/O, no library, no allocation.
 *
 * Bytes from a socket or a disk are hostile, and msgpack-c allocates what a header declares, so it
 * never reads here: a value's shape, depth and lengths are checked against the bytes that are
 * really there, and the checked bytes are walked in place, without a copy. This is the project's
 * one reader, for frames and for the log's records; docs/architecture.md says why.
 */
#ifndef HEADSTART_KERNEL_STATE_PACKED_H
#define HEADSTART_KERNEL_STATE_PACKED_H

#include "kernel/state/bytes.h"
#include "kernel/state/limits.h"

/* How far the value at the front of a growing run of bytes was checked. Plain value; all zero is
 * "not begun". */
struct packed_scanner {
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
HS_MUST_CHECK enum hs_status packed_scan(struct packed_scanner *scanner, struct slice bytes,
                                         size_t *frame_len, size_t *needed_more,
                                         struct hs_error *err);
/** The same in one step, for bytes that do not grow. */
HS_MUST_CHECK enum hs_status packed_scan_whole(struct slice bytes, size_t *frame_len,
                                               size_t *needed_more, struct hs_error *err);

/* A value inside a frame that was scanned; borrowed from the frame. Its packed bytes are exactly
 * [at, end). */
struct packed_value {
    const char *at; /* NULL: absent */
    const char *end;
};

enum packed_kind {
    PACKED_NIL,
    PACKED_BOOL,
    PACKED_UINT, /* 0..2^53-1; larger and negative integers are PACKED_OTHER */
    PACKED_TEXT, /* str, or bin where str is named */
    PACKED_ARRAY,
    PACKED_MAP,
    PACKED_DOUBLE,
    PACKED_OTHER,
    PACKED_ABSENT,
};

/** `frame` is one value and nothing behind it. */
struct packed_value packed_root(struct slice frame);
enum packed_kind packed_kind_of(struct packed_value v);
bool packed_bool(struct packed_value v, bool *out);
bool packed_uint(struct packed_value v, uint64_t *out);
bool packed_double(struct packed_value v, double *out);
bool packed_text(struct packed_value v, struct slice *out);   /* str, or bin where str is named */
bool packed_binary(struct packed_value v, struct slice *out); /* bin alone */
bool packed_count(struct packed_value v, uint32_t *out); /* elements of an array, pairs of a map */
struct slice packed_bytes(struct packed_value v);        /* its bytes, as they are */

/* Going through an array's elements, or a map's keys and values in turn: linear in all. */
struct packed_walk {
    const char *at;
    const char *end;
    uint64_t left; /* values still to come */
};
/** False, and an empty walk, unless `v` is an array or a map. */
bool packed_walk_begin(struct packed_value v, struct packed_walk *walk);
bool packed_walk_next(struct packed_walk *walk, struct packed_value *out);
/** The next value's text, if it is one. False: it is not, or there is none; the walk stays there.
 */
bool packed_walk_text(struct packed_walk *walk, struct slice *out);
/** If the next value is an array of `count`, its elements are the next `count` values, and what
 *  follows it follows them. False as above. */
bool packed_walk_into(struct packed_walk *walk, uint32_t count);
/** A map's next key and value; a key that is no text is a name without data. */
bool packed_walk_pair(struct packed_walk *walk, struct slice *name, struct packed_value *value);

/** Element i of an array (or absent), value of a key in a map (its first). Linear in what lies
 *  before: to see all, walk. */
struct packed_value packed_at(struct packed_value array, uint32_t i);
struct packed_value packed_member(struct packed_value map, const char *key);
/** The members of several keys in one pass, out[i] that of keys[i]: quickest where the map has them
 *  in this order. No key twice. */
void packed_members(struct packed_value map, const char *const *keys, size_t keys_len,
                    struct packed_value *out);

#endif
