#include "kernel/tables/retirement.h"

#include "kernel/tables/clist.h"
#include "kernel/tables/gc_actions.h"
#include "kernel/tables/vat_names.h"

#include <stdlib.h>

static enum hs_status retirement_tell_importers(struct kv_hashed *k, const struct ref *kref,
                                                struct hs_error *err)
{
    struct vat_name *vats = NULL;
    struct clist_entry entry;
    size_t len = 0;
    enum hs_status st = vat_names_all(k, &vats, &len, err);

    for (size_t i = 0; i < len && st == HS_OK; i++) {
        st = clist_find(k, &vats[i].id, kref, &entry, err);
        if (st == HS_OK && entry.found && !vref_is_export(&entry.vref)) {
            st = gc_actions_add(k, &vats[i].id, GC_RETIRE_IMPORT, kref, err);
        }
    }
    free(vats);
    return st;
}

enum hs_status retirement_of_object(struct kv_hashed *k, const struct ref *kref,
                                    struct hs_error *err)
{
    struct key key;
    enum hs_status st = retirement_tell_importers(k, kref, err);

    if (st == HS_OK) st = kv_hashed_delete(k, key_of(&key, kref->text, ".owner", ""), err);
    if (st == HS_OK) st = kv_hashed_delete(k, key_of(&key, kref->text, ".refCount", ""), err);
    return st;
}
