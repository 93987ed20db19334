#include "kernel/state/utf8.h"

#include <assert.h>

size_t utf8_character_bytes(struct slice s)
{
    const unsigned char *p = (const unsigned char *)s.data;
    unsigned char low = 0x80, high = 0xbf; /* of the second byte */
    size_t len;

    assert(s.len > 0);
    if (p[0] < 0x80) return 1;
    if (p[0] < 0xc2 || p[0] > 0xf4) return 0;
    len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    if (s.len < len) return 0;
    if (p[0] == 0xe0) low = 0xa0;
    if (p[0] == 0xed) high = 0x9f;
    if (p[0] == 0xf0) low = 0x90;
    if (p[0] == 0xf4) high = 0x8f;
    if (p[1] < low || p[1] > high) return 0;
    for (size_t i = 2; i < len; i++) {
        if (p[i] < 0x80 || p[i] > 0xbf) return 0;
    }
    return len;
}

size_t utf8_cut(struct slice s, size_t bytes_max)
{
    size_t at = 0, end = s.len < bytes_max ? s.len : bytes_max;

    while (at < end) {
        size_t len = utf8_character_bytes(slice_make(s.data + at, end - at));

        if (len == 0) break;
        at += len;
    }
    return at;
}

bool utf8_valid(struct slice s)
{
    return utf8_cut(s, s.len) == s.len;
}
