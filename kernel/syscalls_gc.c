/* Garbage collection: dropImports, retireImports, retireExports, abandonExports. */
#include "kernel/syscalls_private.h"
#include "kernel/tables/clist.h"
#include "kernel/tables/objects.h"
#include "kernel/tables/retirement.h"

/* A list of vrefs that is the last argument. */
static enum hs_status read_vrefs(struct json_text *t, struct ref_list *out, struct hs_error *err)
{
    struct ref vref;
    enum hs_status st = HS_OK;

    (void)(json_text_next(t, ']') && json_text_open(t, '['));
    while (st == HS_OK && json_text_more(t, ']') && syscall_read_ref(t, &vref)) {
        st = kernel_fail(err, ref_list_add(out, &vref));
    }
    if (st != HS_OK) return st;
    return json_text_close(t, ']') ? HS_OK : syscall_malformed(t, err);
}

/* What one vref of a list must be, and what becomes of its c-list entry. */
typedef enum hs_status (*gc_step_fn)(struct delivery *d, const struct clist_entry *entry,
                                     struct hs_error *err);

static enum hs_status gc_step_drop_import(struct delivery *d, const struct clist_entry *entry,
                                          struct hs_error *err)
{
    if (!entry->reachable) {
        return hs_fail(err, HS_VAT_FAILED, "\"%s\" is dropped already", entry->vref.text);
    }
    return clist_drop(syscall_kv(d), &d->vat, entry, err);
}

static enum hs_status gc_step_retire_import(struct delivery *d, const struct clist_entry *entry,
                                            struct hs_error *err)
{
    if (entry->reachable) {
        return hs_fail(err, HS_VAT_FAILED, "\"%s\" is still reachable", entry->vref.text);
    }
    return clist_delete(syscall_kv(d), &d->vat, entry, err);
}

static enum hs_status gc_step_retire_export(struct delivery *d, const struct clist_entry *entry,
                                            struct hs_error *err)
{
    enum hs_status st;

    if (entry->reachable) {
        return hs_fail(err, HS_VAT_FAILED, "\"%s\" is still reachable", entry->vref.text);
    }
    st = clist_delete(syscall_kv(d), &d->vat, entry, err);
    return st == HS_OK ? retirement_of_object(syscall_kv(d), &entry->kref, err) : st;
}

static enum hs_status gc_step_abandon_export(struct delivery *d, const struct clist_entry *entry,
                                             struct hs_error *err)
{
    enum hs_status st = clist_delete(syscall_kv(d), &d->vat, entry, err);

    return st == HS_OK ? object_orphan(syscall_kv(d), &entry->kref, err) : st;
}

static enum hs_status syscall_gc(struct delivery *d, struct json_text *t, struct buffer *reply,
                                 bool exports, gc_step_fn step, struct hs_error *err)
{
    struct ref_list vrefs = {0};
    struct clist_entry entry;
    enum hs_status st = read_vrefs(t, &vrefs, err);

    for (size_t i = 0; i < vrefs.len && st == HS_OK; i++) {
        const struct ref *vref = &vrefs.items[i];

        if (vref_kind(vref) != REF_OBJECT || vref_is_export(vref) != exports) {
            st = hs_fail(err, HS_VAT_FAILED, "\"%s\" is no %s", vref->text,
                         exports ? "exported object" : "imported object");
            break;
        }
        st = clist_find_vref(syscall_kv(d), &d->vat, vref, &entry, err);
        if (st == HS_OK && !entry.found) {
            st = hs_fail(err, HS_VAT_FAILED, "the vat does not know \"%s\"", vref->text);
        }
        if (st == HS_OK) st = step(d, &entry, err);
    }
    d->let_go += vrefs.len;
    if (st == HS_OK) st = syscall_answer_ok(reply, err);
    ref_list_fini(&vrefs);
    return st;
}

enum hs_status syscall_drop_imports(struct delivery *d, struct json_text *t, struct buffer *reply,
                                    struct hs_error *err)
{
    return syscall_gc(d, t, reply, false, gc_step_drop_import, err);
}

enum hs_status syscall_retire_imports(struct delivery *d, struct json_text *t, struct buffer *reply,
                                      struct hs_error *err)
{
    return syscall_gc(d, t, reply, false, gc_step_retire_import, err);
}

enum hs_status syscall_retire_exports(struct delivery *d, struct json_text *t, struct buffer *reply,
                                      struct hs_error *err)
{
    return syscall_gc(d, t, reply, true, gc_step_retire_export, err);
}

enum hs_status syscall_abandon_exports(struct delivery *d, struct json_text *t,
                                       struct buffer *reply, struct hs_error *err)
{
    return syscall_gc(d, t, reply, true, gc_step_abandon_export, err);
}
