#include "kernel/tables/gc_actions.h"

#include "kernel/tables/clist.h"
#include "kernel/tables/objects.h"
#include "kernel/tables/vat_names.h"
#include "kernel/text/json_text.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const gc_action_names[GC_ACTION_COUNT] = {
    [GC_DROP_EXPORT] = "dropExport",
    [GC_RETIRE_EXPORT] = "retireExport",
    [GC_RETIRE_IMPORT] = "retireImport",
};

static enum hs_status gc_actions_damaged(struct hs_error *err)
{
    return kernel_store_damaged(slice_text("gcActions"), "no list of actions", err);
}

/* The stored list, as it is worked on. */
struct gc_actions {
    struct ref_list texts; /* "v1 dropExport ko20" */
};

static void gc_actions_fini(struct gc_actions *a)
{
    ref_list_fini(&a->texts);
}

/* "v1 dropExport ko20" into its three words. */
static bool gc_action_parse(const struct ref *text, struct ref *vat, enum gc_action *action,
                            struct ref *kref)
{
    const char *first = strchr(text->text, ' ');
    const char *second = first ? strchr(first + 1, ' ') : NULL;
    struct slice name;

    if (!second) return false;
    name = slice_make(first + 1, (size_t)(second - first - 1));
    for (int i = 0; i < GC_ACTION_COUNT; i++) {
        if (!slice_equal(name, slice_text(gc_action_names[i]))) continue;
        *action = (enum gc_action)i;
        return ref_make(slice_make(text->text, (size_t)(first - text->text)), vat) == HS_OK &&
               ref_is_vat(vat) && ref_make(slice_text(second + 1), kref) == HS_OK &&
               kref_kind(kref) == REF_OBJECT;
    }
    return false;
}

static enum hs_status gc_actions_parse(struct gc_actions *a, struct slice json,
                                       struct hs_error *err)
{
    struct json_text t;
    struct slice raw;
    struct ref text;
    enum hs_status st = HS_OK;

    json_text_init(&t, json);
    (void)json_text_open(&t, '[');
    while (st == HS_OK && json_text_more(&t, ']') && json_text_string(&t, &raw)) {
        raw = json_text_inner(raw);
        if (raw.len >= sizeof text.text) break;
        memcpy(text.text, raw.data, raw.len);
        text.text[raw.len] = '\0';
        st = ref_list_add(&a->texts, &text);
    }
    if (st == HS_NOMEM) return kernel_fail(err, st);
    return st == HS_OK && json_text_end(&t) ? HS_OK : gc_actions_damaged(err);
}

/* An empty list when `k` knows that nothing is pending. */
static enum hs_status gc_actions_load(struct kv_hashed *k, struct gc_actions *a,
                                      struct hs_error *err)
{
    struct slice value;
    enum hs_status st;

    if (!k->gc_pending) return HS_OK;
    st = kv_hashed_read(k, slice_text("gcActions"), &value, err);
    return st == HS_OK ? gc_actions_parse(a, value, err) : st;
}

static int gc_action_compare(const void *a, const void *b)
{
    return strcmp(((const struct ref *)a)->text, ((const struct ref *)b)->text);
}

static void gc_actions_sort(struct gc_actions *a)
{
    size_t kept = 0;

    if (a->texts.len == 0) return;
    qsort(a->texts.items, a->texts.len, sizeof *a->texts.items, gc_action_compare);
    for (size_t i = 1; i < a->texts.len; i++) {
        if (!ref_equal(&a->texts.items[kept], &a->texts.items[i])) {
            a->texts.items[++kept] = a->texts.items[i];
        }
    }
    a->texts.len = kept + 1;
}

static enum hs_status gc_actions_store(struct kv_hashed *k, struct gc_actions *a,
                                       struct hs_error *err)
{
    struct buffer json = {0};
    struct json_printer j = json_printer_on(&json);
    enum hs_status st;

    if (a->texts.len == 0 && !k->gc_pending) return HS_OK;
    ref_list_print(&a->texts, &j);
    st = kernel_fail(err, json_print_end(&j));
    if (st == HS_OK) st = kv_hashed_write(k, slice_text("gcActions"), buffer_slice(&json), err);
    if (st == HS_OK) k->gc_pending = a->texts.len > 0;
    buffer_fini(&json);
    return st;
}

