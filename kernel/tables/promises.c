#include "kernel/tables/promises.h"

#include "kernel/state/decimal.h"
#include "kernel/state/position.h"
#include "kernel/state/utf8.h"
#include "kernel/tables/run_queue.h"

#include <assert.h>
#include <string.h>

static const char *const promise_state_names[] = {
    [PROMISE_UNRESOLVED] = "unresolved",
    [PROMISE_FULFILLED] = "fulfilled",
    [PROMISE_REJECTED] = "rejected",
};

enum { PROMISE_STATES = sizeof promise_state_names / sizeof *promise_state_names };

static enum hs_status promise_damaged(const struct ref *kref, const char *name, const char *problem,
                                      struct hs_error *err)
{
    struct key key;

    return kernel_store_damaged(key_of(&key, kref->text, name, ""), problem, err);
}

enum hs_status promise_create(struct kv_hashed *k, const struct ref *decider, uint64_t holds,
                              struct ref *kref, struct hs_error *err)
{
    char count[UINT_TEXT_BYTES];
    const struct {
        const char *name;
        struct slice value;
    } fields[] = {{".state", slice_text("unresolved")},
                  {".refCount", slice_make(count, uint_text(count, holds))},
                  {".decider", slice_text(decider ? decider->text : "")},
                  {".policy", slice_text("ignore")},
                  {".subscribers", slice_text("")},
                  {".queue.nextID", slice_text("0")}};
    struct key key;
    uint64_t number;
    enum hs_status st = kv_hashed_allot(k, slice_text("kp.nextID"), &number, err);

    if (st != HS_OK) return st;
    *kref = ref_number("kp", number);
    for (size_t i = 0; i < sizeof fields / sizeof *fields && st == HS_OK; i++) {
        st =
            kv_hashed_create(k, key_of(&key, kref->text, fields[i].name, ""), fields[i].value, err);
    }
    return st;
}

enum hs_status promise_hold(struct kv_hashed *k, const struct ref *kref, struct hs_error *err)
{
    struct key key;
    uint64_t count;
    enum hs_status st =
        kv_hashed_read_uint(k, key_of(&key, kref->text, ".refCount", ""), &count, err);

    k->work.references++;
    if (st != HS_OK) return st;
    return kv_hashed_write_uint(k, key_of(&key, kref->text, ".refCount", ""), count + 1, err);
}

enum hs_status promise_release(struct kv_hashed *k, const struct ref *kref, struct hs_error *err)
{
    struct key key;
    uint64_t count;
    enum hs_status st =
        kv_hashed_read_uint(k, key_of(&key, kref->text, ".refCount", ""), &count, err);

    k->work.references++;
    if (st != HS_OK) return st;
    if (count == 0) return promise_damaged(kref, ".refCount", "released more often than held", err);
    st = kv_hashed_write_uint(k, key_of(&key, kref->text, ".refCount", ""), count - 1, err);
    if (st != HS_OK || count > 1) return st;
    return kv_hashed_note_fallen(k, kref, err);
}

enum hs_status promise_holds(struct kv_hashed *k, const struct ref *kref, uint64_t *holds,
                             bool *found, struct hs_error *err)
{
    struct key key;
    struct slice value;
    enum hs_status st =
        kv_hashed_find(k, key_of(&key, kref->text, ".refCount", ""), &value, found, err);

    if (st != HS_OK || !*found || uint_parse(value, holds) == HS_OK) return st;
    return promise_damaged(kref, ".refCount", "no number", err);
}

enum hs_status promise_state_read(struct kv_hashed *k, const struct ref *kref,
                                  enum promise_state *state, struct hs_error *err)
{
    struct key key;
    struct slice value;
    enum hs_status st = kv_hashed_read(k, key_of(&key, kref->text, ".state", ""), &value, err);

    if (st != HS_OK) return st;
    for (int i = 0; i < PROMISE_STATES; i++) {
        if (!slice_equal(value, slice_text(promise_state_names[i]))) continue;
        *state = (enum promise_state)i;
        return HS_OK;
    }
    return promise_damaged(kref, ".state", "no state of a promise", err);
}

enum hs_status promise_decider(struct kv_hashed *k, const struct ref *kref, struct ref *decider,
                               struct hs_error *err)
{
    struct key key;
    struct slice value;
    enum hs_status st = kv_hashed_read(k, key_of(&key, kref->text, ".decider", ""), &value, err);

    decider->text[0] = '\0';
    if (st != HS_OK || value.len == 0) return st;
    if (ref_make(value, decider) == HS_OK && ref_is_vat(decider)) return HS_OK;
    return promise_damaged(kref, ".decider", "no vat", err);
}

