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

enum hs_status slot_list_add_entry(struct slot_list *l, const struct content_entry *e,
                                   struct hs_error *err)
{
    return e->kind == ENTRY_PAGE && e->value.len > 0 ? slot_list_add(l, e->page.slot, err) : HS_OK;
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

/* The page that an entry of the content or of an undo refers to. */
static enum hs_status slot_take(struct generation *g, struct slice key, struct slice value,
                                struct hs_error *err)
{
    struct undo_value undo = {.present = true};
    enum hs_status st = key.data[0] == 'u' ? undo_value_decode(value, &undo, err)
                                           : content_entry_read(key, value, &undo.entry, err);

    if (st != HS_OK || !undo.present || undo.entry.kind != ENTRY_PAGE) return st;
    return page_file_take(g->pages, undo.entry.page.slot, err);
}

static enum hs_status slots_take_all(struct generation *g, const char *prefix, struct hs_error *err)
{
    struct kv_leveldb_cursor *cursor = NULL;
    struct slice key, value;
    enum hs_status st = kv_leveldb_cursor_open(g->db, slice_text(prefix), &cursor, err);

    while (st == HS_OK && kv_leveldb_cursor_next(cursor, &key, &value, &st, err)) {
        if (!slice_starts_with(key, slice_text(prefix))) break;
        st = slot_take(g, key, value, err);
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
