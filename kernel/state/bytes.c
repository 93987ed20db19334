#include "kernel/state/bytes.h"

#include "kernel/state/array.h"
#include "kernel/state/limits.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buffer_fini(struct buffer *b)
{
    free(b->data);
    *b = (struct buffer){0};
}

void buffer_clear(struct buffer *b)
{
    b->len = 0;
    if (b->data) b->data[0] = '\0';
}

const char *buffer_text(const struct buffer *b)
{
    return b->data ? b->data : "";
}

enum hs_status buffer_grow(struct buffer *b, size_t more)
{
    enum hs_status st;

    assert(b->len <= b->capacity);
    if (more > HS_BUFFER_BYTES_MAX || b->len > HS_BUFFER_BYTES_MAX - more) return HS_TOO_LARGE;
    st = array_reserve(&b->data, &b->capacity, b->len + more + 1, 1); /* and a NUL behind it */
    if (st == HS_OK) b->data[b->len] = '\0';
    return st;
}

enum hs_status buffer_append_text(struct buffer *b, const char *text)
{
    return buffer_append(b, slice_text(text));
}

enum hs_status buffer_vprintf(struct buffer *b, const char *format, va_list args)
{
    va_list again;
    enum hs_status st;
    int len;

    va_copy(again, args);
    len = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (len < 0) return HS_INTERNAL;
    st = buffer_reserve(b, (size_t)len);
    if (st != HS_OK) return st;
    len = vsnprintf(b->data + b->len, (size_t)len + 1, format, args);
    assert(len >= 0);
    b->len += (size_t)len;
    return HS_OK;
}

enum hs_status buffer_printf(struct buffer *b, const char *format, ...)
{
    va_list args;
    enum hs_status st;

    va_start(args, format);
    st = buffer_vprintf(b, format, args);
    va_end(args);
    return st;
}

enum hs_status buffer_assign(struct buffer *b, struct slice s)
{
    buffer_clear(b);
    return buffer_append(b, s);
}

void buffer_take(struct buffer *to, struct buffer *from)
{
    assert(to != from);
    buffer_fini(to);
    *to = *from;
    *from = (struct buffer){0};
}
