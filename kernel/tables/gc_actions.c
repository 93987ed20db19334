#include "kernel/tables/gc_actions.h"

#include "kernel/tables/clist.h"
#include "kernel/tables/objects.h"
#include "kernel/tables/vat_names.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const char *const gc_action_names[GC_ACTION_COUNT] = {
    [GC_DROP_EXPORT] = "dropExport",
    [GC_RETIRE_EXPORT] = "retireExport",
    [GC_RETIRE_IMPORT] = "retireImport",
};

static const char gc_actions_prefix[] = "gcActions.";

/* One action, and the key that it is. */
struct gc_key {
    struct ref vat, kref;
    enum gc_action action;
};

static struct slice gc_key_text(const struct gc_key *g, struct key *out)
{
    char text[2 * REF_BYTES_MAX + 32];
    int len = snprintf(text, sizeof text, "%s.%s.%s", g->vat.text, gc_action_names[g->action],
                       g->kref.text);

    assert(len > 0 && (size_t)len < sizeof text);
    return key_of(out, gc_actions_prefix, text, "");
}

/* Cuts `text` at its first dot; false: it has none. */
static bool gc_key_cut(struct slice text, struct slice *head, struct slice *rest)
{
    const char *dot = text.len > 0 ? memchr(text.data, '.', text.len) : NULL;

    if (!dot) return false;
    *head = slice_make(text.data, (size_t)(dot - text.data));
    *rest = slice_make(dot + 1, text.len - head->len - 1);
    return true;
}

/* The words of "dropExport.ko20". */
static bool gc_action_words(struct slice text, struct gc_key *out)
{
    struct slice name, kref;

    if (!gc_key_cut(text, &name, &kref)) return false;
    for (int i = 0; i < GC_ACTION_COUNT; i++) {
        if (!slice_equal(name, slice_text(gc_action_names[i]))) continue;
        out->action = (enum gc_action)i;
        return ref_make(kref, &out->kref) == HS_OK && kref_kind(&out->kref) == REF_OBJECT;
    }
    return false;
}

/* The words of "v1.dropExport.ko20". */
static bool gc_key_words(struct slice text, struct gc_key *out)
{
    struct slice vat, rest;

    return gc_key_cut(text, &vat, &rest) && ref_make(vat, &out->vat) == HS_OK &&
           ref_is_vat(&out->vat) && gc_action_words(rest, out);
}

/* The action behind *key, which is replaced; an empty one: the first. */
static enum hs_status gc_key_next(struct kv_hashed *k, struct buffer *key, struct gc_key *out,
                                  bool *found, struct hs_error *err)
{
    const struct slice prefix = slice_text(gc_actions_prefix);
    enum hs_status st =
        kv_store_next(&k->store, key->len > 0 ? buffer_slice(key) : prefix, key, NULL, err);

    *found = st == HS_OK && slice_starts_with(buffer_slice(key), prefix);
    if (st == HS_NOT_FOUND) return HS_OK;
    if (!*found) return st;
    if (gc_key_words(slice_make(key->data + prefix.len, key->len - prefix.len), out)) return HS_OK;
    return kernel_store_damaged(buffer_slice(key), "no action", err);
}

enum hs_status gc_actions_wait(struct kv_hashed *k, bool *out, struct hs_error *err)
{
    struct buffer key = {0};
    struct gc_key first;
    enum hs_status st = gc_key_next(k, &key, &first, out, err);

    buffer_fini(&key);
    return st;
}

