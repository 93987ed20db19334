#include "kernel/tables/termination.h"

#include "kernel/tables/clist.h"
#include "kernel/tables/objects.h"
#include "kernel/tables/promises.h"
#include "kernel/tables/reaping.h"
#include "kernel/tables/resolution.h"
#include "kernel/tables/timers.h"
#include "kernel/tables/vat_names.h"
#include "kernel/text/json_text.h"

#include <assert.h>

/* Promises that are looked at when a vat ends; the rest is the housekeeping's. */
enum { TERMINATION_PROMISES_FIRST = 256 };

static const char ended_name[] = ".ended"; /* v$N.ended: what those who wait for it are told */

/* What to do with one key under a prefix; `rest` is the key behind it. */
typedef enum hs_status (*key_visit_fn)(struct kv_hashed *k, const struct ref *vat,
                                       struct slice rest, void *data, struct hs_error *err);

/* Visit the keys `<vat><part>…` in order, all of them or as many as *left, which counts down. The
 * visitor may delete the key it is shown. */
static enum hs_status vat_keys_visit(struct kv_hashed *k, const struct ref *vat, const char *part,
                                     key_visit_fn visit, void *data, uint64_t *left,
                                     struct hs_error *err)
{
    struct buffer key = {0};
    struct key prefix_key;
    struct slice prefix = key_of(&prefix_key, vat->text, part, "");
    enum hs_status st = HS_OK;

