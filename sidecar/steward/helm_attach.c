/* To the node's position: from the best way to the worst, until one leads there.
 *
 *   entry check ──► way ──► there
 *        ▲           │ damage: the snapshots that use it are gone; the next older one is asked
 *        │           │ a passing failure: again; then without the log; then from the node alone
 *        └───────────┘ another hash than was recorded: nothing that is kept may be used
 *
 * Damage takes a snapshot each time, anything else a step down, so it ends. */
#include "sidecar/steward/attach.h"
#include "sidecar/steward/base.h"
#include "sidecar/steward/helm.h"
#include "sidecar/steward/helm_state.h"

#include <inttypes.h>

static enum phase_event helm_event_of(const struct entry_decision *d)
{
    switch (d->path) {
    case ENTRY_LIVE:
    case ENTRY_SWAP: return EVENT_EQUAL;
    case ENTRY_COLD: return d->base == ENTRY_BASE_KERNEL ? EVENT_EQUAL : EVENT_UNUSABLE;
    case ENTRY_CATCH_UP: return EVENT_BEHIND;
    case ENTRY_ROLL_BACK: /* inside the open block it takes no phase of its own */
        return d->base == ENTRY_BASE_OPEN_BLOCK ? EVENT_EQUAL : EVENT_AHEAD;
    case ENTRY_TAIL: return EVENT_GAP;
    case ENTRY_FULL_REPLAY:
    case ENTRY_NONE:
    case ENTRY_PATH_COUNT: break;
    }
    return EVENT_UNUSABLE;
}

/* A cause is told when the way begins, for a full replay may take hours; that it was gone is told
 * and counted when it has ended. */
static void helm_told_begin(const struct helm *h, const struct entry_decision *d,
                            uint64_t to_seqnum)
{
    struct log_field fields[] = {{.name = "path", .text = entry_path_name(d->path)},
                                 {.name = "to_seqnum", .number = to_seqnum},
                                 {.name = "cause", .text = entry_cause_name(d->cause)}};

    if (d->path != ENTRY_FULL_REPLAY) return;
    logger_write_fields(h->has.o.reporter.logger, LOG_LEVEL_WARN, fields, 3,
                        "full replay to seqnum %" PRIu64
                        " from the node's store begins, because of: %s",
                        to_seqnum, entry_cause_name(d->cause));
}

static void helm_told_end(const struct helm *h, const struct entry_decision *d, uint64_t to_seqnum)
{
    /* What a node does in its daily round, reverting a transaction say, is not news. */
    bool daily = h->attached && attach_keeps_kernel(d);
    struct log_field fields[] = {{.name = "path", .text = entry_path_name(d->path)},
                                 {.name = "from_seqnum", .number = d->base_at.seqnum},
                                 {.name = "to_seqnum", .number = to_seqnum}};
    struct figures *f;

    logger_write_fields(h->has.o.reporter.logger, daily ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO, fields,
                        3, "%s: from seqnum %" PRIu64 " to %" PRIu64, entry_path_name(d->path),
                        d->base_at.seqnum, to_seqnum);
    if (d->path != ENTRY_FULL_REPLAY) return;
    f = figures_acquire(h->has.o.reporter.board);
    f->full_replays[d->cause]++;
    figures_release(h->has.o.reporter.board);
}

/* What a worker is at comes to its end. */
static void helm_settle(struct helm *h)
{
    struct hs_error damage = {0};

    helm_judge(h, snapshot_keeper_settle(h->has.snapshots, spare_kernel(h->has.spare), &damage),
               &damage);
}

/* A snapshot that is being written is no fact yet. Where the way would begin further back than the
 * mark, waiting for it costs less than doing without. */
static enum hs_status helm_decide(struct helm *h, struct attach_case *c, enum entry_cause why,
                                  struct entry_decision *out, struct hs_error *err)
{
    struct lent l = helm_lend(h);
    enum hs_status st;

    c->rejected = why != ENTRY_CAUSE_NONE ? why : rejection_cause(h->has.rejection);
    st = attach_decide(&l, c, false, out, err);
    if (st != HS_OK || attach_keeps_kernel(out)) return st;
    helm_settle(h);
    if (c->rejected == ENTRY_CAUSE_NONE) c->rejected = rejection_cause(h->has.rejection);
    l = helm_lend(h);
    return attach_decide(&l, c, true, out, err);
}

/* The kernel stands where nothing that was kept leads: what is kept from here on is of this past,
 * and a snapshot comes soon, so that this is paid once. */
static void helm_begun_anew(struct helm *h)
{
    rejection_lift(h->has.rejection);
    snapshot_keeper_force(h->has.snapshots);
    log_keeper_restart(h->has.log);
}

/* Take the way that was decided on, and move with it. */
static enum hs_status helm_take_way(struct helm *h, const struct attach_case *c,
                                    struct helm_course *course, struct hs_error *err)
{
    const struct entry_decision *d = &course->decision;
    enum phase_event event = helm_event_of(d);
    struct way_report report = {0};
    struct lent l;
    enum hs_status st;

