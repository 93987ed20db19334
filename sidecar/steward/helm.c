#include "sidecar/steward/helm.h"

#include "sidecar/steward/attach.h"
#include "sidecar/steward/base.h"
#include "sidecar/steward/delivery.h"
#include "sidecar/steward/holdings.h"
#include "sidecar/steward/invariants.h"
#include "sidecar/steward/preload.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct helm {
    struct holdings has;
    const atomic_uint_fast64_t *node_epoch;
    enum phase phase;      /* written by helm_advance alone */
    bool attached;         /* this node's position was met */
    struct position floor; /* highest position that the node must have committed */
    bool loading;          /* preload is on its way */
    bool load_again;       /* something unexpected happened, and the spare is gone */
    uint64_t opened_us;
};

static struct lent helm_lend(const struct helm *h)
{
    return holdings_lend(&h->has, h->phase);
}

struct kernel *helm_kernel(const struct helm *h)
{
    return spare_kernel(h->has.spare);
}

struct replay_log_summary helm_log_summary(const struct helm *h)
{
    return log_keeper_summary(h->has.log);
}

/* What must hold now; only asked in a build that checks itself. */
static void helm_check(const struct helm *h, bool delivered)
{
#ifdef HS_INVARIANTS
    const struct kernel *kernel = spare_kernel(h->has.spare);
    struct invariant_facts f = {
        .phase = h->phase,
        .delivered = delivered,
        .kernel = kernel != NULL,
        .attached = h->attached,
        .in_memory = spare_memory(h->has.spare) != NULL,
        .floor = h->floor,
        .log_kept = h->has.o.config->log,
        .log_fenced = log_keeper_fenced(h->has.log),
        .log = log_keeper_summary(h->has.log),
    };
    const char *broken;
    char text[512];

    f.snapshots = snapshot_keeper_records(h->has.snapshots, &f.snapshots_len);
    if (kernel) {
        f.at = kernel_position(kernel);
        f.mark = kernel_mark_position(kernel);
    }
    broken = invariant_broken(&f);
    if (!broken) return;
    invariant_facts_text(&f, text, sizeof text);
    (void)fprintf(stderr, "headstart: broken: %s: %s\n", broken, text);
    abort();
#else
    (void)h;
    (void)delivered;
#endif
}

/* --- what is held, and what a result means --- */

/* Kernel and base end; a snapshot being written is finished first. */
static enum snapshot_finding helm_drop(struct helm *h, struct hs_error *why)
{
    enum snapshot_finding finding =
        snapshot_keeper_settle(h->has.snapshots, spare_kernel(h->has.spare), why);

    spare_drop(h->has.spare);
    return finding;
}

bool helm_advance(struct helm *h, enum phase_event event)
{
    enum phase from = h->phase, to = phase_next(from, event);
    bool expected = phase_expects(from, event);
    struct figures *f;

    if (!expected) {
        logger_write(h->has.o.reporter.logger, LOG_LEVEL_ERROR,
                     "phase %s does not expect \"%s\": the kernel is dropped and loaded again; "
                     "please report this",
                     phase_name(from), phase_event_name(event));
        (void)helm_drop(h, NULL);
        h->load_again = to == PHASE_LOADING && !h->loading;
    }
    h->phase = to; /* the only place that writes it */
    f = figures_acquire(h->has.o.reporter.board);
    f->phase = to;
    f->moves[from][event]++;
    figures_release(h->has.o.reporter.board);
    if (from != to) {
        struct log_field fields[] = {{.name = "phase", .text = phase_name(to)},
                                     {.name = "event", .text = phase_event_name(event)}};

        logger_write_fields(h->has.o.reporter.logger, LOG_LEVEL_DEBUG, fields, 2,
                            "phase: %s, %s, now %s", phase_name(from), phase_event_name(event),
                            phase_name(to));
    }
    helm_check(h, false);
    return expected;
}

