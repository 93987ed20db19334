/* Bytes: a borrowed view (slice) and an owned, growing run (buffer).
 *
 * Keys, values, messages and frames are byte runs with a length; none is NUL-terminated by
 * contract, though a buffer always keeps a NUL behind its last byte so that it can be printed.
 * All growth goes through buffer_reserve, which can say HS_NOMEM. The shortest functions are in
 * here: a delivery calls them some thousands of times, mostly for less than twenty bytes.
 */
#ifndef HEADSTART_KERNEL_STATE_BYTES_H
#define HEADSTART_KERNEL_STATE_BYTES_H

#include "kernel/state/errors.h"
#include "kernel/state/limits.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Borrowed: valid as long as its owner says. `data` may be NULL only when `len` is 0. */
struct slice {
    const char *data;
    size_t len;
};

/* Owned by whoever declared it. All zero bytes is a valid empty buffer. */
struct buffer {
    char *data; /* data[len] == 0 whenever data is not NULL */
    size_t len;
    size_t capacity;
};

/** A slice over a string literal or any NUL-terminated text (NULL gives the empty slice). */
static inline struct slice slice_text(const char *text)
{
    return text ? (struct slice){text, strlen(text)} : (struct slice){NULL, 0};
}

static inline struct slice slice_make(const void *data, size_t len)
{
    assert(data || len == 0);
    return (struct slice){(const char *)data, len};
}

static inline bool slice_equal(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/** Byte order, as memcmp; a proper prefix sorts first. */
static inline int slice_compare(struct slice a, struct slice b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter ? memcmp(a.data, b.data, shorter) : 0;

    if (order != 0) return order;
    return (a.len > b.len) - (a.len < b.len);
}

static inline bool slice_starts_with(struct slice s, struct slice prefix)
{
    return s.len >= prefix.len && slice_equal((struct slice){s.data, prefix.len}, prefix);
}

void buffer_fini(struct buffer *b);  /* frees; leaves an empty buffer */
void buffer_clear(struct buffer *b); /* keeps the memory */

static inline struct slice buffer_slice(const struct buffer *b)
{
    return (struct slice){b->data, b->len};
}

/** The content as NUL-terminated text; never NULL ("" when empty). */
const char *buffer_text(const struct buffer *b);

/** Room for `more` bytes behind len. HS_TOO_LARGE past HS_BUFFER_BYTES_MAX, HS_NOMEM. */
HS_MUST_CHECK enum hs_status buffer_grow(struct buffer *b, size_t more);
/** The same; most of the time the room is there. */
HS_MUST_CHECK static inline enum hs_status buffer_reserve(struct buffer *b, size_t more)
{
    bool room = more < b->capacity - b->len && b->len + more <= HS_BUFFER_BYTES_MAX;

    return room ? HS_OK : buffer_grow(b, more);
}
HS_MUST_CHECK static inline enum hs_status buffer_append(struct buffer *b, struct slice s)
{
    enum hs_status st = buffer_reserve(b, s.len);

    if (st != HS_OK) return st;
    if (s.len > 0) memcpy(b->data + b->len, s.data, s.len);
    b->len += s.len;
    b->data[b->len] = '\0';
    return HS_OK;
}
HS_MUST_CHECK enum hs_status buffer_append_text(struct buffer *b, const char *text);
HS_MUST_CHECK static inline enum hs_status buffer_append_byte(struct buffer *b, char byte)
{
    bool room = b->capacity - b->len > 1 && b->len < HS_BUFFER_BYTES_MAX;
    enum hs_status st = room ? HS_OK : buffer_reserve(b, 1);

    if (st != HS_OK) return st;
    b->data[b->len++] = byte;
    b->data[b->len] = '\0';
    return HS_OK;
}
HS_MUST_CHECK enum hs_status buffer_printf(struct buffer *b, const char *format, ...)
    HS_PRINTF(2, 3);
HS_MUST_CHECK enum hs_status buffer_vprintf(struct buffer *b, const char *format, va_list args)
    HS_PRINTF(2, 0);
/** Replace the content. `s` may not point into `b`. */
HS_MUST_CHECK enum hs_status buffer_assign(struct buffer *b, struct slice s);
/** Move the content out: *to is released first, *from is left empty. Cannot fail. */
void buffer_take(struct buffer *to, struct buffer *from);

#endif
