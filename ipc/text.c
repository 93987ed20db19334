#include "ipc/text.h"

#include <assert.h>
#include <string.h>

/* Length of the well-formed character at the front of `at`, 0 if there is none. The ranges of the
 * second byte are those of table 3-7 of the Unicode standard. */
static size_t text_character_len(const unsigned char *at, size_t len)
{
    unsigned char low = 0x80, high = 0xbf;
    size_t need;

    if (at[0] < 0x80) return 1;
    if (at[0] < 0xc2 || at[0] > 0xf4) return 0;
    need = at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
    if (len < need) return 0;
    if (at[0] == 0xe0) low = 0xa0;
    if (at[0] == 0xed) high = 0x9f;
    if (at[0] == 0xf0) low = 0x90;
    if (at[0] == 0xf4) high = 0x8f;
    if (at[1] < low || at[1] > high) return 0;
    for (size_t i = 2; i < need; i++) {
        if ((at[i] & 0xc0) != 0x80) return 0;
    }
    return need;
}

bool text_is_utf8(struct slice s)
{
    size_t at = 0;

    while (at < s.len) {
        size_t step = text_character_len((const unsigned char *)s.data + at, s.len - at);

        if (step == 0) return false;
        at += step;
    }
    return true;
}

/* C0 and DEL; C1 is 0xc2 0x80..0x9f. */
static bool text_is_control(const unsigned char *at, size_t len)
{
    return len == 1 ? at[0] < 0x20 || at[0] == 0x7f : len == 2 && at[0] == 0xc2 && at[1] < 0xa0;
}

size_t text_copy_printable(char *out, size_t size, struct slice s)
{
    size_t written = 0;

    assert(size > 0);
    for (size_t at = 0; at < s.len;) {
        const unsigned char *from = (const unsigned char *)s.data + at;
        size_t step = text_character_len(from, s.len - at);
        bool shown = step > 0 && !text_is_control(from, step);
        size_t len = shown ? step : 1;

        if (written + len >= size) break;
        if (shown) {
            memcpy(out + written, from, len);
        } else {
            out[written] = '?';
        }
        written += len;
        at += step ? step : 1;
    }
    out[written] = '\0';
    return written;
}