/* Is a kernel waited with, or on its way to the node? */
static bool helm_waits(const struct helm *h)
{
    return h->phase == PHASE_PRIMED || h->phase == PHASE_LIVE || h->phase == PHASE_DETACHED;
}

/* What we keep led to `cause`: say so, keep the evidence, and never use it again. */
static void helm_reject(struct helm *h, enum entry_cause cause, const struct hs_error *why)
{
    const struct kernel *kernel = spare_kernel(h->has.spare);
    struct rejection_scene scene = {
        .kernel_at = kernel ? kernel_position(kernel) : position_origin(),
        .newest = snapshot_keeper_newest(h->has.snapshots),
        .log = log_keeper_summary(h->has.log),
    };
    struct hs_error err = {0};

    rejection_record(h->has.rejection, cause, why, &scene);
    (void)helm_drop(h, NULL); /* whatever a verification found: all of it is rejected already */
    if (helm_waits(h)) (void)helm_advance(h, EVENT_KERNEL_LOST);
    if (snapshot_keeper_reject(h->has.snapshots, why->text, &err) != HS_OK) {
        logger_write(h->has.o.reporter.logger, LOG_LEVEL_ERROR,
                     "snapshots could not be marked as rejected: %s", err.text);
    }
    if (log_keeper_reject(h->has.log, why->text, &err) != HS_OK) {
        logger_write(h->has.o.reporter.logger, LOG_LEVEL_ERROR,
                     "the log could not be put aside: %s", err.text);
    }
}

static void helm_judge(struct helm *h, enum snapshot_finding finding, const struct hs_error *why)
{
    switch (finding) {
    case SNAPSHOT_FINDING_NONE: return;
    case SNAPSHOT_FINDING_DAMAGED:
        /* The kernel reads from what is damaged: nothing of it may be believed any more. */
        helm_reject(h, ENTRY_CAUSE_DAMAGED, why);
        return;
    case SNAPSHOT_FINDING_WRITTEN:
    case SNAPSHOT_FINDING_FAILED:
    case SNAPSHOT_FINDING_VERIFIED: break;
    }
    holdings_let_go(&h->has);
}

static void helm_lose_kernel(struct helm *h)
{
    struct hs_error why = {0};
    enum snapshot_finding finding = helm_drop(h, &why);

    (void)helm_advance(h, EVENT_KERNEL_LOST);
    helm_judge(h, finding, &why);
}

/* The node stands below what we took for committed: it was restored from a backup, say. */
static void helm_lower_floor(struct helm *h)
{
    const struct kernel *kernel = spare_kernel(h->has.spare);
    struct position at = kernel ? kernel_position(kernel) : position_origin();

    if (h->floor.seqnum > at.seqnum) {
        h->floor = kernel ? kernel_mark_position(kernel) : position_origin();
    }
}

/* --- preload --- */

/* What was loaded, or rolled, may not be used: an empty kernel stands in for it, or none; the next
 * delivery's entry check begins from there. */
static enum hs_status helm_preload_instead(struct helm *h, enum hs_status status,
                                           struct hs_error *err)
{
    enum entry_cause cause = rejection_blame(status);
    struct lent l;

    if (cause != ENTRY_CAUSE_NONE) {
        helm_reject(h, cause, err);
        if (h->phase == PHASE_ROLLING) (void)helm_advance(h, EVENT_REJECTED);
        l = helm_lend(h);
        status = base_start_empty(&l, err);
    }
    if (status == HS_CANCELLED) return status;
    if (status != HS_OK) {
        logger_write(h->has.o.reporter.logger, LOG_LEVEL_ERROR, "nothing was preloaded: %s",
                     err->text);
        (void)helm_drop(h, NULL);
    }
    helm_lower_floor(h);
    return HS_OK;
}

