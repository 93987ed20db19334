#include "kernel/state/hex.h"

/* A digit's value and one, so that what is no digit has 0. A log entry asks for 128 of them, a
 * delivery whether another 128 are lower-case. */
static const signed char digit_values[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

enum { CAPITAL_LACKS = 0x20 }; /* ASCII's bit that small letters and decimal digits have */

int hex_digit(char c)
{
    return digit_values[(unsigned char)c] - 1;
}

bool hex_is_lower(const char *digits, size_t len)
{
    bool lower = true;

    for (size_t i = 0; i < len; i++) { /* to the end: most are */
        const unsigned char c = (unsigned char)digits[i];

        lower &= (digit_values[c] != 0) & ((c & CAPITAL_LACKS) != 0);
    }
    return lower;
}

void hex_encode(const char *bytes, size_t len, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[(unsigned char)bytes[i] >> 4];
        out[2 * i + 1] = digits[(unsigned char)bytes[i] & 15];
    }
    out[2 * len] = '\0';
}

void hex_decode(const char *hex, size_t len, char *out)
{
    for (size_t i = 0; i < len; i++) {
        out[i] = (char)(hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]));
    }
}
