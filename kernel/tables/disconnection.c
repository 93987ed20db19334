#include "kernel/tables/disconnection.h"

#include "kernel/tables/clist.h"
#include "kernel/tables/objects.h"
#include "kernel/tables/promises.h"
#include "kernel/tables/resolution.h"

#include <string.h>

static enum hs_status disconnect_promise(struct kv_hashed *k, const struct ref *vat,
                                         const struct clist_entry *entry, struct slice body,
                                         struct hs_error *err)
{
    static const struct ref_list none = {0};
    enum promise_state state;
    struct ref decider = {""};
    enum hs_status st = promise_state_read(k, &entry->kref, &state, err);

    if (st == HS_OK && state == PROMISE_UNRESOLVED) {
        st = promise_decider(k, &entry->kref, &decider, err);
    }
    if (st == HS_OK && ref_equal(&decider, vat)) {
        st = resolution_settle(k, &entry->kref, true, body, &none, vat, err);
    }
    return st == HS_OK ? clist_delete(k, vat, entry, err) : st;
}

static bool export_stays(const struct ref *vref)
{
    return strcmp(vref->text, "o+0") == 0 || strncmp(vref->text, "o+d", 3) == 0;
}

static enum hs_status disconnect_export(struct kv_hashed *k, const struct ref *vat,
                                        const struct clist_entry *entry, struct hs_error *err)
{
    enum hs_status st;

    if (export_stays(&entry->vref)) return HS_OK;
    st = clist_delete(k, vat, entry, err);
    return st == HS_OK ? object_orphan(k, &entry->kref, err) : st;
}

/* What the vat's store names (kernel/vat/js/durables.js) the next incarnation has, too. */
static enum hs_status disconnect_import(struct kv_hashed *k, const struct ref *vat,
                                        const struct clist_entry *entry, struct hs_error *err)
{
    struct key key;
    bool held;
    enum hs_status st =
        kv_hashed_has(k, key_of(&key, vat->text, ".vs..holds.", entry->vref.text), &held, err);

    return st == HS_OK && !held ? clist_delete(k, vat, entry, err) : st;
}

/* Every entry whose vref begins with `head`. */
static enum hs_status disconnect_all(struct kv_hashed *k, const struct ref *vat, const char *head,
                                     struct slice body, struct hs_error *err)
{
    struct buffer at = {0};
    struct key prefix_key;
    struct slice prefix = key_of(&prefix_key, vat->text, ".c.", head);
    const size_t skip = prefix.len - strlen(head);
    size_t count = 0;
    struct clist_entry entry;
    struct ref vref;
    enum hs_status st;

    while ((st = kv_hashed_next(k, prefix, &at, NULL, err)) == HS_OK) {
        if (++count > DISCONNECTION_REFERENCES_MAX) {
            st = hs_fail(err, HS_VAT_FAILED, "more than %d references of one kind are in the way",
                         DISCONNECTION_REFERENCES_MAX);
        }
        if (st == HS_OK && ref_make(slice_make(at.data + skip, at.len - skip), &vref) != HS_OK) {
            st = kernel_store_damaged(buffer_slice(&at), "no reference", err);
        }
        if (st == HS_OK) st = clist_find_vref(k, vat, &vref, &entry, err);
        if (st == HS_OK && !entry.found) {
            st = kernel_store_damaged(buffer_slice(&at), "no whole entry", err);
        }
        if (st == HS_OK && head[0] == 'p') st = disconnect_promise(k, vat, &entry, body, err);
        if (st == HS_OK && strcmp(head, "o+") == 0) st = disconnect_export(k, vat, &entry, err);
        if (st == HS_OK && strcmp(head, "o-") == 0) st = disconnect_import(k, vat, &entry, err);
        if (st != HS_OK) break;
    }
    buffer_fini(&at);
    return st == HS_NOT_FOUND ? HS_OK : st;
}

enum hs_status disconnection_of_vat(struct kv_hashed *k, const struct ref *vat, struct slice body,
                                    struct hs_error *err)
{
    enum hs_status st = disconnect_all(k, vat, "p", body, err);

    if (st == HS_OK) st = disconnect_all(k, vat, "o+", body, err);
    return st == HS_OK ? disconnect_all(k, vat, "o-", body, err) : st;
}
