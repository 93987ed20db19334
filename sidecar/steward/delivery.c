#include "sidecar/steward/delivery.h"

#include "sidecar/report/kernel_watch.h"
#include "sidecar/steward/vat_news.h"

/* The entry check proved that the node stands at the end of a block that it has finished. A kernel
 * that cannot be marked is of no use any more: part of it has the new mark, part the old. */
static enum hs_status delivery_block_end(const struct lent *l, uint64_t height_next,
                                         struct delivery_report *report, struct hs_error *err)
{
    struct kernel *kernel = spare_kernel(l->spare);
    struct position at = kernel_position(kernel), mark = kernel_mark_position(kernel);
    enum hs_status st = HS_OK;

    if (at.seqnum == 0) return HS_OK; /* there is no block behind it */
    if (!position_equal(&at, &mark)) st = kernel_mark(kernel, err);
    if (st != HS_OK) return hs_fail_prefix(err, st, "block end");
    report->block_ended = true;
    log_keeper_block_end(l->log);
    snapshot_keeper_consider(l->snapshots, kernel, spare_memory(l->spare), height_next);
    return HS_OK;
}

/* With reads from the node, its store answers the kernel's every read meanwhile and its layers only
 * collect; in between nobody answers there, and going back or forward through the log reads our own
 * copy. */
static enum hs_status delivery_execute(const struct lent *l, const struct message *m,
                                       struct kernel_outcome *outcome,
                                       struct delivery_course *course, struct buffer *packed,
                                       struct hs_error *err)
{
    struct kernel *kernel = spare_kernel(l->spare);
    bool from_node = l->config->reads == SIDECAR_READS_NODE;
    uint64_t began_us = clock_now_us(l->reporter->clock);
    enum hs_status st;

    if (from_node) kernel_read_through(kernel, real_store_kv(l->real));
    if (l->reporter->watch) kernel_watch_live(l->reporter->watch, true);
    st = kernel_deliver(kernel, m, outcome, err);
    if (l->reporter->watch) kernel_watch_live(l->reporter->watch, false);
    course->run_us = clock_now_us(l->reporter->clock) - began_us;
    if (st == HS_OK) st = delivery_answer_pack(outcome, course, packed, err);
    if (from_node) kernel_read_through(kernel, NULL);
    return st;
}

static enum delivery_result delivery_result_of(enum message_status status)
{
    switch (status) {
    case MESSAGE_FULFILLED: return DELIVERY_FULFILLED;
    case MESSAGE_REJECTED: return DELIVERY_REJECTED;
    case MESSAGE_PENDING: break;
    }
    return DELIVERY_PENDING;
}

void delivery_count(const struct reporter *r, enum delivery_result result, uint64_t ticks,
                    uint64_t run_us)
{
    struct figures *f = figures_acquire(r->board);

    f->deliveries[result]++;
    f->ticks += ticks;
    if (result != DELIVERY_FAILED) histogram_add(&f->delivery, run_us);
    figures_release(r->board);
}

/* No vat dies in silence. */
static void delivery_tell_ends(const struct lent *l, const struct message *m,
                               const struct kernel_outcome *outcome)
{
    uint64_t ends = 0, undone = 0;
    struct figures *f;

    for (size_t i = 0; i < outcome->events_len; i++) {
        const struct slice event = buffer_slice(&outcome->events[i]);

        if (kernel_event_is_end(event)) {
            ends++;
        } else if (kernel_event_is_undone(event)) {
            undone++;
        } else {
            continue;
        }
        vat_news_log(l->reporter->logger, m, event);
    }
    if (ends == 0 && undone == 0) return;
    spare_vats_changed(l->spare);
    f = figures_acquire(l->reporter->board);
    f->vats_ended += ends;
    f->cranks_undone += undone;
    figures_release(l->reporter->board);
}

static void delivery_executed(const struct lent *l, const struct message *m,
                              const struct kernel_outcome *outcome, uint64_t run_us,
                              struct delivery_report *report)
{
    struct log_entry entry = {.message = *m, .after = outcome->after};

    report->log = log_keeper_append(l->log, &entry);
    snapshot_keeper_ran(l->snapshots, run_us);
    delivery_count(l->reporter, delivery_result_of(outcome->status), outcome->ticks, run_us);
    delivery_tell_ends(l, m, outcome);
    /* Executing again reads our own copy, so what a node took to answer says nothing. */
    if (l->config->reads == SIDECAR_READS_MIRROR) {
        figures_measured(l->reporter->board, RATE_MESSAGES, 1, run_us);
    }
}

enum hs_status delivery_run(const struct lent *l, const struct message *m,
                            struct delivery_course *course, struct buffer *packed,
                            struct delivery_report *report, struct hs_error *err)
{
    struct kernel_outcome outcome = {0};
    enum hs_status st = HS_OK;

    kernel_keep_savepoints(spare_kernel(l->spare), true);
    if (m->height != kernel_height(spare_kernel(l->spare)))
        st = delivery_block_end(l, m->height, report, err);
    report->executed = true;
    report->ran = st == HS_OK;
    if (st == HS_OK) st = delivery_execute(l, m, &outcome, course, packed, err);
    if (st == HS_OK) delivery_executed(l, m, &outcome, course->run_us, report);
    kernel_outcome_fini(&outcome);
    return st;
}
