/* Attaching: bringing the kernel to the node's position. The entry check decides (entry_check.h);
 * here its facts are collected and its decision carried out.
 *
 * A way that fails is followed by the one that needs nothing of ours, so there are at most two
 * attempts: replay from the node's store either works or the delivery is answered with an error. */
#include "sidecar/steward/steward_internal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

static struct entry_witness attach_witness(struct steward *s, uint64_t seqnum)
{
    struct entry_witness w = {0};

    w.held = log_keeper_position(s, seqnum, &w.at);
    return w;
}

/* With an equal position nothing else is asked: the rule must cost nothing. */
static enum hs_status attach_collect(struct steward *s, const struct position *real,
                                     struct entry_facts *f, struct entry_snapshot **snapshots,
                                     struct hs_error *err)
{
    struct replay_log_summary log = log_keeper_summary(s);
    size_t len = s->snapshots.records_len;

    *f = (struct entry_facts){
        .real = *real,
        .kernel_usable = s->kernel != NULL,
        .attached = s->attached,
        .rejected = s->rejected,
    };
    if (s->kernel) {
        f->ours = kernel_position(s->kernel);
        f->mark = kernel_mark_position(s->kernel);
        if (position_equal(&f->ours, real)) return HS_OK;
    }
    f->log_first = log.entries > 0 ? log.first : 0;
    f->log_last = log.entries > 0 ? log.last : 0;
    f->log_real = attach_witness(s, real->seqnum);
    if (s->kernel) {
        f->log_ours = attach_witness(s, f->ours.seqnum);
        f->log_mark = attach_witness(s, f->mark.seqnum);
    }
    if (len == 0) return HS_OK;
    *snapshots = calloc(len, sizeof **snapshots);
    if (!*snapshots) return hs_fail(err, HS_NOMEM, "entry check");
    for (size_t i = 0; i < len; i++) {
        (*snapshots)[i].at = s->snapshots.records[i].at;
        (*snapshots)[i].log = attach_witness(s, (*snapshots)[i].at.seqnum);
    }
    f->snapshots = *snapshots;
    f->snapshots_len = len;
    return HS_OK;
}

static enum phase_event attach_event(const struct entry_decision *d)
{
    switch (d->path) {
    case ENTRY_LIVE:
    case ENTRY_SWAP: return EVENT_EQUAL;
    case ENTRY_COLD: return d->base == ENTRY_BASE_KERNEL ? EVENT_EQUAL : EVENT_UNUSABLE;
    case ENTRY_CATCH_UP: return EVENT_BEHIND;
    case ENTRY_ROLL_BACK: return EVENT_AHEAD;
    case ENTRY_TAIL: return EVENT_GAP;
    case ENTRY_FULL_REPLAY: return EVENT_UNUSABLE;
    case ENTRY_NONE:
    case ENTRY_PATH_COUNT: break;
    }
    assert(!"entry_check gives a path");
    return EVENT_NONE;
}

static enum hs_status attach_to_snapshot(struct steward *s, uint64_t seqnum, struct hs_error *err)
{
    enum hs_status st;

    steward_drop_kernel(s);
    st = snapshot_db_return_to(s->snapshots.db, seqnum, err);
    if (st != HS_OK) return st;
    snapshot_keeper_list(s);
    s->snapshots.taken_seqnum = seqnum;
    return steward_start_kernel(s, s->phase, err);
}

/* A store that was never used: whatever we keep belongs to another past of it. */
static enum hs_status attach_cold(struct steward *s, struct hs_error *err)
{
    enum hs_status st = steward_start_empty(s, err);

    if (st != HS_OK) return st;
    s->rejected = ENTRY_CAUSE_NONE;
    s->snapshots.forced = true; /* so that what is kept is of this past again */
    return log_keeper_restart(s, err);
}

/* Stand where the decision begins. */
static enum hs_status attach_begin(struct steward *s, const struct entry_decision *d,
                                   const struct position *real, uint64_t *replayed,
                                   struct hs_error *err)
{
    switch (d->base) {
    case ENTRY_BASE_KERNEL: return HS_OK;
    case ENTRY_BASE_MARK: return kernel_back_to_mark(s->kernel, err);
    case ENTRY_BASE_SNAPSHOT:
        if (d->path == ENTRY_TAIL) return steward_tail(s, d->base_at.seqnum, real, replayed, err);
        return attach_to_snapshot(s, d->base_at.seqnum, err);
    case ENTRY_BASE_NOTHING: break;
    }
    if (d->path == ENTRY_COLD) return attach_cold(s, err);
    assert(d->path == ENTRY_FULL_REPLAY);
    return steward_full_replay(s, real, replayed, err);
}

