/* Tail: the log does not lead to the node's position, but a kept snapshot is on the way there.
 *
 *   node's store ──store.scan, batch by batch──► new generation ─┐
 *   our snapshot's heaps ──images──┐                             ├──► kernel at real
 *   node's transcripts since then ─┴──replayed, vats in parallel─┘
 *
 * A heap is what its vat's deliveries made of it, whoever executed them, and the transcripts hold
 * every delivery; so no message is lost, and no vat replays from the beginning. That is right only
 * if the snapshot is the node's past. Its own notes say so: kernel.history.<height> is the position
 * at the end of each of the newest blocks, and must be the snapshot's, seqnum and hash.
 *
 * What fails here leaves the snapshots as they were: a node that goes away in the middle and comes
 * back is answered the same way, and whatever else went wrong, full replay needs none of ours. */
#include "sidecar/steward/steward_internal.h"

#include <assert.h>
#include <inttypes.h>

/* Is the snapshot's position what the node noted at the end of that block? */
static enum hs_status tail_proven(struct steward *s, const struct snapshot_record *record,
                                  bool *proven, struct hs_error *err)
{
    struct buffer key = {0}, noted = {0}, ours = {0};
    enum hs_status st = buffer_printf(&key, "kernel.history.%" PRIu64, record->height);

    *proven = false;
    if (st == HS_OK)
        st = buffer_printf(&ours, "%" PRIu64 ":%s", record->at.seqnum, record->at.hash);
    if (st != HS_OK) {
        (void)hs_fail(err, st, "entry check");
        goto out;
    }
    st = kv_store_get(real_store_kv(s->real_store), buffer_slice(&key), &noted, err);
    *proven = st == HS_OK && slice_equal(buffer_slice(&noted), buffer_slice(&ours));
    if (st == HS_NOT_FOUND) st = HS_OK;
out:
    buffer_fini(&key);
    buffer_fini(&noted);
    buffer_fini(&ours);
    return st;
}

enum hs_status steward_prove(struct steward *s, const struct position *real,
                             struct entry_snapshot *snapshots, size_t len, struct hs_error *err)
{
    enum hs_status st = HS_OK;

    assert(len == 0 || len == s->snapshots.records_len);
    if (!s->o.config->images || !snapshot_db_images(s->snapshots.db)) return HS_OK;
    for (size_t i = 0; i < len && st == HS_OK; i++) {
        const struct snapshot_record *record = &s->snapshots.records[i];

        assert(position_equal(&record->at, &snapshots[i].at));
        if (record->at.seqnum >= real->seqnum || record->height == 0) continue;
        st = tail_proven(s, record, &snapshots[i].on_real_history, err);
        if (snapshots[i].on_real_history) break;
    }
    return st;
}

static enum hs_status tail_run(struct steward *s, const struct position *real, struct hs_error *err)
{
    enum hs_status st = steward_fill_base(s, real, err);

    return st == HS_OK ? steward_start_kernel(s, s->phase, err) : st;
}

enum hs_status steward_tail(struct steward *s, uint64_t from_seqnum, const struct position *real,
                            uint64_t *replayed, struct hs_error *err)
{
    enum hs_status st;

    assert(from_seqnum < real->seqnum);
    steward_drop_kernel(s);
    st = snapshot_db_begin_after(s->snapshots.db, from_seqnum, err);
    if (st == HS_OK) {
        st = tail_run(s, real, err);
        if (st == HS_OK) {
            snapshot_db_before_release(s->snapshots.db);
        } else {
            snapshot_db_before_restore(s->snapshots.db);
        }
    }
    snapshot_keeper_list(s);
    s->snapshots.taken_seqnum =
        s->snapshots.records_len > 0 ? s->snapshots.records[0].at.seqnum : 0;
    if (st != HS_OK) return st;
    s->snapshots.forced = true; /* so that this is paid once */
    *replayed += s->start_report.transcript_entries_replayed;
    return log_keeper_restart(s, err);
}
