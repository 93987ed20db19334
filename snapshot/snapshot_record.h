/* Record: what is said of one kept snapshot. A plain value. */
#ifndef HEADSTART_SNAPSHOT_SNAPSHOT_RECORD_H
#define HEADSTART_SNAPSHOT_SNAPSHOT_RECORD_H

#include "kernel/state/position.h"

#include <stdbool.h>

struct snapshot_record {
    struct position at;
    uint64_t height;
    uint64_t made_at;     /* Unix seconds, for age only */
    uint64_t keys;        /* store entries */
    uint64_t pages;       /* heap pages */
    uint64_t bytes;       /* keys, values and pages of this snapshot, uncompressed */
    uint64_t batch_bytes; /* written for this one */
    uint64_t digest;      /* order-independent, of all entries and pages */
    bool has_images;
    bool verified;
};

#endif
