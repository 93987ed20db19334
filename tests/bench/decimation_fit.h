/* Decimation fit: what N in "1 in N" should be, for a chain on a machine.
 *
 * A snapshot takes c of processor time, and a restart executes N / 2 messages again on the average,
 * r each. With M messages between two restarts that is M / N · c + N / 2 · r in all, the least
 * where
 *
 *     N* = √(2 · c · M / r)
 *
 * c and r are slopes of lines through what was measured: the processor time that a message takes
 * more than without snapshots and log, over snapshots a message, and a restart's time over the
 * messages that it executed again.
 */
#ifndef HEADSTART_TESTS_BENCH_DECIMATION_FIT_H
#define HEADSTART_TESTS_BENCH_DECIMATION_FIT_H

#include "tests/bench/decimation_row.h"

enum { DECIMATION_BETWEENS = 3 };
extern const uint64_t decimation_betweens[DECIMATION_BETWEENS]; /* M: messages between restarts */

struct decimation_fit {
    double snapshot_us, replay_us; /* c and r; 0: they cannot be told from these rows */
    struct {
        double model;      /* N*; 0: cannot be told */
        uint64_t measured; /* the N of those measured that cost least */
    } best[DECIMATION_BETWEENS];
};

/** Of rows that differ in N alone. */
struct decimation_fit decimation_fit_make(const struct decimation_row *rows, size_t len);

#endif
