#include "kernel/tables/termination.h"

#include "kernel/tables/clist.h"
#include "kernel/tables/objects.h"
#include "kernel/tables/promises.h"
#include "kernel/tables/resolution.h"
#include "kernel/tables/vat_names.h"
#include "kernel/text/json_text.h"

#include <assert.h>

/* What to do with one key under a prefix; `rest` is the key behind it. */
typedef enum hs_status (*key_visit_fn)(struct kv_hashed *k, const struct ref *vat,
                                       struct slice rest, void *data, struct hs_error *err);

/* Visit every key `<vat><part>…` in order. The visitor may delete the key it is shown. */
static enum hs_status vat_keys_visit(struct kv_hashed *k, const struct ref *vat, const char *part,
                                     key_visit_fn visit, void *data, struct hs_error *err)
{
    struct buffer key = {0};
    struct key prefix_key;
    struct slice prefix = key_of(&prefix_key, vat->text, part, "");
    enum hs_status st;

    for (;;) {
        st = kv_hashed_next(k, prefix, &key, NULL, err);
        if (st != HS_OK) break;
        st = visit(k, vat, slice_make(key.data + prefix.len, key.len - prefix.len), data, err);
        if (st != HS_OK) break;
    }
    buffer_fini(&key);
    return st == HS_NOT_FOUND ? HS_OK : st;
}

static enum hs_status clist_keys_damaged(const struct ref *vat, struct hs_error *err)
{
    struct key key;

    return kernel_store_damaged(key_of(&key, vat->text, ".c.", ""), "a key of it is no reference",
                                err);
}

/* Gather the promises that the vat decides: `rest` is the number of a kref kp<number>. */
static enum hs_status visit_decided(struct kv_hashed *k, const struct ref *vat, struct slice rest,
                                    void *data, struct hs_error *err)
{
    struct ref_list *decided = data;
    struct ref kpid = {"kp"}, decider;
    enum promise_state state;
    enum hs_status st;

    if (rest.len + 3 > sizeof kpid.text) return clist_keys_damaged(vat, err);
    for (size_t i = 0; i < rest.len; i++) {
        kpid.text[2 + i] = rest.data[i];
    }
    kpid.text[2 + rest.len] = '\0';
    if (kref_kind(&kpid) != REF_PROMISE) return clist_keys_damaged(vat, err);
    st = promise_state_read(k, &kpid, &state, err);
    if (st != HS_OK || state != PROMISE_UNRESOLVED) return st;
    st = promise_decider(k, &kpid, &decider, err);
    if (st != HS_OK || !ref_equal(&decider, vat)) return st;
    return kernel_fail(err, ref_list_add(decided, &kpid));
}

static enum hs_status reject_decided(struct kv_hashed *k, const struct ref *vat,
                                     const char *message, struct hs_error *err)
{
    struct ref_list decided = {0};
    enum hs_status st = vat_keys_visit(k, vat, ".c.kp", visit_decided, &decided, err);

    for (size_t i = 0; i < decided.len && st == HS_OK; i++) {
        st = resolution_reject(k, &decided.items[i], message, err);
    }
    ref_list_fini(&decided);
    return st;
}

/* `rest` is what follows o+ in a vref of the vat. */
static enum hs_status visit_export(struct kv_hashed *k, const struct ref *vat, struct slice rest,
                                   void *data, struct hs_error *err)
{
    struct buffer text = {0};
    struct clist_entry entry = {0};
    struct ref vref;
    struct printer p = printer_on(&text);
    enum hs_status st;

    (void)data;
    printer_text(&p, "o+");
    printer_bytes(&p, rest);
    st = printer_end(&p);
    if (st == HS_OK) st = ref_make(buffer_slice(&text), &vref);
    st = st == HS_INVALID ? clist_keys_damaged(vat, err) : kernel_fail(err, st);
    if (st == HS_OK) st = clist_find_vref(k, vat, &vref, &entry, err);
    if (st == HS_OK && entry.found) st = object_orphan(k, &entry.kref, err);
    buffer_fini(&text);
    return st;
}

enum hs_status termination_begin(struct kv_hashed *k, const struct ref *vat, const char *message,
                                 struct hs_error *err)
{
    enum hs_status st = reject_decided(k, vat, message, err);

    if (st == HS_OK) st = vat_keys_visit(k, vat, ".c.o+", visit_export, NULL, err);
    if (st == HS_OK) st = vat_names_remove(k, vat, err);
    if (st == HS_OK) st = name_list_add(&k->store, "vats.terminated", ref_slice(vat), err);
    if (st == HS_OK) k->cleanup_pending = true;
    return st;
}

/* `rest` is a vref or kref of the vat's c-list; what it imported and its promises are released,
 * and with them both keys of the entry go. */
static enum hs_status visit_import(struct kv_hashed *k, const struct ref *vat, struct slice rest,
                                   void *data, struct hs_error *err)
{
    struct clist_entry entry;
    struct ref vref;
    enum hs_status st;

    (void)data;
    if (ref_make(rest, &vref) != HS_OK || vref_kind(&vref) == REF_NONE) return HS_OK;
    st = clist_find_vref(k, vat, &vref, &entry, err);
    return st == HS_OK && entry.found ? clist_delete(k, vat, &entry, err) : st;
}

static enum hs_status visit_delete(struct kv_hashed *k, const struct ref *vat, struct slice rest,
                                   void *data, struct hs_error *err)
{
    struct key prefix;
    struct buffer key = {0};
    struct printer p = printer_on(&key);
    enum hs_status st;

    (void)data;
    printer_bytes(&p, key_of(&prefix, vat->text, ".", ""));
    printer_bytes(&p, rest);
    st = kernel_fail(err, printer_end(&p));
    if (st == HS_OK) st = kv_hashed_delete(k, buffer_slice(&key), err);
    buffer_fini(&key);
    return st;
}

static enum hs_status clean_up_vat(struct kv_hashed *k, const struct ref *vat, struct hs_error *err)
{
    enum hs_status st = vat_keys_visit(k, vat, ".c.", visit_import, NULL, err);

    return st == HS_OK ? vat_keys_visit(k, vat, ".", visit_delete, NULL, err) : st;
}

enum hs_status termination_clean_up(struct kv_hashed *k, struct hs_error *err)
{
    struct buffer list = {0};
    struct json_text t;
    struct slice raw;
    struct ref vat;
    enum hs_status st = kv_store_get_text(&k->store, "vats.terminated", &list, err);

    assert(k->cleanup_pending);
    json_text_init(&t, buffer_slice(&list));
    (void)json_text_open(&t, '[');
    while (st == HS_OK && json_text_more(&t, ']') && json_text_string(&t, &raw)) {
        if (ref_make(json_text_inner(raw), &vat) != HS_OK || !ref_is_vat(&vat)) break;
        st = clean_up_vat(k, &vat, err);
    }
    if (st == HS_NOT_FOUND || (st == HS_OK && !json_text_end(&t))) {
        st = kernel_store_damaged(slice_text("vats.terminated"), "no list of vats", err);
    }
    if (st == HS_OK) st = kv_hashed_write_text(k, slice_text("vats.terminated"), "[]", err);
    buffer_fini(&list);
    return st;
}
