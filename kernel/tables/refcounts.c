#include "kernel/tables/refcounts.h"

#include "kernel/tables/clist.h"
#include "kernel/tables/gc_actions.h"
#include "kernel/tables/objects.h"
#include "kernel/tables/promises.h"
#include "kernel/tables/retirement.h"

#include <assert.h>

enum hs_status refcount_hold(struct kv_hashed *k, const struct ref *kref, struct hs_error *err)
{
    switch (kref_kind(kref)) {
    case REF_OBJECT: return object_hold(k, kref, true, true, err);
    case REF_PROMISE: return promise_hold(k, kref, err);
    case REF_DEVICE: return HS_OK;
    default: return hs_fail(err, HS_KERNEL_FAILED, "\"%s\" cannot be held", kref->text);
    }
}

enum hs_status refcount_release(struct kv_hashed *k, const struct ref *kref, struct hs_error *err)
{
    switch (kref_kind(kref)) {
    case REF_OBJECT: return object_release(k, kref, true, true, err);
    case REF_PROMISE: return promise_release(k, kref, err);
    case REF_DEVICE: return HS_OK;
    default: return hs_fail(err, HS_KERNEL_FAILED, "\"%s\" cannot be released", kref->text);
    }
}

enum hs_status refcount_hold_all(struct kv_hashed *k, const struct ref_list *krefs,
                                 struct hs_error *err)
{
    enum hs_status st = HS_OK;

    for (size_t i = 0; i < krefs->len && st == HS_OK; i++) {
        st = refcount_hold(k, &krefs->items[i], err);
    }
    return st;
}

enum hs_status refcount_release_all(struct kv_hashed *k, const struct ref_list *krefs,
                                    struct hs_error *err)
{
    enum hs_status st = HS_OK;

    for (size_t i = 0; i < krefs->len && st == HS_OK; i++) {
        st = refcount_release(k, &krefs->items[i], err);
    }
    return st;
}

/* May add to the fallen: what the promise's data held. */
static enum hs_status refcounts_judge_promise(struct kv_hashed *k, const struct ref *kref,
                                              struct hs_error *err)
{
    struct ref_list slots = {0};
    struct buffer body;
    enum promise_state state;
    uint64_t holds = 0;
    bool found;
    enum hs_status st = promise_holds(k, kref, &holds, &found, err);

    if (st != HS_OK || !found || holds > 0) return st;
    body = buffer_room_take(&k->room);
    st = promise_state_read(k, kref, &state, err);
    if (st == HS_OK && state != PROMISE_UNRESOLVED) {
        st = promise_data(k, kref, &body, &slots, err);
        if (st == HS_OK) st = refcount_release_all(k, &slots, err);
    }
    if (st == HS_OK) st = promise_delete(k, kref, err);
    ref_list_fini(&slots);
    buffer_room_give(&k->room, &body);
    return st;
}

static enum hs_status refcounts_tell_owner(struct kv_hashed *k, const struct ref *kref,
                                           const struct ref *owner, bool recognizable,
                                           struct hs_error *err)
{
    struct clist_entry entry;
    enum hs_status st = clist_find(k, owner, kref, &entry, err);

    if (st == HS_OK && entry.found && entry.reachable) {
        st = gc_actions_add(k, owner, GC_DROP_EXPORT, kref, err);
    }
    if (st == HS_OK && !recognizable) st = gc_actions_add(k, owner, GC_RETIRE_EXPORT, kref, err);
    return st;
}

static enum hs_status refcounts_judge_object(struct kv_hashed *k, const struct ref *kref,
                                             struct hs_error *err)
{
    struct object_count count;
    struct ref owner;
    bool found;
    enum hs_status st = object_count_read(k, kref, &count, &found, err);

    if (st != HS_OK || !found || count.reachable > 0) return st;
    st = object_owner(k, kref, &owner, err);
    if (st != HS_OK) return st;
    if (owner.text[0] == '\0') return retirement_of_object(k, kref, err);
    return refcounts_tell_owner(k, kref, &owner, count.recognizable > 0, err);
}

enum hs_status refcounts_process(struct kv_hashed *k, struct hs_error *err)
{
    struct ref kref;
    enum hs_status st = HS_OK;

    /* Judging appends: the list is read by index, and each item copied before. */
    for (size_t i = 0; i < k->fallen.len && st == HS_OK; i++) {
        kref = k->fallen.items[i];
        if (kref_kind(&kref) == REF_PROMISE) {
            st = refcounts_judge_promise(k, &kref, err);
        } else {
            st = refcounts_judge_object(k, &kref, err);
        }
    }
    if (st == HS_OK) ref_list_clear(&k->fallen);
    return st;
}
