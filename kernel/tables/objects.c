#include "kernel/tables/objects.h"

#include "kernel/state/position.h"
#include "kernel/tables/clist.h"
#include "kernel/tables/gc_actions.h"
#include "kernel/tables/vat_names.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static enum hs_status object_count_write(struct keeper *k, const struct ref *kref,
                                         const struct object_count *count, struct hs_error *err)
{
    struct key key;
    char text[2 * UINT_TEXT_BYTES + 1];
    size_t len = uint_text(text, count->reachable);

    assert(count->reachable <= count->recognizable);
    text[len++] = ',';
    len += uint_text(text + len, count->recognizable);
    return keeper_write(k, key_of(&key, kref->text, ".refCount", ""), slice_make(text, len), err);
}

enum hs_status object_create(struct keeper *k, const struct ref *owner, struct ref *kref,
                             struct hs_error *err)
{
    static const struct object_count none = {0, 0};
    struct key key;
    uint64_t number;
    enum hs_status st = keeper_allot(k, slice_text("ko.nextID"), &number, err);

    assert(owner->text[0] == 'v');
    if (st != HS_OK) return st;
    *kref = ref_number("ko", number);
    st = keeper_write(k, key_of(&key, kref->text, ".owner", ""), ref_slice(owner), err);
    return st == HS_OK ? object_count_write(k, kref, &none, err) : st;
}

enum hs_status object_owner(struct keeper *k, const struct ref *kref, struct ref *owner,
                            struct hs_error *err)
{
    struct key key;
    struct slice value;
    bool found;
    enum hs_status st = keeper_find(k, key_of(&key, kref->text, ".owner", ""), &value, &found, err);

    owner->text[0] = '\0';
    if (st != HS_OK || !found) return st;
    if (ref_make(value, owner) == HS_OK) return HS_OK;
    return hs_fail(err, HS_KERNEL_FAILED, "kernel store: no vat in \"%s.owner\"", kref->text);
}

enum hs_status object_count_read(struct keeper *k, const struct ref *kref,
                                 struct object_count *count, bool *found, struct hs_error *err)
{
    struct key key;
    struct slice value;
    const char *comma;
    enum hs_status st =
        keeper_find(k, key_of(&key, kref->text, ".refCount", ""), &value, found, err);

    *count = (struct object_count){0, 0};
    if (st != HS_OK || !*found) return st;
    comma = memchr(value.data, ',', value.len);
    if (comma &&
        uint_parse(slice_make(value.data, (size_t)(comma - value.data)), &count->reachable) ==
            HS_OK &&
        uint_parse(slice_make(comma + 1, value.len - (size_t)(comma + 1 - value.data)),
                   &count->recognizable) == HS_OK) {
        return HS_OK;
    }
    return hs_fail(err, HS_KERNEL_FAILED, "kernel store: no counts in \"%s.refCount\"", kref->text);
}

enum hs_status object_hold(struct keeper *k, const struct ref *kref, bool reachable,
                           bool recognizable, struct hs_error *err)
{
    struct object_count count;
    bool found;
    enum hs_status st = object_count_read(k, kref, &count, &found, err);

    if (st != HS_OK || !found) return st;
    count.reachable += reachable;
    count.recognizable += recognizable;
    return object_count_write(k, kref, &count, err);
}

enum hs_status object_release(struct keeper *k, const struct ref *kref, bool reachable,
                              bool recognizable, struct hs_error *err)
{
    struct object_count count;
    bool found;
    enum hs_status st = object_count_read(k, kref, &count, &found, err);

    if (st != HS_OK || !found) return st;
    if (count.reachable < reachable || count.recognizable < recognizable) {
        return hs_fail(err, HS_KERNEL_FAILED, "%s is released more often than held", kref->text);
    }
    count.reachable -= reachable;
    count.recognizable -= recognizable;
    st = object_count_write(k, kref, &count, err);
    if (st != HS_OK || count.reachable > 0) return st;
    return keeper_note_fallen(k, kref, err);
}

enum hs_status object_orphan(struct keeper *k, const struct ref *kref, struct hs_error *err)
{
    struct key key;
    enum hs_status st = keeper_delete(k, key_of(&key, kref->text, ".owner", ""), err);

    return st == HS_OK ? keeper_note_fallen(k, kref, err) : st;
}

static enum hs_status object_tell_importers(struct keeper *k, const struct ref *kref,
                                            struct gc_actions *actions, struct hs_error *err)
{
    struct vat_name *vats = NULL;
    struct clist_entry entry;
    size_t len = 0;
    enum hs_status st = vat_names_all(k, &vats, &len, err);

    for (size_t i = 0; i < len && st == HS_OK; i++) {
        st = clist_find(k, &vats[i].id, kref, &entry, err);
        if (st == HS_OK && entry.found && !vref_is_export(&entry.vref)) {
            st = gc_actions_add(actions, &vats[i].id, GC_RETIRE_IMPORT, kref, err);
        }
    }
    free(vats);
    return st;
}

enum hs_status object_retire(struct keeper *k, const struct ref *kref, struct hs_error *err)
{
    struct gc_actions actions = {{0}};
    struct key key;
    enum hs_status st = gc_actions_load(k, &actions, err);

    if (st == HS_OK) st = object_tell_importers(k, kref, &actions, err);
    if (st == HS_OK) st = gc_actions_store(k, &actions, err);
    if (st == HS_OK) st = keeper_delete(k, key_of(&key, kref->text, ".owner", ""), err);
    if (st == HS_OK) st = keeper_delete(k, key_of(&key, kref->text, ".refCount", ""), err);
    gc_actions_fini(&actions);
    return st;
}
