/* Fault points: named places where a test makes the disk, the memory or the process fail.
 *
 *   HEADSTART_FAULT=name:count:action[,name:count:action…]
 *
 * The count-th time (1 = first) that a point of that name is reached, the action happens. A count
 * written `N+` stays on from the N-th time.
 *
 *   name     a point, or a pattern: `*` stands for any bytes. Every operation on the disk is a
 *            point `place.noun.operation` (disk.h), so `*.*.*` counts all of them, `*.write` every
 *            write, `log.*` what the log does. `.after` behind a name means the moment when the
 *            operation has succeeded: a place to die in, errors make no sense there.
 *   action   kill (SIGKILL to self), exit (status 70), sleep (10 s), or what the caller acts out:
 *            an errno by name (EACCES, EDQUOT, EFBIG, EINTR, EIO, EMFILE, ENOENT, ENOSPC, EROFS,
 * EUCLEAN), short (half of a read or write happens, and the call says so), torn (half of a write
 *            happens, then ENOSPC).
 *
 * Points are compiled in always; unarmed, one costs a relaxed load. HEADSTART_FAULT_LIST=FILE
 * appends each point's name to FILE the first time it is reached, so that a drill can learn all
 * of them.
 */
#ifndef HEADSTART_KERNEL_STATE_FAULT_H
#define HEADSTART_KERNEL_STATE_FAULT_H

#include <stdatomic.h>
#include <stdbool.h>

/* What a point answers besides errno values, which are positive. */
enum { FAULT_NONE = 0, FAULT_SHORT = -1, FAULT_TORN = -2 };

enum { FAULT_NAME_BYTES_MAX = 64 }; /* with its NUL */

extern atomic_bool fault_armed; /* written by fault_init and fault_arm only */

/** Read the environment. Unknown actions are told on stderr and end the process with 78: a drill
 *  with a typing error must not look passed. Call once at start, before threads. */
void fault_init(void);
/** Arm from a test in the same process; NULL disarms. Same syntax as the environment. */
void fault_arm(const char *text);
/** The point is reached: FAULT_NONE, an errno value, FAULT_SHORT or FAULT_TORN. */
int fault_reached(const char *name);
/** Its operation has succeeded: armed by `name.after`. */
void fault_passed(const char *name);
/** errno value of what a point answered, for a caller that knows no halves. */
int fault_errno(int fault);

/* FAULT("kernel.diverge") is FAULT_NONE nearly always. */
#define FAULT(name)                                                                                \
    (atomic_load_explicit(&fault_armed, memory_order_relaxed) ? fault_reached(name) : FAULT_NONE)

#endif
