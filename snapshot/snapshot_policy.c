#include "snapshot/snapshot_policy.h"

#include <assert.h>

enum { SNAPSHOT_RUN_FACTOR = 20 };

bool snapshot_policy_due(const struct snapshot_moment *now, const struct snapshot_rhythm *rhythm)
{
    assert(now && rhythm->messages >= 1);
    if (now->height_next == 0 || now->height_next == now->height_last) return false;
    if (now->seqnum_mark <= now->seqnum_newest) return false; /* went back, or nothing new */
    if (now->seqnum_mark - now->seqnum_newest >= rhythm->messages) return true;
    return rhythm->run_us > 0 && now->run_us >= rhythm->run_us &&
           now->run_us / SNAPSHOT_RUN_FACTOR >= now->write_us;
}

size_t snapshot_policy_excess(size_t count, size_t keep)
{
    assert(keep >= 1);
    return count > keep ? count - keep : 0;
}
