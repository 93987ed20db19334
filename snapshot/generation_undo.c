/* Going back by one snapshot: its undo entries are applied in one batch that also drops them and
 * its record, so a crash leaves the one or the other. */
#include "snapshot/generation.h"

#include <assert.h>

/* The slot of the page that an undo entry is about to replace. */
static enum hs_status slot_gather(struct generation *g, const struct content_entry *undo,
                                  struct buffer *present, struct slot_list *freed,
                                  struct hs_error *err)
{
    struct content_entry e;
    enum hs_status st;

    if (undo->kind != ENTRY_PAGE) return HS_OK;
    st = kv_store_get(kv_leveldb_store(g->db), undo->key, present, err);
    if (st == HS_NOT_FOUND) return HS_OK;
    if (st == HS_OK) st = content_entry_read(undo->key, buffer_slice(present), &e, err);
    return st == HS_OK ? slot_list_add_entry(freed, &e, err) : st;
}

/* Read the undo entries of `record` into the batch. */
static enum hs_status undo_gather(struct generation *g, const struct record_value *record,
                                  struct kv_leveldb_batch *batch, struct slot_list *freed,
                                  struct hs_error *err)
{
    struct snapshot_key prefix = key_undos(record->record.at.seqnum);
    struct kv_leveldb_cursor *cursor = NULL;
    uint64_t entries = 0, digest = 0;
    struct slice key, value;
    struct buffer present = {0};
    struct undo_value undo;
    enum hs_status st = kv_leveldb_cursor_open(g->db, snapshot_key_slice(&prefix), &cursor, err);

    while (st == HS_OK && kv_leveldb_cursor_next(cursor, &key, &value, &st, err)) {
        if (!slice_starts_with(key, snapshot_key_slice(&prefix))) break;
        st = undo_value_decode(value, &undo, err);
        if (st == HS_OK) st = slot_gather(g, &undo.entry, &present, freed, err);
        if (st != HS_OK) break;
        if (undo.present) {
            kv_leveldb_batch_put(batch, undo.entry.key, undo.entry.value);
        } else {
            kv_leveldb_batch_delete(batch, undo.entry.key);
        }
        kv_leveldb_batch_delete(batch, key);
        entries++;
        digest += entry_checksum64(key, value);
    }
    kv_leveldb_cursor_close(cursor);
    buffer_fini(&present);
    if (st != HS_OK) return st;
    if (entries == record->undo_entries && digest == record->undo_digest) return HS_OK;
    return hs_fail(err, HS_CORRUPT, "snapshot: the undo entries of seqnum %llu are damaged",
                   (unsigned long long)record->record.at.seqnum);
}

enum hs_status generation_undo_newest(struct generation *g, struct hs_error *err)
{
    const struct record_value *newest = generation_newest(g);
    struct kv_leveldb_batch *batch = NULL;
    struct slot_list freed = {0};
    struct snapshot_key key;
    enum hs_status st;

    assert(g->records_len >= 2);
    st = kv_leveldb_batch_open(&batch, err);
    if (st != HS_OK) return st;
    st = undo_gather(g, newest, batch, &freed, err);
    if (st != HS_OK) goto out;
    key = key_record(newest->record.at.seqnum);
    kv_leveldb_batch_delete(batch, snapshot_key_slice(&key));
    st = generation_commit(g, batch, newest->previous, err);
    if (st != HS_OK) goto out;
    g->records_len--;
    slot_list_release(&freed, g->pages);
out:
    slot_list_fini(&freed);
    kv_leveldb_batch_close(batch);
    return st;
}