    while (*left > 0) {
        st = kv_hashed_next(k, prefix, &key, NULL, err);
        if (st != HS_OK) break;
        --*left;
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

/* The entry of the vref head + rest. */
static enum hs_status visit_entry(struct kv_hashed *k, const struct ref *vat, const char *head,
                                  struct slice rest, struct clist_entry *entry,
                                  struct hs_error *err)
{
    struct buffer text = {0};
    struct ref vref;
    struct printer p = printer_on(&text);
    enum hs_status st;

    printer_text(&p, head);
    printer_bytes(&p, rest);
    st = printer_end(&p);
    if (st == HS_OK) st = ref_make(buffer_slice(&text), &vref);
    st = st == HS_INVALID ? clist_keys_damaged(vat, err) : kernel_fail(err, st);
    if (st == HS_OK) st = clist_find_vref(k, vat, &vref, entry, err);
    buffer_fini(&text);
    return st;
}

/* What waits for the vat's word gets it: a promise that it decides is rejected. */
static enum hs_status promise_forsake(struct kv_hashed *k, const struct ref *vat,
                                      const struct ref *kpid, const char *message,
                                      struct hs_error *err)
{
    enum promise_state state;
    struct ref decider;
    enum hs_status st = promise_state_read(k, kpid, &state, err);

    if (st != HS_OK || state != PROMISE_UNRESOLVED) return st;
    st = promise_decider(k, kpid, &decider, err);
    if (st != HS_OK || !ref_equal(&decider, vat)) return st;
    return resolution_reject(k, kpid, message, err);
}

/* `rest` is what follows p in a vref of the vat; `data`: what others are told. Both keys of the
 * entry go, so that every step deletes something. */
static enum hs_status visit_promise(struct kv_hashed *k, const struct ref *vat, struct slice rest,
                                    void *data, struct hs_error *err)
{
    struct clist_entry entry = {0};
    enum hs_status st = visit_entry(k, vat, "p", rest, &entry, err);

    if (st != HS_OK) return st;
    if (!entry.found || kref_kind(&entry.kref) != REF_PROMISE) return clist_keys_damaged(vat, err);
    st = promise_forsake(k, vat, &entry.kref, buffer_text(data), err);
    return st == HS_OK ? clist_delete(k, vat, &entry, err) : st;
}

/* `rest` is what follows o in a vref of the vat: an import is released, an export orphaned. */
static enum hs_status visit_object(struct kv_hashed *k, const struct ref *vat, struct slice rest,
                                   void *data, struct hs_error *err)
{
    struct clist_entry entry = {0};
    enum hs_status st = visit_entry(k, vat, "o", rest, &entry, err);

    (void)data;
    if (st != HS_OK) return st;
    if (!entry.found || kref_kind(&entry.kref) != REF_OBJECT) return clist_keys_damaged(vat, err);
    st = clist_delete(k, vat, &entry, err);
    if (st != HS_OK || !vref_is_export(&entry.vref)) return st;
    return object_orphan(k, &entry.kref, err);
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

/* What the others wait for. By the vat's own names: with each goes the kernel's. */
static enum hs_status clean_up_promises(struct kv_hashed *k, const struct ref *vat,
                                        struct buffer *message, uint64_t *left,
                                        struct hs_error *err)
{
    return vat_keys_visit(k, vat, ".c.p", visit_promise, message, left, err);
}

static enum hs_status clean_up_names(struct kv_hashed *k, const struct ref *vat,
                                     struct buffer *message, uint64_t *left, struct hs_error *err)
{
    enum hs_status st = clean_up_promises(k, vat, message, left, err);

    if (st == HS_OK) st = vat_keys_visit(k, vat, ".c.o", visit_object, NULL, left, err);
    return st == HS_OK ? timers_drop_of(k, vat, left, err) : st;
}

/* The message lies among the vat's keys until everybody has been told. */
static enum hs_status clean_up_vat(struct kv_hashed *k, const struct ref *vat, uint64_t *left,
                                   struct hs_error *err)
{
    struct key key;
    struct buffer message = {0};
    enum hs_status st =
        kv_store_get(&k->store, key_of(&key, vat->text, ended_name, ""), &message, err);

    /* Gone already: nothing is left but keys that concern nobody. */
    if (st == HS_OK) st = clean_up_names(k, vat, &message, left, err);
    buffer_fini(&message);
    if (st == HS_NOT_FOUND) st = HS_OK;
    return st == HS_OK ? vat_keys_visit(k, vat, ".", visit_delete, NULL, left, err) : st;
}

enum hs_status termination_begin(struct kv_hashed *k, const struct ref *vat, const char *message,
                                 struct hs_error *err)
{
    struct key key;
    struct buffer text = {0};
    uint64_t left = TERMINATION_PROMISES_FIRST;
    enum hs_status st =
        kv_hashed_write_text(k, key_of(&key, vat->text, ended_name, ""), message, err);

    if (st == HS_OK) st = vat_names_remove(k, vat, err);
    if (st == HS_OK) st = name_list_add(&k->store, "vats.terminated", ref_slice(vat), err);
    if (st == HS_OK) k->cleanup_pending = true;
    if (st == HS_OK) st = reap_queue_leave(k, vat, err);
    if (st == HS_OK) st = kernel_fail(err, buffer_append_text(&text, message));
    if (st == HS_OK) st = clean_up_promises(k, vat, &text, &left, err);
    buffer_fini(&text);
    return st;
}

enum hs_status termination_words(struct kv_hashed *k, const struct ref *vat, struct buffer *out,
                                 struct hs_error *err)
{
    struct key key;
    struct slice message = {NULL, 0};
    bool found = false;
    enum hs_status st = HS_OK;

    if (vat->text[0] != '\0') {
        st = kv_hashed_find(k, key_of(&key, vat->text, ended_name, ""), &message, &found, err);
    }
    if (st != HS_OK) return st;
    if (!found) message = slice_text("the vat of the target was terminated");
    return kernel_fail(err, buffer_assign(out, message));
}

/* The first vat of the list; HS_KERNEL_FAILED: there is none. */
static enum hs_status clean_up_next(struct kv_hashed *k, struct ref *vat, struct hs_error *err)
{
    static const char key[] = "vats.terminated";
    struct json_text t;
    struct slice list, raw;
    enum hs_status st = kv_hashed_read(k, slice_text(key), &list, err);

    if (st != HS_OK) return st;
    json_text_init(&t, list);
    if (json_text_open(&t, '[') && json_text_next(&t, ']') && json_text_string(&t, &raw) &&
        ref_make(json_text_inner(raw), vat) == HS_OK && ref_is_vat(vat)) {
        return HS_OK;
    }
    return kernel_store_damaged(slice_text(key), "no list of vats", err);
}

static enum hs_status clean_up_end(struct kv_hashed *k, const struct ref *vat, struct hs_error *err)
{
    struct slice list;
    enum hs_status st = name_list_remove(&k->store, "vats.terminated", ref_slice(vat), err);

    if (st == HS_OK) st = kv_hashed_read(k, slice_text("vats.terminated"), &list, err);
    if (st == HS_OK) k->cleanup_pending = !slice_equal(list, slice_text("[]"));
    return st;
}

enum hs_status termination_clean_up(struct kv_hashed *k, uint64_t keys_max, struct hs_error *err)
{
    struct ref vat;
    uint64_t left = keys_max;
    enum hs_status st = clean_up_next(k, &vat, err);

    assert(k->cleanup_pending && keys_max > 0);
    if (st == HS_OK) st = clean_up_vat(k, &vat, &left, err);
    return st == HS_OK && left > 0 ? clean_up_end(k, &vat, err) : st;
}
