/* What headstart tells while we wait: progress. */
#include "ipc/client_internal.h"

/* A number or nil. */
static bool notice_uint(struct packed_value v, uint64_t *out, bool *known)
{
    *out = 0;
    *known = packed_uint(v, out);
    return *known || packed_kind_of(v) == PACKED_NIL;
}

static bool notice_read(struct packed_value map, struct headstart_progress *out)
{
    bool total_known;

    return client_text_copy(out->phase, sizeof out->phase, packed_member(map, "phase")) &&
           packed_uint(packed_member(map, "done"), &out->done) &&
           notice_uint(packed_member(map, "total"), &out->total, &total_known) &&
           notice_uint(packed_member(map, "eta_s"), &out->eta_s, &out->eta_known);
}

void client_notice(const struct headstart *h, const struct rpc_frame *notice)
{
    struct headstart_progress progress = {.done = 0};

    if (!h->progress || !slice_equal(notice->method, slice_text("progress"))) return;
    if (!notice_read(rpc_params_map(notice->params), &progress)) return;
    h->progress(h->progress_data, &progress);
}
