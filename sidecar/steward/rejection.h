/* Rejection: that nothing of what we keep may be used, since it led to something that cannot be
 * right; why; and what is known about it. Never silent: an error in the log, a counter, the
 * evidence in quarantine/.
 *
 *   recorded ──► evidence written ──a node answers──► explained in the evidence ──► lifted
 */
#ifndef HEADSTART_SIDECAR_STEWARD_REJECTION_H
#define HEADSTART_SIDECAR_STEWARD_REJECTION_H

#include "replaylog/replay_log.h"
#include "sidecar/decide/entry_check.h"
#include "sidecar/report/reporter.h"
#include "sidecar/steward/divergence.h"
#include "sidecar/steward/folder_keeper.h"
#include "snapshot/snapshot_db.h"

struct rejection;

HS_MUST_CHECK enum hs_status rejection_open(const struct reporter *reporter,
                                            const struct folder_keeper *folder,
                                            struct rejection **out, struct hs_error *err);
void rejection_close(struct rejection *r);

/** A way failed with `status`: is what we keep wrong? NONE: it is not, something stood in the way.
 */
enum entry_cause rejection_blame(enum hs_status status);
/** Not NONE: nothing of what we keep may be used. */
enum entry_cause rejection_cause(const struct rejection *r);

/** A message came out differently; takes it (NULL: nothing happens). Kept until it is explained. */
void rejection_take_divergence(struct rejection *r, struct divergence *divergence);

/* What was there when it happened. */
struct rejection_scene {
    struct position kernel_at;
    const struct snapshot_record *newest; /* NULL: there was none */
    struct replay_log_summary log;
};
/** Nothing of what we keep may be used, for `cause`; `why` in words. */
void rejection_record(struct rejection *r, enum entry_cause cause, const struct hs_error *why,
                      const struct rejection_scene *scene);
/** Some of what we keep is damaged, as `why` says, and will not be used; the rest may be, from
 *  `left` on; NULL: only the log. */
void rejection_record_some(struct rejection *r, const struct hs_error *why,
                           const struct rejection_scene *scene, const struct snapshot_record *left);
/** Compare what diverged, if anything did, with the node's transcripts in `real`, and say what is
 *  found; only while a delivery is unanswered. */
void rejection_explain(struct rejection *r, struct kv_store *real);
/** What is kept from here on is right again. */
void rejection_lift(struct rejection *r);

#endif
