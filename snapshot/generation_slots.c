/* Which slots of the page file a generation's entries refer to. */
#include "snapshot/generation.h"

static enum hs_status slot_take(struct generation *g, const struct content_entry *e,
                                struct hs_error *err)
{
    if (e->kind != ENTRY_PAGE || e->value.len == 0) return HS_OK;
    return page_file_take(g->pages, e->page.slot, err);
}

static enum hs_status undo_slot_take(struct generation *g, const struct undo_entry *u, void *data,
                                     struct hs_error *err)
{
    (void)data;
    return slot_take(g, &u->entry, err);
}

static enum hs_status page_slots_take(struct generation *g, struct hs_error *err)
{
    struct kv_leveldb_cursor *cursor = NULL;
    struct slice key, value;
    enum hs_status st = kv_leveldb_cursor_open(g->db, slice_text("h/"), &cursor, err);

    while (st == HS_OK && kv_leveldb_cursor_next(cursor, &key, &value, &st, err)) {
        struct content_entry e;

        if (!slice_starts_with(key, slice_text("h/"))) break;
        st = content_entry_read(key, value, &e, err);
        if (st == HS_OK) st = slot_take(g, &e, err);
    }
    kv_leveldb_cursor_close(cursor);
    return st;
}

enum hs_status generation_count_slots(struct generation *g, struct hs_error *err)
{
    enum hs_status st;

    if (g->slots_counted) return HS_OK;
    page_file_release_all(g->pages);
    st = page_slots_take(g, err);
    if (st == HS_OK) {
        st = generation_undo_visit(g, slice_text("u/"), undo_slot_take, NULL, NULL, err);
    }
    g->slots_counted = st == HS_OK;
    return st;
}
