/* Lent loop: one libuv loop that two threads run in turns, and the queue of what is handed to it.
 *
 *   owner     lent_loop_serve: runs it, and while it is lent sleeps (threads/loop_baton.h)
 *   borrower  no work: borrow ─► run ─► return ─► work that a callback handed over ─► flush ─┐
 *                        ▲                                                                   │
 *                        └───────────────────────────────────────────────────────────────────┘
 *
 * So what comes from a socket is read, acted upon and answered on one thread, with no system call
 * between. Callbacks, and the jobs of the queue, run on whichever thread has the loop: never on two
 * at once, and never inside the borrower's work.
 *
 * Threads: as said at each.
 */
#ifndef HEADSTART_SIDECAR_THREADS_LENT_LOOP_H
#define HEADSTART_SIDECAR_THREADS_LENT_LOOP_H

#include "sidecar/threads/job_queue.h"

#include <stdbool.h>
#include <stdint.h>

struct uv_loop_s;
struct lent_loop;

/** On the owner's thread. Jobs of its queue are run with `jobs_owner`. */
HS_MUST_CHECK enum hs_status lent_loop_open(void *jobs_owner, struct lent_loop **out,
                                            struct hs_error *err);
/** Owner, with no borrower any more: runs it until the last handle, which the callers close, is
 *  closed, and frees it. NULL is fine. */
void lent_loop_close(struct lent_loop *l);

/** For whoever has it, and for making handles before it is served. */
struct uv_loop_s *lent_loop_uv(struct lent_loop *l);
/** Any thread may post; what is posted runs soon, with the loop. */
struct job_queue *lent_loop_queue(struct lent_loop *l);

/* --- the owner --- */

/** Run it, and lend it, until lent_loop_leave; then it is the owner's. `given` is called when a
 *  borrower that found it taken may borrow it. */
void lent_loop_serve(struct lent_loop *l, void (*given)(void *data), void *data);
/** Nothing is accepted by the queue any more; what is left of it runs now. */
void lent_loop_end_queue(struct lent_loop *l);

/* --- from a callback: whoever has it --- */

/** It is not lent any more. */
void lent_loop_keep(struct lent_loop *l);
/** The same, and lent_loop_serve returns. */
void lent_loop_leave(struct lent_loop *l);

/* --- the borrower --- */

/** False: the owner has it; it is asked for, and `given` tells when. */
HS_MUST_CHECK bool lent_loop_borrow(struct lent_loop *l);
/** While borrowed: until something happened, timeout_ms at most. */
void lent_loop_run(struct lent_loop *l, int timeout_ms);
/** While borrowed: runs it again and again, for bound_us at most, without sleeping. True: it was
 *  recalled. */
HS_MUST_CHECK bool lent_loop_spin(struct lent_loop *l, uint32_t bound_us);
void lent_loop_return(struct lent_loop *l);
/** What the borrower's work posted is done now, unless the owner has the loop and sees to it. */
void lent_loop_flush(struct lent_loop *l);
/** The loop is needed while the borrower works: the owner shall have it at once. */
void lent_loop_hurry(struct lent_loop *l);

/* --- any thread --- */

/** End the borrower's lent_loop_run or lent_loop_spin, if it is in one. */
void lent_loop_recall(struct lent_loop *l);

#endif
