/* Helm: where the sidecar is, and what is done about it. The only one that moves the phase, and the
 * only one that decides what a way's or a keeper's result means.
 *
 *                                   helm: phase, committed floor
 *                                     │ lends                ▲ status, report, finding
 *                 ┌───────────────────┴──────────────────────┴───────┐
 *                 ▼                                                  │
 *   ways: preload, attach ─► { forward, tail, full_replay } ─► base ─┤
 *                 │                                                  │
 *                 ▼                                                  │
 *   spare │ snapshot_keeper │ log_keeper │ rates_keeper │ rejection ─┘
 *
 * Nothing below calls up: what a worker found, a way led to, or an append came to is a value.
 *
 * Threads: the kernel thread alone.
 */
#ifndef HEADSTART_SIDECAR_STEWARD_HELM_H
#define HEADSTART_SIDECAR_STEWARD_HELM_H

#include "sidecar/steward/holdings.h"

struct helm;

struct helm_options { /* all borrowed until helm_close */
    struct holdings_options holdings;
    /* Odd while a node is connected. A delivery carries the value of its node: another value means
     * that nobody waits for it any more. */
    const atomic_uint_fast64_t *node_epoch;
};

/** Open snapshots and log. HS_IO, HS_LOCKED, HS_NOMEM: nothing is open. */
HS_MUST_CHECK enum hs_status helm_open(const struct helm_options *options, struct helm **out,
                                       struct hs_error *err);
/** From here on only stopping. Breaks off or finishes what runs, syncs the log, closes all. */
void helm_close(struct helm *h);

/** From an open helm to a kernel that waits. HS_CANCELLED: the sidecar stops. Whatever else fails
 * is logged, and the next delivery begins with less. */
HS_MUST_CHECK enum hs_status helm_preload(struct helm *h, struct hs_error *err);

/** See what the workers have finished, act on it, and begin what is due; between any two jobs. */
void helm_tend(struct helm *h);
/** There is nothing else to do. */
void helm_idle(struct helm *h);
/** Bring the figures up to date with what is held: cheap. */
void helm_show(struct helm *h);
/** The same of the list of vats, now and then. */
void helm_show_vats(struct helm *h);

/* A node that waits for the kernel to stand where it does. */
struct helm_meeting {
    struct position real; /* where the node's store stands */
    uint64_t node_epoch;
    uint64_t arrived_us; /* the clock's */
};
/** Bring the kernel to `real`, and append to *packed how it got there. Neither mark nor floor are
 *  set by it. Failures are those of helm_deliver. */
HS_MUST_CHECK enum hs_status helm_meet(struct helm *h, const struct helm_meeting *m,
                                       struct buffer *packed, struct hs_error *err);

struct helm_delivery {
    struct helm_meeting meeting;
    struct message message;
};
/** Bring the kernel to `real`, execute the message, log it, and append the packed answer to
 * *packed. On failure nothing happened, and the text says why; as what it is refused is
 *  delivery_answer_code's to say. HS_PEER_GONE: its node waits no more. */
HS_MUST_CHECK enum hs_status helm_deliver(struct helm *h, const struct helm_delivery *d,
                                          struct buffer *packed, struct hs_error *err);
struct helm_query {
    struct message message; /* text and ticks alone */
    bool placed;            /* only where the kernel stands at `at` */
    struct position at;
};
/** Execute a call on the kernel as it stands, undo it, and append the packed answer to *packed.
 *
 *  Returns: HS_OK
 *           HS_UNAVAILABLE  no kernel stands there, or it cannot be asked now
 *           HS_BUSY         it was given up (query_gate.h)
 *           other           as kernel_query */
HS_MUST_CHECK enum hs_status helm_query(struct helm *h, const struct helm_query *q,
                                        struct buffer *packed, struct hs_error *err);
/** Everything executed is on disk, or the error says why not. */
HS_MUST_CHECK enum hs_status helm_prepare_commit(struct helm *h, struct hs_error *err);
/** The node has committed the block at `height`, and its store stands at `at` (NULL: it did not say
 *  where). Where the kernel reaches that, it goes there, and mark and floor are exact from then on.
 *  A position that it does not reach says nothing that could be used. */
void helm_commit(struct helm *h, uint64_t height, const struct position *at);
/** A node came, or went (`client` is then empty). */
void helm_node(struct helm *h, bool connected, const char *client);

/** Something happened: the phase moves. One that the phase does not expect is a defect of ours: it
 *  is logged as an error, the spare is dropped, and helm_tend loads it again; false. */
bool helm_advance(struct helm *h, enum phase_event event);

/* For those that look: what the helm holds at this moment. */
struct kernel *helm_kernel(const struct helm *h); /* NULL: there is none */
struct replay_log_summary helm_log_summary(const struct helm *h);

#endif