enum hs_status promise_set_decider(struct kv_hashed *k, const struct ref *kref,
                                   const struct ref *decider, struct hs_error *err)
{
    struct key key;

    return kv_hashed_write_text(k, key_of(&key, kref->text, ".decider", ""),
                                decider ? decider->text : "", err);
}

/* Each of them is told of the promise: there are not more than vats. */
static bool promise_may_tell(const struct ref_list *vats)
{
    if (vats->len > HS_VAT_COUNT_MAX) return false;
    for (size_t i = 0; i < vats->len; i++) {
        if (!ref_is_vat(&vats->items[i])) return false;
    }
    return true;
}

enum hs_status promise_subscribers(struct kv_hashed *k, const struct ref *kref,
                                   struct ref_list *out, struct hs_error *err)
{
    struct key key;
    struct slice value;
    enum hs_status st =
        kv_hashed_read(k, key_of(&key, kref->text, ".subscribers", ""), &value, err);

    if (st != HS_OK) return st;
    st = ref_list_split(out, value);
    if (st == HS_NOMEM) return kernel_fail(err, st);
    if (st != HS_OK || !promise_may_tell(out)) {
        return promise_damaged(kref, ".subscribers", "no list of vats", err);
    }
    return HS_OK;
}

/* The last of them to its place: they are told in the order of their names, as in SwingSet. */
static void promise_sort_last(struct ref_list *vats)
{
    for (size_t i = vats->len - 1; i > 0; i--) {
        struct ref *before = &vats->items[i - 1], last = vats->items[i];

        if (strcmp(before->text, last.text) <= 0) return;
        vats->items[i] = *before;
        *before = last;
    }
}

enum hs_status promise_subscribe(struct kv_hashed *k, const struct ref *kref, const struct ref *vat,
                                 struct hs_error *err)
{
    struct ref_list vats = {0};
    struct buffer text = {0};
    struct key key;
    enum hs_status st = promise_subscribers(k, kref, &vats, err);

    if (st != HS_OK || ref_list_has(&vats, vat)) goto out;
    st = ref_list_add(&vats, vat);
    if (st == HS_OK) {
        promise_sort_last(&vats);
        st = ref_list_join(&vats, &text);
    }
    st = kernel_fail(err, st);
    if (st != HS_OK) goto out;
    st = kv_hashed_write(k, key_of(&key, kref->text, ".subscribers", ""), buffer_slice(&text), err);
out:
    ref_list_fini(&vats);
    buffer_fini(&text);
    return st;
}

enum hs_status promise_enqueue(struct kv_hashed *k, const struct ref *kref, struct slice event,
                               struct hs_error *err)
{
    struct key key;
    uint64_t number;
    enum hs_status st =
        kv_hashed_allot(k, key_of(&key, kref->text, ".queue.nextID", ""), &number, err);

    if (st != HS_OK) return st;
    return kv_hashed_create(k, key_of_number(&key, kref->text, ".queue.", number), event, err);
}

/* The waiting event `i` into *event, off the promise. */
static enum hs_status promise_take_event(struct kv_hashed *k, const struct ref *kref, uint64_t i,
                                         struct key *key, struct buffer *event,
                                         struct hs_error *err)
{
    struct slice at = key_of_number(key, kref->text, ".queue.", i);
    enum hs_status st = kv_store_get(&k->store, at, event, err);

    if (st == HS_NOT_FOUND) {
        return promise_damaged(kref, ".queue.nextID", "more than are in the queue", err);
    }
    return st == HS_OK ? kv_hashed_delete(k, at, err) : st;
}

/* The events that waited go on, in their order; their queue ends. */
static enum hs_status promise_requeue(struct kv_hashed *k, const struct ref *kref, uint64_t len,
                                      struct hs_error *err)
{
    struct buffer event = {0};
    struct key key;
    enum hs_status st = HS_OK;

    for (uint64_t i = 0; i < len && st == HS_OK; i++) {
        st = promise_take_event(k, kref, i, &key, &event, err);
        if (st == HS_OK) st = run_queue_add(k, QUEUE_ACCEPTANCE, buffer_slice(&event), err);
    }
    buffer_fini(&event);
    return st;
}

static enum hs_status promise_delete_keys(struct kv_hashed *k, const struct ref *kref,
                                          const char *const *names, size_t len,
                                          struct hs_error *err)
{
    struct key key;
    enum hs_status st = HS_OK;

    for (size_t i = 0; i < len && st == HS_OK; i++) {
        st = kv_hashed_delete(k, key_of(&key, kref->text, names[i], ""), err);
    }
    return st;
}

static enum hs_status promise_end_unresolved(struct kv_hashed *k, const struct ref *kref,
                                             bool with_queue, struct hs_error *err)
{
    static const char *const names[] = {".decider", ".policy", ".subscribers", ".queue.nextID"};
    size_t len = sizeof names / sizeof *names;

    return promise_delete_keys(k, kref, names, with_queue ? len : len - 1, err);
}

