#include "kernel/reference_audit.h"

#include "kernel/state/decimal.h"
#include "kernel/state/position.h"
#include "kernel/tables/clist.h"
#include "kernel/tables/device_handler.h"
#include "kernel/tables/events.h"
#include "kernel/tables/objects.h"
#include "kernel/tables/promises.h"
#include "kernel/tables/timers.h"
#include "kernel/tables/vat_names.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A reference as often as something holds it; sorted once all are gathered. */
struct holds {
    struct ref_list reachable, recognizable; /* of promises: the first alone */
    struct ref_list there;                   /* objects and promises that have a count */
};

static enum hs_status hold(struct holds *h, const struct ref *kref, bool reachable)
{
    enum hs_status st = HS_OK;

    if (kref_kind(kref) == REF_DEVICE) return HS_OK;
    if (reachable) st = ref_list_add(&h->reachable, kref);
    if (st == HS_OK && kref_kind(kref) == REF_OBJECT) st = ref_list_add(&h->recognizable, kref);
    return st;
}

static enum hs_status hold_list(struct holds *h, struct slice text, struct hs_error *err)
{
    struct ref_list krefs = {0};
    enum hs_status st = ref_list_split(&krefs, text);

    for (size_t i = 0; i < krefs.len && st == HS_OK; i++) {
        st = hold(h, &krefs.items[i], true);
    }
    ref_list_fini(&krefs);
    return kernel_fail(err, st);
}

static enum hs_status hold_event(struct holds *h, struct slice key, struct slice text,
                                 struct hs_error *err)
{
    struct event e = {0};
    enum hs_status st = event_parse(key, text, &e, err);

    if (st == HS_OK && e.kind == EVENT_SEND) st = kernel_fail(err, hold(h, &e.target, true));
    if (st == HS_OK && e.promise.text[0] != '\0') {
        st = kernel_fail(err, hold(h, &e.promise, true));
    }
    for (size_t i = 0; i < e.data.slots.len && st == HS_OK; i++) {
        st = kernel_fail(err, hold(h, &e.data.slots.items[i], true));
    }
    event_fini(&e);
    return st;
}

/* v1.c.ko20 = "R o-50": an import holds as flagged, an export does not, a promise always does. */
static enum hs_status hold_entry(struct holds *h, struct slice name, struct slice value,
                                 struct hs_error *err)
{
    struct ref kref, vref;

    if (ref_make(name, &kref) != HS_OK || kref_kind(&kref) == REF_NONE) return HS_OK; /* a vref */
    if (value.len < 3 || ref_make(slice_make(value.data + 2, value.len - 2), &vref) != HS_OK) {
        return hs_fail(err, HS_KERNEL_FAILED, "kernel store: damaged c-list entry of %s",
                       kref.text);
    }
    if (kref_kind(&kref) == REF_PROMISE) return kernel_fail(err, hold(h, &kref, true));
    if (vref_is_export(&vref)) return HS_OK;
    return kernel_fail(err, hold(h, &kref, value.data[0] == 'R'));
}

static enum hs_status hold_wakeup(struct holds *h, struct slice key, struct slice value,
                                  struct hs_error *err)
{
    struct wakeup w;

    if (wakeup_parse(key, value, &w) != HS_OK) return kernel_store_damaged(key, "no wake-up", err);
    return kernel_fail(err, hold(h, &w.handler, true));
}

static enum hs_status hold_device_handler(struct holds *h, struct slice key, struct slice value,
                                          struct hs_error *err)
{
    struct device_handler b;

    if (device_handler_parse(value, &b) != HS_OK) {
        return kernel_store_damaged(key, "no handler of a bridge", err);
    }
    return b.handler.text[0] == '\0' ? HS_OK : kernel_fail(err, hold(h, &b.handler, true));
}

