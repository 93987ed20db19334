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
    uint64_t write_us;      /* what the last snapshot took to write; 0: none was */
};

/* How much may lie between a snapshot and the next: what a restart executes again. */
struct snapshot_rhythm {
    uint64_t messages; /* >= 1 */
    uint64_t run_us;   /* 0: however long they ran */
};

/** A snapshot is considered at the first message of a new height, and due when one of the two is
 *  reached. By run time it is written for a twentieth of that time at most. */
bool snapshot_policy_due(const struct snapshot_moment *now, const struct snapshot_rhythm *rhythm);

/** How many of the oldest of `count` snapshots are to go when `keep` (>= 1) can stay. */
size_t snapshot_policy_excess(size_t count, size_t keep);

#endif
