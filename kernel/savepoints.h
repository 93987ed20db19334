/* Savepoints: going back to the beginning of any message of the open block.
 *
 *   mark ──m1──m2──m3──[1]──m4──m5──[2]──m6──► now          [1], [2]: savepoints, kept
 *
 *   back to behind m2: the mark, and m1, m2 executed again
 *   back to behind m5: savepoint 2
 *
 * A savepoint keeps what store and heaps were (kv_layers.h, line_versions.h). It is made before a
 * message, never after one, so that a block's end needs none; and not before each: what a message
 * changed is found out and copied at a price, and where none was made, going back executes again
 * what came since. So they lie as far apart as makes the sum of both the least, for how often
 * somebody goes back: before each message where every second one is undone, hundreds of messages
 * apart where none is.
 *
 * Their number and memory are bounded: past a bound one that lies close between its neighbours is
 * given up, the older the sooner. The work between two that are kept, and with it what going back
 * executes again, so grows with their age. No memory at all means no savepoints: then the mark and
 * the inputs lead there.
 *
 * What is kept depends on this machine alone (its memory, who went back when), what is reached does
 * not: it is compared with the hash that was there before.
 */
#ifndef HEADSTART_KERNEL_SAVEPOINTS_H
#define HEADSTART_KERNEL_SAVEPOINTS_H

#include "kernel/inputs.h"
#include "kernel/standing.h"

struct savepoint {
    uint64_t id; /* of its heap versions; only rises */
    struct standing at;
    uint64_t work; /* done in the block before it */
};

/* All zero is a kernel that keeps none. */
struct savepoints {
    bool kept;
    struct savepoint *items; /* owned: oldest first; item i is the layers' savepoint i */
    size_t len, capacity;
    uint64_t id_last;
    uint64_t work;       /* done in the open block */
    uint64_t work_tried; /* when one was last made, or was too large to keep */
    uint64_t done;       /* work, undone or not, since somebody went back */
    uint64_t usual;      /* how much that usually was; 0: nobody ever did */
    struct inputs inputs;
    uint64_t executed_again;
};

void savepoints_fini(struct savepoints *s);

/** Room for one more. */
HS_MUST_CHECK enum hs_status savepoints_reserve(struct savepoints *s, struct hs_error *err);
/** One more, in the room reserved, under a new id_last. */
void savepoints_add(struct savepoints *s, const struct standing *at);
void savepoints_remove(struct savepoints *s, size_t i);

/** A message was executed that cost so much. */
void savepoints_worked(struct savepoints *s, uint64_t ticks);
/** Has enough been done since the last one? The more often somebody goes back, the less it takes.
 *  Where none are kept, it is asked before a call alone that its caller's limit may stop. */
bool savepoints_due(const struct savepoints *s);
/** Somebody went back. */
void savepoints_went_back(struct savepoints *s);
/** The one to give up, of two or more: its neighbours are nearest to each other, for its age. Never
 *  the newest, which is what store and heaps are compared with. */
size_t savepoints_least(const struct savepoints *s);
/** How many lie at `seqnum` or before. */
size_t savepoints_up_to(const struct savepoints *s, uint64_t seqnum);

#endif
