/* Refusal: a message that failed on a kernel built from the node's store alone will fail again, on
 * every node alike. To find that out a second time would cost a full replay each time it comes, so
 * it is remembered.
 *
 * It ends where anything is another: the position, the message, the node (whose store may have been
 * repaired meanwhile), and in any case after a time that the replay's cost gives: then it is tried
 * again. */
#ifndef HEADSTART_SIDECAR_STEWARD_REFUSAL_H
#define HEADSTART_SIDECAR_STEWARD_REFUSAL_H

#include "kernel/state/digest.h"
#include "kernel/state/message.h"

#include <stdbool.h>

/* A plain value; all zero: nothing is refused. */
struct refusal {
    bool held;
    struct position at;
    char message[SHA256_HEX_BYTES]; /* of its text */
    uint64_t node_epoch;            /* which node it came from */
    uint64_t until_us;              /* the clock's */
    struct hs_error why;
};

struct refusal_case {
    struct position at;
    struct slice text;
    uint64_t node_epoch;
    uint64_t now_us;
};

/** Remember that it failed with `why`, which took cost_us to find out. */
void refusal_hold(struct refusal *r, const struct refusal_case *c, uint64_t cost_us,
                  const struct hs_error *why);
/** Is it this one? Then *err is why. */
bool refusal_holds(const struct refusal *r, const struct refusal_case *c, struct hs_error *err);

#endif
