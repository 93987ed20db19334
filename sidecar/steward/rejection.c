#include "sidecar/steward/rejection.h"

#include "sidecar/steward/evidence.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

struct rejection {
    const struct reporter *reporter;
    const struct folder_keeper *folder;
    enum entry_cause cause;        /* NONE: what is kept may be used */
    struct divergence *divergence; /* NULL, or one that no node has explained yet */
    struct buffer evidence;        /* the path of the file about it; empty: it was not kept */
};

enum hs_status rejection_open(const struct reporter *reporter, const struct folder_keeper *folder,
                              struct rejection **out, struct hs_error *err)
{
    struct rejection *r = calloc(1, sizeof *r);

    *out = NULL;
    if (!r) return hs_fail(err, HS_NOMEM, "out of memory for what may be rejected");
    *r = (struct rejection){.reporter = reporter, .folder = folder};
    *out = r;
    return HS_OK;
}

static void rejection_forget_divergence(struct rejection *r)
{
    divergence_close(r->divergence);
    r->divergence = NULL;
    buffer_fini(&r->evidence);
}

void rejection_close(struct rejection *r)
{
    if (!r) return;
    rejection_forget_divergence(r);
    free(r);
}

enum entry_cause rejection_blame(enum hs_status status)
{
    switch (status) {
    case HS_DIVERGED: return ENTRY_CAUSE_DIVERGED;
    case HS_CORRUPT: return ENTRY_CAUSE_DAMAGED;
    case HS_KERNEL_FAILED:
    case HS_VAT_FAILED: return ENTRY_CAUSE_FAILED;
    default:
        return ENTRY_CAUSE_NONE; /* the disk, memory, the node, a stop: our data is not wrong */
    }
}

enum entry_cause rejection_cause(const struct rejection *r)
{
    return r->cause;
}

void rejection_take_divergence(struct rejection *r, struct divergence *divergence)
{
    if (!divergence) return;
    rejection_forget_divergence(r);
    r->divergence = divergence;
}

static void rejection_keep_evidence(struct rejection *r, enum entry_cause cause,
                                    const struct hs_error *why, const struct rejection_scene *scene)
{
    struct evidence evidence = {
        .cause = entry_cause_name(cause),
        .words = why->text,
        .kernel_at = scene->kernel_at,
        .newest = scene->newest,
        .log = scene->log,
        .divergence = cause == ENTRY_CAUSE_DIVERGED ? r->divergence : NULL,
        .unix_s = clock_now_unix_s(r->reporter->clock),
    };
    const char *dir = folder_keeper_place(r->folder, DATA_FOLDER_QUARANTINE);
    struct buffer path = {0};
    struct hs_error err = {0};

    if (!dir) {
        logger_write(r->reporter->logger, LOG_LEVEL_WARN, "evidence has no place");
    } else if (evidence_write(dir, &evidence, &path, &err) == HS_OK) {
        logger_write(r->reporter->logger, LOG_LEVEL_ERROR, "evidence: %s", buffer_text(&path));
    } else {
        logger_write(r->reporter->logger, LOG_LEVEL_WARN, "evidence was not kept: %s", err.text);
        buffer_clear(&path);
    }
    if (evidence.divergence) buffer_take(&r->evidence, &path);
    buffer_fini(&path);
}

void rejection_record(struct rejection *r, enum entry_cause cause, const struct hs_error *why,
                      const struct rejection_scene *scene)
{
    struct figures *f;

    assert(cause != ENTRY_CAUSE_NONE);
    r->cause = cause;
    logger_write(r->reporter->logger, LOG_LEVEL_ERROR,
                 "what is kept is not used any more (%s): %s; the node's store answers instead",
                 entry_cause_name(cause), why->text);
    rejection_keep_evidence(r, cause, why, scene);
    if (cause != ENTRY_CAUSE_DIVERGED) return;
    f = figures_acquire(r->reporter->board);
    f->divergences++;
    figures_release(r->reporter->board);
}

void rejection_record_some(struct rejection *r, const struct hs_error *why,
                           const struct rejection_scene *scene, const struct snapshot_record *left)
{
    if (left) {
        logger_write(r->reporter->logger, LOG_LEVEL_ERROR,
                     "a snapshot is damaged and is not used any more: %s; the newest sound one is "
                     "that of seqnum %" PRIu64,
                     why->text, left->at.seqnum);
    } else {
        logger_write(r->reporter->logger, LOG_LEVEL_ERROR,
                     "a snapshot is damaged and is not used any more: %s; no older one is sound, "
                     "and the log is executed from its beginning",
                     why->text);
    }
    rejection_keep_evidence(r, ENTRY_CAUSE_DAMAGED, why, scene);
}

void rejection_explain(struct rejection *r, struct kv_store *real)
{
    struct hs_error err;
    enum hs_status st;

    if (!r->divergence) return;
    hs_error_clear(&err);
    st = divergence_compare(r->divergence, real, &err);
    if (st == HS_PEER_GONE) return; /* the next node may tell */
    if (st == HS_OK) {
        logger_write(r->reporter->logger, LOG_LEVEL_ERROR, "diverged: %s",
                     divergence_words(r->divergence));
        if (r->evidence.len > 0) {
            st = evidence_amend(buffer_text(&r->evidence), r->divergence, &err);
        }
    }
    if (st != HS_OK) {
        logger_write(r->reporter->logger, LOG_LEVEL_WARN, "what diverged was not explained: %s",
                     err.text);
    }
    rejection_forget_divergence(r);
}

void rejection_lift(struct rejection *r)
{
    r->cause = ENTRY_CAUSE_NONE;
}
