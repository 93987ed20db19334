/* Job queue: how threads hand work to each other. First in, first out; a job carries its own data.
 *
 * A job is embedded in whatever it carries. The taker runs it, and the job frees itself; a job that
 * will not run any more is dropped, which frees it too. So every job posted ends in exactly one of
 * `run` and `drop`.
 *
 * Bound: a queue holds what its posters have outstanding, and each of them has a bound of its own
 * (one delivery a node, one snapshot, one sync), so the queue needs none.
 *
 * Threads: post from any; take from the owner, or from several workers.
 */
#ifndef HEADSTART_SIDECAR_THREADS_JOB_QUEUE_H
#define HEADSTART_SIDECAR_THREADS_JOB_QUEUE_H

#include "kernel/state/errors.h"

#include <stdbool.h>

struct job {
    struct job *next; /* the queue's */
    void (*run)(struct job *job, void *owner);
    void (*drop)(struct job *job);
};

struct job_queue;

/** `wake` is called at each post, nudge and end, on the thread that does it, and with the queue's
 *  lock: for a taker that waits elsewhere (an event loop, say). NULL: none does. Takers that block
 *  in job_queue_take are woken in either case. */
HS_MUST_CHECK enum hs_status job_queue_open(void (*wake)(void *data), void *wake_data,
                                            struct job_queue **out, struct hs_error *err);
/** Drops what is left. No thread may still use the queue. */
void job_queue_close(struct job_queue *q);

/** The queue owns the job from here on; a queue that was ended drops it at once. */
void job_queue_post(struct job_queue *q, struct job *job);
/** Nothing is accepted any more; takers get what is left, then NULL. */
void job_queue_end(struct job_queue *q);

/** Make the taker, or the next one, return without a job: there is something else to look at. */
void job_queue_nudge(struct job_queue *q);
/** Would a taker not wait? */
bool job_queue_has_news(struct job_queue *q);

/** The next job. Waits up to timeout_ms (negative: until there is one); NULL: timed out,
 *  nudged, or ended and empty. */
struct job *job_queue_take(struct job_queue *q, int timeout_ms);

#endif
