/* Readable: numbers as people read them. */
#ifndef HEADSTART_SIDECAR_COMMANDS_READABLE_H
#define HEADSTART_SIDECAR_COMMANDS_READABLE_H

#include <stdint.h>

enum { READABLE_BYTES_MAX = 32 }; /* every one fits, its NUL included */

/* Each writes into `text` and returns it, to stand among the arguments of a printf. */

/** 1234567 → "1,234,567" */
const char *readable_count(uint64_t n, char text[READABLE_BYTES_MAX]);
/** 1536 → "1.5 KiB" */
const char *readable_bytes(uint64_t n, char text[READABLE_BYTES_MAX]);
/** 7384 → "2 h 03 min"; below a minute "12 s" */
const char *readable_seconds(uint64_t n, char text[READABLE_BYTES_MAX]);
/** 1234.5 → "1,234", 12.34 → "12.3" */
const char *readable_rate(double n, char text[READABLE_BYTES_MAX]);

#endif