/* "kp40.queue.7" behind "kp": prefix, a number, then `middle`; *rest: what follows. */
static bool key_has(struct slice key, const char *prefix, const char *middle, struct slice *rest)
{
    size_t at = strlen(prefix), len = strlen(middle);

    if (!slice_starts_with(key, slice_text(prefix))) return false;
    while (at < key.len && key.data[at] >= '0' && key.data[at] <= '9') {
        at++;
    }
    if (at == strlen(prefix) || key.len - at < len || memcmp(key.data + at, middle, len) != 0) {
        return false;
    }
    *rest = slice_make(key.data + at + len, key.len - at - len);
    return true;
}

static bool is_number(struct slice s)
{
    uint64_t number;

    return uint_parse(s, &number) == HS_OK;
}

static void audit_say(struct reference_audit *a, const char *name, const char *what)
{
    if (!a->sound) return;
    a->sound = false;
    (void)snprintf(a->wrong, sizeof a->wrong, "%s %s", name, what);
}

/* Is it a vat that lives, or one that is still being cleaned up? */
static enum hs_status audit_vat(struct kv_hashed *k, struct slice id, struct reference_audit *a,
                                struct hs_error *err)
{
    struct ref vat;
    struct key key;
    bool ended = false, there = false;
    enum hs_status st;

    if (ref_make(id, &vat) != HS_OK || !ref_is_vat(&vat)) return HS_OK;
    st = kv_hashed_has(k, key_of(&key, vat.text, ".options", ""), &there, err);
    if (st == HS_OK && !there) st = vat_names_ended(k, &vat, &ended, err);
    if (st == HS_OK && !there && !ended) audit_say(a, vat.text, "is gone, and still has something");
    return st;
}

/* v1.c.ko20 = "R o-50" and v1.c.o-50 = "ko20" go together. */
static enum hs_status audit_pair(struct kv_hashed *k, struct slice key, struct slice value,
                                 struct reference_audit *a, struct hs_error *err)
{
    struct slice other, text;
    struct buffer name = {0};
    struct printer p = printer_on(&name);
    const char *dot = memchr(key.data, '.', key.len);
    const size_t head = (size_t)(dot - key.data) + 3; /* v1.c. */
    bool by_kref = value.len > 2 && value.data[1] == ' ', found;
    enum hs_status st = audit_vat(k, slice_make(key.data, head - 3), a, err);

    other = by_kref ? slice_make(value.data + 2, value.len - 2) : value;
    printer_bytes(&p, slice_make(key.data, head));
    printer_bytes(&p, other);
    if (st == HS_OK) st = kernel_fail(err, printer_end(&p));
    if (st == HS_OK) st = kv_hashed_find(k, buffer_slice(&name), &text, &found, err);
    if (st == HS_OK && found && !by_kref && text.len > 2) {
        text = slice_make(text.data + 2, text.len - 2);
    }
    if (st == HS_OK && !(found && slice_equal(text, slice_make(key.data + head, key.len - head)))) {
        audit_say(a, buffer_text(&name), "is not the other one of its pair");
    }
    buffer_fini(&name);
    return st;
}

/* "ko20.refCount": ko20 is there. */
static enum hs_status there_add(struct holds *h, struct slice key, struct hs_error *err)
{
    struct slice rest;
    struct ref kref;

    if (!(key_has(key, "ko", ".refCount", &rest) || key_has(key, "kp", ".refCount", &rest)) ||
        rest.len > 0) {
        return HS_OK;
    }
    if (ref_make(slice_make(key.data, key.len - (sizeof ".refCount" - 1)), &kref) != HS_OK) {
        return HS_OK;
    }
    return kernel_fail(err, ref_list_add(&h->there, &kref));
}

static enum hs_status hold_key(struct holds *h, struct slice key, struct slice value,
                               struct hs_error *err)
{
    struct slice rest;