enum hs_status gc_actions_add(struct kv_hashed *k, const struct ref *vat, enum gc_action action,
                              const struct ref *kref, struct hs_error *err)
{
    struct ref text;
    int len = snprintf(text.text, sizeof text.text, "%s %s %s", vat->text, gc_action_names[action],
                       kref->text);

    assert(action < GC_ACTION_COUNT && len > 0 && (size_t)len < sizeof text.text);
    return kernel_fail(err, ref_list_add(&k->gc_added, &text));
}

enum hs_status gc_actions_flush(struct kv_hashed *k, struct hs_error *err)
{
    struct gc_actions actions = {{0}};
    enum hs_status st;

    if (k->gc_added.len == 0) return HS_OK;
    st = gc_actions_load(k, &actions, err);
    for (size_t i = 0; i < k->gc_added.len && st == HS_OK; i++) {
        st = kernel_fail(err, ref_list_add(&actions.texts, &k->gc_added.items[i]));
    }
    gc_actions_sort(&actions);
    if (st == HS_OK) st = gc_actions_store(k, &actions, err);
    if (st == HS_OK) ref_list_clear(&k->gc_added);
    gc_actions_fini(&actions);
    return st;
}

/* Is there still a point in telling the vat? */
static enum hs_status gc_action_stands(struct kv_hashed *k, const struct ref *vat,
                                       enum gc_action action, const struct ref *kref, bool *stands,
                                       struct hs_error *err)
{
    struct clist_entry entry;
    struct object_count count = {0, 0};
    bool exists = false, ended;
    enum hs_status st = vat_names_ended(k, vat, &ended, err);

    *stands = false;
    if (st != HS_OK || ended) return st;
    st = clist_find(k, vat, kref, &entry, err);
    if (st == HS_OK) st = object_count_read(k, kref, &count, &exists, err);
    if (st != HS_OK) return st;
    switch (action) {
    case GC_DROP_EXPORT:
        *stands = entry.found && exists && count.reachable == 0 && entry.reachable;
        break;
    case GC_RETIRE_EXPORT: *stands = entry.found && exists && count.recognizable == 0; break;
    default: *stands = entry.found; break;
    }
    return HS_OK;
}

/* Take the first group of equal vat and action off the list; krefs: those that stand. */
static enum hs_status gc_actions_take_group(struct kv_hashed *k, struct gc_actions *a,
                                            struct ref *vat, enum gc_action *action,
                                            struct ref_list *krefs, struct hs_error *err)
{
    struct ref next_vat, kref;
    enum gc_action next_action;
    enum hs_status st = HS_OK;
    size_t taken = 0;
    bool stands;

    for (; taken < a->texts.len && taken < GC_GROUP_MAX && st == HS_OK; taken++) {
        if (!gc_action_parse(&a->texts.items[taken], &next_vat, &next_action, &kref)) {
            return gc_actions_damaged(err);
        }
        if (taken == 0) {
            *vat = next_vat;
            *action = next_action;
        }
        if (!ref_equal(vat, &next_vat) || *action != next_action) break;
        st = gc_action_stands(k, vat, *action, &kref, &stands, err);
        if (st == HS_OK && stands) st = kernel_fail(err, ref_list_add(krefs, &kref));
    }
    memmove(a->texts.items, a->texts.items + taken,
            (a->texts.len - taken) * sizeof *a->texts.items);
    a->texts.len -= taken;
    return st;
}

enum hs_status gc_actions_take(struct kv_hashed *k, struct ref *vat, enum gc_action *action,
                               struct ref_list *krefs, bool *found, struct hs_error *err)
{
    struct gc_actions actions = {{0}};
    enum hs_status st = gc_actions_load(k, &actions, err);

    ref_list_clear(krefs);
    while (st == HS_OK && krefs->len == 0 && actions.texts.len > 0) {
        st = gc_actions_take_group(k, &actions, vat, action, krefs, err);
    }
    if (st == HS_OK) st = gc_actions_store(k, &actions, err);
    *found = krefs->len > 0;
    gc_actions_fini(&actions);
    return st;
}
