/* Writing snapshots, and dropping those that are not kept. */
#include "snapshot/change.h"
#include "snapshot/generation.h"
#include "snapshot/snapshot_policy.h"

#include <assert.h>
#include <string.h>

enum { LEFTOVER_PIECE_BYTES = 1 << 20 };

/* The record of the change, into the batch; kept in memory once the batch is durable. */
static void record_make(struct change *c, const struct mark_changes *m, uint64_t made_at,
                        struct record_value *out)
{
    struct snapshot_key key = key_record(m->at.seqnum);
    const struct record_value *before = generation_newest(c->g);
    char value[RECORD_VALUE_BYTES];

    *out = (struct record_value){.images = c->sums.images,
                                 .previous = before ? before->record.at.seqnum : 0,
                                 .undo_pieces = c->undo_pieces,
                                 .undo_digest = c->undo_digest};
    out->record = (struct snapshot_record){
        .at = m->at,
        .height = m->height,
        .made_at = made_at,
        .keys = c->sums.keys,
        .pages = c->sums.pages,
        .bytes = c->sums.bytes,
        .batch_bytes = c->written_bytes + kv_leveldb_batch_bytes(c->batch),
        .digest = c->sums.digest,
        .has_images = c->sums.images > 0,
    };
    record_value_encode(out, value);
    kv_leveldb_batch_put(c->batch, snapshot_key_slice(&key), slice_make(value, sizeof value));
}

/* What an unfinished first snapshot left, but for the store: that may have been filled. */
static enum hs_status leftovers_delete(struct change *c, struct hs_error *err)
{
    static const char *const prefixes[] = {"h/", "i/", "r/", "u/", "l/"};
    struct kv_leveldb_cursor *cursor = NULL;
    struct slice key, value;
    enum hs_status st = HS_OK;

    for (size_t i = 0; st == HS_OK && i < sizeof prefixes / sizeof prefixes[0]; i++) {
        st = kv_leveldb_cursor_open(c->g->db, slice_text(prefixes[i]), &cursor, err);
        while (st == HS_OK && kv_leveldb_cursor_next(cursor, &key, &value, &st, err)) {
            if (!slice_starts_with(key, slice_text(prefixes[i]))) break;
            kv_leveldb_batch_delete(c->batch, key);
            st = change_write_piece(c, LEFTOVER_PIECE_BYTES, err);
        }
        kv_leveldb_cursor_close(cursor);
        cursor = NULL;
    }
    if (st == HS_OK) st = change_write_piece(c, 1, err);
    if (st == HS_OK) page_file_release_all(c->g->pages);
    return st;
}

enum hs_status generation_put_first(struct generation *g, const char *epoch,
                                    const struct mark_changes *changes, uint64_t made_at,
                                    struct hs_error *err)
{
    struct buffer epoch_value = {0};
    struct record_value record;
    struct change c;
    enum hs_status st = change_init(&c, g, changes->at.seqnum, 1, err);

    assert(g->records_len == 0);
    if (st == HS_OK && g->partial) st = leftovers_delete(&c, err);
    g->partial = true;
    if (st == HS_OK) st = change_mark(&c, changes, err);
    if (st == HS_OK) st = change_write_piece(&c, 1, err);
    if (st != HS_OK) goto out;
    /* Unsynced pieces are durable once they are in tables. */
    kv_leveldb_flush(g->db);
    st = generation_sum(g, NULL, &c.sums, err);
    if (st == HS_OK) st = buffer_assign(&g->epoch, slice_text(epoch));
    if (st == HS_OK) st = epoch_value_encode(epoch, &epoch_value, err);
    if (st != HS_OK) goto out;
    kv_leveldb_batch_put(c.batch, slice_text(KEY_FORMAT), slice_text(GENERATION_FORMAT));
    kv_leveldb_batch_put(c.batch, slice_text(KEY_EPOCH), buffer_slice(&epoch_value));
    record_make(&c, changes, made_at, &record);
    g->serial = 0;
    st = generation_records_reserve(g, err);
    if (st == HS_OK) st = generation_commit(g, c.batch, changes->at.seqnum, err);
    if (st != HS_OK) goto out;
    generation_records_push(g, &record);
    g->partial = false;
out:
    /* Its pieces may refer to any slot: when it failed, all is deleted before the next try. */
    change_settle(&c, st == HS_OK ? CHANGE_DURABLE : CHANGE_UNKNOWN);
    buffer_fini(&epoch_value);
    change_fini(&c);
    return st;
}

