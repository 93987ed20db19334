/* Attaching: one attempt at bringing the kernel to the node's position. The entry check decides
 * (entry_check.h); here its facts are collected and its decision carried out.
 *
 *   attach_decide ──► decision ──attach_run──► status, report
 *        ▲                                       │ failed
 *        └──── the helm: what is wrong, is it worth another way? ◄──┘
 */
#ifndef HEADSTART_SIDECAR_STEWARD_ATTACH_H
#define HEADSTART_SIDECAR_STEWARD_ATTACH_H

#include "sidecar/decide/entry_check.h"
#include "sidecar/steward/lent.h"

/* What the helm knows of it. */
struct attach_case {
    struct position real;      /* where the node's store stands */
    bool attached;             /* this node's position was met before */
    bool without_log;          /* the log failed us: as if it were empty */
    bool without_memory;       /* going back inside the open block failed us */
    enum entry_cause rejected; /* not NONE: nothing of what we keep may be used */
};

/** The best way there.
 *
 *  In:  ask  where nothing of ours leads, ask the node for its history: that costs, and the
 * snapshot keeper must be settled */
HS_MUST_CHECK enum hs_status attach_decide(const struct lent *l, const struct attach_case *c,
                                           bool ask, struct entry_decision *out,
                                           struct hs_error *err);
/** Does the way begin where the kernel is, so that nothing needs to be settled for it? */
bool attach_keeps_kernel(const struct entry_decision *d);
/** Do store and heaps come from the node, or from nothing, so that nothing that was kept leads to
 *  them? */
bool attach_begins_anew(const struct entry_decision *d);

/** Take it. HS_OK: the kernel stands at `real`, and with verify-swap its store was compared with
 * the node's, once per node. On failure the kernel may be gone. */
HS_MUST_CHECK enum hs_status attach_run(const struct lent *l, const struct attach_case *c,
                                        const struct entry_decision *d, struct way_report *report,
                                        struct hs_error *err);

/** Compare the whole store, ours with the node's, at the same position. HS_DIVERGED: they differ.
 */
HS_MUST_CHECK enum hs_status attach_verify(const struct lent *l, struct hs_error *err);

#endif
