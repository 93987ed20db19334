/* Savepoints, for the kernel's owner: what can be gone back to inside the open block, and going
 * there. */
#include "kernel/execution.h"
#include "kernel/invariants.h"
#include "kernel/kernel.h"
#include "kernel/metering.h"
#include "kernel/open_block.h"

#include <assert.h>
#include <inttypes.h>

void kernel_keep_savepoints(struct kernel *k, bool keep)
{
    if (k->savepoints.kept == keep) return;
    if (!keep) open_block_forget(k);
    k->savepoints.kept = keep;
}

/* Where the way to `to` begins: the newest savepoint up to there, or the mark. */
static const struct position *way_begin(const struct kernel *k, uint64_t seqnum)
{
    size_t len = open_block_savepoints_whole(k) ? savepoints_up_to(&k->savepoints, seqnum) : 0;

    return len > 0 ? &k->savepoints.items[len - 1].at.at : &k->mark.at;
}

bool kernel_reaches(const struct kernel *k, const struct position *to)
{
    const struct position *begin = way_begin(k, to->seqnum);
    struct input last;

    if (k->unmarked) return false;
    if (position_equal(to, begin) || (!k->torn && position_equal(to, &k->now.at))) return true;
    if (to->seqnum <= begin->seqnum) return false;
    return inputs_find(&k->savepoints.inputs, to->seqnum, &last) &&
           position_equal(to, &last.after) &&
           inputs_span(&k->savepoints.inputs, begin->seqnum, to->seqnum);
}

static enum hs_status execute_again(struct kernel *k, uint64_t seqnum, struct hs_error *err)
{
    struct savepoints *s = &k->savepoints;
    enum hs_status st = HS_OK;

    while (k->now.at.seqnum < seqnum && st == HS_OK) {
        struct kernel_outcome outcome = {0};
        struct input input;
        bool found = inputs_find(&s->inputs, k->now.at.seqnum + 1, &input);

        assert(found); /* whoever goes back asked before */
        (void)found;
        st = execution_run(k, &input.message, input.stopped ? INBOUND_SPENT : INBOUND_AS_IT_IS,
                           &outcome, err);
        kernel_outcome_fini(&outcome);
        if (st != HS_OK) break;
        s->executed_again++;
        savepoints_worked(s, meter_ticks(k));
        if (!position_equal(&k->now.at, &input.after)) {
            st = hs_fail(err, HS_DIVERGED, "message %" PRIu64 ", executed again, gave %s, not %s",
                         input.after.seqnum, k->now.at.hash, input.after.hash);
        }
    }
    return st;
}

enum hs_status kernel_back_to(struct kernel *k, const struct position *to, struct hs_error *err)
{
    struct savepoints *s = &k->savepoints;
    size_t len = open_block_savepoints_whole(k) ? savepoints_up_to(s, to->seqnum) : 0;
    enum hs_status st;

    if (!kernel_reaches(k, to)) {
        return hs_fail(err, HS_NOT_FOUND, "nothing in memory leads back to seqnum %" PRIu64,
                       to->seqnum);
    }
    if (!k->torn && position_equal(to, &k->now.at)) return HS_OK;
    if (len > 0) {
        open_block_return_to(k, len - 1);
    } else {
        open_block_return_to_mark(k);
    }
    savepoints_went_back(s);
    inputs_drop_after(&s->inputs, to->seqnum);
    st = execute_again(k, to->seqnum, err);
    s->done = 0; /* that is no news */
    if (st != HS_OK) return st;
    assert(position_equal(&k->now.at, to));
    invariants_after_message(k);
    return HS_OK;
}

struct kernel_savepoint_figures kernel_savepoint_figures(const struct kernel *k)
{
    const struct savepoints *s = &k->savepoints;

    return (struct kernel_savepoint_figures){
        .savepoints = s->len,
        .bytes = open_block_savepoint_bytes(k),
        .inputs = s->inputs.len,
        .input_bytes = s->inputs.texts.len,
        .executed_again = s->executed_again,
    };
}
