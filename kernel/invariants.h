/* Invariants: what must hold of a kernel after each crank and message, checked in builds with
 * HS_INVARIANTS (asan, tsan and a preset of its own); elsewhere nothing of this is compiled.
 *
 *   after a crank    the queues' tails are not behind their heads
 *   after a message  position and layers say the same; each vat's transcript ends where its process
 *                    says; every reference count is at least what c-lists, queues, settled promises
 *                    and pins add up to; what it gave fits an answer
 *
 * What does not hold ends the process and names the key: here a kernel of ours is wrong, or a test.
 * A store that was wrong before we began (damage is the node's or the disk's) is not judged, nor is
 * one that is read through the node. Counting walks the whole store, so in a large one it is done
 * once in so many messages that a message pays for a bounded number of keys.
 */
#ifndef HEADSTART_KERNEL_INVARIANTS_H
#define HEADSTART_KERNEL_INVARIANTS_H

#include "kernel/kernel_core.h"
#include "kernel/outcome.h"

#ifdef HS_INVARIANTS
/** The kernel was just started: is its store one to be judged? */
void invariants_begin(struct kernel *k);
void invariants_after_crank(struct kernel *k);
void invariants_after_message(struct kernel *k);
/** What a message gave. */
void invariants_outcome(const struct kernel *k, const struct kernel_outcome *o);
/** Store and heaps were marked, or went back to the mark. */
void invariants_after_mark(const struct kernel *k);
/** The node's own store answers reads from here on, or no longer. */
void invariants_read_through(struct kernel *k, bool through);
#else
static inline void invariants_begin(struct kernel *k)
{
    (void)k;
}
static inline void invariants_after_crank(struct kernel *k)
{
    (void)k;
}
static inline void invariants_after_message(struct kernel *k)
{
    (void)k;
}
static inline void invariants_outcome(const struct kernel *k, const struct kernel_outcome *o)
{
    (void)k;
    (void)o;
}
static inline void invariants_after_mark(const struct kernel *k)
{
    (void)k;
}
static inline void invariants_read_through(struct kernel *k, bool through)
{
    (void)k;
    (void)through;
}
#endif

#endif
