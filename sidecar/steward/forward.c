#include "sidecar/steward/forward.h"

#include "sidecar/report/progress.h"

#include <inttypes.h>

static void forward_count(const struct lent *l, uint64_t replayed)
{
    struct figures *f = figures_acquire(l->reporter->board);

    f->replayed[l->phase] += replayed;
    figures_release(l->reporter->board);
}

/* Which vat it was is found out by comparing transcripts: ours are kept for that. */
static enum hs_status forward_diverged(const struct lent *l, const struct log_entry *entry,
                                       const struct kernel_outcome *outcome,
                                       struct way_report *report, struct hs_error *err)
{
    struct hs_error why = {0};

    divergence_close(report->divergence);
    report->divergence = NULL;
    if (divergence_open(spare_kernel(l->spare), entry, outcome, &report->divergence, &why) !=
        HS_OK) {
        logger_write(l->reporter->logger, LOG_LEVEL_WARN, "what diverged cannot be told apart: %s",
                     why.text);
    }
    return hs_fail(err, HS_DIVERGED,
                   "message %" PRIu64 " of block %" PRIu64 ": the log has hash %s, replay gave %s",
                   entry->after.seqnum, entry->message.height, entry->after.hash,
                   outcome->after.hash);
}

static enum hs_status forward_step(const struct lent *l, const struct log_entry *entry,
                                   struct way_report *report, struct hs_error *err)
{
    struct kernel *kernel = spare_kernel(l->spare);
    struct kernel_outcome outcome = {0};
    uint64_t began_us = clock_now_us(l->reporter->clock);
    enum hs_status st = HS_OK;

    if (entry->message.height != kernel_height(kernel)) st = kernel_mark(kernel, err);
    if (st != HS_OK) return st;
    st = kernel_deliver(kernel, &entry->message, &outcome, err);
    if (st == HS_OK && !position_equal(&outcome.after, &entry->after)) {
        st = forward_diverged(l, entry, &outcome, report, err);
    } else if (st != HS_OK) {
        (void)hs_fail_prefix(err, st, "message %" PRIu64 " of block %" PRIu64, entry->after.seqnum,
                             entry->message.height);
    }
    kernel_outcome_fini(&outcome);
    snapshot_keeper_ran(l->snapshots, clock_now_us(l->reporter->clock) - began_us);
    return st;
}

/* The log passed its checks when it was opened. Whatever is wrong with it now, the kernel is not:
 * it stands where the log's last good entry led. */
static enum hs_status forward_read(struct replay_cursor *cursor, uint64_t seqnum,
                                   struct log_entry *out, struct hs_error *err)
{
    enum hs_status st = replay_cursor_next(cursor, out, err);

    if (st == HS_NOT_FOUND) return hs_fail(err, HS_GAP, "the log ends before %" PRIu64, seqnum);
    if (st != HS_OK) {
        return hs_fail_prefix(err, HS_GAP, "the log cannot be read at %" PRIu64, seqnum);
    }
    if (out->after.seqnum == seqnum) return HS_OK;
    return hs_fail(err, HS_GAP, "the log holds %" PRIu64 " where %" PRIu64 " belongs",
                   out->after.seqnum, seqnum);
}

/* Does the log hold the position that we start from? Where its first entry is our next one, nothing
 * proves that they belong together: not at the origin either, for the log may begin behind a
 * genesis that our configuration does not make. */
static bool forward_witnessed(const struct lent *l, const struct position *from)
{
    struct position held;

    return log_keeper_position(l->log, from->seqnum, &held) && position_equal(&held, from);
}

/* The very first entry gave another hash, and nothing had tied the log to our position: then the
 * log may be of another history, and nothing of ours need be wrong. */
static enum hs_status forward_untied(const struct lent *l, struct way_report *report,
                                     struct hs_error *err)
{
    enum hs_status st;

    logger_write(l->reporter->logger, LOG_LEVEL_ERROR, "%s: the log does not go on from here",
                 err->text);
    divergence_close(report->divergence);
    report->divergence = NULL;
    st = kernel_back_to_mark(spare_kernel(l->spare), err);
    return st == HS_OK ? hs_fail(err, HS_GAP, "the log is of another history") : st;
}

static enum hs_status forward_entries(const struct lent *l, struct replay_cursor *cursor,
                                      struct progress *progress, struct way_report *report,
                                      struct hs_error *err)
{
    struct log_entry entry;
    uint64_t at = progress->at;
    enum hs_status st = HS_OK;

    while (at < progress->target) {
        if (atomic_load(l->stopping)) return hs_fail(err, HS_CANCELLED, "the sidecar stops");
        st = forward_read(cursor, at + 1, &entry, err);
        if (st != HS_OK) return st;
        st = forward_step(l, &entry, report, err);
        if (st != HS_OK) return st;
        progress_step(progress, ++at, progress->target);
    }
    return HS_OK;
}

enum hs_status forward_run(const struct lent *l, uint64_t target_seqnum, struct way_report *report,
                           struct hs_error *err)
{
    struct position from = kernel_position(spare_kernel(l->spare));
    struct replay_cursor *cursor = NULL;
    struct progress progress;
    uint64_t done;
    bool witnessed;
    enum hs_status st;

    if (from.seqnum >= target_seqnum) return HS_OK; /* an equal position asks nothing of the log */
    witnessed = forward_witnessed(l, &from);
    st = log_keeper_seek(l->log, from.seqnum + 1, &cursor, err);
    if (st != HS_OK) return st;
    progress_begin(&progress, l->reporter, l->phase, "messages", from.seqnum, target_seqnum);
    st = forward_entries(l, cursor, &progress, report, err);
    done = progress.at - from.seqnum;
    figures_measured(l->reporter->board, RATE_MESSAGES, done, progress_end(&progress));
    replay_cursor_close(cursor);
    forward_count(l, done);
    report->replayed += done;
    if (st == HS_DIVERGED && done == 0 && !witnessed) return forward_untied(l, report, err);
    return st;
}
