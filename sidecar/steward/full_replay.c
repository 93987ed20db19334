#include "sidecar/steward/full_replay.h"

#include "sidecar/steward/base.h"

static enum hs_status full_replay_from(const struct lent *l, const struct position *real,
                                       struct kernel_start_report *start, struct hs_error *err)
{
    enum hs_status st = base_fill(l, real, err);

    return st == HS_OK ? base_start_kernel(l, start, err) : st;
}

enum hs_status full_replay_run(const struct lent *l, const struct position *real,
                               struct way_report *report, struct hs_error *err)
{
    struct kernel_start_report start = {0};
    enum hs_status st = base_begin_anew(l, err);

    if (st != HS_OK) return st;
    st = full_replay_from(l, real, &start, err);
    if (base_disk_failed(st) && !spare_memory(l->spare)) {
        st = base_begin_in_memory(l, err);
        real_store_forget(l->real);
        if (st == HS_OK) st = full_replay_from(l, real, &start, err);
    }
    report->replayed += start.transcript_entries_replayed;
    return st;
}
