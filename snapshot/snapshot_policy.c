#include "snapshot/snapshot_policy.h"

#include <assert.h>

/* Writing takes a part that is the same for each snapshot, and one for each message, which waiting
 * does not spare: a long wait saves nothing more. */
enum { SNAPSHOT_RUN_FACTOR = 20, SNAPSHOT_SHORT_FACTOR = 5, SNAPSHOT_SHORT_US = 250000 };

/* A fiftieth of a second, some ten snapshots of small heaps: with a fifth, a chain at full speed
 * wrote a hundred before its share counted. And no debt over a day, whatever a clock says. */
#define SAVED_MAX    (INT64_C(20000) * 100)
#define SPENT_US_MAX (UINT64_C(86400) * 1000000)
#define SPENT_MAX    ((int64_t)SPENT_US_MAX * 100)

static bool snapshot_ran_for(const struct snapshot_moment *now, uint64_t run_us, uint64_t factor)
{
    return now->run_us >= run_us && now->run_us / factor >= now->write_us;
}

enum snapshot_due snapshot_policy_due(const struct snapshot_moment *now,
                                      const struct snapshot_rhythm *rhythm)
{
    assert(now && rhythm->messages >= 1);
    if (now->height_next == 0 || now->height_next == now->height_last) return SNAPSHOT_NOT_DUE;
    if (now->seqnum_mark <= now->seqnum_newest) return SNAPSHOT_NOT_DUE; /* back, or nothing new */
    if (rhythm->run_us > 0 && snapshot_ran_for(now, rhythm->run_us, SNAPSHOT_RUN_FACTOR)) {
        return SNAPSHOT_DUE_AT_ONCE;
    }
    if (now->seqnum_mark - now->seqnum_newest < rhythm->messages) return SNAPSHOT_NOT_DUE;
    return snapshot_ran_for(now, SNAPSHOT_SHORT_US, SNAPSHOT_SHORT_FACTOR) ? SNAPSHOT_DUE_SOON
                                                                           : SNAPSHOT_DUE;
}

struct snapshot_allowance snapshot_allowance_full(uint64_t now_us)
{
    return (struct snapshot_allowance){.seen_us = now_us, .saved_hundredths = SAVED_MAX};
}

bool snapshot_allowance_left(struct snapshot_allowance *a, uint64_t now_us, uint64_t share_percent)
{
    uint64_t passed_us = now_us - a->seen_us;

    assert(share_percent >= 1 && share_percent <= 100 && now_us >= a->seen_us);
    if (passed_us > SPENT_US_MAX) passed_us = SPENT_US_MAX;
    a->seen_us = now_us;
    a->saved_hundredths += (int64_t)(passed_us * share_percent);
    if (a->saved_hundredths > SAVED_MAX) a->saved_hundredths = SAVED_MAX;
    return a->saved_hundredths >= 0;
}

void snapshot_allowance_spend(struct snapshot_allowance *a, uint64_t write_us)
{
    if (write_us > SPENT_US_MAX) write_us = SPENT_US_MAX;
    a->saved_hundredths -= (int64_t)write_us * 100;
    if (a->saved_hundredths < -SPENT_MAX) a->saved_hundredths = -SPENT_MAX;
}

size_t snapshot_policy_excess(size_t count, size_t keep)
{
    assert(keep >= 1);
    return count > keep ? count - keep : 0;
}
