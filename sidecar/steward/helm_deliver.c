/* One delivery.
 *
 *   to the node's position ──► execute ──► packed answer
 *            ▲                    │
 *            │   damage, a passing failure, a panic: by the next way, and the same message again
 *            └────────────────────┤
 *                                 └── failed on a kernel from the node's store alone: refused
 *
 * "An error response means nothing happened": after a failed execution the kernel goes back to its
 * mark, and the entry check leads it forward through the log again. What our own data does to a
 * delivery is never the node's to know: it is refused only for what the node sent, or for what its
 * store holds. */
#include "sidecar/steward/base.h"
#include "sidecar/steward/delivery.h"
#include "sidecar/steward/helm.h"
#include "sidecar/steward/helm_state.h"

#include <inttypes.h>

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
                                   struct delivery_report *report, struct hs_error *err)
{
    struct position before = kernel_position(spare_kernel(h->has.spare));
    struct lent l = helm_lend(h);
    enum hs_status st = delivery_run(&l, m, course, packed, report, err);

    if (report->block_ended) h->floor = before;
    if (st != HS_OK) return st;
    if (report->log == LOG_APPENDED_ANEW) snapshot_keeper_force(h->has.snapshots);
    helm_check(h, true);
    return HS_OK;
}

/* The base could not be read, and nothing says that it is damaged: once more, then from the node's
 * store, then from that in memory. */
static bool helm_reads_again(struct helm *h, struct helm_course *way, enum hs_status status,
                             const struct hs_error *why)
{
    helm_undo(h, status, why);
    way->failures++;
    if (way->failures > 1) way->why = ENTRY_CAUSE_FAILED;
    if (way->failures > 2) way->memory_only = true;
    return way->failures <= 3;
}

/* It was executed in vain. Shall it be executed again, on a kernel that comes another way? */
static bool helm_performs_again(struct helm *h, struct helm_course *way, enum hs_status status,
                                const struct hs_error *why)
{
    bool alone = way->decision.base == ENTRY_BASE_NOTHING; /* nothing of ours was in it */
    bool on_disk = !spare_memory(h->has.spare);

    if (status == HS_CORRUPT && on_disk) {
        way->memory_only = alone;
        way->why = helm_salvage(h, why);
        return true;
    }
    if (on_disk && base_disk_failed(status)) return helm_reads_again(h, way, status, why);
    helm_undo(h, status, why);
    if (status != HS_KERNEL_FAILED && status != HS_CORRUPT) return false;
    way->why = ENTRY_CAUSE_KERNEL_FAILED;
    return !alone;
}

static enum hs_status helm_attend(struct helm *h, const struct helm_delivery *d,
                                  struct helm_course *way, struct buffer *packed,
                                  struct hs_error *err)
{
    for (;;) {
        struct delivery_report report = {0};
        struct delivery_course course;
        enum hs_status st = helm_attach(h, &d->real, way, err);

        /* Caught up is still worth having. */
        if (!helm_is_waited_for(h, d->node_epoch)) {
            return hs_fail(err, HS_PEER_GONE, "the node left");
        }
        if (st != HS_OK) return st;
        helm_attached(h, d, way);
        course = (struct delivery_course){
            .path = way->decision.path,
            .replayed = way->replayed,
            .wait_us = clock_now_us(h->has.o.reporter.clock) - d->arrived_us,
        };
        st = helm_perform(h, &d->message, &course, packed, &report, err);
        if (st == HS_OK || !report.executed) return st;
        if (!report.ran) {
            helm_undo(h, st, err);
            return st;
        }
        if (!helm_performs_again(h, way, st, err)) return st;
        logger_write(h->has.o.reporter.logger, LOG_LEVEL_WARN,
                     "seqnum %" PRIu64 " is executed again, by another way: %s", d->real.seqnum + 1,
                     err->text);
    }
}

/* Behind the node's store alone there is no other way: it will come out the same. */
static bool helm_is_final(const struct helm_course *way, enum hs_status status)
{
    if (way->decision.base != ENTRY_BASE_NOTHING) return false;
    return status == HS_KERNEL_FAILED || status == HS_CORRUPT || status == HS_DIVERGED;
}

static enum hs_status helm_serve(struct helm *h, const struct helm_delivery *d,
                                 struct buffer *packed, struct hs_error *err)
{
    struct helm_course way = {.replayed = 0};
    struct refusal_case now = {.at = d->real,
                               .text = d->message.text,
                               .node_epoch = d->node_epoch,
                               .now_us = clock_now_us(h->has.o.reporter.clock)};
    uint64_t began_us = now.now_us;
    enum hs_status st;

    if (!helm_is_waited_for(h, d->node_epoch)) return hs_fail(err, HS_PEER_GONE, "the node left");
    if (refusal_holds(&h->refusal, &now, err)) return err->status;
    real_store_forget(h->has.real_store);
    st = helm_attend(h, d, &way, packed, err);
    if (helm_is_final(&way, st)) {
        now.now_us = clock_now_us(h->has.o.reporter.clock);
        refusal_hold(&h->refusal, &now, now.now_us - began_us, err);
    }
    return st;
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
