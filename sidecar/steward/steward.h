/* Steward: the kernel thread, and what reaches it.
 *
 *   loop ──jobs (deliveries, node came and went, commits)──► steward ──answers──► loop
 *                                                           │    ▲
 *                                      snapshots, log syncs ▼    │ done
 *                                                          workers
 *
 * While there is no job the thread runs the loop itself, if it is lent: so a delivery needs no
 * other thread from the socket to its answer (threads/lent_loop.h).
 *
 * Jobs run one after the other, so a delivery that comes while preload runs waits for it, and there
 * is never a second kernel. What is done in a job is the helm's (helm.h).
 *
 * Threads: what is declared here is for whoever has the loop, start and close for its owner.
 */
#ifndef HEADSTART_SIDECAR_STEWARD_STEWARD_H
#define HEADSTART_SIDECAR_STEWARD_STEWARD_H

#include "ipc/request.h"
#include "sidecar/data/data_folder.h"
#include "sidecar/node/node_link.h"
#include "sidecar/report/reporter.h"
#include "sidecar/settings/sidecar_config.h"
#include "sidecar/threads/lent_loop.h"

struct steward;

struct steward_options { /* all borrowed until steward_close */
    const struct sidecar_config *config;
    const struct kernel_config *kernel_config;
    const struct logger *logger;
    struct data_folder *folder;
    struct figures_board *board;
    struct vat_engine *engine;
    struct job_queue *loop; /* answers are posted here */
    /* Whose queue that is, where the steward's thread runs the loop while it has nothing to do;
     * NULL: it does not. A stop keeps the loop from being lent. */
    struct lent_loop *lent;
    struct node_link *link;
    /* called on the steward's thread when it cannot go on: the sidecar must stop */
    void (*failed)(void *data, const struct hs_error *error);
    void *data;
    const struct clock *clock; /* NULL: the machine's */
};

/** Start the thread; it opens the stores and preloads at once. */
HS_MUST_CHECK enum hs_status steward_start(const struct steward_options *options,
                                           struct steward **out, struct hs_error *err);
/** Break off what takes long, sync the log, finish the snapshot in progress, close everything, and
 *  wait for the thread. The loop's queue must still accept answers, or drop them. */
void steward_close(struct steward *s);
/** Ask for the stop without waiting. */
void steward_stop(struct steward *s);
/** Have the thread look whether there is something to do: the loop may be borrowed, say. From any
 *  thread. */
void steward_nudge(struct steward *s);

/** Run a job of one's own among the others, with the struct helm as its owner. */
void steward_post(struct steward *s, struct job *job);

/** Bring a request to its method's `job` (ipc_owner.post); it is answered exactly once, through the
 *  loop's queue. */
void steward_request(struct steward *s, struct ipc_request *request);
void steward_node_attached(struct steward *s, const char *client);
void steward_node_detached(struct steward *s);

/* What methods of the wire do on the steward's thread: `job` in their rows. The data is the struct
 * helm; each takes the job and answers it. */
ipc_job steward_attach;         /* params: struct ipc_attach */
ipc_job steward_deliver;        /* struct ipc_delivery */
ipc_job steward_query;          /* struct ipc_query */
ipc_job steward_commit;         /* struct ipc_commit */
ipc_job steward_prepare_commit; /* struct ipc_height */

#endif
