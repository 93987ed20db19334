#include "kernel/tables/clist.h"

#include "kernel/tables/objects.h"
#include "kernel/tables/promises.h"

#include <assert.h>
#include <string.h>

static enum hs_status clist_damaged(const struct ref *vat, const char *name, struct hs_error *err)
{
    struct key key;

    return kernel_store_damaged(key_of(&key, vat->text, ".c.", name),
                                "no entry that fits the other one of its pair", err);
}

enum hs_status clist_find(struct kv_hashed *k, const struct ref *vat, const struct ref *kref,
                          struct clist_entry *out, struct hs_error *err)
{
    struct key key;
    struct slice value;
    enum ref_kind kind = kref_kind(kref);
    enum hs_status st =
        kv_hashed_find(k, key_of(&key, vat->text, ".c.", kref->text), &value, &out->found, err);

    if (st != HS_OK || !out->found) return st;
    if (value.len < 3 || value.data[1] != ' ' || (value.data[0] != 'R' && value.data[0] != '_') ||
        ref_make(slice_make(value.data + 2, value.len - 2), &out->vref) != HS_OK ||
        kind == REF_NONE || vref_kind(&out->vref) != kind ||
        (value.data[0] == '_' && kind != REF_OBJECT)) {
        return clist_damaged(vat, kref->text, err);
    }
    out->reachable = value.data[0] == 'R';
    out->kref = *kref;
    return HS_OK;
}

enum hs_status clist_find_vref(struct kv_hashed *k, const struct ref *vat, const struct ref *vref,
                               struct clist_entry *out, struct hs_error *err)
{
    struct key key;
    struct ref kref;
    struct slice value;
    enum hs_status st =
        kv_hashed_find(k, key_of(&key, vat->text, ".c.", vref->text), &value, &out->found, err);

    if (st != HS_OK || !out->found) return st;
    if (ref_make(value, &kref) != HS_OK || kref_kind(&kref) == REF_NONE) {
        return clist_damaged(vat, vref->text, err);
    }
    st = clist_find(k, vat, &kref, out, err);
    if (st != HS_OK) return st;
    if (!out->found) return clist_damaged(vat, kref.text, err);
    return ref_equal(&out->vref, vref) ? HS_OK : clist_damaged(vat, vref->text, err);
}

/* "R o-50": what the entry under its kref says. */
struct clist_flag {
    char text[REF_BYTES_MAX + 2];
};

static struct slice clist_flag(const struct clist_entry *entry, struct clist_flag *out)
{
    size_t len = strlen(entry->vref.text);

    out->text[0] = entry->reachable ? 'R' : '_';
    out->text[1] = ' ';
    memcpy(out->text + 2, entry->vref.text, len);
    return slice_make(out->text, len + 2);
}

static enum hs_status clist_write_flag(struct kv_hashed *k, const struct ref *vat,
                                       const struct clist_entry *entry, struct hs_error *err)
{
    struct clist_flag flag;
    struct key key;

    return kv_hashed_write(k, key_of(&key, vat->text, ".c.", entry->kref.text),
                           clist_flag(entry, &flag), err);
}

static enum hs_status clist_add(struct kv_hashed *k, const struct ref *vat, const struct ref *kref,
                                const struct ref *vref, struct hs_error *err)
{
    struct clist_entry entry = {.found = true, .reachable = true, .kref = *kref, .vref = *vref};
    struct clist_flag flag;
    struct key key;
    enum hs_status st = kv_hashed_create(k, key_of(&key, vat->text, ".c.", kref->text),
                                         clist_flag(&entry, &flag), err);

    if (st != HS_OK) return st;
    return kv_hashed_create(k, key_of(&key, vat->text, ".c.", vref->text), ref_slice(kref), err);
}

/* A thing new to the vat: o-50, p-60 or d-70 and up. */
static enum hs_status clist_import(struct kv_hashed *k, const struct ref *vat,
                                   const struct ref *kref, struct ref *vref, struct hs_error *err)
{
    static const struct {
        const char *next, *prefix;
    } names[] = {[REF_OBJECT] = {".o.nextID", "o-"},
                 [REF_PROMISE] = {".p.nextID", "p-"},
                 [REF_DEVICE] = {".d.nextID", "d-"}};
    enum ref_kind kind = kref_kind(kref);
    struct key key;
    uint64_t number;
    enum hs_status st;

    assert(kind != REF_NONE);
    st = kv_hashed_allot(k, key_of(&key, vat->text, names[kind].next, ""), &number, err);
    if (st != HS_OK) return st;
    *vref = ref_number(names[kind].prefix, number);
    if (kind == REF_OBJECT) st = object_hold(k, kref, true, true, err);
    if (kind == REF_PROMISE) st = promise_hold(k, kref, err);
    return st == HS_OK ? clist_add(k, vat, kref, vref, err) : st;
}

/* Only recognizable until now: reachable again. */
static enum hs_status clist_revive(struct kv_hashed *k, const struct ref *vat,
                                   struct clist_entry *entry, struct hs_error *err)
{
    enum hs_status st;

    assert(entry->found && !entry->reachable);
    entry->reachable = true;
    st = clist_write_flag(k, vat, entry, err);
    if (st != HS_OK || vref_is_export(&entry->vref)) return st;
    return object_hold(k, &entry->kref, true, false, err);
}

