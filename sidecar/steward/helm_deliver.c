/* One delivery.
 *
 *   to the node's position ──► execute ──► packed answer
 *            ▲                    │
 *            │   damage, a passing failure, a panic: by the next way, and the same message again
 *            └────────────────────┤
 *                                 └── failed on a kernel from the node's store alone: refused
 *
 * "An error response means nothing happened": after a failed execution, a panic too, the kernel
 * goes back to where the message began; or to its mark, and the entry check leads it forward
 * through the log again. What our own data does to a delivery is never the node's to know: it is
 * refused only for what the node sent, or for what its store holds.
 *
 * A panic may be of our making, so it is believed only of a kernel that a full replay made. That is
 * paid once: the kernel goes on, and while its store is the node's, a later panic is believed. */
#include "sidecar/steward/attach.h"
#include "sidecar/steward/base.h"
#include "sidecar/steward/delivery.h"
#include "sidecar/steward/helm.h"
#include "sidecar/steward/helm_state.h"
#include "sidecar/steward/preload.h"

#include <inttypes.h>

static bool helm_is_waited_for(const struct helm *h, uint64_t node_epoch)
{
    return atomic_load(h->node_epoch) == node_epoch;
}

/* What was executed in vain is taken back: to where it began, the node's position, or else to the
 * mark. */
static void helm_undo(struct helm *h, const struct position *real)
{
    struct kernel *kernel = spare_kernel(h->has.spare);
    struct hs_error err = {0};

    if (spare_return_to(h->has.spare, real, &err) == HS_OK) return;
    logger_write(h->has.o.reporter.logger, LOG_LEVEL_WARN, "back to the mark: %s", err.text);
    if (kernel_back_to_mark(kernel, &err) == HS_OK) return;
    logger_write(h->has.o.reporter.logger, LOG_LEVEL_ERROR, "the kernel is dropped: %s", err.text);
    helm_lose_kernel(h);
}

