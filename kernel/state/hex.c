#include "kernel/state/hex.h"

int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool hex_is_lower(const char *digits, size_t len)
{
    bool lower = true;

    for (size_t i = 0; i < len; i++) { /* to the end: most are */
        const char c = digits[i];

        lower &= (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
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
