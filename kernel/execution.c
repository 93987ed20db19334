#include "kernel/execution.h"

#include "kernel/bootstrap.h"
#include "kernel/crank.h"
#include "kernel/history.h"
#include "kernel/housekeeping.h"
#include "kernel/invariants.h"
#include "kernel/metering.h"
#include "kernel/pending.h"
#include "kernel/tables/run_queue.h"
#include "kernel/waking.h"

#include <string.h>

/* What the call came to, if it was settled; else it is pending from here on. */
static enum hs_status execution_answer(struct kernel *k, struct kernel_outcome *out, bool *pending,
                                       struct hs_error *err)
{
    struct settlement own;

    *pending = !settlements_take(&k->settled, k->now.at.seqnum + 1, &own);
    if (*pending) {
        out->status = MESSAGE_PENDING;
        return kernel_fail(err, buffer_assign(&out->value, slice_text("null")));
    }
    out->status = own.status;
    buffer_take(&out->value, &own.value);
    return HS_OK;
}

/* What waits is not this call's. What is to be cleaned up is still known to have ended. */
static enum hs_status execution_pass_over(struct kernel *k, void *data, struct hs_error *err)
{
    enum hs_status st = run_queue_pass_over(&k->kv, QUEUE_ACCEPTANCE, err);

    (void)data;
    if (st == HS_OK) st = run_queue_pass_over(&k->kv, QUEUE_RUN, err);
    k->kv.gc_pending = false;
    return st;
}

static enum hs_status execution_call(struct kernel *k, const struct message *m,
                                     enum inbound_manner manner, struct kernel_outcome *out,
                                     bool *pending, struct hs_error *err)
{
    struct inbound_result in = {0};
    bool idle = false;
    enum hs_status st = HS_OK;

    if (manner == INBOUND_AHEAD) {
        st = crank_run(k, execution_pass_over, NULL, err);
        meter_begin(k); /* that is not what the call costs */
    }
    if (m->limited && !m->skipped && manner != INBOUND_SPENT) meter_limit(k, m->ticks);
    if (st == HS_OK) st = inbound_take(k, m, manner, &in, &out->value, err);
    out->status = in.status;
    /* What was undone was spent all the same. */
    if (manner == INBOUND_SPENT) k->meter.steps += m->ticks * HS_TICK_STEPS;
    if (st != HS_OK || !in.called) return st;
    if (!in.queued_behind) st = crank_run_some(k, false, &idle, err);
    return st == HS_OK ? execution_answer(k, out, pending, err) : st;
}

/* Wake-ups that are due, behind what waits, and all of it; *due: there are more of them. */
static enum hs_status execution_work_off(struct kernel *k, bool *was_idle, bool *idle, bool *due,
                                         struct hs_error *err)
{
    struct buffer cursor = {0};
    enum hs_status st = waking_queue(k, &cursor, due, err);

    if (st == HS_OK) st = crank_is_idle(k, was_idle, err);
    if (st == HS_OK) st = crank_run_some(k, true, idle, err);
    if (st == HS_OK && !*idle) st = crank_is_idle(k, idle, err); /* with its last crank, maybe */
    while (st == HS_OK && *idle && *due && !meter_policy_is_spent(k)) {
        st = waking_queue(k, &cursor, due, err);
        if (st == HS_OK) st = crank_run_some(k, false, idle, err);
        if (st == HS_OK && !*idle) st = crank_is_idle(k, idle, err);
    }
    buffer_fini(&cursor);
    return st;
}

/* A run: wake-ups and the backlog, then the housekeeping, within a budget; at least one crank or
 * step. */
static enum hs_status execution_backlog(struct kernel *k, const struct message *m,
                                        struct kernel_outcome *out, struct hs_error *err)
{
    struct inbound_result in = {0};
    bool idle = false, was_idle = false, due = false;
    enum hs_status st = inbound_take(k, m, INBOUND_AS_IT_IS, &in, &out->value, err);

    if (m->limited && m->ticks < k->meter.policy_ticks) k->meter.policy_ticks = m->ticks;
    if (st == HS_OK) st = execution_work_off(k, &was_idle, &idle, &due, err);
    /* A backlog that never ends must not keep the house from being kept: a step each run. */
    if (st == HS_OK) st = housekeeping_run(k, was_idle || !idle, err);
    if (st == HS_OK && idle) st = crank_is_idle(k, &idle, err); /* it may have left something */
    out->status = idle && !due && !housekeeping_is_due(k) ? MESSAGE_FULFILLED : MESSAGE_PENDING;
    return st;
}

/* --- the end of a message --- */

struct execution_end {
    uint64_t queued;
    bool pending;
};

