/* The content of JSON strings: decoding, encoding, and what can be said without either. */
#include "kernel/text/json_text.h"

#include <assert.h>
#include <string.h>

static enum hs_status json_text_append_utf8(struct buffer *out, uint32_t c)
{
    char bytes[4];
    size_t len;

    if (c < 0x80) {
        bytes[0] = (char)c;
        len = 1;
    } else if (c < 0x800) {
        bytes[0] = (char)(0xc0 | c >> 6);
        len = 2;
    } else if (c < 0x10000) {
        bytes[0] = (char)(0xe0 | c >> 12);
        len = 3;
    } else {
        bytes[0] = (char)(0xf0 | c >> 18);
        len = 4;
    }
    for (size_t i = 1; i < len; i++) {
        bytes[i] = (char)(0x80 | (c >> (6 * (len - 1 - i)) & 0x3f));
    }
    return buffer_append(out, slice_make(bytes, len));
}

/* The character of the \u escape at `p`; a surrogate pair takes both escapes, and no string was
 * read that has half of one. */
static uint32_t json_text_unescape_unicode(const char *p, size_t *len)
{
    uint32_t high = json_text_unit(p);

    *len = 6;
    if (high < 0xd800 || high > 0xdfff) return high;
    *len = 12;
    return 0x10000 + ((high - 0xd800) << 10) + (json_text_unit(p + 6) - 0xdc00);
}

/* What the two-byte escape \c stands for. */
static char json_text_unescape_byte(char c)
{
    static const char names[] = "bfnrt", bytes[] = "\b\f\n\r\t";
    const char *name = strchr(names, c);

    return name ? bytes[name - names] : c;
}

static enum hs_status json_text_unescape(struct buffer *out, const char *p, size_t *len)
{
    if (p[1] == 'u') return json_text_append_utf8(out, json_text_unescape_unicode(p, len));
    *len = 2;
    return buffer_append_byte(out, json_text_unescape_byte(p[1]));
}

unsigned char json_text_first(struct slice raw)
{
    struct slice inner = json_text_inner(raw);
    uint32_t unit;

    if (inner.len == 0) return '\0';
    if (inner.data[0] != '\\') return (unsigned char)inner.data[0];
    if (inner.data[1] != 'u') return (unsigned char)json_text_unescape_byte(inner.data[1]);
    unit = json_text_unit(inner.data);
    return unit < 0x80 ? (unsigned char)unit : 0x80;
}

enum hs_status json_text_decode(struct buffer *out, struct slice raw)
{
    struct slice inner = json_text_inner(raw);
    const char *p = inner.data, *end = inner.data + inner.len, *escape;
    enum hs_status st = buffer_reserve(out, inner.len);
    size_t len;

    while (st == HS_OK && p < end) {
        escape = memchr(p, '\\', (size_t)(end - p));
        st = buffer_append(out, slice_make(p, (size_t)((escape ? escape : end) - p)));
        if (st != HS_OK || !escape) return st;
        st = json_text_unescape(out, escape, &len);
        p = escape + len;
    }
    return st;
}

enum hs_status json_text_content(struct slice raw, struct buffer *decoded, struct slice *out)
{
    enum hs_status st;

    *out = json_text_inner(raw);
    if (!memchr(out->data, '\\', out->len)) return HS_OK;
    buffer_clear(decoded);
    st = json_text_decode(decoded, raw);
    *out = buffer_slice(decoded);
    return st;
}

static enum hs_status json_text_escape_byte(struct buffer *out, char c)
{
    switch (c) {
    case '"': return buffer_append(out, slice_make("\\\"", 2));
    case '\\': return buffer_append(out, slice_make("\\\\", 2));
    case '\n': return buffer_append(out, slice_make("\\n", 2));
    default: return buffer_printf(out, "\\u%04x", (unsigned)(unsigned char)c);
    }
}

enum hs_status json_text_escape(struct buffer *out, struct slice s)
{
    const char *p = s.data, *end = s.data + s.len, *from;
    enum hs_status st = buffer_reserve(out, s.len);

    while (st == HS_OK && p < end) {
        from = p;
        while (p < end && (unsigned char)*p >= 0x20 && *p != '"' && *p != '\\') {
            p++;
        }
        st = buffer_append(out, slice_make(from, (size_t)(p - from)));
        if (st == HS_OK && p < end) st = json_text_escape_byte(out, *p++);
    }
    return st;
}

enum hs_status json_text_encode(struct buffer *out, struct slice s)
{
    enum hs_status st = buffer_append_byte(out, '"');

    if (st == HS_OK) st = json_text_escape(out, s);
    return st == HS_OK ? buffer_append_byte(out, '"') : st;
}
