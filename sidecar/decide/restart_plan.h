/* Restart plan: what it would cost to bring a kernel to the node's position if the node came back
 * now. Pure: facts in, cases out.
 *
 *   what is kept ──preload, if no kernel waits──► kernel ──entry check at the node's──► path
 *                                                          position
 *
 * Where the node comes back is its own to say; what we know bounds it. At best it has committed
 * everything that was executed. At worst only the floor: what it must have committed, since it went
 * on from there. Where what is kept does not reach that far, the worst is a position that we cannot
 * lead to. The decisions are those of entry_check.h itself, asked about these positions; that the
 * node's history is the one we know is presumed, since only the node can prove it.
 */
#ifndef HEADSTART_SIDECAR_DECIDE_RESTART_PLAN_H
#define HEADSTART_SIDECAR_DECIDE_RESTART_PLAN_H

#include "sidecar/data/rates.h"
#include "sidecar/decide/entry_check.h"

/* Things to be done, each of a kind that has a rate. */
struct plan_work {
    uint64_t of[RATE_KIND_COUNT];
    bool more; /* and some that cannot be known from here */
};

struct plan_facts {
    /* `real` and `log_real` are filled in here. With a kernel: ours and mark are its own. Without:
     * the one that the next start would preload is worked out. */
    struct entry_facts entry;
    struct position log_end;  /* meaningful only if the log holds entries */
    struct position floor;    /* what the node must have committed; the origin if nothing says so */
    bool log_damaged;         /* more was executed than the log now holds */
    bool has_images;          /* the snapshots' heap images can be used */
    struct plan_work load;    /* heaps of the newest snapshot, from images or transcripts */
    struct plan_work rebuild; /* full replay of what the newest snapshot holds */
};

struct plan_case {
    struct entry_decision decision;
    bool to_known;        /* false: somewhere that we cannot know */
    uint64_t from_seqnum; /* where executing begins */
    uint64_t to_seqnum;
    struct plan_work work; /* messages: the log's, executed again */
};

struct restart_plan {
    struct plan_case best, worst;
};

struct restart_plan restart_plan_make(const struct plan_facts *facts);

/** *ms: how long it takes at these rates. False: of something that is to be done no rate was ever
 *  measured, or how much it is cannot be known; *ms is then what is known. */
bool plan_work_estimate(const struct plan_work *work, const struct rates *rates, double *ms);

/** A stand-in for the position at `seqnum`, for an account in which everything lies on one history,
 *  so that the number alone names it. */
struct position plan_position(uint64_t seqnum);

#endif