enum hs_status clist_to_vat(struct kv_hashed *k, const struct ref *vat, const struct ref *kref,
                            struct ref *vref, struct hs_error *err)
{
    struct clist_entry entry;
    enum hs_status st = clist_find(k, vat, kref, &entry, err);

    if (st != HS_OK) return st;
    if (!entry.found) return clist_import(k, vat, kref, vref, err);
    *vref = entry.vref;
    return entry.reachable ? HS_OK : clist_revive(k, vat, &entry, err);
}

static enum hs_status clist_export(struct kv_hashed *k, const struct ref *vat,
                                   const struct ref *vref, struct ref *kref, struct hs_error *err)
{
    enum hs_status st;

    switch (vref_kind(vref)) {
    case REF_OBJECT: st = object_create(k, vat, kref, err); break;
    case REF_PROMISE: st = promise_create(k, vat, 1, kref, err); break;
    default: return hs_fail(err, HS_VAT_FAILED, "a vat may not export \"%s\"", vref->text);
    }
    return st == HS_OK ? clist_add(k, vat, kref, vref, err) : st;
}

enum hs_status clist_to_kernel(struct kv_hashed *k, const struct ref *vat, const struct ref *vref,
                               struct ref *kref, struct hs_error *err)
{
    struct clist_entry entry;
    enum hs_status st;

    if (vref_kind(vref) == REF_NONE) {
        return hs_fail(err, HS_VAT_FAILED, "\"%s\" is no reference", vref->text);
    }
    st = clist_find_vref(k, vat, vref, &entry, err);
    if (st != HS_OK) return st;
    if (!entry.found) {
        if (vref_is_export(vref)) return clist_export(k, vat, vref, kref, err);
        return hs_fail(err, HS_VAT_FAILED, "the vat does not know \"%s\"", vref->text);
    }
    *kref = entry.kref;
    if (entry.reachable) return HS_OK;
    if (vref_is_export(vref)) return clist_revive(k, vat, &entry, err);
    return hs_fail(err, HS_VAT_FAILED, "the vat has dropped \"%s\"", vref->text);
}

enum hs_status clist_list_to_vat(struct kv_hashed *k, const struct ref *vat,
                                 const struct ref_list *krefs, struct ref_list *to,
                                 struct hs_error *err)
{
    struct ref vref;
    enum hs_status st = HS_OK;

    ref_list_clear(to);
    for (size_t i = 0; i < krefs->len && st == HS_OK; i++) {
        st = clist_to_vat(k, vat, &krefs->items[i], &vref, err);
        if (st == HS_OK) st = kernel_fail(err, ref_list_add(to, &vref));
    }
    return st;
}

enum hs_status clist_list_to_kernel(struct kv_hashed *k, const struct ref *vat,
                                    const struct ref_list *vrefs, struct ref_list *to,
                                    struct hs_error *err)
{
    struct ref kref;
    enum hs_status st = HS_OK;

    ref_list_clear(to);
    for (size_t i = 0; i < vrefs->len && st == HS_OK; i++) {
        st = clist_to_kernel(k, vat, &vrefs->items[i], &kref, err);
        if (st == HS_OK) st = kernel_fail(err, ref_list_add(to, &kref));
    }
    return st;
}

enum hs_status clist_drop(struct kv_hashed *k, const struct ref *vat,
                          const struct clist_entry *entry, struct hs_error *err)
{
    struct clist_entry dropped = *entry;
    enum hs_status st;

    assert(entry->found);
    if (!entry->reachable) return clist_damaged(vat, entry->kref.text, err);
    dropped.reachable = false;
    st = clist_write_flag(k, vat, &dropped, err);
    if (st != HS_OK || vref_is_export(&entry->vref)) return st;
    return object_release(k, &entry->kref, true, false, err);
}

enum hs_status clist_delete(struct kv_hashed *k, const struct ref *vat,
                            const struct clist_entry *entry, struct hs_error *err)
{
    struct key key;
    enum ref_kind kind = kref_kind(&entry->kref);
    enum hs_status st;

    assert(entry->found && kind != REF_NONE);
    st = kv_hashed_delete(k, key_of(&key, vat->text, ".c.", entry->kref.text), err);
    if (st == HS_OK)
        st = kv_hashed_delete(k, key_of(&key, vat->text, ".c.", entry->vref.text), err);
    if (st != HS_OK) return st;
    if (kind == REF_PROMISE) return promise_release(k, &entry->kref, err);
    if (kind == REF_DEVICE || vref_is_export(&entry->vref)) return HS_OK;
    return object_release(k, &entry->kref, entry->reachable, true, err);
}

enum hs_status clist_forget(struct kv_hashed *k, const struct ref *vat,
                            const struct ref_list *krefs, struct hs_error *err)
{
    struct clist_entry entry;
    enum hs_status st = HS_OK;

    for (size_t i = 0; i < krefs->len && st == HS_OK; i++) {
        st = clist_find(k, vat, &krefs->items[i], &entry, err);
        if (st == HS_OK && entry.found) st = clist_delete(k, vat, &entry, err);
    }
    return st;
}
