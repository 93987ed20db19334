#include "snapshot/change.h"

#include <assert.h>

/* An undo entry alone would cost LevelDB as much as the entry that it undoes, and as much again for
 * its deletion: in pieces they are a few large values. */
enum { PIECE_BYTES = 1 << 20, UNDO_PIECE_BYTES = 32 << 10 };

enum hs_status change_init(struct change *c, struct generation *g, uint64_t seqnum, size_t keep,
                           struct hs_error *err)
{
    const struct record_value *newest = generation_newest(g);
    enum hs_status st;

    assert(keep >= 1);
    *c = (struct change){.g = g, .first = !newest, .undo = newest && keep > 1, .seqnum = seqnum};
    if (newest) {
        c->sums = (struct content_sums){.keys = newest->record.keys,
                                        .pages = newest->record.pages,
                                        .images = newest->images,
                                        .bytes = newest->record.bytes,
                                        .digest = newest->record.digest};
    }
    st = kv_leveldb_batch_open(&c->batch, err);
    return st == HS_OK ? generation_count_slots(g, err) : st;
}

void change_fini(struct change *c)
{
    kv_leveldb_batch_close(c->batch);
    slot_list_fini(&c->taken);
    slot_list_fini(&c->freed);
    buffer_fini(&c->old);
    buffer_fini(&c->undo_piece);
}

void change_settle(struct change *c, enum change_end end)
{
    if (end == CHANGE_DURABLE) slot_list_release(&c->freed, c->g->pages);
    if (end == CHANGE_DROPPED) slot_list_release(&c->taken, c->g->pages);
    if (end == CHANGE_UNKNOWN) c->g->slots_counted = false;
}

enum hs_status change_write_piece(struct change *c, size_t bytes_min, struct hs_error *err)
{
    enum hs_status st;

    if (!c->first || kv_leveldb_batch_bytes(c->batch) < bytes_min) return HS_OK;
    c->written_bytes += kv_leveldb_batch_bytes(c->batch);
    st = kv_leveldb_write(c->g->db, c->batch, false, err);
    kv_leveldb_batch_clear(c->batch);
    return st;
}

/* The entry comes into the content (times 1) or goes out of it (times minus 1). */
static void entry_count(struct change *c, const struct content_entry *e, uint64_t times)
{
    assert(e->kind != ENTRY_OTHER);
    content_sums_count(&c->sums, e, times);
    if (e->kind != ENTRY_PAGE) return;
    assert(c->image);
    c->image->pages_stored += times;
    c->image->pages_digest += times * e->digest;
}

enum hs_status change_undo_end(struct change *c, struct hs_error *err)
{
    struct slice piece = buffer_slice(&c->undo_piece);
    struct snapshot_key key;

    if (piece.len == 0) return HS_OK;
    if (c->undo_pieces > UINT32_MAX) {
        return hs_fail(err, HS_TOO_LARGE, "snapshot: more changes than undo pieces can count");
    }
    key = key_undo(c->seqnum, (uint32_t)c->undo_pieces);
    kv_leveldb_batch_put(c->batch, snapshot_key_slice(&key), piece);
    c->undo_digest += entry_checksum64(snapshot_key_slice(&key), piece);
    c->undo_pieces++;
    buffer_clear(&c->undo_piece);
    return HS_OK;
}

/* What is there goes: into the undo, or out of reach. */
static enum hs_status old_keep(struct change *c, const struct undo_entry *old, struct hs_error *err)
{
    enum hs_status st;

    if (!c->undo) return slot_list_add_entry(&c->freed, &old->entry, err);
    st = undo_entry_append(old, &c->undo_piece, err);
    if (st != HS_OK || c->undo_piece.len < UNDO_PIECE_BYTES) return st;
    return change_undo_end(c, err);
}

/* What is there now, its value in c->old. */
static enum hs_status old_get(struct change *c, struct slice key, struct undo_entry *old,
                              struct hs_error *err)
{
    enum hs_status st = kv_store_get(kv_leveldb_store(c->g->db), key, &c->old, err);

    old->present = st == HS_OK;
    old->entry = content_entry_absent(key);
    if (st == HS_NOT_FOUND) return HS_OK;
    return st == HS_OK ? content_entry_read(key, buffer_slice(&c->old), &old->entry, err) : st;
}

enum hs_status change_set(struct change *c, struct slice key, struct slice value,
                          struct hs_error *err)
{
    struct content_entry e;
    struct undo_entry old;
    enum hs_status st = content_entry_read(key, value, &e, err);

    if (st == HS_OK && !c->first) {
        st = old_get(c, key, &old, err);
        if (st != HS_OK) return st;
        if (old.present && slice_equal(old.entry.value, value)) return HS_OK;
        st = old_keep(c, &old, err);
        if (st == HS_OK && old.present) entry_count(c, &old.entry, UINT64_MAX);
    }
    if (st != HS_OK) return st;
    entry_count(c, &e, 1);
    kv_leveldb_batch_put(c->batch, key, value);
    return change_write_piece(c, PIECE_BYTES, err);
}

enum hs_status change_delete(struct change *c, struct slice key, struct hs_error *err)
{
    struct undo_entry old;
    enum hs_status st;

    if (!c->first) {
        st = old_get(c, key, &old, err);
        if (st != HS_OK || !old.present) return st;
        st = old_keep(c, &old, err);
        if (st != HS_OK) return st;
        entry_count(c, &old.entry, UINT64_MAX);
    }
    kv_leveldb_batch_delete(c->batch, key);
    return change_write_piece(c, PIECE_BYTES, err);
}

enum hs_status change_set_page(struct change *c, struct slice key, const char *page,
                               struct hs_error *err)
{
    struct page_value v = {.checksum = checksum64(slice_make(page, HS_HEAP_PAGE_BYTES))};
    char value[PAGE_VALUE_BYTES];
    enum hs_status st = page_file_put(c->g->pages, page, &v.slot, err);

    if (st != HS_OK) return st;
    st = slot_list_add(&c->taken, v.slot, err);
    if (st != HS_OK) {
        page_file_release(c->g->pages, v.slot);
        return st;
    }
    page_value_encode(&v, value);
    return change_set(c, key, slice_make(value, sizeof value), err);
}