static void helm_attached(struct helm *h, const struct helm_meeting *m,
                          const struct helm_course *course)
{
    uint64_t attach_us = clock_now_us(h->has.o.reporter.clock) - m->arrived_us;
    enum entry_path path = course->decision.path;
    bool first = !h->attached;
    struct figures *f = figures_acquire(h->has.o.reporter.board);

    f->real_seqnum = m->real.seqnum;
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
static bool helm_reads_again(struct helm *h, const struct position *real, struct helm_course *way)
{
    helm_undo(h, real);
    way->failures++;
    if (way->failures > 1) way->why = ENTRY_CAUSE_FAILED;
    if (way->failures > 2) way->memory_only = true;
    return way->failures <= 3;
}

/* Nothing of ours was in the kernel that panicked, or so it seems: where it was made by a full
 * replay earlier, its store must still be the node's, which is asked where the two meet again. */
static bool helm_panics_again(const struct helm *h, struct helm_course *way,
                              const struct hs_error *why)
{
    if (way->decision.base == ENTRY_BASE_NOTHING) return false;
    if (h->alone) {
        way->panic = *why;
    } else {
        way->why = ENTRY_CAUSE_KERNEL_FAILED;
    }
    return true;
}

/* It was executed in vain. Shall it be executed again, on a kernel that comes another way? */
static bool helm_performs_again(struct helm *h, const struct position *real,
                                struct helm_course *way, enum hs_status status,
                                const struct hs_error *why)
{
    bool on_disk = !spare_memory(h->has.spare);

    if (status == HS_CORRUPT && on_disk) {
        way->memory_only = way->decision.base == ENTRY_BASE_NOTHING;
        way->why = helm_salvage(h, why);
        return true;
    }
    if (on_disk && base_disk_failed(status)) return helm_reads_again(h, real, way);
    helm_undo(h, real);
    if (status != HS_KERNEL_FAILED && status != HS_CORRUPT) return false;
    return helm_panics_again(h, way, why);
}

/* The kernel stands at the node's position again. Is the panic the message's own? */
static bool helm_believes_panic(struct helm *h, struct helm_course *way)
{
    struct lent l = helm_lend(h);

    if (h->alone && attach_verify(&l, NULL) == HS_OK) return true;
    way->panic = (struct hs_error){.status = HS_OK};
    way->why = ENTRY_CAUSE_KERNEL_FAILED;
    return false;
}

/* One attempt. HS_OK with *again: it shall be another one. */
static enum hs_status helm_attempt(struct helm *h, const struct helm_delivery *d,
                                   struct helm_course *way, struct buffer *packed, bool *again,
                                   struct hs_error *err)
{
    struct delivery_report report = {0};
    struct delivery_course course = {
        .path = way->decision.path,
        .replayed = way->replayed,
        .wait_us = clock_now_us(h->has.o.reporter.clock) - d->meeting.arrived_us,
    };
    enum hs_status st = helm_perform(h, &d->message, &course, packed, &report, err);

    if (st == HS_OK || !report.executed) return st;
    way->ran = report.ran;
    if (report.ran) {
        *again = helm_performs_again(h, &d->meeting.real, way, st, err);
    } else {
        *again =
            helm_reads_again(h, &d->meeting.real, way); /* the block's end could not be marked */
    }
    if (!*again) return st;
    logger_write(h->has.o.reporter.logger, LOG_LEVEL_WARN,
                 "seqnum %" PRIu64 " is executed again, by another way: %s",
                 d->meeting.real.seqnum + 1, err->text);
    return HS_OK;
}

/* The kernel stands where the node does, and the node still waits. */
static enum hs_status helm_come_to(struct helm *h, const struct helm_meeting *m,
                                   struct helm_course *way, struct hs_error *err)
{
    enum hs_status st = helm_attach(h, &m->real, way, err);

    /* Caught up is still worth having. */
    if (!helm_is_waited_for(h, m->node_epoch)) return hs_fail(err, HS_PEER_GONE, "the node left");
    if (st == HS_OK) helm_attached(h, m, way);
    return st;
}

static enum hs_status helm_attend(struct helm *h, const struct helm_delivery *d,
                                  struct helm_course *way, struct buffer *packed,
                                  struct hs_error *err)
{
    for (;;) {
        bool again = false;
        enum hs_status st = helm_come_to(h, &d->meeting, way, err);

        if (st != HS_OK) return st;
        if (way->panic.status != HS_OK) {
            if (!helm_believes_panic(h, way)) continue;
            *err = way->panic;
            return err->status;
        }
        st = helm_attempt(h, d, way, packed, &again, err);
        if (!again) return st;
    }
}

/* Behind the node's store alone there is no other way: it will come out the same. */
static bool helm_is_final(const struct helm_course *way, enum hs_status status)
{
    if (way->panic.status == HS_OK && way->decision.base != ENTRY_BASE_NOTHING) return false;
    return status == HS_KERNEL_FAILED || status == HS_CORRUPT || status == HS_DIVERGED ||
           status == HS_WRONG_EPOCH;
}

/* Something was refused at this position. Of a store that was repaired since, what we made of it
 * before is worth nothing. */
static enum hs_status helm_recall(struct helm *h, const struct message *m, struct helm_course *way,
                                  struct hs_error *err)
{
    bool same;
    enum hs_status st =
        refusal_same_store(&h->refusal, real_store_kv(h->has.real_store), &same, err);

    if (st != HS_OK) return st;
    if (same && !m && !h->refusal.any_message) return HS_OK;
    if (same) {
        return refusal_holds(&h->refusal, m ? m->text : slice_text(""), err) ? err->status : HS_OK;
    }
    h->refusal = (struct refusal){.held = false};
    way->why = ENTRY_CAUSE_KERNEL_FAILED;
    return HS_OK;
}

/* m NULL: it comes without a message. */
static enum hs_status helm_receive(struct helm *h, const struct helm_meeting *meeting,
                                   const struct message *m, struct helm_course *way,
                                   struct hs_error *err)
{
    if (!helm_is_waited_for(h, meeting->node_epoch)) {
        return hs_fail(err, HS_PEER_GONE, "the node left");
    }
    real_store_forget(h->has.real_store);
    return refusal_stands(&h->refusal, &meeting->real) ? helm_recall(h, m, way, err) : HS_OK;
}

static void helm_tell_failed(const struct helm *h, const struct helm_meeting *m, const char *what,
                             uint64_t seqnum, enum hs_status status, struct hs_error *err)
{
    struct log_field field = {.name = "seqnum", .number = seqnum};

    if (!helm_is_waited_for(h, m->node_epoch)) return;
    if (err->text[0] == '\0') (void)hs_fail(err, status, "%s", hs_status_text(status));
    logger_write_fields(h->has.o.reporter.logger, LOG_LEVEL_WARN, &field, 1,
                        "%s of seqnum %" PRIu64 " failed: %s", what, seqnum, err->text);
}

/* A new chain's vats wait as well, where no start has seen to it. */
static void helm_prepare_empty(struct helm *h, const struct helm_course *way)
{
    struct lent l = helm_lend(h);

    if (way->decision.path != ENTRY_COLD) return;
    if (way->decision.base == ENTRY_BASE_NOTHING) preload_rehearse(&l);
}

enum hs_status helm_meet(struct helm *h, const struct helm_meeting *m, struct buffer *packed,
                         struct hs_error *err)
{
    struct delivery_course course = {.run_us = 0};
    struct helm_course way = {.replayed = 0};
    enum hs_status st = helm_receive(h, m, NULL, &way, err);

    if (st == HS_OK) {
        st = helm_come_to(h, m, &way, err);
        helm_between_blocks(h, &m->real); /* also of a node that left: hours may be in it */
        if (helm_is_final(&way, st)) {
            refusal_hold(&h->refusal, &m->real, slice_text(""), real_store_kv(h->has.real_store),
                         err);
            h->refusal.any_message = true;
        }
    }
    if (st == HS_OK) {
        helm_prepare_empty(h, &way);
        course.path = way.decision.path;
        course.replayed = way.replayed;
        course.wait_us = clock_now_us(h->has.o.reporter.clock) - m->arrived_us;
        st = delivery_answer_pack_attach(&course, packed, err);
    }
    helm_show(h);
    if (st != HS_OK) helm_tell_failed(h, m, "attach", m->real.seqnum, st, err);
    return st;
}

static enum hs_status helm_pass_over(const struct helm *h, struct helm_delivery *d,
                                     struct hs_error *err)
{
    struct log_field field = {.name = "seqnum", .number = d->meeting.real.seqnum + 1};
    enum hs_status st =
        skip_meets(&h->skip, &d->meeting.real, d->message.text, &d->message.skipped, err);

    if (d->message.skipped) {
        logger_write_fields(h->has.o.reporter.logger, LOG_LEVEL_WARN, &field, 1,
                            "message %" PRIu64 " is passed over, as --skip says",
                            d->meeting.real.seqnum + 1);
    }
    return st;
}

/* It may stop the chain on every node alike: how they get past it together. */
static void helm_tell_skip(const struct helm *h, const struct helm_delivery *d, const char *what)
{
    char word[SKIP_WORD_BYTES];

    if (skip_word(&d->meeting.real, d->message.text, word, NULL) != HS_OK) return;
    logger_write(h->has.o.reporter.logger, LOG_LEVEL_ERROR,
                 "message %" PRIu64 " %s; if it stops every node alike, and all operators agree to "
                 "pass it over, start each sidecar once with --skip %s",
                 d->meeting.real.seqnum + 1, what, word);
}

static enum hs_status helm_serve(struct helm *h, const struct helm_delivery *sent,
                                 struct buffer *packed, struct hs_error *err)
{
    struct helm_delivery met = *sent;
    const struct helm_delivery *d = &met;
    struct helm_course way = {.replayed = 0};
    enum hs_status st = helm_receive(h, &d->meeting, &d->message, &way, err);

    if (st == HS_OK) st = helm_pass_over(h, &met, err);
    if (st != HS_OK) return st;
    st = helm_attend(h, d, &way, packed, err);
    if (st == HS_WRONG_EPOCH && way.ran) {
        helm_tell_skip(h, d, "is for another release than this one");
    }
    if (st == HS_INVALID && way.ran && d->meeting.real.seqnum > 0) {
        helm_tell_skip(h, d, "makes the bootstrap fail");
    }
    if (helm_is_final(&way, st)) {
        if (st == HS_KERNEL_FAILED && way.ran) {
            helm_tell_skip(h, d, "panics the kernel, also one made of the node's store alone");
        }
        refusal_hold(&h->refusal, &d->meeting.real, d->message.text,
                     real_store_kv(h->has.real_store), err);
        h->refusal.any_message = !way.ran;
    }
    return st;
}

enum hs_status helm_deliver(struct helm *h, const struct helm_delivery *d, struct buffer *packed,
                            struct hs_error *err)
{
    enum hs_status st = helm_serve(h, d, packed, err);

    helm_show(h);
    if (st == HS_OK || !helm_is_waited_for(h, d->meeting.node_epoch)) return st;
    delivery_count(&h->has.o.reporter, DELIVERY_FAILED, 0, 0);
    helm_tell_failed(h, &d->meeting, "delivery", d->meeting.real.seqnum + 1, st, err);
    return st;
}
