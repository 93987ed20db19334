#include "sidecar/steward/helm.h"
#include "sidecar/steward/helm_state.h"

#include "sidecar/steward/attach.h"
#include "sidecar/steward/base.h"
#include "sidecar/steward/delivery.h"
#include "sidecar/steward/holdings.h"
#include "sidecar/steward/invariants.h"
#include "sidecar/steward/preload.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct lent helm_lend(const struct helm *h)
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

void helm_check(const struct helm *h, bool delivered)
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

enum snapshot_finding helm_drop(struct helm *h, struct hs_error *why)
{
    enum snapshot_finding finding =
        snapshot_keeper_settle(h->has.snapshots, spare_kernel(h->has.spare), why);

    spare_drop(h->has.spare);
    h->alone = false;
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
    if (event == EVENT_KERNEL_LOST) {
        h->lost = true;
        retry_failed(&h->reload, clock_now_us(h->has.o.reporter.clock), 0);
    }
    h->phase = to;                /* the only place that writes it */
    if (from != to) helm_show(h); /* first: who sees the phase sees what was reached with it */
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

static struct rejection_scene helm_scene(const struct helm *h)
{
    const struct kernel *kernel = spare_kernel(h->has.spare);

    return (struct rejection_scene){
        .kernel_at = kernel ? kernel_position(kernel) : position_origin(),
        .newest = snapshot_keeper_newest(h->has.snapshots),
        .log = log_keeper_summary(h->has.log),
    };
}

void helm_reject(struct helm *h, enum entry_cause cause, const struct hs_error *why)
{
    struct rejection_scene scene = helm_scene(h);
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

/* A kernel on a store in memory reads nothing of the snapshots, and goes on. The log stays: each of
 * its entries proves itself when it is executed again. */
enum entry_cause helm_salvage(struct helm *h, const struct hs_error *why)
{
    struct rejection_scene scene = helm_scene(h);
    struct hs_error cause = *why, err = {0};
    enum snapshot_finding finding = /* what a worker found is found again */
        snapshot_keeper_settle(h->has.snapshots, spare_kernel(h->has.spare), NULL);
    enum hs_status st;
    bool dropped;

    if (finding == SNAPSHOT_FINDING_MOVED) spare_leave_memory(h->has.spare);
    dropped = !spare_memory(h->has.spare);
    if (dropped) {
        spare_drop(h->has.spare);
        if (helm_waits(h)) (void)helm_advance(h, EVENT_KERNEL_LOST);
    }
    st = snapshot_keeper_salvage(h->has.snapshots, cause.text, h->has.o.stopping, &err);
    if (st == HS_OK || snapshot_keeper_newest(h->has.snapshots)) {
        rejection_record_some(h->has.rejection, &cause, &scene,
                              snapshot_keeper_newest(h->has.snapshots));
        return ENTRY_CAUSE_NONE;
    }
    if (st != HS_NOT_FOUND) {
        logger_write(h->has.o.reporter.logger, LOG_LEVEL_ERROR,
                     "snapshots could not be marked as rejected: %s", err.text);
    }
    /* In a start the log alone may lead all the way, and it proves itself. */
    if (h->loading && scene.newest && scene.log.first == 1) {
        rejection_record_some(h->has.rejection, &cause, &scene, NULL);
        return ENTRY_CAUSE_NONE;
    }
    if (dropped) rejection_record(h->has.rejection, ENTRY_CAUSE_DAMAGED, &cause, &scene);
    return ENTRY_CAUSE_DAMAGED;
}

static void helm_leave_memory(struct helm *h)
{
    if (!spare_memory(h->has.spare)) return; /* it was dropped meanwhile */
    spare_leave_memory(h->has.spare);
    logger_write(h->has.o.reporter.logger, LOG_LEVEL_WARN,
                 "the kernel stands on the snapshot store again, not in memory");
}

void helm_judge(struct helm *h, enum snapshot_finding finding, const struct hs_error *why)
{
    switch (finding) {
    case SNAPSHOT_FINDING_NONE: return;
    case SNAPSHOT_FINDING_DAMAGED: (void)helm_salvage(h, why); return;
    case SNAPSHOT_FINDING_MOVED: helm_leave_memory(h); break;
    case SNAPSHOT_FINDING_WRITTEN:
    case SNAPSHOT_FINDING_FAILED:
    case SNAPSHOT_FINDING_VERIFIED: break;
    }
    holdings_let_go(&h->has);
}

void helm_lose_kernel(struct helm *h)
{
    struct hs_error why = {0};
    enum snapshot_finding finding = helm_drop(h, &why);

    (void)helm_advance(h, EVENT_KERNEL_LOST);
    helm_judge(h, finding, &why);
}

void helm_lower_floor(struct helm *h)
{
    const struct kernel *kernel = spare_kernel(h->has.spare);
    struct position at = kernel ? kernel_position(kernel) : position_origin();

    if (h->floor.seqnum > at.seqnum) {
        h->floor = kernel ? kernel_mark_position(kernel) : position_origin();
    }
}

void helm_between_blocks(struct helm *h, const struct position *at)
{
    struct kernel *kernel = spare_kernel(h->has.spare);
    struct position mark = kernel ? kernel_mark_position(kernel) : position_origin();

    if (mark.seqnum == 0 || !position_equal(at, &mark)) return;
    snapshot_keeper_consider_forced(h->has.snapshots, kernel, spare_memory(h->has.spare));
}

enum hs_status helm_prepare_commit(struct helm *h, struct hs_error *err)
{
    return log_keeper_sync_now(h->has.log, err);
}

/* The node's store stands at `at`, for good: so may the mark. What the kernel executed behind it is
 * of transactions that failed. */
static void helm_commit_at(struct helm *h, const struct position *at)
{
    struct kernel *kernel = spare_kernel(h->has.spare);
    struct position mark = kernel_mark_position(kernel);
    struct hs_error err = {0};
    enum hs_status st = spare_return_to(h->has.spare, at, &err);

    if (st == HS_OK && !position_equal(at, &mark)) st = kernel_mark(kernel, &err);
    if (st == HS_OK) {
        h->floor = *at;
        log_keeper_block_end(h->has.log);
        helm_between_blocks(h, at);
        return;
    }
    logger_write(h->has.o.reporter.logger, LOG_LEVEL_WARN, "a commit could not be followed: %s",
                 err.text);
    if (kernel_back_to_mark(kernel, &err) != HS_OK) helm_lose_kernel(h);
}

void helm_commit(struct helm *h, uint64_t height, const struct position *at)
{
    const struct kernel *kernel = spare_kernel(h->has.spare);

    if (!kernel || kernel_height(kernel) > height) return; /* late: known already */
    if (at) {
        if (kernel_reaches(kernel, at)) helm_commit_at(h, at);
        return;
    }
    /* The kernel stands where the node's last delivery up to that block left it, unless that one's
     * transaction failed: the next delivery tells, so the mark, which must be the node's, waits. */
    if (h->attached) h->floor = kernel_position(kernel);
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

void helm_show(struct helm *h)
{
    struct figures *f;

    if (h->lost && spare_kernel(h->has.spare)) {
        h->lost = false;
        retry_worked(&h->reload);
    }
    spare_show(h->has.spare);
    log_keeper_show(h->has.log);
    f = figures_acquire(h->has.o.reporter.board);
    f->floor_seqnum = h->floor.seqnum;
    f->kernel_lost = h->lost && h->has.o.config->preload;
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
    st = skip_parse(options->holdings.config->skip, &h->skip, err);
    if (st == HS_OK) st = holdings_open(&h->has, &options->holdings, err);
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
    if (spare_kernel(h->has.spare) && !spare_memory(h->has.spare)) {
        snapshot_keeper_finish(h->has.snapshots, spare_kernel(h->has.spare));
    }
    (void)helm_drop(h, NULL);
    holdings_close(&h->has);
    free(h);
}
