/* Preload: from process start to a kernel that waits for the node.
 *
 *   newest snapshot ──images or transcripts──► kernel ──log──► floor (mark) ──log──► its end
 *                                                       must be committed    speculation
 *
 * The node cannot have lost what lies before the floor, so going back there is always enough; what
 * lies behind it was executed before the last stop and is probably what the node will ask for, so
 * it is executed too. If it is not, going back costs a page copy.
 *
 * Nothing here waits for the node, and nothing here is believed without proof: each hash is
 * compared with the log's. What fails leaves a kernel at the origin, and the node's store helps. */
#include "sidecar/steward/steward_internal.h"

#include "sidecar/report/clock.h"

#include <assert.h>
#include <inttypes.h>

/* Does the log go on from where the kernel stands? An entry at our own seqnum must be ours. */
static bool log_goes_on(struct steward *s)
{
    struct replay_log_summary log = log_keeper_summary(s);
    struct position ours = kernel_position(s->kernel), held;

    if (log.entries == 0 || log.last <= ours.seqnum || log.first > ours.seqnum + 1) return false;
    if (log.first == ours.seqnum + 1) return true;
    return log_keeper_position(s, ours.seqnum, &held) && position_equal(&held, &ours);
}

/* The highest position that the node must have committed: a snapshot is one, the log knows another.
 */
static struct position preload_floor(struct steward *s)
{
    struct position floor, ours = kernel_position(s->kernel);

    if (replay_log_floor(s->log.log, &floor, NULL) != HS_OK) return ours;
    return floor.seqnum > ours.seqnum ? floor : ours;
}

static enum hs_status preload_roll(struct steward *s, uint64_t *replayed, struct hs_error *err)
{
    struct replay_log_summary log = log_keeper_summary(s);
    enum hs_status st;

    s->floor = kernel_position(s->kernel);
    if (!log_goes_on(s)) {
        if (log.entries > 0 && log.last > s->floor.seqnum) {
            logger_write(s->o.logger, LOG_LEVEL_WARN,
                         "the replay log (%" PRIu64 " to %" PRIu64
                         ") does not go on from seqnum %" PRIu64 ": it is not used",
                         log.first, log.last, s->floor.seqnum);
        }
        return HS_OK;
    }
    s->floor = preload_floor(s);
    st = steward_forward(s, s->floor.seqnum, replayed, err);
    if (st == HS_OK) st = kernel_mark(s->kernel, err);
    if (st == HS_OK) st = steward_forward(s, log.last, replayed, err);
    if (st != HS_GAP) return st;
    logger_write(s->o.logger, LOG_LEVEL_WARN, "preload ends early: %s", err->text);
    return HS_OK;
}

/* Without a kernel the next delivery's entry check begins from what is kept. */
static enum hs_status preload_give_up(struct steward *s, const struct hs_error *why)
{
    logger_write(s->o.logger, LOG_LEVEL_ERROR, "preload failed: %s", why->text);
    steward_drop_kernel(s);
    return HS_OK;
}

/* A kernel at the origin: there is nothing to load, or nothing that may be used. */
static enum hs_status preload_empty(struct steward *s, struct hs_error *err)
{
    enum hs_status st = steward_start_empty(s, err);

    return st == HS_OK || st == HS_CANCELLED ? st : preload_give_up(s, err);
}

static enum hs_status preload_rolling(struct steward *s, struct hs_error *err)
{
    uint64_t replayed = 0, began_us = clock_us();
    enum hs_status st;
    enum entry_cause cause;

    sidecar_advance(s, EVENT_LOADED);
    st = preload_roll(s, &replayed, err);
    cause = steward_blame(st);
    if (st == HS_CANCELLED) return st;
    if (cause != ENTRY_CAUSE_NONE) {
        steward_reject(s, cause, err);
        sidecar_advance(s, EVENT_REJECTED);
        st = preload_empty(s, err);
        if (st == HS_OK) sidecar_advance(s, EVENT_NOTHING_TO_LOAD);
        return st;
    }
    if (st != HS_OK) st = preload_give_up(s, err);
    sidecar_advance(s, EVENT_ROLLED);
    if (s->kernel) {
        struct position at = kernel_position(s->kernel);

        logger_write(s->o.logger, LOG_LEVEL_INFO,
                     "preloaded: seqnum %" PRIu64 ", %" PRIu64
                     " messages replayed in %.3f s, floor "
                     "%" PRIu64,
                     at.seqnum, replayed, (double)(clock_us() - began_us) / 1e6, s->floor.seqnum);
    }
    return st;
}

/* The newest snapshot as a kernel. HS_NOT_FOUND: there is none; the kernel stands at the origin. */
static enum hs_status preload_snapshot(struct steward *s, struct hs_error *err)
{
    const struct snapshot_record *newest = s->snapshots.records;
    struct position at;
    enum hs_status st;

    if (s->snapshots.records_len == 0) {
        st = preload_empty(s, err);
        return st == HS_OK ? HS_NOT_FOUND : st;
    }
    st = steward_start_kernel(s, PHASE_LOADING, err);
    if (st != HS_OK) return st;
    at = kernel_position(s->kernel);
    if (!position_equal(&newest->at, &at)) {
        return hs_fail(err, HS_CORRUPT,
                       "the snapshot says seqnum %" PRIu64 ", its store says %" PRIu64,
                       newest->at.seqnum, at.seqnum);
    }
    s->snapshots.taken_seqnum = newest->at.seqnum;
    return HS_OK;
}

static void preload_done(struct steward *s)
{
    struct figures *f = figures_acquire(s->o.board);

    f->preload_us = clock_us() - s->started_us;
    figures_release(s->o.board);
    snapshot_keeper_rest(s);
}

enum hs_status steward_preload(struct steward *s, struct hs_error *err)
{
    enum entry_cause cause;
    enum hs_status st;

    assert(s->phase == PHASE_LOADING);
    if (!s->o.config->preload) {
        sidecar_advance(s, EVENT_NOTHING_TO_LOAD);
        return HS_OK;
    }
    st = preload_snapshot(s, err);
    cause = steward_blame(st);
    if (st == HS_CANCELLED) return st;
    if (st == HS_OK || (st == HS_NOT_FOUND && s->kernel && log_goes_on(s))) {
        st = preload_rolling(s, err);
    } else {
        if (cause != ENTRY_CAUSE_NONE) {
            steward_reject(s, cause, err);
            st = preload_empty(s, err);
        } else if (st != HS_NOT_FOUND) {
            st = preload_give_up(s, err);
        } else {
            st = HS_OK;
        }
        if (st == HS_OK) sidecar_advance(s, EVENT_NOTHING_TO_LOAD);
    }
    if (st == HS_OK) preload_done(s);
    return st;
}
