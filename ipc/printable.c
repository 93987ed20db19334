#include "ipc/printable.h"

#include "kernel/state/utf8.h"

#include <assert.h>
#include <string.h>

/* C0 and DEL; C1 is 0xc2 0x80..0x9f. */
static bool text_is_control(const unsigned char *at, size_t len)
{
    return len == 1 ? at[0] < 0x20 || at[0] == 0x7f : len == 2 && at[0] == 0xc2 && at[1] < 0xa0;
}

size_t printable_copy(char *out, size_t size, struct slice s)
{
    size_t written = 0;

    assert(size > 0);
    for (size_t at = 0; at < s.len;) {
        const unsigned char *from = (const unsigned char *)s.data + at;
        size_t step = utf8_character_bytes(slice_make(s.data + at, s.len - at));
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