/* A node at the origin must have an empty store: (0, "") proves nothing about what is in one. */
static enum hs_status attach_check_empty(struct steward *s, struct hs_error *err)
{
    struct buffer key = {0};
    enum hs_status st =
        kv_store_next(real_store_kv(s->real_store), slice_text(""), &key, NULL, err);

    if (st == HS_OK) {
        st = hs_fail(err, HS_NODE_FAILED,
                     "the node says seqnum 0, but its store is not empty: it holds \"%.*s\"; a new "
                     "chain needs an empty store, an old one its kernel.seqnum and kernel.hash",
                     (int)(key.len < 64 ? key.len : 64), buffer_text(&key));
    }
    buffer_fini(&key);
    return st == HS_NOT_FOUND ? HS_OK : st;
}

static enum hs_status attach_try(struct steward *s, const struct entry_decision *d,
                                 const struct position *real, uint64_t *replayed,
                                 struct hs_error *err)
{
    struct position at;
    enum hs_status st = d->path == ENTRY_COLD ? attach_check_empty(s, err) : HS_OK;

    if (st == HS_OK) st = attach_begin(s, d, real, replayed, err);
    if (st != HS_OK) return st;
    if (kernel_position(s->kernel).seqnum < real->seqnum) {
        st = steward_forward(s, real->seqnum, replayed, err);
        if (st != HS_OK) return st;
    }
    at = kernel_position(s->kernel);
    if (position_equal(&at, real)) return HS_OK;
    return hs_fail(err, HS_KERNEL_FAILED,
                   "the kernel came to seqnum %" PRIu64 " hash %s; the node stands at %" PRIu64
                   " hash %s",
                   at.seqnum, at.hash, real->seqnum, real->hash);
}

/* Did the store come from the node, or from nothing? Then there is nothing to compare it with. */
static bool attach_copied(const struct entry_decision *d)
{
    return d->path == ENTRY_COLD || d->path == ENTRY_FULL_REPLAY || d->path == ENTRY_TAIL;
}

/* verify-swap: the whole store, ours against the node's, at the same position. */
static enum hs_status attach_verify(struct steward *s, struct hs_error *err)
{
    uint64_t ours = 0, theirs = 0, our_entries = 0, their_entries = 0;
    enum hs_status st = kv_store_digest(kernel_store(s->kernel), &ours, &our_entries, err);

    if (st != HS_OK) return st;
    st = kv_store_digest(real_store_kv(s->real_store), &theirs, &their_entries, err);
    if (st != HS_OK) return st;
    if (ours == theirs && our_entries == their_entries) return HS_OK;
    return hs_fail(err, HS_DIVERGED,
                   "the node's store has %" PRIu64 " entries with digest %016" PRIx64
                   ", ours at the same position %" PRIu64 " with %016" PRIx64,
                   their_entries, theirs, our_entries, ours);
}

static void attach_told(struct steward *s, const struct entry_decision *d,
                        const struct position *real)
{
    /* What a node does in its daily round, reverting a transaction say, is not news. */
    bool daily = s->attached && (d->base == ENTRY_BASE_KERNEL || d->base == ENTRY_BASE_MARK);
    struct figures *f;

    if (d->path == ENTRY_FULL_REPLAY) {
        logger_write(s->o.logger, LOG_LEVEL_WARN,
                     "full replay to seqnum %" PRIu64 " from the node's store: %s", real->seqnum,
                     entry_cause_name(d->cause));
        f = figures_acquire(s->o.board);
        f->full_replays[d->cause]++;
        figures_release(s->o.board);
        return;
    }
    logger_write(s->o.logger, daily ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO,
                 "%s: from seqnum %" PRIu64 " to %" PRIu64, entry_path_name(d->path),
                 d->base_at.seqnum, real->seqnum);
}

/* `ask`: where nothing of ours leads, the node is asked for its history. It costs, and the snapshot
 * store must be settled. */
