#include "snapshot/snapshot_policy.h"

#include <assert.h>

bool snapshot_policy_due(const struct snapshot_moment *now, uint64_t every)
{
    assert(now && every >= 1);
    if (now->height_next == 0 || now->height_next == now->height_last) return false;
    if (now->seqnum_mark <= now->seqnum_newest) return false; /* went back, or nothing new */
    return now->seqnum_mark - now->seqnum_newest >= every;
}

size_t snapshot_policy_excess(size_t count, size_t keep)
{
    assert(keep >= 1);
    return count > keep ? count - keep : 0;
}
