/* Which slots of the page file a generation's entries refer to. */
#include "snapshot/generation.h"

#include "kernel/state/array.h"

#include <stdlib.h>

enum hs_status slot_list_add(struct slot_list *l, uint32_t slot, struct hs_error *err)
{
    enum hs_status st = array_reserve(&l->slots, &l->capacity, l->len + 1, sizeof *l->slots);

    if (st != HS_OK) return hs_fail(err, st, "snapshot: no memory for a list of slots");
    l->slots[l->len++] = slot;
    return HS_OK;
}

enum hs_status slot_list_add_entry(struct slot_list *l, struct slice key, struct slice value,
                                   struct hs_error *err)
{
    struct page_value page;
    enum hs_status st;

    if (entry_kind_of(key) != ENTRY_PAGE) return HS_OK;
    st = page_value_decode(value, &page, err);
    return st == HS_OK ? slot_list_add(l, page.slot, err) : st;
}

void slot_list_release(struct slot_list *l, struct page_file *pages)
{
    while (l->len > 0) {
        page_file_release(pages, l->slots[--l->len]);
    }
}

void slot_list_fini(struct slot_list *l)
{
    free(l->slots);
    *l = (struct slot_list){0};
}

static enum hs_status slot_take(struct generation *g, struct slice key, struct slice value,
                                struct hs_error *err)
{
    struct page_value page;
    enum hs_status st;

    if (entry_kind_of(key) != ENTRY_PAGE) return HS_OK;
    st = page_value_decode(value, &page, err);
    return st == HS_OK ? page_file_take(g->pages, page.slot, err) : st;
}

static enum hs_status undo_slot_take(struct generation *g, struct slice value, struct hs_error *err)
{
    struct undo_value undo;
    enum hs_status st = undo_value_decode(value, &undo, err);

    if (st != HS_OK || !undo.present) return st;
    return slot_take(g, undo.key, undo.value, err);
}

static enum hs_status slots_take_all(struct generation *g, const char *prefix, struct hs_error *err)
{
    struct kv_leveldb_cursor *cursor = NULL;
    struct slice key, value;
    enum hs_status st = kv_leveldb_cursor_open(g->db, slice_text(prefix), &cursor, err);

    while (st == HS_OK && kv_leveldb_cursor_next(cursor, &key, &value, &st, err)) {
        if (!slice_starts_with(key, slice_text(prefix))) break;
        st = prefix[0] == 'u' ? undo_slot_take(g, value, err) : slot_take(g, key, value, err);
    }
    kv_leveldb_cursor_close(cursor);
    return st;
}

enum hs_status generation_count_slots(struct generation *g, struct hs_error *err)
{
    enum hs_status st;

    if (g->slots_counted) return HS_OK;
    page_file_release_all(g->pages);
    st = slots_take_all(g, "h/", err);
    if (st == HS_OK) st = slots_take_all(g, "u/", err);
    g->slots_counted = st == HS_OK;
    return st;
}