    if (slice_equal(key, slice_text("pinnedObjects"))) return hold_list(h, value, err);
    if (key_has(key, "runQueue.", "", &rest) || key_has(key, "acceptanceQueue.", "", &rest)) {
        return hold_event(h, key, value, err);
    }
    if (key_has(key, "kp", ".queue.", &rest) && is_number(rest))
        return hold_event(h, key, value, err);
    if (key_has(key, "kp", ".data.slots", &rest) && rest.len == 0) return hold_list(h, value, err);
    if (slice_starts_with(key, slice_text("kernel.pending."))) {
        rest = slice_make(key.data + sizeof "kernel.pending." - 1,
                          key.len - (sizeof "kernel.pending." - 1));
        return hold_list(h, rest, err);
    }
    if (key_has(key, "d", ".deviceState", &rest) && rest.len == 0) {
        return hold_device_handler(h, key, value, err);
    }
    if (key_has(key, "timer.", ".", &rest)) return hold_wakeup(h, key, value, err);
    if (key_has(key, "v", ".c.", &rest)) return hold_entry(h, rest, value, err);
    return there_add(h, key, err);
}

/* What can be seen of one key and those it goes with. */
static enum hs_status audit_key(struct kv_hashed *k, struct slice key, struct slice value,
                                struct reference_audit *a, struct hs_error *err)
{
    struct slice rest;

    if (key_has(key, "v", ".c.", &rest)) return audit_pair(k, key, value, a, err);
    if (key_has(key, "kp", ".decider", &rest) && rest.len == 0) return audit_vat(k, value, a, err);
    return HS_OK;
}

static enum hs_status holds_gather(struct kv_hashed *k, struct holds *h, struct reference_audit *a,
                                   struct hs_error *err)
{
    struct buffer key = {0}, value = {0};
    enum hs_status st = HS_OK;

    while (st == HS_OK) {
        st = kv_store_next(&k->store, buffer_slice(&key), &key, &value, err);
        if (st != HS_OK) break;
        a->keys++;
        st = hold_key(h, buffer_slice(&key), buffer_slice(&value), err);
        if (st == HS_OK) st = audit_key(k, buffer_slice(&key), buffer_slice(&value), a, err);
    }
    buffer_fini(&key);
    buffer_fini(&value);
    return st == HS_NOT_FOUND ? HS_OK : st;
}

static int ref_compare(const void *a, const void *b)
{
    return strcmp(((const struct ref *)a)->text, ((const struct ref *)b)->text);
}

static void refs_sort(struct ref_list *l)
{
    if (l->len > 0) qsort(l->items, l->len, sizeof *l->items, ref_compare);
}