static void helm_told_preload(struct helm *h, uint64_t replayed, uint64_t began_us)
{
    uint64_t us = clock_now_us(h->has.o.reporter.clock) - began_us;
    uint64_t seqnum = kernel_position(spare_kernel(h->has.spare)).seqnum;
    struct log_field fields[] = {{.name = "seqnum", .number = seqnum},
                                 {.name = "replayed", .number = replayed},
                                 {.name = "floor", .number = h->floor.seqnum}};

    logger_write_fields(h->has.o.reporter.logger, LOG_LEVEL_INFO, fields, 3,
                        "preloaded: seqnum %" PRIu64 ", %" PRIu64
                        " messages replayed in %.3f s, floor %" PRIu64,
                        seqnum, replayed, (double)us / 1e6, h->floor.seqnum);
}

static enum hs_status helm_roll(struct helm *h, struct hs_error *err)
{
    uint64_t began_us = clock_now_us(h->has.o.reporter.clock);
    struct way_report report = {0};
    struct lent l;
    enum hs_status st;

    if (!helm_advance(h, EVENT_LOADED)) return HS_OK;
    l = helm_lend(h);
    st = preload_roll(&l, &h->floor, &report, err);
    rejection_take_divergence(h->has.rejection, report.divergence);
    if (st == HS_CANCELLED) return st;
    if (st == HS_OK) {
        helm_told_preload(h, report.replayed, began_us);
    } else {
        st = helm_preload_instead(h, st, err);
        if (st != HS_OK) return st;
    }
    (void)helm_advance(h, h->phase == PHASE_LOADING ? EVENT_NOTHING_TO_LOAD : EVENT_ROLLED);
    return HS_OK;
}

static enum hs_status helm_load(struct helm *h, struct hs_error *err)
{
    struct lent l = helm_lend(h);
    enum hs_status st = h->has.o.config->preload ? preload_load(&l, err) : HS_OK;

    if (st == HS_CANCELLED) return st;
    if (st == HS_OK && spare_kernel(h->has.spare) &&
        (snapshot_keeper_newest(h->has.snapshots) || preload_log_goes_on(&l))) {
        return helm_roll(h, err);
    }
    if (st != HS_OK) st = helm_preload_instead(h, st, err);
    if (st == HS_OK) (void)helm_advance(h, EVENT_NOTHING_TO_LOAD);
    return st;
}

enum hs_status helm_preload(struct helm *h, struct hs_error *err)
{
    enum hs_status st;
    struct figures *f;

    h->loading = true;
    st = helm_load(h, err);
    h->loading = false;
    snapshot_keeper_proven(h->has.snapshots);
    if (st != HS_OK || !h->has.o.config->preload) return st;
    f = figures_acquire(h->has.o.reporter.board);
    if (f->preload_us == 0) f->preload_us = clock_now_us(h->has.o.reporter.clock) - h->opened_us;
    figures_release(h->has.o.reporter.board);
    snapshot_keeper_rest(h->has.snapshots);
    return HS_OK;
}

/* --- to the node's position --- */