    helm_told_begin(h, d, c->real.seqnum);
    if (event != EVENT_EQUAL && !helm_advance(h, event)) {
        return hs_fail(err, HS_INTERNAL, "the sidecar was not where it should have been");
    }
    l = helm_lend(h);
    l.memory_only = course->memory_only;
    st = attach_run(&l, c, d, &report, err);
    rejection_take_divergence(h->has.rejection, report.divergence);
    course->replayed += report.replayed;
    if (st != HS_OK) return st;
    helm_told_end(h, d, c->real.seqnum);
    if (!attach_keeps_kernel(d)) h->alone = d->path == ENTRY_FULL_REPLAY;
    if (attach_begins_anew(d)) helm_begun_anew(h);
    helm_lower_floor(h);
    if (helm_advance(h, event == EVENT_EQUAL ? EVENT_EQUAL : EVENT_CAUGHT_UP)) return HS_OK;
    return hs_fail(err, HS_INTERNAL, "the sidecar was not where it should have been");
}

/* Is it worth another attempt? What stood in the way of this one at the node, or a stop, would
 * stand in the way again; and behind the node's store alone there is nothing. */
static bool helm_tries_on(const struct entry_decision *d, enum hs_status status)
{
    if (d->base == ENTRY_BASE_NOTHING) return false;
    return status != HS_CANCELLED && status != HS_PEER_GONE && status != HS_NODE_FAILED &&
           status != HS_PROTOCOL && status != HS_NOMEM;
}

/* Nothing is wrong with what is kept, as far as one can know: a step down from where this failed.
 * The kernel may have been left half-way. */
static void helm_step_down(struct helm *h, struct attach_case *c, struct helm_course *course,
                           enum hs_status status, const struct hs_error *why)
{
    logger_write(h->has.o.reporter.logger, LOG_LEVEL_WARN, "%s came to nothing: %s",
                 entry_path_name(course->decision.path), why->text);
    (void)helm_drop(h, NULL); /* what a worker found is found again */
    if (c->without_log) course->why = ENTRY_CAUSE_FAILED;
    if (course->failures > 1 || status == HS_GAP) c->without_log = true;
}

/* Going back inside the open block needs nothing that is kept, so its failure is nobody's but the
 * kernel's: the mark and the log lead there as well, and judge it. */
static void helm_memory_failed(struct helm *h, struct attach_case *c, const struct hs_error *why)
{
    logger_write(h->has.o.reporter.logger, LOG_LEVEL_ERROR,
                 "going back in memory came to nothing: %s; mark and log are asked", why->text);
    c->without_memory = true;
    if (kernel_back_to_mark(spare_kernel(h->has.spare), NULL) != HS_OK) (void)helm_drop(h, NULL);
}

/* Where nothing could be put aside (the folder itself is gone, say), the same would be met for
 * ever: that is a step down instead. */
static void helm_damage_met(struct helm *h, struct attach_case *c, struct helm_course *course,
                            enum hs_status status, const struct hs_error *why)
{
    size_t before, after;

    (void)snapshot_keeper_records(h->has.snapshots, &before);
    course->why = helm_salvage(h, why);
    (void)snapshot_keeper_records(h->has.snapshots, &after);
    if (course->why == ENTRY_CAUSE_NONE && after >= before)
        helm_step_down(h, c, course, status, why);
}

static void helm_way_failed(struct helm *h, struct attach_case *c, struct helm_course *course,
                            enum hs_status status, const struct hs_error *why)
{
    enum entry_cause cause = rejection_blame(status);

    course->failures++;
    if (course->decision.base == ENTRY_BASE_OPEN_BLOCK && cause != ENTRY_CAUSE_DAMAGED) {
        helm_memory_failed(h, c, why);
        return;
    }
    if (cause == ENTRY_CAUSE_DAMAGED) {
        helm_damage_met(h, c, course, status, why);
    } else if (cause == ENTRY_CAUSE_NONE) {
        helm_step_down(h, c, course, status, why);
    } else {
        helm_reject(h, cause, why);
        rejection_explain(h->has.rejection, real_store_kv(h->has.real_store));
        course->why = cause;
    }
}

static bool helm_on_the_way(const struct helm *h)
{
    return h->phase == PHASE_CATCHING_UP || h->phase == PHASE_ROLLING_BACK ||
           h->phase == PHASE_TAILING || h->phase == PHASE_FULL_REPLAY;
}

/* The kernel stays where the way has brought it, which may be below the floor. */
static void helm_give_up(struct helm *h)
{
    if (!helm_on_the_way(h)) return;
    if (spare_kernel(h->has.spare)) helm_lower_floor(h);
    (void)helm_advance(h, EVENT_GAVE_UP);
}

enum hs_status helm_attach(struct helm *h, const struct position *real, struct helm_course *course,
                           struct hs_error *err)
{
    struct attach_case c = {.real = *real, .attached = h->attached};
    bool surprised = false;
    enum hs_status st;

    h->met = true;
    rejection_explain(h->has.rejection, real_store_kv(h->has.real_store)); /* of the preload */
    for (;;) {
        struct entry_decision *d = &course->decision;

        *d = (struct entry_decision){.path = ENTRY_NONE};
        st = helm_decide(h, &c, course->why, d, err);
        if (st != HS_OK) break;
        st = helm_take_way(h, &c, course, err);
        if (st == HS_OK) return HS_OK;
        if (h->load_again && !surprised) { /* not the way's fault, and the kernel is gone */
            surprised = true;
            continue;
        }
        if (!helm_tries_on(d, st)) break;
        helm_way_failed(h, &c, course, st, err);
        if (course->why == ENTRY_CAUSE_NONE) helm_give_up(h);
    }
    if (st == HS_NOMEM) (void)helm_drop(h, NULL); /* it may have been left half-way */
    helm_give_up(h);
    return st;
}