enum hs_status gc_actions_add(struct kv_hashed *k, const struct ref *vat, enum gc_action action,
                              const struct ref *kref, struct hs_error *err)
{
    const struct gc_key g = {.vat = *vat, .action = action, .kref = *kref};
    struct key key;
    bool found;
    enum hs_status st;

    assert(action < GC_ACTION_COUNT);
    st = kv_hashed_has(k, gc_key_text(&g, &key), &found, err);
    if (st != HS_OK || found) return st;
    k->gc_pending = true;
    return kv_hashed_create(k, key_slice(&key), slice_text(""), err);
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

enum { GC_GROUPS_LOOKED_MAX = 16 }; /* at once, in search of one that has something left to do */

/* A walk over the actions, each of which is deleted once it was taken. */
struct gc_walk {
    struct buffer key; /* of `next`, while it is there */
    struct gc_key next;
    bool found;
};

/* Take the first group of equal vat and action; krefs: those that stand. */
static enum hs_status gc_walk_take_group(struct kv_hashed *k, struct gc_walk *w,
                                         struct gc_key *group, struct ref_list *krefs,
                                         struct hs_error *err)
{
    enum hs_status st = HS_OK;
    bool stands;

    *group = w->next;
    for (size_t i = 0; i < GC_GROUP_MAX && w->found && st == HS_OK; i++) {
        if (!ref_equal(&group->vat, &w->next.vat) || group->action != w->next.action) break;
        st = gc_action_stands(k, &group->vat, group->action, &w->next.kref, &stands, err);
        if (st == HS_OK && stands) st = kernel_fail(err, ref_list_add(krefs, &w->next.kref));
        if (st == HS_OK) st = kv_hashed_delete(k, buffer_slice(&w->key), err);
        if (st == HS_OK) st = gc_key_next(k, &w->key, &w->next, &w->found, err);
    }
    return st;
}

enum hs_status gc_actions_take(struct kv_hashed *k, struct ref *vat, enum gc_action *action,
                               struct ref_list *krefs, bool *found, struct hs_error *err)
{
    struct gc_walk walk = {.found = false};
    struct gc_key group;
    enum hs_status st = gc_key_next(k, &walk.key, &walk.next, &walk.found, err);

    ref_list_clear(krefs);
    for (int i = 0; i < GC_GROUPS_LOOKED_MAX && st == HS_OK && krefs->len == 0 && walk.found; i++) {
        st = gc_walk_take_group(k, &walk, &group, krefs, err);
    }
    *found = st == HS_OK && krefs->len > 0;
    if (*found) {
        *vat = group.vat;
        *action = group.action;
    }
    if (st == HS_OK) k->gc_pending = walk.found;
    buffer_fini(&walk.key);
    return st;
}

/* --- what could not be told --- */

static const char put_off_part[] = ".gcUndone.";

enum hs_status gc_actions_put_off(struct kv_hashed *k, const struct ref *vat, enum gc_action action,
                                  const struct ref_list *krefs, struct hs_error *err)
{
    char name[REF_BYTES_MAX + 32];
    struct key key;
    enum hs_status st = HS_OK;

    for (size_t i = 0; i < krefs->len && st == HS_OK; i++) {
        (void)snprintf(name, sizeof name, "%s.%s", gc_action_names[action], krefs->items[i].text);
        st = kv_hashed_write_text(k, key_of(&key, vat->text, put_off_part, name), "", err);
    }
    return st;
}

enum hs_status gc_actions_take_up(struct kv_hashed *k, const struct ref *vat, struct hs_error *err)
{
    struct key start;
    struct slice prefix = key_of(&start, vat->text, put_off_part, "");
    struct buffer key = {0};
    struct gc_key g = {.vat = *vat};
    enum hs_status st = HS_OK;

    for (size_t i = 0; i < GC_GROUP_MAX && st == HS_OK; i++) {
        st = kv_store_next(&k->store, prefix, &key, NULL, err); /* the one before is deleted */
        if (st != HS_OK || !slice_starts_with(buffer_slice(&key), prefix)) break;
        if (!gc_action_words(slice_make(key.data + prefix.len, key.len - prefix.len), &g)) {
            st = kernel_store_damaged(buffer_slice(&key), "no action", err);
        }
        if (st == HS_OK) st = gc_actions_add(k, vat, g.action, &g.kref, err);
        if (st == HS_OK) st = kv_hashed_delete(k, buffer_slice(&key), err);
    }
    buffer_fini(&key);
    return st == HS_NOT_FOUND ? HS_OK : st;
}