enum hs_status promise_end_waiting(struct kv_hashed *k, const struct ref *kref, bool *left,
                                   struct hs_error *err)
{
    struct key key;
    uint64_t len = 0;
    enum hs_status st =
        kv_hashed_read_uint(k, key_of(&key, kref->text, ".queue.nextID", ""), &len, err);

    *left = len > PROMISE_REQUEUE_MAX;
    if (st == HS_OK && *left) {
        st = kv_hashed_write_uint(k, key_of(&key, kref->text, ".queue.first", ""), 0, err);
    } else if (st == HS_OK) {
        st = promise_requeue(k, kref, len, err);
    }
    return st == HS_OK ? promise_end_unresolved(k, kref, !*left, err) : st;
}

enum hs_status promise_take_waiting(struct kv_hashed *k, const struct ref *kref, struct key *key,
                                    struct buffer *event, bool *left, struct hs_error *err)
{
    static const char *const names[] = {".queue.first", ".queue.nextID"};
    struct key at;
    uint64_t first = 0, len = 0;
    enum hs_status st =
        kv_hashed_read_uint(k, key_of(&at, kref->text, ".queue.first", ""), &first, err);

    if (st == HS_OK) {
        st = kv_hashed_read_uint(k, key_of(&at, kref->text, ".queue.nextID", ""), &len, err);
    }
    if (st == HS_OK && first >= len) {
        st = promise_damaged(kref, ".queue.first", "not in the queue", err);
    }
    if (st == HS_OK) st = promise_take_event(k, kref, first, key, event, err);
    if (st != HS_OK) return st;
    *left = first + 1 < len;
    if (!*left) return promise_delete_keys(k, kref, names, sizeof names / sizeof *names, err);
    return kv_hashed_write_uint(k, key_of(&at, kref->text, ".queue.first", ""), first + 1, err);
}

enum hs_status promise_settle(struct kv_hashed *k, const struct ref *kref, bool rejected,
                              struct slice body, const struct ref_list *slots, struct hs_error *err)
{
    struct buffer text = {0};
    struct key key;
    const char *p = kref->text;
    bool called;
    enum hs_status st = kv_hashed_write_text(
        k, key_of(&key, p, ".state", ""),
        promise_state_names[rejected ? PROMISE_REJECTED : PROMISE_FULFILLED], err);

    if (st == HS_OK) st = kv_hashed_create(k, key_of(&key, p, ".data.body", ""), body, err);
    if (st == HS_OK) st = kernel_fail(err, ref_list_join(slots, &text));
    if (st == HS_OK) {
        st = kv_hashed_create(k, key_of(&key, p, ".data.slots", ""), buffer_slice(&text), err);
    }
    buffer_fini(&text);
    if (st == HS_OK) st = kv_hashed_has(k, key_of(&key, "kernel.pending.", p, ""), &called, err);
    if (st == HS_OK && called) st = kernel_fail(err, ref_list_add(&k->settled, kref));
    return st;
}

enum hs_status promise_data(struct kv_hashed *k, const struct ref *kref, struct buffer *body,
                            struct ref_list *slots, struct hs_error *err)
{
    struct key key;
    struct slice value;
    enum hs_status st = kv_hashed_read(k, key_of(&key, kref->text, ".data.slots", ""), &value, err);

    if (st != HS_OK) return st;
    st = ref_list_split(slots, value);
    if (st == HS_NOMEM) return kernel_fail(err, st);
    if (st != HS_OK || !ref_list_is_krefs(slots)) {
        return promise_damaged(kref, ".data.slots", "no list of references", err);
    }
    st = kv_store_get(&k->store, key_of(&key, kref->text, ".data.body", ""), body, err);
    if (st == HS_NOT_FOUND) return promise_damaged(kref, ".data.body", "missing", err);
    if (st != HS_OK || utf8_valid(buffer_slice(body))) return st;
    return promise_damaged(kref, ".data.body", "not UTF-8", err);
}

enum hs_status promise_delete(struct kv_hashed *k, const struct ref *kref, struct hs_error *err)
{
    static const char *const names[] = {".data.body", ".data.slots"};
    static const char *const always[] = {".state", ".refCount"};
    enum promise_state state;
    enum hs_status st = promise_state_read(k, kref, &state, err);

    if (st != HS_OK) return st;
    if (state == PROMISE_UNRESOLVED) {
        st = promise_end_unresolved(k, kref, true, err);
    } else {
        st = promise_delete_keys(k, kref, names, sizeof names / sizeof *names, err);
    }
    if (st != HS_OK) return st;
    return promise_delete_keys(k, kref, always, sizeof always / sizeof *always, err);
}
