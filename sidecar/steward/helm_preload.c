/* Preload's sequence: from an open helm to a kernel that waits.
 *
 *   load ──► roll ──► primed
 *    ▲  │damaged │
 *    └──┴────────┘ from the snapshot before, while there is one; then from nothing
 *
 * Whatever goes wrong here is paid by the next delivery's entry check: a start never fails. */
#include "sidecar/steward/base.h"
#include "sidecar/steward/helm.h"
#include "sidecar/steward/helm_state.h"
#include "sidecar/steward/preload.h"

#include <inttypes.h>

/* What is kept stays as it is: the next delivery's entry check asks it again. */
static void helm_told_unread(const struct helm *h, const struct hs_error *why)
{
    logger_write(h->has.o.reporter.logger, LOG_LEVEL_ERROR,
                 "what is kept cannot be read now: %s; an empty kernel waits, in memory, and the "
                 "first delivery tries again",
                 why->text);
}

/* What was loaded, or rolled, may not be used: an empty kernel stands in for it, or none; the next
 * delivery's entry check begins from there. */
static enum hs_status helm_preload_instead(struct helm *h, enum hs_status status,
                                           struct hs_error *err)
{
    enum entry_cause cause = rejection_blame(status);
    bool unread = cause == ENTRY_CAUSE_NONE && base_disk_failed(status);
    struct lent l;

    if (unread) helm_told_unread(h, err);
    if (cause != ENTRY_CAUSE_NONE || unread) {
        if (cause == ENTRY_CAUSE_NONE) (void)helm_drop(h, NULL);
        if (cause != ENTRY_CAUSE_NONE && cause != ENTRY_CAUSE_DAMAGED) {
            helm_reject(h, cause, err); /* else it was salvaged */
        }
        if (h->phase == PHASE_ROLLING) (void)helm_advance(h, EVENT_REJECTED);
        l = helm_lend(h);
        l.memory_only = unread;
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
    if (st == HS_OK) helm_told_preload(h, report.replayed, began_us);
    return st;
}

static enum hs_status helm_load_once(struct helm *h, struct hs_error *err)
{
    struct lent l = helm_lend(h);
    enum hs_status st = h->has.o.config->preload ? preload_load(&l, err) : HS_OK;

    if (st != HS_OK || !spare_kernel(h->has.spare)) return st;
    if (!snapshot_keeper_newest(h->has.snapshots) && !preload_log_goes_on(&l)) return HS_OK;
    return helm_roll(h, err);
}

static enum hs_status helm_load(struct helm *h, struct hs_error *err)
{
    bool again = false;
    enum hs_status st;

    for (;;) {
        st = helm_load_once(h, err);
        if (st == HS_IO && !again) { /* it may pass */
            again = true;
            (void)helm_drop(h, NULL);
            if (h->phase == PHASE_ROLLING) (void)helm_advance(h, EVENT_REJECTED);
            continue;
        }
        if (st != HS_CORRUPT || helm_salvage(h, err) != ENTRY_CAUSE_NONE) break;
        if (h->phase == PHASE_ROLLING) (void)helm_advance(h, EVENT_REJECTED);
    }
    if (st == HS_CANCELLED) return st;
    if (st != HS_OK) st = helm_preload_instead(h, st, err);
    if (st != HS_OK) return st;
    (void)helm_advance(h, h->phase == PHASE_LOADING ? EVENT_NOTHING_TO_LOAD : EVENT_ROLLED);
    return HS_OK;
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
    if (spare_kernel(h->has.spare) && !spare_memory(h->has.spare)) {
        snapshot_keeper_consider_start(h->has.snapshots, spare_kernel(h->has.spare));
    }
    return HS_OK;
}
