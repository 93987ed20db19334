#include "sidecar/steward/tail.h"

#include "sidecar/steward/base.h"

#include <inttypes.h>

/* Is the snapshot's position what the node noted at the end of that block? */
static enum hs_status tail_proven(const struct lent *l, const struct snapshot_record *record,
                                  bool *proven, struct hs_error *err)
{
    struct buffer key = {0}, noted = {0}, ours = {0};
    enum hs_status st = buffer_printf(&key, "kernel.history.%" PRIu64, record->height);

    *proven = false;
    if (st == HS_OK)
        st = buffer_printf(&ours, "%" PRIu64 ":%s", record->at.seqnum, record->at.hash);
    if (st != HS_OK) {
        (void)hs_fail(err, st, "out of memory for the entry check");
        goto out;
    }
    st = kv_store_get(real_store_kv(l->real), buffer_slice(&key), &noted, err);
    *proven = st == HS_OK && slice_equal(buffer_slice(&noted), buffer_slice(&ours));
    if (st == HS_NOT_FOUND) st = HS_OK;
out:
    buffer_fini(&key);
    buffer_fini(&noted);
    buffer_fini(&ours);
    return st;
}

/* NULL: it is not kept any more. */
static const struct snapshot_record *tail_record(const struct lent *l, const struct position *at)
{
    size_t len;
    const struct snapshot_record *records = snapshot_keeper_records(l->snapshots, &len);

    for (size_t i = 0; i < len; i++) {
        if (position_equal(&records[i].at, at)) return &records[i];
    }
    return NULL;
}

enum hs_status tail_prove(const struct lent *l, const struct position *real,
                          struct entry_snapshot *snapshots, size_t len, struct hs_error *err)
{
    bool elsewhere;
    enum hs_status st = HS_OK;

    if (!snapshot_keeper_images(l->snapshots, &elsewhere) || elsewhere) return HS_OK;
    for (size_t i = 0; i < len && st == HS_OK; i++) {
        const struct snapshot_record *record = tail_record(l, &snapshots[i].at);

        if (!record || record->at.seqnum >= real->seqnum || record->height == 0) continue;
        st = tail_proven(l, record, &snapshots[i].on_real_history, err);
        if (snapshots[i].on_real_history) break;
    }
    return st;
}

enum hs_status tail_run(const struct lent *l, uint64_t from_seqnum, const struct position *real,
                        struct way_report *report, struct hs_error *err)
{
    struct kernel_start_report start = {0};
    enum hs_status st;

    spare_drop(l->spare);
    st = snapshot_keeper_begin_after(l->snapshots, from_seqnum, err);
    if (st != HS_OK) return st;
    st = base_fill(l, real, err);
    if (st == HS_OK) st = base_start_kernel(l, &start, err);
    snapshot_keeper_after_end(l->snapshots, st == HS_OK);
    report->replayed += start.transcript_entries_replayed;
    return st;
}
