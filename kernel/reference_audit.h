/* Reference audit: every reference count of a store, recomputed from what refers to what.
 *
 * Counted as holding: c-lists (imports as they are flagged, promises), events in the queues and on
 * promises, the data of settled promises, pending calls, pins. Besides: nothing is kept that nobody
 * holds, but objects whose vat is to be told (gcActions); the entries of c-lists go in pairs; and
 * vats that are gone have neither entries nor promises to decide.
 */
#ifndef HEADSTART_KERNEL_REFERENCE_AUDIT_H
#define HEADSTART_KERNEL_REFERENCE_AUDIT_H

#include "kernel/tables/kv_hashed.h"

struct reference_audit {
    bool sound;      /* every count is what was counted, and so on */
    char wrong[256]; /* else: which one is not */
    uint64_t keys;   /* that the store holds */
};

/** Walks the whole store twice; between cranks.
 *  Returns: HS_OK, whatever was found; else the store's, or HS_KERNEL_FAILED for a key that cannot
 *           be read as what it must be */
HS_MUST_CHECK enum hs_status reference_audit(struct kv_hashed *k, struct reference_audit *out,
                                             struct hs_error *err);

#endif
