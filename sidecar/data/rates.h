/* Rates: how fast the slow parts of a restart went, measured where they happen.
 *
 * Each is a count of things over the time they took, recent work weighing more than old. They are
 * what `headstart plan` estimates from. RATES in the data folder keeps them from one run to the
 * next; it is a hint, so one that cannot be read counts as nothing measured.
 */
#ifndef HEADSTART_SIDECAR_DATA_RATES_H
#define HEADSTART_SIDECAR_DATA_RATES_H

#include "kernel/state/disk.h"

#include <jansson.h>
#include <stdint.h>

enum rate_kind {
    RATE_MESSAGES,           /* executed, as the node's or from the log */
    RATE_IMAGE_BYTES,        /* heap images loaded */
    RATE_TRANSCRIPT_ENTRIES, /* replayed to make heaps */
    RATE_STORE_ENTRIES,      /* copied from the node's store */
    RATE_KIND_COUNT
};

/* Plain value; all zero: nothing measured. */
struct rates {
    struct {
        uint64_t count, us;
    } of[RATE_KIND_COUNT];
};

/** `count` things took `us`. */
void rates_add(struct rates *r, enum rate_kind kind, uint64_t count, uint64_t us);
/** 0: never measured. */
double rates_per_s(const struct rates *r, enum rate_kind kind);

/** {"messages_per_s":…,"image_bytes_per_s":…,…}, null for what was never measured. A new
 *  reference; NULL without memory. */
json_t *rates_json(const struct rates *r);
/** Back from that; what is missing or no number counts as not measured. */
struct rates rates_of_json(const json_t *map);

/** Replace RATES in the data folder. HS_IO, HS_CORRUPT (something else stands there), HS_NOMEM */
HS_MUST_CHECK enum hs_status rates_save(const struct disk *disk, const struct rates *r,
                                        const char *data_dir, struct hs_error *err);
/** What RATES says; all zero when it is missing or cannot be understood. */
struct rates rates_load(const struct disk *disk, const char *data_dir);

#endif
