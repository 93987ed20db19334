/* One query: a call on the kernel as it stands, undone. It moves no phase, and is told to nobody
 * but its asker: what damage it meets, the next delivery meets and mends. */
#include "sidecar/steward/delivery_answer.h"
#include "sidecar/steward/helm.h"
#include "sidecar/steward/helm_state.h"

#include <inttypes.h>

static enum hs_status query_check(const struct helm *h, const struct helm_query *q,
                                  struct hs_error *err)
{
    const struct kernel *kernel = spare_kernel(h->has.spare);
    struct position at;

    if (!kernel || (h->phase != PHASE_LIVE && h->phase != PHASE_DETACHED)) {
        return hs_fail(err, HS_UNAVAILABLE, "no kernel stands at the node's position yet (%s)",
                       phase_name(h->phase));
    }
    at = kernel_position(kernel);
    if (!q->placed || position_equal(&q->at, &at)) return HS_OK;
    return hs_fail(err, HS_UNAVAILABLE, "the kernel stands at seqnum %" PRIu64 ", %s", at.seqnum,
                   at.seqnum == q->at.seqnum ? "of another history" : "not there");
}

/* Stopped by somebody who goes before it, or because all stops. */
static enum hs_status query_stopped(const struct helm *h, enum hs_status st, struct hs_error *err)
{
    if (st != HS_CANCELLED || atomic_load(h->has.o.stopping)) return st;
    return hs_fail(err, HS_BUSY, "the node has something to do: ask again");
}

enum hs_status helm_query(struct helm *h, const struct helm_query *q, struct buffer *packed,
                          struct hs_error *err)
{
    struct kernel_outcome outcome = {0};
    enum hs_status st = query_check(h, q, err);

    if (st != HS_OK) return st;
    st = kernel_query(spare_kernel(h->has.spare), &q->message, &outcome, err);
    if (st == HS_OK) st = delivery_answer_pack_query(&outcome, packed, err);
    kernel_outcome_fini(&outcome);
    helm_check(h, false);
    return query_stopped(h, st, err);
}
