#include "kernel/state/position.h"

#include "kernel/state/hex.h"
#include "kernel/state/limits.h"

#include <assert.h>
#include <string.h>

bool position_equal(const struct position *a, const struct position *b)
{
    return a->seqnum == b->seqnum && strcmp(a->hash, b->hash) == 0;
}

struct position position_origin(void)
{
    return (struct position){0};
}

bool position_is_origin(const struct position *p)
{
    return p->seqnum == 0 && p->hash[0] == '\0';
}

bool position_valid(uint64_t seqnum, struct slice hash)
{
    if (seqnum > HS_UINT_MAX) return false;
    if (hash.len == 0) return seqnum == 0;
    if (hash.len != SHA256_HEX_BYTES - 1) return false;
    return hex_is_lower(hash.data, hash.len);
}

enum hs_status position_make(uint64_t seqnum, struct slice hash, struct position *out,
                             struct hs_error *err)
{
    assert(out);
    if (!position_valid(seqnum, hash)) {
        return hs_fail(err, HS_INVALID,
                       "position: seqnum and hash do not fit: a hash is 64 lower-case hex digits, "
                       "or empty at seqnum 0");
    }
    out->seqnum = seqnum;
    if (hash.len > 0) memcpy(out->hash, hash.data, hash.len);
    out->hash[hash.len] = '\0';
    return HS_OK;
}
