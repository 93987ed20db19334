/* Full replay: a kernel from the node's store alone.
 *
 *   store.scan ──batch by batch──► new generation on disk ──every transcript──► kernel at real
 *
 * Nothing of ours is used, so this answers when nothing else may. Memory holds one batch and the
 * heaps; the transcripts are read from disk, vats in parallel. The generation becomes the current
 * one with its first snapshot, which is due at the next block end, so that this is paid once; a
 * crash before that finds the old generation.
 *
 * Where the disk cannot take the generation, memory does: the node must not wait for our disk. */
#include "sidecar/steward/steward_internal.h"

#include "sidecar/report/clock.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

static enum hs_status replay_put(struct steward *s, struct slice key, struct slice value,
                                 struct hs_error *err)
{
    if (s->memory) return kv_store_set(kv_memory_store(s->memory), key, value, err);
    return snapshot_db_fill(s->snapshots.db, key, value, err);
}

static enum hs_status replay_copy(struct steward *s, struct hs_error *err)
{
    struct kv_store *real = real_store_kv(s->real_store);
    struct buffer key = {0}, value = {0};
    struct progress progress;
    uint64_t entries = 0;
    enum hs_status st;

    progress_begin(&progress, s->o.board, s->o.logger, s->phase, "store entries", 0, 0);
    while ((st = kv_store_next(real, buffer_slice(&key), &key, &value, err)) == HS_OK) {
        st = replay_put(s, buffer_slice(&key), buffer_slice(&value), err);
        if (st != HS_OK) break;
        progress_step(&progress, ++entries, 0);
        if (steward_stopping(s)) {
            st = hs_fail(err, HS_CANCELLED, "the sidecar stops");
            break;
        }
    }
    progress_end(&progress);
    steward_measured(s, RATE_STORE_ENTRIES, entries, clock_us() - progress.started_us);
    buffer_fini(&key);
    buffer_fini(&value);
    if (st != HS_NOT_FOUND) return st;
    return s->memory ? HS_OK : snapshot_db_fill_end(s->snapshots.db, err);
}

/* The store says itself where it stands: compare before hours of replay, not after. */
static enum hs_status replay_check(struct steward *s, const struct position *real,
                                   struct hs_error *err)
{
    struct kv_store *base = steward_mirror(s);
    struct buffer seqnum = {0}, hash = {0};
    struct position at;
    uint64_t number = 0;
    enum hs_status st = kv_store_get_text(base, "kernel.seqnum", &seqnum, err);

    if (st == HS_OK) st = kv_store_get_text(base, "kernel.hash", &hash, err);
    if (st == HS_OK) st = uint_parse(buffer_slice(&seqnum), &number);
    if (st == HS_OK) st = position_make(number, buffer_slice(&hash), &at, err);
    if (st != HS_OK) {
        st = hs_fail(err, HS_NODE_FAILED,
                     "the node's store has no well-formed kernel.seqnum and kernel.hash");
    } else if (!position_equal(&at, real)) {
        st = hs_fail(err, HS_NODE_FAILED,
                     "the node's store stands at seqnum %" PRIu64 " hash %s, but its delivery says "
                     "%" PRIu64 " hash %s",
                     at.seqnum, at.hash, real->seqnum, real->hash);
    }
    buffer_fini(&seqnum);
    buffer_fini(&hash);
    return st;
}

enum hs_status steward_fill_base(struct steward *s, const struct position *real,
                                 struct hs_error *err)
{
    enum hs_status st = replay_copy(s, err);

    return st == HS_OK ? replay_check(s, real, err) : st;
}

enum hs_status steward_full_replay(struct steward *s, const struct position *real,
                                   uint64_t *replayed, struct hs_error *err)
{
    enum hs_status st;

    assert(!position_is_origin(real));
    st = steward_base_anew(s, err);
    if (st != HS_OK) return st;
    s->snapshots.forced = true;
    st = steward_fill_base(s, real, err);
    if (steward_disk_failed(st)) {
        st = steward_base_in_memory(s, err, err);
        real_store_forget(s->real_store);
        if (st == HS_OK) st = steward_fill_base(s, real, err);
    }
    if (st == HS_OK) st = steward_start_kernel(s, s->phase, err);
    if (st != HS_OK) return st;
    *replayed += s->start_report.transcript_entries_replayed;
    s->rejected = ENTRY_CAUSE_NONE;
    return log_keeper_restart(s, err);
}
