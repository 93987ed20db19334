/* Hexadecimal digits, as hashes and checksums are written in. */
#ifndef HEADSTART_KERNEL_STATE_HEX_H
#define HEADSTART_KERNEL_STATE_HEX_H

#include <stdbool.h>
#include <stddef.h>

/** Value of a digit of either case, -1 for anything else. */
int hex_digit(char c);
/** Are all of them digits, and lower-case? */
bool hex_is_lower(const char *digits, size_t len);
/** Write `len` bytes as 2 * len lower-case digits and a NUL. */
void hex_encode(const char *bytes, size_t len, char *out);
/** Read 2 * len digits, which the caller has checked to be such, as `len` bytes. */
void hex_decode(const char *hex, size_t len, char *out);

#endif
