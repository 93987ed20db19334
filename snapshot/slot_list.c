#include "snapshot/slot_list.h"

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
