/* What a file of the simulated disk holds: now, and on the disk. */
#ifndef HEADSTART_TESTS_SIMDISK_CONTENT_H
#define HEADSTART_TESTS_SIMDISK_CONTENT_H

#include "tests/simdisk/chance.h"

/* A write, or a truncation to `at` bytes (len 0, bytes NULL). */
struct content_change {
    uint64_t moment, at;
    size_t len;
    char *bytes;
};

/* All zero bytes is a valid empty one. */
struct content {
    struct buffer now, durable;
    struct content_change *changes; /* since the last sync, in order */
    size_t changes_len;
    uint64_t written; /* moment of the last change */
};

void content_fini(struct content *c);
void content_write(struct content *c, uint64_t moment, uint64_t at, struct slice bytes);
void content_truncate(struct content *c, uint64_t moment, uint64_t bytes);
void content_sync(struct content *c);
/** What reached the disk becomes durable, the rest is not written by any later sync. `now` stays.
 */
void content_lose(struct content *c, struct chance *chance);
/** `now` is what is durable, as after a restart. */
void content_restart(struct content *c);

#endif
