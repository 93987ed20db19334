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
};

/** A snapshot is considered at the first message of a new height and written once in `every`
 *  messages (>= 1). */
bool snapshot_policy_due(const struct snapshot_moment *now, uint64_t every);

/** How many of the oldest of `count` snapshots are to go when `keep` (>= 1) can stay. */
size_t snapshot_policy_excess(size_t count, size_t keep);

#endif
