/* When to make a snapshot and which to keep: decisions, no I/O. */
#ifndef HEADSTART_SNAPSHOT_SNAPSHOT_POLICY_H
#define HEADSTART_SNAPSHOT_SNAPSHOT_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is known when a message is about to run. */
struct snapshot_moment {
    uint64_t height_last;   /* of the message before; 0: none */
    uint64_t height_next;   /* of the message about to run; 0: no blocks, so no snapshots */
    uint64_t seqnum_mark;   /* where the mark stands once the finished block is part of it */
    uint64_t seqnum_newest; /* of the newest snapshot; 0: none */
    uint64_t run_us;        /* what the messages between the two took to execute */
    uint64_t write_us;      /* what the last snapshot took of a core; 0: none was */
};

/* How much may lie between a snapshot and the next: what a restart executes again. */
struct snapshot_rhythm {
    uint64_t messages; /* >= 1 */
    uint64_t run_us;   /* 0: however long they ran */
};

enum snapshot_due {
    SNAPSHOT_NOT_DUE,
    SNAPSHOT_DUE,        /* by messages: it comes when the share of a core allows */
    SNAPSHOT_DUE_SOON,   /* by messages that ran for a quarter of a second: no share is asked */
    SNAPSHOT_DUE_AT_ONCE /* by run time: nor does it rest after a start */
};

/** A snapshot is considered at the first message of a new height, and due when one of the two is
 *  reached. By run time it is written for a twentieth of that time at most; one that waits for its
 *  share of a core, for a fifth of it. */
enum snapshot_due snapshot_policy_due(const struct snapshot_moment *now,
                                      const struct snapshot_rhythm *rhythm);

/* What writing snapshots may take of a core: a share of the time that passes, saved up to a
 * fiftieth of a second of writing, so that a few in a row do not wait. A plain value. */
struct snapshot_allowance {
    uint64_t seen_us;         /* the clock's: earned up to here */
    int64_t saved_hundredths; /* of microseconds; below 0: spent in advance */
};

struct snapshot_allowance snapshot_allowance_full(uint64_t now_us);
/** With `share_percent` (1..100) of the time since the last call: is nothing spent in advance? */
bool snapshot_allowance_left(struct snapshot_allowance *a, uint64_t now_us, uint64_t share_percent);
void snapshot_allowance_spend(struct snapshot_allowance *a, uint64_t write_us);

/** How many of the oldest of `count` snapshots are to go when `keep` (>= 1) can stay. */
size_t snapshot_policy_excess(size_t count, size_t keep);

#endif
