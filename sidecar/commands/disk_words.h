/* Disk words: what status says of the disk, one line a thing that it refuses. */
#ifndef HEADSTART_SIDECAR_COMMANDS_DISK_WORDS_H
#define HEADSTART_SIDECAR_COMMANDS_DISK_WORDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum { DISK_WORDS_BYTES_MAX = 96 };

/** The next of the lines for `disk`, status's member of that name; *at is 0 for the first. False:
 *  there is no more. What is no such member has none. */
bool disk_words_next(const json_t *disk, size_t *at, char words[DISK_WORDS_BYTES_MAX]);

#endif