/* Where the first item that is not before `kref` stands; `after`: the first behind it. */
static size_t refs_bound(const struct ref_list *l, const struct ref *kref, bool after)
{
    size_t low = 0, high = l->len;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(l->items[middle].text, kref->text);

        if (order < 0 || (after && order == 0)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static uint64_t refs_count(const struct ref_list *l, const struct ref *kref)
{
    return refs_bound(l, kref, true) - refs_bound(l, kref, false);
}

static void audit_wrong(struct reference_audit *a, const struct ref *kref,
                        const struct object_count *held, const struct object_count *counted)
{
    if (!a->sound) return;
    a->sound = false;
    (void)snprintf(a->wrong, sizeof a->wrong,
                   "%s.refCount is %" PRIu64 ",%" PRIu64 ", counted %" PRIu64 ",%" PRIu64,
                   kref->text, held->reachable, held->recognizable, counted->reachable,
                   counted->recognizable);
}

static enum hs_status audit_told(struct kv_hashed *k, const struct ref *owner, const char *action,
                                 const struct ref *kref, struct reference_audit *a,
                                 struct hs_error *err)
{
    struct key key;
    struct buffer name = {0};
    bool told = false;
    enum hs_status st = buffer_printf(&name, "%s.%s", owner->text, action);

    st = kernel_fail(err, st);
    if (st == HS_OK) {
        st = kv_hashed_has(k, key_of(&key, "gcActions.", buffer_text(&name), kref->text), &told,
                           err);
    }
    if (st == HS_OK && !told) { /* a critical vat may have to be told later (gc_actions.h) */
        buffer_clear(&name);
        st = kernel_fail(err, buffer_printf(&name, ".gcUndone.%s", action));
    }
    if (st == HS_OK && !told) {
        st =
            kv_hashed_has(k, key_of(&key, owner->text, buffer_text(&name), kref->text), &told, err);
    }
    if (st == HS_OK && !told) audit_say(a, kref->text, "is nobody's, and its vat is not told");
    buffer_fini(&name);
    return st;
}

/* An object that nobody holds is kept only until its vat knows. */
static enum hs_status audit_nobodys(struct kv_hashed *k, const struct ref *kref,
                                    const struct object_count *count, struct reference_audit *a,
                                    struct hs_error *err)
{
    struct ref owner;
    struct clist_entry entry = {.found = false};
    bool ended = false;
    enum hs_status st = object_owner(k, kref, &owner, err);

    if (st != HS_OK || count->reachable > 0) return st;
    if (owner.text[0] == '\0') {
        audit_say(a, kref->text, "is nobody's, and has no vat");
        return HS_OK;
    }
    st = vat_names_ended(k, &owner, &ended, err);
    if (st != HS_OK || ended) return st;
    st = clist_find(k, &owner, kref, &entry, err);
    if (st == HS_OK && entry.found && entry.reachable) {
        st = audit_told(k, &owner, "dropExport.", kref, a, err);
    }
    if (st == HS_OK && count->recognizable == 0) {
        st = audit_told(k, &owner, "retireExport.", kref, a, err);
    }
    return st;
}

/* One that is gone is 0,0: its last holders forget it one by one, so that is no break of objects;
 * a promise that something holds is there. */
static enum hs_status audit_one(struct kv_hashed *k, const struct holds *h, const struct ref *kref,
                                struct reference_audit *a, struct hs_error *err)
{
    struct object_count counted = {refs_count(&h->reachable, kref),
                                   refs_count(&h->recognizable, kref)};
    struct object_count held = {0, 0};
    bool found = false, object = kref_kind(kref) == REF_OBJECT;
    enum hs_status st = object ? object_count_read(k, kref, &held, &found, err)
                               : promise_holds(k, kref, &held.reachable, &found, err);

    if (st != HS_OK || (object && !found)) return st;
    if (held.reachable != counted.reachable || held.recognizable != counted.recognizable) {
        audit_wrong(a, kref, &held, &counted);
    }
    if (object) return audit_nobodys(k, kref, &held, a, err);
    if (held.reachable == 0) audit_say(a, kref->text, "is nobody's");
    return HS_OK;
}

static enum hs_status audit_all(struct kv_hashed *k, const struct holds *h,
                                const struct ref_list *l, struct reference_audit *a,
                                struct hs_error *err)
{
    enum hs_status st = HS_OK;

    for (size_t i = 0; i < l->len && st == HS_OK && a->sound; i++) {
        if (i > 0 && ref_equal(&l->items[i - 1], &l->items[i])) continue;
        st = audit_one(k, h, &l->items[i], a, err);
    }
    return st;
}

enum hs_status reference_audit(struct kv_hashed *k, struct reference_audit *out,
                               struct hs_error *err)
{
    struct holds h = {{0}, {0}, {0}};
    enum hs_status st;

    *out = (struct reference_audit){.sound = true};
    st = holds_gather(k, &h, out, err);
    refs_sort(&h.reachable);
    refs_sort(&h.recognizable);
    if (st == HS_OK) st = audit_all(k, &h, &h.reachable, out, err);
    if (st == HS_OK) st = audit_all(k, &h, &h.recognizable, out, err);
    if (st == HS_OK) st = audit_all(k, &h, &h.there, out, err);
    ref_list_fini(&h.reachable);
    ref_list_fini(&h.recognizable);
    ref_list_fini(&h.there);
    return st;
}
