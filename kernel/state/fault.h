/* Fault points: named places where a test makes the disk, the memory or the process fail.
 *
 *   HEADSTART_FAULT=name:count:action[,name:count:action…]
 *
 * The count-th time (1 = first) that the named point is reached, the action happens: `kill`
 * (SIGKILL to self), `exit` (status 70), `sleep` (10 s), or an error the caller then acts out:
 * `EIO`, `ENOSPC`, `short` (half of a write happens, then ENOSPC). A count written `N+` stays on
 * from the N-th time. Points are compiled in always; unarmed, one costs a relaxed load.
 * HEADSTART_FAULT_LIST=FILE appends each point's name to FILE the first time it is reached, so
 * that a drill can learn all of them.
 */
#ifndef HEADSTART_KERNEL_STATE_FAULT_H
#define HEADSTART_KERNEL_STATE_FAULT_H

#include <stdatomic.h>
#include <stdbool.h>

enum fault_action { FAULT_NONE, FAULT_EIO, FAULT_ENOSPC, FAULT_SHORT };

extern atomic_bool fault_armed; /* written by fault_init and fault_arm only */

/** Read the environment. Unknown actions are told on stderr and end the process with 78: a drill
 *  with a typing error must not look passed. Call once at start, before threads. */
void fault_init(void);
/** Arm from a test in the same process; NULL disarms. Same syntax as the environment. */
void fault_arm(const char *text);
enum fault_action fault_reached(const char *name);
/** errno value of an action: EIO or ENOSPC. */
int fault_errno(enum fault_action action);

/* FAULT("log.append.write") is FAULT_NONE nearly always. */
#define FAULT(name)                                                                                \
    (atomic_load_explicit(&fault_armed, memory_order_relaxed) ? fault_reached(name) : FAULT_NONE)

#endif