static enum hs_status execution_end_crank(struct kernel *k, void *data, struct hs_error *err)
{
    const struct execution_end *end = data;
    enum hs_status st = end->pending ? pending_keep(k, err) : HS_OK;

    if (st != HS_OK || end->queued == k->now.queued) return st;
    return kv_hashed_write_uint(&k->kv, slice_text("kernel.queued"), end->queued, err);
}

/* What the node decides by is in the state, written where it changed. */
static enum hs_status execution_end(struct kernel *k, bool pending, struct hs_error *err)
{
    struct execution_end end = {.pending = pending};
    enum hs_status st = housekeeping_queued(k, &end.queued, err);

    if (st == HS_OK && (pending || end.queued != k->now.queued)) {
        st = crank_run(k, execution_end_crank, &end, err);
    }
    k->now.queued = end.queued;
    if (st != HS_OK) return st;
    return kv_hashed_write_text(&k->kv, slice_text("kernel.hash"), k->kv.activity, err);
}

static enum hs_status execution_body(struct kernel *k, const struct message *m,
                                     enum inbound_manner manner, struct kernel_outcome *out,
                                     struct hs_error *err)
{
    bool pending = false;
    enum hs_status st = k->now.initialized ? HS_OK : bootstrap_initialise(k, err);

    if (st == HS_OK) st = history_advance(k, m, err);
    if (st == HS_OK && !k->now.initialized) {
        st = bootstrap_run(k, err);
        k->now.initialized = st == HS_OK;
    }
    if (st != HS_OK) return st;
    if (message_is_run(m) && !m->skipped) {
        st = execution_backlog(k, m, out, err);
    } else {
        st = execution_call(k, m, manner, out, &pending, err);
    }
    k->meter.allowed = UINT64_MAX; /* what follows is not the caller's */
    if (st == HS_OK) st = bootstrap_check(k, err);
    return st == HS_OK ? execution_end(k, pending, err) : st;
}

/* The whole message applies. The message layer is merged down with the next call. */
static void execution_finish(struct kernel *k, struct kernel_outcome *out)
{
    k->now.at.seqnum++;
    memcpy(k->now.at.hash, k->kv.activity, sizeof k->now.at.hash);
    k->now.gc_pending = k->kv.gc_pending;
    k->now.cleanup_pending = k->kv.cleanup_pending;
    k->now.reap_pending = k->kv.reap_pending;
    k->now.rules = k->rules_next;
    k->message_open = true;
    out->after = k->now.at;
    out->outputs = k->outputs.items;
    out->outputs_len = k->outputs.len;
    out->events = k->events.items;
    out->events_len = k->events.len;
    out->writes = kv_layers_message_changes(k->layers);
    out->cranks = k->cranks;
    out->ticks = meter_ticks(k);
    out->queued = k->now.queued;
    k->outputs = k->events = (struct outputs){0};
    if (k->settled.len == 0) return; /* the memory of an empty list is for the next message */
    out->settled = k->settled;
    k->settled = (struct settlements){0};
}

/* Nothing of the message applies, but heaps may have run. */
static void execution_undo(struct kernel *k, const struct standing *before, enum hs_status st,
                           const struct hs_error *cause)
{
    kv_layers_message_abort(k->layers);
    outputs_cut(&k->outputs, 0);
    outputs_cut(&k->events, 0);
    settlements_cut(&k->settled, 0);
    kernel_stand(k, before);
    k->torn = true;
    if (st != HS_KERNEL_FAILED) return;
    k->failed = true;
    k->failure = *cause;
}

enum hs_status execution_run(struct kernel *k, const struct message *m, enum inbound_manner manner,
                             struct kernel_outcome *out, struct hs_error *err)
{
    struct hs_error cause = {.status = HS_OK};
    struct standing before = k->now;
    enum hs_status st;

    kernel_end_message(k);
    k->cranks = 0;
    k->rules_next = k->now.rules;
    meter_begin(k);
    buffer_clear(&k->casualty);
    k->unstarted = false;
    kernel_tell(k, (struct witnessed){
                       .kind = WITNESS_MESSAGE, .message = m, .query = manner == INBOUND_AHEAD});
    st = execution_body(k, m, manner, out, &cause);
    if (st == HS_OK) {
        execution_finish(k, out);
        invariants_after_message(k);
        invariants_outcome(k, out);
        kernel_tell(k, (struct witnessed){.kind = WITNESS_DONE, .outcome = out});
        return HS_OK;
    }
    execution_undo(k, &before, st, &cause);
    kernel_tell(k, (struct witnessed){.kind = WITNESS_DONE, .status = st, .words = cause.text});
    kernel_outcome_fini(out);
    return hs_fail(err, st, "%s", cause.text);
}
