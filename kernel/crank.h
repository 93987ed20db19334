/* Crank: one step of work, whose store changes apply whole or not at all.
 *
 *   order of work: acceptance queue, gcActions, run queue
 *
 * A crank in which a vat fails is aborted and leaves no trace, in the store or in the hash, but
 * one: a second crank in its place, which terminates the vat. What it failed on is met again, and
 * refused or dropped, since its vat is gone.
 */
#ifndef HEADSTART_KERNEL_CRANK_H
#define HEADSTART_KERNEL_CRANK_H

#include "kernel/kernel_core.h"

typedef enum hs_status (*crank_body_fn)(struct kernel *k, void *data, struct hs_error *err);

/** Run `body` as a crank of its own. */
HS_MUST_CHECK enum hs_status crank_run(struct kernel *k, crank_body_fn body, void *data,
                                       struct hs_error *err);
/** Run cranks until there is nothing left to do or the run policy is spent; `at_least_one`: one
 *  even where it is spent before.
 *  Out:     idle  nothing is left
 *  Returns: HS_SPENT  the caller's ticks: the message is to be undone */
HS_MUST_CHECK enum hs_status crank_run_some(struct kernel *k, bool at_least_one, bool *idle,
                                            struct hs_error *err);
/** A vat is told of its objects that nobody holds any more: some of gcActions. */
HS_MUST_CHECK enum hs_status crank_run_collect(struct kernel *k, struct hs_error *err);
/** The first vat of the reapQueue is reaped. */
HS_MUST_CHECK enum hs_status crank_run_reap(struct kernel *k, struct hs_error *err);
/** Is nothing left to do, housekeeping aside? */
HS_MUST_CHECK enum hs_status crank_is_idle(struct kernel *k, bool *idle, struct hs_error *err);

#endif
