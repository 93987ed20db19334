/* Gaps: stretches of an ordered store in which it is known to hold nothing.
 *
 *   begin ◄──── no key in between ────► end          neither of the two need be held
 *
 * A walk over keys that were deleted, and that a layer still hides, passes each of them every time.
 * What it found is kept here, so that the next one jumps: whoever deletes much pays the walk once,
 * not with every question after it. Deleting a key makes no gap untrue, setting one splits the gap
 * that it lies in; what is undone may, so that all of them end then. Bounded, and where there is no
 * memory a gap is forgotten: it costs a walk.
 */
#ifndef HEADSTART_KERNEL_STATE_KV_GAPS_H
#define HEADSTART_KERNEL_STATE_KV_GAPS_H

#include "kernel/state/kv_map.h"

struct kv_gaps {
    struct kv_map *begins; /* owned: end of a gap → its begin; they do not overlap */
};

/* Borrowed until the next change. */
struct kv_gap {
    struct slice begin, end;
};

HS_MUST_CHECK enum hs_status kv_gaps_init(struct kv_gaps *g, struct hs_error *err);
void kv_gaps_fini(struct kv_gaps *g);

/** The gap that begins at `after` or before, and ends behind it. */
bool kv_gaps_find(const struct kv_gaps *g, struct slice after, struct kv_gap *out);
/** The store holds no key between the two; the gaps in there become one. */
void kv_gaps_add(struct kv_gaps *g, struct slice begin, struct slice end);
/** The store may hold this key from here on. */
void kv_gaps_split(struct kv_gaps *g, struct slice key);
void kv_gaps_clear(struct kv_gaps *g);

#endif
