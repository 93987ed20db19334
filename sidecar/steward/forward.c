/* Forward: executing the log's entries again.
 *
 *   kernel at n ──entries n+1..m, hash compared after each──► kernel at m
 *
 * Only the short-lived store is written here, so every failure has one remedy: drop the kernel and
 * take another way. The first hash that differs ends it: what comes after could only be wrong. */
#include "sidecar/steward/steward_internal.h"

#include "sidecar/report/clock.h"

#include <assert.h>
#include <inttypes.h>

static void forward_count(struct steward *s, uint64_t replayed)
{
    struct figures *f = figures_acquire(s->o.board);

    f->replayed[s->phase] += replayed;
    figures_release(s->o.board);
}

/* Which vat it was is found out by comparing transcripts: ours are kept for that. */
static enum hs_status forward_diverged(struct steward *s, const struct log_entry *entry,
                                       const struct kernel_outcome *outcome, struct hs_error *err)
{
    struct hs_error why = {0};

    steward_forget_divergence(s);
    if (divergence_open(s->kernel, entry, outcome, &s->divergence, &why) != HS_OK) {
        logger_write(s->o.logger, LOG_LEVEL_WARN, "divergence: %s", why.text);
    }
    return hs_fail(err, HS_DIVERGED,
                   "message %" PRIu64 " of block %" PRIu64 ": the log has hash %s, replay gave %s",
                   entry->after.seqnum, entry->message.height, entry->after.hash,
                   outcome->after.hash);
}

static enum hs_status forward_step(struct steward *s, const struct log_entry *entry,
                                   struct hs_error *err)
{
    struct kernel_outcome outcome = {0};
    enum hs_status st = HS_OK;

    if (entry->message.height > kernel_height(s->kernel)) st = kernel_mark(s->kernel, err);
    if (st != HS_OK) return st;
    st = kernel_deliver(s->kernel, &entry->message, &outcome, err);
    if (st == HS_OK && !position_equal(&outcome.after, &entry->after)) {
        st = forward_diverged(s, entry, &outcome, err);
    } else if (st != HS_OK) {
        (void)hs_fail_prefix(err, st, "message %" PRIu64 " of block %" PRIu64, entry->after.seqnum,
                             entry->message.height);
    }
    kernel_outcome_fini(&outcome);
    return st;
}

/* The log passed its checks when it was opened. Whatever is wrong with it now, the kernel is not:
 * it stands where the log's last good entry led. */
static enum hs_status forward_read(struct replay_cursor *cursor, uint64_t seqnum,
                                   struct log_entry *out, struct hs_error *err)
{
    enum hs_status st = replay_cursor_next(cursor, out, err);

    if (st == HS_OK) return HS_OK;
    if (st == HS_NOT_FOUND) return hs_fail(err, HS_GAP, "the log ends before %" PRIu64, seqnum);
    return hs_fail_prefix(err, HS_GAP, "the log cannot be read at %" PRIu64, seqnum);
}

/* Does the log hold the position that we start from? Where its first entry is our next one, nothing
 * proves that they belong together. */
static bool forward_witnessed(struct steward *s, const struct position *from)
{
    struct position held;

    if (position_is_origin(from)) return true;
    return log_keeper_position(s, from->seqnum, &held) && position_equal(&held, from);
}

/* The very first entry gave another hash, and nothing had tied the log to our position: then the
 * log may be of another history, and nothing of ours need be wrong. */
static enum hs_status forward_untied(struct steward *s, struct hs_error *err)
{
    enum hs_status st;

    logger_write(s->o.logger, LOG_LEVEL_ERROR, "%s: the log does not belong to this snapshot",
                 err->text);
    steward_forget_divergence(s);
    st = kernel_back_to_mark(s->kernel, err);
    return st == HS_OK ? hs_fail(err, HS_GAP, "the log is of another history") : st;
}

static enum hs_status forward_entries(struct steward *s, struct replay_cursor *cursor,
                                      struct progress *progress, struct hs_error *err)
{
    struct log_entry entry;
    uint64_t at = progress->at;
    enum hs_status st = HS_OK;

    while (at < progress->target) {
        if (steward_stopping(s)) return hs_fail(err, HS_CANCELLED, "the sidecar stops");
        st = forward_read(cursor, at + 1, &entry, err);
        if (st != HS_OK) return st;
        assert(entry.after.seqnum == at + 1); /* the cursor's promise, checked again here */
        st = forward_step(s, &entry, err);
        if (st != HS_OK) return st;
        progress_step(progress, ++at, progress->target);
    }
    return HS_OK;
}

enum hs_status steward_forward(struct steward *s, uint64_t target_seqnum, uint64_t *replayed,
                               struct hs_error *err)
{
    struct position from = kernel_position(s->kernel);
    bool witnessed = forward_witnessed(s, &from);
    struct replay_cursor *cursor = NULL;
    struct progress progress;
    uint64_t done;
    enum hs_status st;

    assert(from.seqnum <= target_seqnum);
    if (from.seqnum == target_seqnum) return HS_OK;
    assert(s->log.log);
    st = replay_log_seek(s->log.log, from.seqnum + 1, &cursor, err);
    if (st != HS_OK) return st;
    progress_begin(&progress, s->o.board, s->o.logger, s->phase, "messages", from.seqnum,
                   target_seqnum);
    st = forward_entries(s, cursor, &progress, err);
    done = progress.at - from.seqnum;
    progress_end(&progress);
    replay_cursor_close(cursor);
    forward_count(s, done);
    steward_measured(s, RATE_MESSAGES, done, clock_us() - progress.started_us);
    *replayed += done;
    if (st == HS_DIVERGED && done == 0 && !witnessed) return forward_untied(s, err);
    assert(st != HS_OK || kernel_position(s->kernel).seqnum == target_seqnum);
    return st;
}
