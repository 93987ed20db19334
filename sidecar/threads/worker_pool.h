/* Worker pool: threads with vat-sized stacks for work beside the kernel thread.
 *
 * Two kinds of work: a background task (one at a time per struct background: writing a snapshot,
 * syncing the log), and a batch of jobs that the caller waits for (vats replaying transcripts).
 *
 *   owner:   background_start ──► … goes on … ──told by `done`──► background_collect
 *   worker:            └──► run(data) ──► DONE ──► done()
 *
 * A background's data belongs to the worker from start until collect says it is finished.
 */
#ifndef HEADSTART_SIDECAR_THREADS_WORKER_POOL_H
#define HEADSTART_SIDECAR_THREADS_WORKER_POOL_H

#include "kernel/state/errors.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct worker_pool;

enum worker_class {
    WORKER_AWAITED,   /* somebody waits: an equal of every other thread */
    WORKER_UNHURRIED, /* for what can wait (kernel/state/unhurried_thread.h) */
};

/** `count` threads, 1..64. HS_NOMEM: the threads could not be made. */
HS_MUST_CHECK enum hs_status worker_pool_open(enum worker_class kind, size_t count,
                                              struct worker_pool **out, struct hs_error *err);
/** Waits for what runs; a background that never began is finished as HS_CANCELLED. */
void worker_pool_close(struct worker_pool *p);

/* Who works on a batch: the calling thread, and workers until there are so many threads. */
struct worker_crew {
    struct worker_pool *pool;
    size_t threads; /* 0: the caller and every worker */
};

/** Call job(job_data, i) for every i < count, begun in that order, and return when all are done. A
 *  kernel_run_jobs_fn with a worker_crew as data. */
void worker_crew_run_jobs(void *crew, void (*job)(void *job_data, size_t i), void *job_data,
                          size_t count);

enum background_state { BACKGROUND_IDLE, BACKGROUND_RUNNING, BACKGROUND_DONE };

/* Caller's memory; background_init before use, background_fini when idle. */
struct background {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    enum background_state state;
    enum hs_status status; /* of `run`; read it after collect */
    struct hs_error error;
};

typedef enum hs_status (*background_run_fn)(void *data, struct hs_error *err);

void background_init(struct background *b);
void background_fini(struct background *b);

/** b must be idle. `done` (may be NULL) is called on the worker when `run` has returned.
 *  HS_NOMEM: nothing was started, b is idle. */
HS_MUST_CHECK enum hs_status background_start(struct background *b, struct worker_pool *pool,
                                              background_run_fn run, void *data,
                                              void (*done)(void *data), struct hs_error *err);
/** Neither running nor waiting to be collected. */
bool background_idle(struct background *b);
/** Has it finished since the start? Then it is idle again, and status and error say how it went. */
bool background_collect(struct background *b);
/** Wait until it does not run any more; collect still has to be called. */
void background_wait(struct background *b);

#endif
