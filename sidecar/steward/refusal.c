#include "sidecar/steward/refusal.h"

#include <string.h>

/* Trying again takes a twentieth of the time at most. */
enum { REFUSAL_FACTOR = 20, REFUSAL_US_MIN = 10000000 };

void refusal_hold(struct refusal *r, const struct refusal_case *c, uint64_t cost_us,
                  const struct hs_error *why)
{
    uint64_t hold_us = cost_us * REFUSAL_FACTOR;

    *r = (struct refusal){.at = c->at, .node_epoch = c->node_epoch, .why = *why};
    r->until_us = c->now_us + (hold_us > REFUSAL_US_MIN ? hold_us : REFUSAL_US_MIN);
    r->held = sha256_hex(c->text, r->message, NULL) == HS_OK; /* without memory: not remembered */
}

bool refusal_holds(const struct refusal *r, const struct refusal_case *c, struct hs_error *err)
{
    char message[SHA256_HEX_BYTES];

    if (!r->held || r->node_epoch != c->node_epoch || c->now_us >= r->until_us) return false;
    if (!position_equal(&r->at, &c->at)) return false;
    if (sha256_hex(c->text, message, NULL) != HS_OK || strcmp(message, r->message) != 0) {
        return false;
    }
    *err = r->why;
    return true;
}
