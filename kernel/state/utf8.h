/* UTF-8, as strictly as Unicode's table 3-7: no overlong forms, no surrogates, at most U+10FFFF. */
#ifndef HEADSTART_KERNEL_STATE_UTF8_H
#define HEADSTART_KERNEL_STATE_UTF8_H

#include "kernel/state/bytes.h"

/** Bytes of the character that `s` (not empty) begins with, 1 to 4; 0: it is not well-formed. */
size_t utf8_character_bytes(struct slice s);
/** Length of the longest prefix of whole, well-formed characters that has at most `bytes_max`. */
size_t utf8_cut(struct slice s, size_t bytes_max);
/** Is all of it well-formed? */
bool utf8_valid(struct slice s);

#endif
