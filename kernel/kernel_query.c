/* Queries: a call that is executed and undone.
 *
 *   savepoint here ─► what waits is passed over ─► the call, to its end or its limits ─► back
 *
 * What the call did never leaves the message layer, and the heaps go back to the savepoint, as they
 * do from a message that failed. The savepoint stays: the next query here finds it. */
#include "kernel/execution.h"
#include "kernel/invariants.h"
#include "kernel/kernel.h"
#include "kernel/metering.h"
#include "kernel/open_block.h"

#include <assert.h>

static enum hs_status query_check(const struct kernel *k, const struct message *m,
                                  struct hs_error *err)
{
    enum hs_status st = kernel_check_ready(k, err);

    if (st == HS_OK && k->unmarked) st = hs_fail(err, HS_INVALID, "the kernel lost its mark");
    if (st != HS_OK) return st;
    if (!k->now.initialized) {
        return hs_fail(err, HS_UNAVAILABLE, "no message was executed yet: there is nothing to ask");
    }
    if (m->text.len > HS_MESSAGE_BYTES_MAX) {
        return hs_fail(err, HS_TOO_LARGE, "a message of %zu bytes; allowed are %d", m->text.len,
                       HS_MESSAGE_BYTES_MAX);
    }
    if (k->now.at.seqnum < HS_UINT_MAX) return HS_OK;
    return hs_fail(err, HS_UNAVAILABLE, "seqnums end at 2^53 - 1");
}

static enum hs_status query_savepoint(struct kernel *k, struct hs_error *err)
{
    enum hs_status st = open_block_before_undo(k, err);

    return st == HS_TOO_LARGE ? hs_fail_prefix(err, HS_UNAVAILABLE, "a query cannot be undone now")
                              : st;
}

/* As a delivery is: what needs more than its caller allows is rejected unread. */
static enum hs_status query_execute(struct kernel *k, const struct message *m,
                                    struct kernel_outcome *out, struct hs_error *err)
{
    enum hs_status st = execution_run(k, m, INBOUND_AHEAD, out, err);

    if (st != HS_SPENT) return st;
    open_block_undo(k);
    return execution_run(k, m, INBOUND_SPENT, out, err);
}

enum hs_status kernel_query(struct kernel *k, const struct message *m, struct kernel_outcome *out,
                            struct hs_error *err)
{
    struct message call = {.height = k->now.height,
                           .time = k->now.time,
                           .limited = m->limited,
                           .ticks = m->ticks,
                           .text = m->text};
    struct position before = k->now.at;
    enum hs_status st = query_check(k, m, err);

    *out = (struct kernel_outcome){0};
    assert(!message_is_run(m) && !k->through);
    if (st == HS_OK) st = query_savepoint(k, err);
    if (st != HS_OK) return st;
    invariants_read_through(k, true); /* what was passed over is counted nowhere: not judged */
    st = query_execute(k, &call, out, err);
    open_block_undo(k);
    invariants_read_through(k, false);
    out->writes = NULL; /* they are gone */
    out->after = before;
    assert(position_equal(&k->now.at, &before));
    invariants_after_message(k);
    return st;
}
