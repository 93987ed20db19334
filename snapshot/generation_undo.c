/* What undoes a snapshot, and going back by one: its undo entries are applied in one batch that
 * also drops them and its record, so a crash leaves the one or the other. */
#include "snapshot/generation.h"

#include <assert.h>

static enum hs_status piece_visit(struct generation *g, struct slice piece, undo_entry_fn each,
                                  void *data, struct hs_error *err)
{
    struct undo_entry u;
    enum hs_status st = HS_OK;

    while (st == HS_OK && piece.len > 0) {
        st = undo_entry_next(&piece, &u, err);
        if (st == HS_OK) st = each(g, &u, data, err);
    }
    return st;
}

enum hs_status generation_undo_visit(struct generation *g, struct slice prefix, undo_entry_fn each,
                                     void *data, struct undo_sums *sums, struct hs_error *err)
{
    struct kv_leveldb_cursor *cursor = NULL;
    struct undo_sums found = {0};
    struct slice key, value;
    enum hs_status st = kv_leveldb_cursor_open(g->db, prefix, &cursor, err);

    while (st == HS_OK && kv_leveldb_cursor_next(cursor, &key, &value, &st, err)) {
        if (!slice_starts_with(key, prefix)) break;
        found.pieces++;
        found.digest += entry_checksum64(key, value);
        if (each) st = piece_visit(g, value, each, data, err);
    }
    kv_leveldb_cursor_close(cursor);
    if (st == HS_OK && sums) *sums = found;
    return st;
}

enum hs_status generation_undo_check(struct generation *g, const struct record_value *record,
                                     undo_entry_fn each, void *data, struct hs_error *err)
{
    struct snapshot_key prefix = key_undos(record->record.at.seqnum);
    struct undo_sums sums;
    enum hs_status st =
        generation_undo_visit(g, snapshot_key_slice(&prefix), each, data, &sums, err);

    if (st != HS_OK) return st;
    if (sums.pieces == record->undo_pieces && sums.digest == record->undo_digest) return HS_OK;
    return hs_fail(err, HS_CORRUPT, "snapshot: the undo entries of seqnum %llu are damaged",
                   (unsigned long long)record->record.at.seqnum);
}

void generation_undo_delete(struct kv_leveldb_batch *batch, const struct record_value *record)
{
    for (uint64_t n = 0; n < record->undo_pieces; n++) {
        struct snapshot_key key = key_undo(record->record.at.seqnum, (uint32_t)n);

        kv_leveldb_batch_delete(batch, snapshot_key_slice(&key));
    }
}

/* --- going back --- */

struct way_back {
    struct kv_leveldb_batch *batch;
    struct slot_list freed;
    struct buffer present; /* what stands there */
};

/* The slot of the page that an undo entry is about to replace. */
static enum hs_status slot_gather(struct generation *g, const struct content_entry *undo,
                                  struct way_back *w, struct hs_error *err)
{
    struct content_entry e;
    enum hs_status st;

    if (undo->kind != ENTRY_PAGE) return HS_OK;
    st = kv_store_get(kv_leveldb_store(g->db), undo->key, &w->present, err);
    if (st == HS_NOT_FOUND) return HS_OK;
    if (st == HS_OK) st = content_entry_read(undo->key, buffer_slice(&w->present), &e, err);
    return st == HS_OK ? slot_list_add_entry(&w->freed, &e, err) : st;
}

static enum hs_status undo_apply(struct generation *g, const struct undo_entry *u, void *way_back,
                                 struct hs_error *err)
{
    struct way_back *w = way_back;
    enum hs_status st = slot_gather(g, &u->entry, w, err);

    if (st != HS_OK) return st;
    if (u->present) {
        kv_leveldb_batch_put(w->batch, u->entry.key, u->entry.value);
    } else {
        kv_leveldb_batch_delete(w->batch, u->entry.key);
    }
    return HS_OK;
}

enum hs_status generation_undo_newest(struct generation *g, struct hs_error *err)
{
    const struct record_value *newest = generation_newest(g);
    struct way_back w = {.batch = NULL};
    struct snapshot_key key;
    enum hs_status st;

    assert(g->records_len >= 2);
    st = kv_leveldb_batch_open(&w.batch, err);
    if (st != HS_OK) return st;
    st = generation_undo_check(g, newest, undo_apply, &w, err);
    if (st != HS_OK) goto out;
    generation_undo_delete(w.batch, newest);
    key = key_record(newest->record.at.seqnum);
    kv_leveldb_batch_delete(w.batch, snapshot_key_slice(&key));
    st = generation_commit(g, w.batch, newest->previous, err);
    if (st != HS_OK) goto out;
    g->records_len--;
    slot_list_release(&w.freed, g->pages);
out:
    buffer_fini(&w.present);
    slot_list_fini(&w.freed);
    kv_leveldb_batch_close(w.batch);
    return st;
}
