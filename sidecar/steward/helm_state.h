/* What helm.c, helm_preload.c, helm_tend.c, helm_attach.c and helm_deliver.c share: the helm, and
 * what is done about a result. The phase is written by helm_advance alone. */
#ifndef HEADSTART_SIDECAR_STEWARD_HELM_STATE_H
#define HEADSTART_SIDECAR_STEWARD_HELM_STATE_H

#include "sidecar/settings/skip.h"
#include "sidecar/steward/holdings.h"
#include "sidecar/steward/refusal.h"
#include "sidecar/steward/retry.h"

struct helm {
    struct holdings has;
    const atomic_uint_fast64_t *node_epoch;
    enum phase phase;       /* written by helm_advance alone */
    bool attached;          /* this node's position was met */
    bool met;               /* or that of any node before */
    bool lost;              /* the kernel is gone, and none was loaded since */
    bool alone;             /* a full replay made the kernel: nothing that was kept is in it */
    struct position floor;  /* highest position that the node must have committed */
    struct refusal refusal; /* what fails whatever it is executed on */
    struct skip skip;       /* what is passed over */
    bool loading;           /* preload is on its way */
    bool load_again;        /* something unexpected happened, and the spare is gone */
    struct retry reload;    /* when a lost kernel is loaded, if nobody waits */
    uint64_t opened_us;
};

struct lent helm_lend(const struct helm *h);
/** What must hold now; only asked in a build that checks itself. */
void helm_check(const struct helm *h, bool delivered);

/** Kernel and base end; a snapshot being written is finished first. What a worker came back with
 *  is for the caller to judge. */
enum snapshot_finding helm_drop(struct helm *h, struct hs_error *why);
/** The same, told to the phase, and judged. */
void helm_lose_kernel(struct helm *h);
/** Act on what a worker came back with. */
void helm_judge(struct helm *h, enum snapshot_finding finding, const struct hs_error *why);
/** The node stands below what we took for committed: it was restored from a backup, say. */
void helm_lower_floor(struct helm *h);
/** The node's store stands at `at`, between two blocks. If the mark does, a snapshot that is forced
 *  need not wait for the next block, which may come after a stop. */
void helm_between_blocks(struct helm *h, const struct position *at);

/** All that we keep led to `cause`: say so, keep the evidence, and never use it again. */
void helm_reject(struct helm *h, enum entry_cause cause, const struct hs_error *why);
/** What the kernel stands on, or began from, is damaged: say so, keep the evidence, drop the
 *  kernel, and put the snapshots aside that use it. NONE: an older one is left; else nothing is,
 *  and that is the cause. */
enum entry_cause helm_salvage(struct helm *h, const struct hs_error *why);

struct helm_course {
    struct entry_decision decision; /* of the last attempt */
    uint64_t replayed;
    enum entry_cause why; /* not NONE: only the node's store may be begun from, for this */
    bool memory_only;     /* the disk failed even that: its next base is in memory */
    unsigned failures;
    bool ran;              /* a kernel stood at the node's position, and the message failed on it */
    struct hs_error panic; /* of a kernel that a full replay made earlier; HS_OK: none */
};

/** From the best way to the worst, until one leads to `real`. After a failure the entry check is
 *  asked again, with what is left. */
HS_MUST_CHECK enum hs_status helm_attach(struct helm *h, const struct position *real,
                                         struct helm_course *course, struct hs_error *err);

#endif
