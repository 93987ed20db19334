/* Rejecting: what we kept led to something that cannot be right. It is put aside where people find
 * it, marked so that it is never chosen again, and the node's store answers instead. Never silent:
 * an error in the log, a counter, the evidence in quarantine/. */
#include "sidecar/steward/evidence.h"
#include "sidecar/steward/steward_internal.h"

#include <assert.h>

enum entry_cause steward_blame(enum hs_status status)
{
    switch (status) {
    case HS_DIVERGED: return ENTRY_CAUSE_DIVERGED;
    case HS_CORRUPT: return ENTRY_CAUSE_DAMAGED;
    case HS_KERNEL_FAILED:
    case HS_VAT_FAILED:
    case HS_INTERNAL: return ENTRY_CAUSE_FAILED;
    default:
        return ENTRY_CAUSE_NONE; /* the disk, memory, the node, a stop: our data is not wrong */
    }
}

static void reject_keep_evidence(struct steward *s, enum entry_cause cause,
                                 const struct hs_error *why)
{
    struct evidence evidence = {
        .cause = entry_cause_name(cause),
        .words = why->text,
        .kernel_at = s->kernel ? kernel_position(s->kernel) : position_origin(),
        .newest = s->snapshots.records_len > 0 ? &s->snapshots.records[0] : NULL,
        .log = log_keeper_summary(s),
        .divergence = cause == ENTRY_CAUSE_DIVERGED ? s->divergence : NULL,
    };
    struct buffer path = {0};
    struct hs_error err = {0};

    if (evidence_write(data_folder_path(s->o.folder, DATA_FOLDER_QUARANTINE), &evidence, &path,
                       &err) == HS_OK) {
        logger_write(s->o.logger, LOG_LEVEL_ERROR, "evidence: %s", buffer_text(&path));
    } else {
        logger_write(s->o.logger, LOG_LEVEL_WARN, "evidence was not kept: %s", err.text);
    }
    if (evidence.divergence) buffer_take(&s->evidence, &path);
    buffer_fini(&path);
}

void steward_forget_divergence(struct steward *s)
{
    divergence_close(s->divergence);
    s->divergence = NULL;
    buffer_fini(&s->evidence);
}

void steward_explain_divergence(struct steward *s)
{
    struct hs_error err = {0};
    enum hs_status st;

    if (!s->divergence) return;
    st = divergence_compare(s->divergence, real_store_kv(s->real_store), &err);
    if (st == HS_PEER_GONE) return; /* the next node may tell */
    if (st == HS_OK) {
        logger_write(s->o.logger, LOG_LEVEL_ERROR, "diverged: %s", divergence_words(s->divergence));
        if (s->evidence.len > 0) {
            st = evidence_amend(buffer_text(&s->evidence), s->divergence, &err);
        }
    }
    if (st != HS_OK) {
        logger_write(s->o.logger, LOG_LEVEL_WARN, "divergence: %s", err.text);
    }
    steward_forget_divergence(s);
}

void steward_reject(struct steward *s, enum entry_cause cause, const struct hs_error *why)
{
    struct hs_error err = {0};
    struct figures *f;

    assert(cause != ENTRY_CAUSE_NONE);
    logger_write(s->o.logger, LOG_LEVEL_ERROR,
                 "%s: %s; snapshots and log are rejected, the next delivery replays everything "
                 "from the node's store",
                 entry_cause_name(cause), why->text);
    reject_keep_evidence(s, cause, why);
    s->rejected = cause;
    f = figures_acquire(s->o.board);
    if (cause == ENTRY_CAUSE_DIVERGED) f->divergences++;
    figures_release(s->o.board);
    steward_drop_kernel(s);
    if (s->phase == PHASE_LIVE) sidecar_advance(s, EVENT_KERNEL_LOST);
    if (snapshot_db_reject(s->snapshots.db, why->text, &err) != HS_OK ||
        log_keeper_reject(s, why->text, &err) != HS_OK) {
        logger_write(s->o.logger, LOG_LEVEL_ERROR, "rejecting on disk failed: %s", err.text);
    }
    snapshot_keeper_list(s);
}
