#include "kernel/state/decimal.h"

#include "kernel/state/limits.h"

#include <string.h>

enum hs_status uint_parse(struct slice s, uint64_t *out)
{
    uint64_t value = 0;

    if (s.len == 0 || s.len > 16) return HS_INVALID;
    if (s.data[0] == '0' && s.len > 1) return HS_INVALID;
    for (size_t i = 0; i < s.len; i++) {
        if (s.data[i] < '0' || s.data[i] > '9') return HS_INVALID;
        value = value * 10 + (uint64_t)(s.data[i] - '0');
    }
    if (value > HS_UINT_MAX) return HS_INVALID;
    *out = value;
    return HS_OK;
}

enum hs_status uint_parse_padded(struct slice s, uint64_t *out)
{
    while (s.len > 1 && s.data[0] == '0') {
        s = slice_make(s.data + 1, s.len - 1);
    }
    return uint_parse(s, out);
}

size_t uint_text(char text[UINT_TEXT_BYTES], uint64_t number)
{
    char digits[UINT_TEXT_BYTES];
    size_t at = sizeof digits, len;

    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    len = sizeof digits - at;
    memcpy(text, digits + at, len);
    text[len] = '\0';
    return len;
}
