#include "sidecar/steward/refusal.h"

#include <string.h>

void refusal_hold(struct refusal *r, const struct position *at, struct slice message,
                  struct kv_store *real, const struct hs_error *why)
{
    struct hs_error err = {0};

    *r = (struct refusal){.at = *at, .why = *why};
    r->held = sha256_hex(message, r->message, &err) == HS_OK &&
              kv_store_digest(real, &r->digest, &r->entries, &err) == HS_OK;
}

bool refusal_stands(const struct refusal *r, const struct position *at)
{
    return r->held && position_equal(&r->at, at);
}

enum hs_status refusal_same_store(const struct refusal *r, struct kv_store *real, bool *same,
                                  struct hs_error *err)
{
    uint64_t digest, entries;
    enum hs_status st = kv_store_digest(real, &digest, &entries, err);

    *same = st == HS_OK && digest == r->digest && entries == r->entries;
    return st;
}

bool refusal_holds(const struct refusal *r, struct slice message, struct hs_error *err)
{
    char hex[SHA256_HEX_BYTES];

    if (!r->any_message &&
        (sha256_hex(message, hex, NULL) != HS_OK || strcmp(hex, r->message) != 0)) {
        return false;
    }
    *err = r->why;
    return true;
}
