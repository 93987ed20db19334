/* Slots of the page file, by number. */
#ifndef HEADSTART_SNAPSHOT_SLOT_LIST_H
#define HEADSTART_SNAPSHOT_SLOT_LIST_H

#include "snapshot/page_file.h"
#include "snapshot/snapshot_format.h"

struct slot_list {
    uint32_t *slots;
    size_t len;
    size_t capacity;
};
HS_MUST_CHECK enum hs_status slot_list_add(struct slot_list *l, uint32_t slot,
                                           struct hs_error *err);
/** The slot that the entry refers to, if it is a page's and there; else nothing. */
HS_MUST_CHECK enum hs_status slot_list_add_entry(struct slot_list *l, const struct content_entry *e,
                                                 struct hs_error *err);
/** Release the slots. */
void slot_list_release(struct slot_list *l, struct page_file *pages);
void slot_list_fini(struct slot_list *l);

#endif
