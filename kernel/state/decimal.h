/* Decimal numbers: how store keys, file names, options and seqnums are written. */
#ifndef HEADSTART_KERNEL_STATE_DECIMAL_H
#define HEADSTART_KERNEL_STATE_DECIMAL_H

#include "kernel/state/bytes.h"

/** Decimal digits → uint, whole slice, no sign or leading zero, <= HS_UINT_MAX; HS_INVALID. */
HS_MUST_CHECK enum hs_status uint_parse(struct slice s, uint64_t *out);
/** The same of digits with zeros in front, as file names have so that they sort. */
HS_MUST_CHECK enum hs_status uint_parse_padded(struct slice s, uint64_t *out);

/** Decimal text of a number; returns its length. */
enum { UINT_TEXT_BYTES = 21 };
size_t uint_text(char text[UINT_TEXT_BYTES], uint64_t number);

#endif
