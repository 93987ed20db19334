/* Refusal: a message that failed on a kernel built from the node's store alone will fail again, on
 * every node alike. To find that out a second time would cost a full replay each time it comes, so
 * it is remembered, with a digest of the store that it failed on.
 *
 * It ends with what it was read from: a node at another position, or one whose store was repaired,
 * at the same position and in the same breath. While the store is the same, a kernel made of it is
 * still the right one for another message; if there is none, no message can be executed. */
#ifndef HEADSTART_SIDECAR_STEWARD_REFUSAL_H
#define HEADSTART_SIDECAR_STEWARD_REFUSAL_H

#include "kernel/state/digest.h"
#include "kernel/state/kv_store.h"
#include "kernel/state/position.h"

#include <stdbool.h>

/* A plain value; all zero: nothing is refused. */
struct refusal {
    bool held;
    bool any_message; /* no kernel came of that store at all */
    struct position at;
    char message[SHA256_HEX_BYTES]; /* of its text */
    uint64_t digest, entries;       /* of the node's store */
    struct hs_error why;
};

/** Remember that `message` failed at `at`, as `why` says. `real` is read whole; where it cannot
 *  be, nothing is remembered. */
void refusal_hold(struct refusal *r, const struct position *at, struct slice message,
                  struct kv_store *real, const struct hs_error *why);

/** Is something remembered of a node at `at`? */
bool refusal_stands(const struct refusal *r, const struct position *at);
/** Is `real`, read whole, still what it failed on? Statuses as kv_store_digest. */
HS_MUST_CHECK enum hs_status refusal_same_store(const struct refusal *r, struct kv_store *real,
                                                bool *same, struct hs_error *err);
/** On the same store: does this message fail again? Then *err is why. */
bool refusal_holds(const struct refusal *r, struct slice message, struct hs_error *err);

#endif