static enum hs_status attach_decide(struct steward *s, const struct position *real,
                                    enum entry_cause why, bool ask, struct entry_decision *out,
                                    struct hs_error *err)
{
    struct entry_snapshot *snapshots = NULL;
    struct entry_facts facts;
    enum hs_status st = attach_collect(s, real, &facts, &snapshots, err);

    if (st != HS_OK) goto out;
    if (why != ENTRY_CAUSE_NONE) facts.rejected = why;
    *out = entry_check(&facts);
    if (!ask || out->path != ENTRY_FULL_REPLAY || facts.rejected != ENTRY_CAUSE_NONE) goto out;
    st = steward_prove(s, real, snapshots, facts.snapshots_len, err);
    if (st == HS_OK) *out = entry_check(&facts);
out:
    free(snapshots);
    return st;
}

/* A snapshot that is being written is no fact yet. Where the way would begin further back than the
 * mark, waiting for it costs less than doing without. */
static enum hs_status attach_decide_settled(struct steward *s, const struct position *real,
                                            enum entry_cause why, struct entry_decision *out,
                                            struct hs_error *err)
{
    enum hs_status st = attach_decide(s, real, why, false, out, err);

    if (st != HS_OK || out->base == ENTRY_BASE_KERNEL || out->base == ENTRY_BASE_MARK) return st;
    snapshot_keeper_settle(s);
    return attach_decide(s, real, why, true, out, err);
}

/* One attempt: decide, move, carry out. `why` is what ended the attempt before, NONE at first. */
static enum hs_status attach_attempt(struct steward *s, const struct position *real,
                                     enum entry_cause why, struct attach_report *out,
                                     struct hs_error *err)
{
    struct entry_decision d;
    enum phase_event event;
    enum hs_status st = attach_decide_settled(s, real, why, &d, err);

    if (st != HS_OK) return st;
    out->path = d.path;
    event = attach_event(&d);
    attach_told(s, &d, real);
    if (event != EVENT_EQUAL) sidecar_advance(s, event);
    st = attach_try(s, &d, real, &out->replayed, err);
    if (st == HS_OK && s->o.config->verify_swap && !s->attached && !attach_copied(&d)) {
        st = attach_verify(s, err);
    }
    if (st != HS_OK) return st;
    sidecar_advance(s, event == EVENT_EQUAL ? EVENT_EQUAL : EVENT_CAUGHT_UP);
    return HS_OK;
}

/* Is it worth a second attempt, from the node's store? What stood in the way of the first one
 * there, or a stop, would stand in the way again. */
static bool attach_again(const struct attach_report *report, enum hs_status status)
{
    if (report->path == ENTRY_FULL_REPLAY || report->path == ENTRY_NONE) return false;
    return status != HS_CANCELLED && status != HS_PEER_GONE && status != HS_NODE_FAILED &&
           status != HS_NOMEM;
}

static bool attach_on_the_way(enum phase phase)
{
    return phase == PHASE_CATCHING_UP || phase == PHASE_ROLLING_BACK || phase == PHASE_TAILING ||
           phase == PHASE_FULL_REPLAY;
}

enum hs_status steward_attach(struct steward *s, const struct position *real,
                              struct attach_report *out, struct hs_error *err)
{
    enum entry_cause cause;
    enum hs_status st;

    *out = (struct attach_report){.path = ENTRY_NONE};
    steward_explain_divergence(s); /* of the preload */
    st = attach_attempt(s, real, ENTRY_CAUSE_NONE, out, err);
    if (st != HS_OK && attach_again(out, st)) {
        cause = steward_blame(st);
        if (cause != ENTRY_CAUSE_NONE) {
            steward_reject(s, cause, err);
            steward_explain_divergence(s);
        } else {
            logger_write(s->o.logger, LOG_LEVEL_WARN, "%s failed: %s", entry_path_name(out->path),
                         err->text);
        }
        st = attach_attempt(s, real, cause != ENTRY_CAUSE_NONE ? cause : ENTRY_CAUSE_FAILED, out,
                            err);
    }
    if (st != HS_OK && attach_on_the_way(s->phase)) sidecar_advance(s, EVENT_GAVE_UP);
    assert(st != HS_OK || s->phase == PHASE_LIVE);
    return st;
}
