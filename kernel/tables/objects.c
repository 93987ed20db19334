#include "kernel/tables/objects.h"

#include "kernel/state/decimal.h"
#include "kernel/state/limits.h"
#include "kernel/state/position.h"

#include <assert.h>
#include <string.h>

static enum hs_status object_count_damaged(const struct ref *kref, const char *problem,
                                           struct hs_error *err)
{
    struct key key;

    return kernel_store_damaged(key_of(&key, kref->text, ".refCount", ""), problem, err);
}

static enum hs_status object_count_write(struct kv_hashed *k, const struct ref *kref,
                                         const struct object_count *count, struct hs_error *err)
{
    struct key key;
    char text[2 * UINT_TEXT_BYTES + 1];
    size_t len = uint_text(text, count->reachable);

    if (count->reachable > count->recognizable) {
        return object_count_damaged(kref, "reached more often than recognized", err);
    }
    if (count->recognizable > HS_UINT_MAX) {
        return object_count_damaged(kref, "counted to its end", err);
    }
    text[len++] = ',';
    len += uint_text(text + len, count->recognizable);
    return kv_hashed_write(k, key_of(&key, kref->text, ".refCount", ""), slice_make(text, len),
                           err);
}

enum hs_status object_create(struct kv_hashed *k, const struct ref *owner, struct ref *kref,
                             struct hs_error *err)
{
    static const struct object_count none = {0, 0};
    struct key key;
    uint64_t number;
    enum hs_status st = kv_hashed_allot(k, slice_text("ko.nextID"), &number, err);

    assert(ref_is_vat(owner));
    if (st != HS_OK) return st;
    *kref = ref_number("ko", number);
    st = kv_hashed_write(k, key_of(&key, kref->text, ".owner", ""), ref_slice(owner), err);
    if (st == HS_OK) st = object_count_write(k, kref, &none, err);
    /* Named to nobody who keeps it, a device's argument, say, it is nobody's at the crank's end. */
    return st == HS_OK ? kv_hashed_note_fallen(k, kref, err) : st;
}

enum hs_status object_owner(struct kv_hashed *k, const struct ref *kref, struct ref *owner,
                            struct hs_error *err)
{
    struct key key;
    struct slice value;
    bool found;
    enum hs_status st =
        kv_hashed_find(k, key_of(&key, kref->text, ".owner", ""), &value, &found, err);

    owner->text[0] = '\0';
    if (st != HS_OK || !found) return st;
    if (ref_make(value, owner) == HS_OK && ref_is_vat(owner)) return HS_OK;
    return kernel_store_damaged(key_of(&key, kref->text, ".owner", ""), "no vat", err);
}

enum hs_status object_count_read(struct kv_hashed *k, const struct ref *kref,
                                 struct object_count *count, bool *found, struct hs_error *err)
{
    struct key key;
    struct slice value;
    const char *comma;
    enum hs_status st =
        kv_hashed_find(k, key_of(&key, kref->text, ".refCount", ""), &value, found, err);

    *count = (struct object_count){0, 0};
    if (st != HS_OK || !*found) return st;
    comma = value.len > 0 ? memchr(value.data, ',', value.len) : NULL;
    if (comma &&
        uint_parse(slice_make(value.data, (size_t)(comma - value.data)), &count->reachable) ==
            HS_OK &&
        uint_parse(slice_make(comma + 1, value.len - (size_t)(comma + 1 - value.data)),
                   &count->recognizable) == HS_OK &&
        count->reachable <= count->recognizable) {
        return HS_OK;
    }
    return object_count_damaged(kref, "no counts", err);
}

enum hs_status object_hold(struct kv_hashed *k, const struct ref *kref, bool reachable,
                           bool recognizable, struct hs_error *err)
{
    struct object_count count;
    bool found;
    enum hs_status st = object_count_read(k, kref, &count, &found, err);

    k->work.references++;
    if (st != HS_OK || !found) return st;
    count.reachable += reachable;
    count.recognizable += recognizable;
    return object_count_write(k, kref, &count, err);
}

enum hs_status object_release(struct kv_hashed *k, const struct ref *kref, bool reachable,
                              bool recognizable, struct hs_error *err)
{
    struct object_count count;
    bool found;
    enum hs_status st = object_count_read(k, kref, &count, &found, err);

    k->work.references++;
    if (st != HS_OK || !found) return st;
    if (count.reachable < reachable || count.recognizable < recognizable) {
        return object_count_damaged(kref, "released more often than held", err);
    }
    count.reachable -= reachable;
    count.recognizable -= recognizable;
    st = object_count_write(k, kref, &count, err);
    if (st != HS_OK || count.reachable > 0) return st;
    return kv_hashed_note_fallen(k, kref, err);
}

enum hs_status object_orphan(struct kv_hashed *k, const struct ref *kref, struct hs_error *err)
{
    struct key key;
    enum hs_status st = kv_hashed_delete(k, key_of(&key, kref->text, ".owner", ""), err);

    return st == HS_OK ? kv_hashed_note_fallen(k, kref, err) : st;
}
