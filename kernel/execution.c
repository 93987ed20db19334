#include "kernel/execution.h"

#include "kernel/answer.h"
#include "kernel/bootstrap.h"
#include "kernel/crank.h"
#include "kernel/history.h"
#include "kernel/inbound.h"
#include "kernel/invariants.h"

#include <string.h>

static enum hs_status execution_call(struct kernel *k, const struct message *m,
                                     struct kernel_outcome *out, struct hs_error *err)
{
    struct ref result;
    enum hs_status st = inbound_take(k, m->text, &result, &out->value, err);

    if (st != HS_OK) return st;
    if (result.text[0] == '\0') {
        out->status = MESSAGE_REJECTED;
        return HS_OK;
    }
    st = crank_run_all(k, err);
    return st == HS_OK ? answer_take(k, &result, &out->status, &out->value, err) : st;
}

static enum hs_status execution_body(struct kernel *k, const struct message *m,
                                     struct kernel_outcome *out, struct hs_error *err)
{
    enum hs_status st = k->now.initialized ? HS_OK : bootstrap_initialise(k, err);

    if (st == HS_OK) st = history_advance(k, m, err);
    if (st == HS_OK && !k->now.initialized) {
        st = bootstrap_run(k, err);
        k->now.initialized = st == HS_OK;
    }
    if (st == HS_OK) st = execution_call(k, m, out, err);
    if (st != HS_OK) return st;
    return kv_hashed_write_text(&k->kv, slice_text("kernel.hash"), k->kv.activity, err);
}

/* The whole message applies. The message layer is merged down with the next call. */
static void execution_finish(struct kernel *k, struct kernel_outcome *out)
{
    k->now.at.seqnum++;
    memcpy(k->now.at.hash, k->kv.activity, sizeof k->now.at.hash);
    k->message_open = true;
    out->after = k->now.at;
    out->outputs = k->outputs.items;
    out->outputs_len = k->outputs.len;
    out->writes = kv_layers_message_changes(k->layers);
    out->cranks = k->cranks;
    k->outputs = (struct outputs){0};
}

/* Nothing of the message applies, but heaps may have run. */
static void execution_undo(struct kernel *k, const struct standing *before, enum hs_status st,
                           const struct hs_error *cause)
{
    kv_layers_message_abort(k->layers);
    outputs_cut(&k->outputs, 0);
    k->now = *before;
    memcpy(k->kv.activity, before->at.hash, sizeof k->kv.activity);
    k->kv.gc_pending = false;
    k->kv.cleanup_pending = false;
    k->torn = true;
    if (st != HS_KERNEL_FAILED) return;
    k->failed = true;
    k->failure = *cause;
}

enum hs_status execution_run(struct kernel *k, const struct message *m, struct kernel_outcome *out,
                             struct hs_error *err)
{
    struct hs_error cause = {.status = HS_OK};
    struct standing before = k->now;
    enum hs_status st;

    kernel_end_message(k);
    k->cranks = 0;
    k->ticks = 0;
    k->deliveries = 0;
    buffer_clear(&k->casualty);
    st = execution_body(k, m, out, &cause);
    if (st == HS_OK) {
        execution_finish(k, out);
        invariants_after_message(k);
        return HS_OK;
    }
    execution_undo(k, &before, st, &cause);
    kernel_outcome_fini(out);
    return hs_fail(err, st, "%s", cause.text);
}
