#include "tests/drills/drill.h"

#include <assert.h>

const char *const drill_path_names[DRILL_PATHS] = {"cold",      "live", "swap",       "catch_up",
                                                   "roll_back", "tail", "full_replay"};

const char *drill_kind_name(enum drill_kind kind)
{
    static const char *const names[DRILL_KINDS] = {
        [DRILL_RIGHT] = "right",       [DRILL_SKIPPED] = "skipped",   [DRILL_SLOW] = "slow",
        [DRILL_ERRORS] = "errors",     [DRILL_REFUSED] = "refused",   [DRILL_FAILED] = "failed",
        [DRILL_BAD_STOP] = "bad_stop", [DRILL_STUCK] = "stuck",       [DRILL_CRASHED] = "crashed",
        [DRILL_LOST] = "lost",         [DRILL_DIVERGED] = "diverged", [DRILL_BROKEN] = "broken",
    };

    assert(kind < DRILL_KINDS);
    return names[kind];
}