static enum phase_event helm_event_of(const struct entry_decision *d)
{
    switch (d->path) {
    case ENTRY_LIVE:
    case ENTRY_SWAP: return EVENT_EQUAL;
    case ENTRY_COLD: return d->base == ENTRY_BASE_KERNEL ? EVENT_EQUAL : EVENT_UNUSABLE;
    case ENTRY_CATCH_UP: return EVENT_BEHIND;
    case ENTRY_ROLL_BACK: return EVENT_AHEAD;
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

/* A snapshot that is being written is no fact yet. Where the way would begin further back than the
 * mark, waiting for it costs less than doing without. */
static enum hs_status helm_decide(struct helm *h, struct attach_case *c, enum entry_cause why,
                                  struct entry_decision *out, struct hs_error *err)
{
    struct lent l = helm_lend(h);
    struct hs_error damage = {0};
    enum hs_status st;

    c->rejected = why != ENTRY_CAUSE_NONE ? why : rejection_cause(h->has.rejection);
    st = attach_decide(&l, c, false, out, err);
    if (st != HS_OK || attach_keeps_kernel(out)) return st;
    helm_judge(h, snapshot_keeper_settle(h->has.snapshots, spare_kernel(h->has.spare), &damage),
               &damage);
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

struct helm_course {
    struct entry_decision decision; /* of the last attempt */
    uint64_t replayed;
};

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
    st = attach_run(&l, c, d, &report, err);
    rejection_take_divergence(h->has.rejection, report.divergence);
    course->replayed += report.replayed;
    if (st != HS_OK) return st;
    helm_told_end(h, d, c->real.seqnum);
    if (attach_begins_anew(d)) helm_begun_anew(h);
    helm_lower_floor(h);
    if (helm_advance(h, event == EVENT_EQUAL ? EVENT_EQUAL : EVENT_CAUGHT_UP)) return HS_OK;
    return hs_fail(err, HS_INTERNAL, "the sidecar was not where it should have been");
}

/* Is it worth another attempt? What stood in the way of this one at the node, or a stop, would
 * stand in the way again; and behind a full replay there is nothing. */
static bool helm_tries_on(const struct entry_decision *d, enum hs_status status)
{
    if (d->path == ENTRY_FULL_REPLAY || d->path == ENTRY_NONE) return false;
    return status != HS_CANCELLED && status != HS_PEER_GONE && status != HS_NODE_FAILED &&
           status != HS_NOMEM;
}

/* A way failed: what is wrong is rejected. Returns why the next one is taken. */
static enum entry_cause helm_way_failed(struct helm *h, const struct entry_decision *d,
                                        enum hs_status status, const struct hs_error *why)
{
    enum entry_cause cause = rejection_blame(status);

    if (cause == ENTRY_CAUSE_NONE) {
        logger_write(h->has.o.reporter.logger, LOG_LEVEL_WARN, "%s came to nothing: %s",
                     entry_path_name(d->path), why->text);
        return ENTRY_CAUSE_FAILED;
    }
    helm_reject(h, cause, why);
    rejection_explain(h->has.rejection, real_store_kv(h->has.real_store));
    return cause;
}

static bool helm_on_the_way(const struct helm *h)
{
    return h->phase == PHASE_CATCHING_UP || h->phase == PHASE_ROLLING_BACK ||
           h->phase == PHASE_TAILING || h->phase == PHASE_FULL_REPLAY;
}

/* From the best way to the worst, until one leads there. After a failure the entry check is asked
 * again, with what is left; a way that failed is not taken twice. */
static enum hs_status helm_attach(struct helm *h, const struct position *real,
                                  struct helm_course *course, struct hs_error *err)
{
    struct attach_case c = {.real = *real, .attached = h->attached};
    enum entry_cause why = ENTRY_CAUSE_NONE;
    bool failed[ENTRY_PATH_COUNT] = {false};
    enum hs_status st;

    rejection_explain(h->has.rejection, real_store_kv(h->has.real_store)); /* of the preload */
    for (;;) {
        struct entry_decision *d = &course->decision;

        *d = (struct entry_decision){.path = ENTRY_NONE};
        st = helm_decide(h, &c, why, d, err);
        if (st != HS_OK || failed[d->path]) break;
        st = helm_take_way(h, &c, course, err);
        if (st == HS_OK) return HS_OK;
        failed[d->path] = true;
        if (h->load_again) continue; /* not the way's fault, and the kernel is gone */
        if (!helm_tries_on(d, st)) break;
        why = helm_way_failed(h, d, st, err);
    }
    if (helm_on_the_way(h)) (void)helm_advance(h, EVENT_GAVE_UP);
    return st != HS_OK ? st : hs_fail(err, HS_KERNEL_FAILED, "no way leads to the node's position");
}

/* One delivery.
 *
 * "An error response means nothing happened": after a failed execution the kernel goes back to its
 * mark, and the next delivery's entry check leads it forward through the log again. */

static bool helm_is_waited_for(const struct helm *h, uint64_t node_epoch)
{
    return atomic_load(h->node_epoch) == node_epoch;
}

/* What was executed in vain is taken back. */
static void helm_undo(struct helm *h, enum hs_status status, const struct hs_error *why)
{
    struct hs_error err = *why;

    if (status != HS_KERNEL_FAILED &&
        kernel_back_to_mark(spare_kernel(h->has.spare), &err) == HS_OK) {
        return;
    }
    logger_write(h->has.o.reporter.logger, LOG_LEVEL_ERROR, "the kernel is dropped: %s", err.text);
    helm_lose_kernel(h);
}

static void helm_attached(struct helm *h, const struct helm_delivery *d,
                          const struct helm_course *course)
{
    uint64_t attach_us = clock_now_us(h->has.o.reporter.clock) - d->arrived_us;
    enum entry_path path = course->decision.path;
    bool first = !h->attached;
    struct figures *f = figures_acquire(h->has.o.reporter.board);

    f->real_seqnum = d->real.seqnum;
    if (first) {
        f->node.path = path;
        f->node.replayed = course->replayed;
        f->node.attach_us = attach_us;
        histogram_add(&f->attach, attach_us);
    }
    if (first || path != ENTRY_LIVE) f->attaches[path]++;
    figures_release(h->has.o.reporter.board);
    h->attached = true;
}

/* From a kernel that stands at the node's position to the packed answer. */
static enum hs_status helm_perform(struct helm *h, const struct message *m,
                                   struct delivery_course *course, struct buffer *packed,
                                   struct hs_error *err)
{
    struct position before = kernel_position(spare_kernel(h->has.spare));
    struct delivery_report report = {0};
    struct lent l = helm_lend(h);
    enum hs_status st = delivery_run(&l, m, course, packed, &report, err);

    if (report.block_ended) h->floor = before;
    if (st == HS_OK) {
        if (report.log == LOG_APPENDED_ANEW) snapshot_keeper_force(h->has.snapshots);
        helm_check(h, true);
    } else if (report.executed) {
        helm_undo(h, st, err);
    }
    return st;
}

static enum hs_status helm_serve(struct helm *h, const struct helm_delivery *d,
                                 struct buffer *packed, struct hs_error *err)
{
    struct helm_course way = {.replayed = 0};
    struct delivery_course course;
    enum hs_status st;

    if (!helm_is_waited_for(h, d->node_epoch)) return hs_fail(err, HS_PEER_GONE, "the node left");
    real_store_forget(h->has.real_store);
    st = helm_attach(h, &d->real, &way, err);
    /* Caught up is still worth having. */
    if (!helm_is_waited_for(h, d->node_epoch)) return hs_fail(err, HS_PEER_GONE, "the node left");
    if (st != HS_OK) return st;
    helm_attached(h, d, &way);
    course = (struct delivery_course){
        .path = way.decision.path,
        .replayed = way.replayed,
        .wait_us = clock_now_us(h->has.o.reporter.clock) - d->arrived_us,
    };
    return helm_perform(h, &d->message, &course, packed, err);
}

enum hs_status helm_deliver(struct helm *h, const struct helm_delivery *d, struct buffer *packed,
                            struct hs_error *err)
{
    enum hs_status st = helm_serve(h, d, packed, err);
    struct log_field field = {.name = "seqnum"};

    helm_show(h);
    if (st == HS_OK || !helm_is_waited_for(h, d->node_epoch)) return st;
    if (err->text[0] == '\0') (void)hs_fail(err, st, "%s", hs_status_text(st));
    delivery_count(&h->has.o.reporter, DELIVERY_FAILED, 0);
    field.number = d->real.seqnum + 1;
    logger_write_fields(h->has.o.reporter.logger, LOG_LEVEL_WARN, &field, 1,
                        "delivery of seqnum %" PRIu64 " failed: %s", d->real.seqnum + 1, err->text);
    return st;
}

enum hs_status helm_prepare_commit(struct helm *h, struct hs_error *err)
{
    return log_keeper_sync_now(h->has.log, err);
}

void helm_commit(struct helm *h, uint64_t height)
{
    const struct kernel *kernel = spare_kernel(h->has.spare);

    /* The kernel stands where the node's last delivery up to that block left it, unless that one's
     * transaction failed: the next delivery tells, so the mark, which must be the node's, waits. */
    if (h->attached && kernel && kernel_height(kernel) <= height)
        h->floor = kernel_position(kernel);
}

void helm_node(struct helm *h, bool connected, const char *client)
{
    struct figures *f;

    h->attached = false;
    f = figures_acquire(h->has.o.reporter.board);
    if (connected) { /* of one that went away, what it was stays to be seen */
        f->node = (struct figures_node){.connected = true};
        (void)snprintf(f->node.client, sizeof f->node.client, "%s", client);
    }
    f->node.connected = connected;
    figures_release(h->has.o.reporter.board);
    if (!connected) (void)helm_advance(h, EVENT_NODE_GONE);
    logger_write(h->has.o.reporter.logger, LOG_LEVEL_INFO,
                 connected ? "node connected: %s" : "node gone%s", client);
}

/* --- between jobs --- */

void helm_tend(struct helm *h)
{
    struct hs_error err = {0};

    helm_judge(h, snapshot_keeper_collect(h->has.snapshots, spare_kernel(h->has.spare), &err),
               &err);
    if (spare_kernel(h->has.spare))
        snapshot_keeper_begin(h->has.snapshots, spare_kernel(h->has.spare));
    log_keeper_collect(h->has.log);
    if (h->load_again && h->phase == PHASE_LOADING) {
        h->load_again = false;
        if (helm_preload(h, &err) != HS_OK) return; /* the sidecar stops, and sees to it itself */
    }
    h->load_again = false;
}

void helm_idle(struct helm *h)
{
    rates_keeper_idle(h->has.rates);
    snapshot_keeper_idle(h->has.snapshots);
}

void helm_show(struct helm *h)
{
    struct figures *f;

    spare_show(h->has.spare);
    log_keeper_show(h->has.log);
    f = figures_acquire(h->has.o.reporter.board);
    f->floor_seqnum = h->floor.seqnum;
    figures_release(h->has.o.reporter.board);
}

void helm_show_vats(struct helm *h)
{
    spare_show_vats(h->has.spare);
}

/* --- opening and closing --- */

enum hs_status helm_open(const struct helm_options *options, struct helm **out,
                         struct hs_error *err)
{
    struct helm *h = calloc(1, sizeof *h);
    enum hs_status st;

    *out = NULL;
    if (!h) return hs_fail(err, HS_NOMEM, "out of memory for the kernel thread");
    h->node_epoch = options->node_epoch;
    h->phase = PHASE_STARTING;
    h->floor = position_origin();
    h->opened_us = clock_now_us(options->holdings.reporter.clock);
    st = holdings_open(&h->has, &options->holdings, err);
    if (st != HS_OK) {
        free(h);
        return st;
    }
    (void)helm_advance(h, EVENT_OPENED);
    *out = h;
    return HS_OK;
}

void helm_close(struct helm *h)
{
    struct hs_error err = {0};

    if (!h) return;
    (void)helm_advance(h, EVENT_STOP);
    if (!log_keeper_fenced(h->has.log) && log_keeper_sync_now(h->has.log, &err) != HS_OK) {
        logger_write(h->has.o.reporter.logger, LOG_LEVEL_WARN, "stopping: %s", err.text);
    }
    (void)helm_drop(h, NULL);
    holdings_close(&h->has);
    free(h);
}