/* A slot that only an undo entry refers to. */
static enum hs_status undo_slot_add(struct generation *g, const struct undo_entry *u, void *freed,
                                    struct hs_error *err)
{
    (void)g;
    return slot_list_add_entry(freed, &u->entry, err);
}

/* Deletions that drop the oldest `excess` snapshots: their records, and the way back to them. */
static enum hs_status prune_add(struct generation *g, struct kv_leveldb_batch *batch, size_t excess,
                                struct slot_list *freed, struct hs_error *err)
{
    enum hs_status st = HS_OK;

    for (size_t i = 0; st == HS_OK && i < excess; i++) {
        struct snapshot_key key = key_record(g->records[i].record.at.seqnum);
        const struct record_value *next = i + 1 < g->records_len ? &g->records[i + 1] : NULL;

        kv_leveldb_batch_delete(batch, snapshot_key_slice(&key));
        if (!next) break;
        generation_undo_delete(batch, next);
        key = key_undos(next->record.at.seqnum);
        st = generation_undo_visit(g, snapshot_key_slice(&key), undo_slot_add, freed, NULL, err);
    }
    return st;
}

static void records_forget_oldest(struct generation *g, size_t count)
{
    g->records_len -= count;
    memmove(g->records, g->records + count, g->records_len * sizeof *g->records);
}

enum hs_status generation_put_next(struct generation *g, const struct mark_changes *changes,
                                   uint64_t made_at, size_t keep, struct hs_error *err)
{
    size_t excess = snapshot_policy_excess(g->records_len + 1, keep);
    enum change_end end = CHANGE_DROPPED;
    struct record_value record;
    struct change c;
    enum hs_status st = change_init(&c, g, changes->at.seqnum, keep, err);

    assert(g->records_len > 0 && excess <= g->records_len);
    if (st == HS_OK) st = generation_records_reserve(g, err);
    if (st == HS_OK) st = change_mark(&c, changes, err);
    if (st != HS_OK) goto out;
    record_make(&c, changes, made_at, &record);
    st = prune_add(g, c.batch, excess, &c.freed, err);
    if (st != HS_OK) goto out;
    st = generation_commit(g, c.batch, changes->at.seqnum, err);
    end = st == HS_OK ? CHANGE_DURABLE : CHANGE_UNKNOWN;
    if (st != HS_OK) goto out;
    records_forget_oldest(g, excess);
    generation_records_push(g, &record);
    kv_leveldb_unhurry(g->db); /* it was filled, for whoever waited */
out:
    change_settle(&c, end);
    change_fini(&c);
    return st;
}

enum hs_status generation_copy_store(struct generation *to, struct generation *from,
                                     struct hs_error *err)
{
    struct kv_leveldb_cursor *cursor = NULL;
    struct slice key, value;
    struct change c;
    enum hs_status st = change_init(&c, to, 0, 1, err);

    assert(c.first);
    if (st == HS_OK) st = kv_leveldb_cursor_open(from->db, slice_text("s/"), &cursor, err);
    while (st == HS_OK && kv_leveldb_cursor_next(cursor, &key, &value, &st, err)) {
        if (!slice_starts_with(key, slice_text("s/"))) break;
        st = change_set(&c, key, value, err);
    }
    kv_leveldb_cursor_close(cursor);
    if (st == HS_OK) st = change_write_piece(&c, 1, err);
    change_fini(&c);
    return st;
}
