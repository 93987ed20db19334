/* History: what a chain does to a kernel when its transactions fail, as a seed draws it.
 *
 *   drawn: 1 2 3 ✗3 3' 4 | 5 6 7 ✗6 7 6' | ...        ✗n: back to before n, |: a block's end
 *   twin:  1 2   3'    4 | 5     7   6'   | ...        what stands in the end, and nothing else
 *
 * A kernel that goes back is driven through all of it; then its twin executes what stands, and at
 * every message the position and the answer, at every block's end the store and the heaps must be
 * the same. A history is a function of its seed alone, its vats and the way that changed pages are
 * found included.
 */
#ifndef HEADSTART_TESTS_UNIT_KERNEL_HISTORY_H
#define HEADSTART_TESTS_UNIT_KERNEL_HISTORY_H

#include <stdint.h>

/* What histories consisted of, for who reads the figures. */
struct history_figures {
    uint64_t histories, messages, standing; /* messages executed; of those, in the end */
    uint64_t returns, undone;               /* times gone back, and messages undone by it */
    uint64_t commits, blocks, stops, panics, queries, restarts;
    uint64_t rebuilt; /* from the mark: there was no memory for another way */
    uint64_t executed_again, savepoints_most;
    uint64_t settled, queued, spent; /* later answers, backlogs, limits of the caller */
    uint64_t born, ended; /* times that going back took vats away, or brought ended ones back */
};

/** Drive one and compare with its twin; a difference fails the case. */
void history_run(uint64_t seed, struct history_figures *figures);

#endif
