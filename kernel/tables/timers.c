#include "kernel/tables/timers.h"

#include "kernel/state/decimal.h"
#include "kernel/state/limits.h"
#include "kernel/tables/refcounts.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { TIMER_DIGITS = 16, TIMER_PLACE_BYTES = 2 * TIMER_DIGITS + 2 }; /* ".<time>.<number>" */

_Static_assert(HS_UINT_MAX < UINT64_C(10000000000000000), "a number of 16 digits");

static const char timer_prefix[] = "timer", timer_at[] = ".timer.at.";
static const char timer_every[] = ".timer.every.", timer_own_count[] = ".timer.count";
static const char wake_key[] = "kernel.wake", count_key[] = "timer.count";

/* Where a wake-up stands among others. */
struct timer_place {
    char text[TIMER_PLACE_BYTES + 1];
};

static struct timer_place timer_place_of(uint64_t time, uint64_t number)
{
    struct timer_place place;

    (void)snprintf(place.text, sizeof place.text, ".%016" PRIu64 ".%016" PRIu64, time, number);
    return place;
}

/* The end of a key: ".<time>.<number>". */
static bool timer_place_read(struct slice key, uint64_t *time, uint64_t *number)
{
    const char *at = key.data + key.len - TIMER_PLACE_BYTES;

    return key.len > TIMER_PLACE_BYTES && at[0] == '.' && at[TIMER_DIGITS + 1] == '.' &&
           uint_parse_padded(slice_make(at + 1, TIMER_DIGITS), time) == HS_OK &&
           uint_parse_padded(slice_make(at + TIMER_DIGITS + 2, TIMER_DIGITS), number) == HS_OK;
}

/* A word up to the next blank, or the end. */
static struct slice timer_word(struct slice *rest)
{
    const char *blank = rest->len > 0 ? memchr(rest->data, ' ', rest->len) : NULL;
    size_t len = blank ? (size_t)(blank - rest->data) : rest->len;
    struct slice word = slice_make(rest->data, len);

    len += blank != NULL;
    *rest = slice_make(rest->data + len, rest->len - len);
    return word;
}

enum hs_status wakeup_parse(struct slice key, struct slice value, struct wakeup *out)
{
    if (!timer_place_read(key, &out->time, &out->number) ||
        ref_make(timer_word(&value), &out->vat) != HS_OK || !ref_is_vat(&out->vat) ||
        ref_make(timer_word(&value), &out->handler) != HS_OK ||
        kref_kind(&out->handler) != REF_OBJECT) {
        return HS_INVALID;
    }
    return uint_parse(value, &out->repeater);
}

static struct slice timer_index_key(struct key *key, const struct wakeup *w,
                                    const struct timer_place *place)
{
    char name[REF_BYTES_MAX + TIMER_PLACE_BYTES + 1];

    (void)snprintf(name, sizeof name, "%s%s", w->handler.text, place->text);
    return key_of(key, w->vat.text, timer_at, name);
}

/* --- counts --- */

static enum hs_status timer_count_read(struct kv_hashed *k, struct slice key, uint64_t *count,
                                       struct hs_error *err)
{
    bool found;
    enum hs_status st = kv_hashed_has(k, key, &found, err);

    *count = 0;
    return st == HS_OK && found ? kv_hashed_read_uint(k, key, count, err) : st;
}

/* One more, or one less; a count of none is not kept. */
static enum hs_status timer_count_change(struct kv_hashed *k, struct slice key, bool more,
                                         struct hs_error *err)
{
    uint64_t count;
    enum hs_status st = timer_count_read(k, key, &count, err);

    if (st != HS_OK) return st;
    if (more) return kv_hashed_write_uint(k, key, count + 1, err);
    if (count == 0) return kernel_store_damaged(key, "fewer than there are", err);
    return count == 1 ? kv_hashed_delete(k, key, err)
                      : kv_hashed_write_uint(k, key, count - 1, err);
}

static enum hs_status timer_count_own(struct kv_hashed *k, const struct ref *vat, bool more,
                                      struct hs_error *err)
{
    struct key key;

    return timer_count_change(k, key_of(&key, vat->text, timer_own_count, ""), more, err);
}

enum hs_status timers_count(struct kv_hashed *k, const struct ref *vat, uint64_t *own,
                            uint64_t *all, struct hs_error *err)
{
    struct key key;
    enum hs_status st = timer_count_read(k, key_of(&key, vat->text, timer_own_count, ""), own, err);

    return st == HS_OK ? timer_count_read(k, slice_text(count_key), all, err) : st;
}

static enum hs_status timer_allot(struct kv_hashed *k, uint64_t *number, struct hs_error *err)
{
    static const char next_key[] = "timer.nextID";
    bool found;
    enum hs_status st = kv_hashed_has(k, slice_text(next_key), &found, err);

    if (st == HS_OK && !found) st = kv_hashed_write_uint(k, slice_text(next_key), 1, err);
    return st == HS_OK ? kv_hashed_allot(k, slice_text(next_key), number, err) : st;
}

/* --- which is the first --- */

enum hs_status timers_wake(struct kv_hashed *k, uint64_t *time, bool *found, struct hs_error *err)
{
    enum hs_status st = kv_hashed_has(k, slice_text(wake_key), found, err);

    if (st != HS_OK || !*found) return st;
    return kv_hashed_read_uint(k, slice_text(wake_key), time, err);
}

static enum hs_status timers_note_earlier(struct kv_hashed *k, uint64_t time, struct hs_error *err)
{
    uint64_t wake = 0;
    bool found = false;
    enum hs_status st = timers_wake(k, &wake, &found, err);

    if (st != HS_OK || (found && wake <= time)) return st;
    return kv_hashed_write_uint(k, slice_text(wake_key), time, err);
}

/* The first wake-up behind *cursor. */
static enum hs_status timers_first(struct kv_hashed *k, struct buffer *cursor, struct wakeup *out,
                                   bool *found, struct hs_error *err)
{
    struct buffer value = {0};
    enum hs_status st = kv_hashed_next(k, slice_text("timer."), cursor, &value, err);

    *found = st == HS_OK && cursor->data[sizeof timer_prefix] <= '9'; /* else timer.count */
    if (*found && wakeup_parse(buffer_slice(cursor), buffer_slice(&value), out) != HS_OK) {
        st = kernel_store_damaged(buffer_slice(cursor), "no wake-up", err);
    }
    buffer_fini(&value);
    return st == HS_NOT_FOUND ? HS_OK : st;
}

enum hs_status timers_taken(struct kv_hashed *k, const struct buffer *cursor, struct hs_error *err)
{
    struct buffer behind = {0};
    struct wakeup first;
    bool found = false;
    enum hs_status st = kernel_fail(err, buffer_assign(&behind, buffer_slice(cursor)));

    if (st == HS_OK) st = timers_first(k, &behind, &first, &found, err);
    buffer_fini(&behind);
    if (st != HS_OK) return st;
    return found ? kv_hashed_write_uint(k, slice_text(wake_key), first.time, err)
                 : kv_hashed_delete(k, slice_text(wake_key), err);
}

/* --- entering and dropping --- */

enum hs_status timers_add(struct kv_hashed *k, struct wakeup *w, struct hs_error *err)
{
    char value[2 * REF_BYTES_MAX + UINT_TEXT_BYTES + 2];
    struct timer_place place;
    struct key key;
    enum hs_status st = timer_allot(k, &w->number, err);

    assert(w->time <= HS_UINT_MAX && kref_kind(&w->handler) == REF_OBJECT);
    if (st != HS_OK) return st;
    place = timer_place_of(w->time, w->number);
    (void)snprintf(value, sizeof value, "%s %s %" PRIu64, w->vat.text, w->handler.text,
                   w->repeater);
    st = kv_hashed_write_text(k, key_of(&key, timer_prefix, place.text, ""), value, err);
    if (st == HS_OK) st = kv_hashed_write_text(k, timer_index_key(&key, w, &place), "", err);
    if (st == HS_OK) st = timer_count_change(k, slice_text(count_key), true, err);
    if (st == HS_OK) st = timer_count_own(k, &w->vat, true, err);
    if (st == HS_OK) st = refcount_hold(k, &w->handler, err);
    return st == HS_OK ? timers_note_earlier(k, w->time, err) : st;
}

/* All but kernel.wake. */
static enum hs_status timer_delete(struct kv_hashed *k, const struct wakeup *w,
                                   struct hs_error *err)
{
    struct timer_place place = timer_place_of(w->time, w->number);
    struct key key;
    enum hs_status st = kv_hashed_delete(k, key_of(&key, timer_prefix, place.text, ""), err);

    if (st == HS_OK) st = kv_hashed_delete(k, timer_index_key(&key, w, &place), err);
    if (st == HS_OK) st = timer_count_change(k, slice_text(count_key), false, err);
    if (st == HS_OK) st = timer_count_own(k, &w->vat, false, err);
    return st == HS_OK ? refcount_release(k, &w->handler, err) : st;
}

/* One that is taken out of turn. */
static enum hs_status timer_drop(struct kv_hashed *k, const struct wakeup *w, struct hs_error *err)
{
    struct buffer before = {0};
    uint64_t wake;
    bool found = false;
    enum hs_status st = timer_delete(k, w, err);

    if (st == HS_OK) st = timers_wake(k, &wake, &found, err);
    if (st != HS_OK || !found || w->time != wake) return st;
    st = kernel_fail(err, buffer_printf(&before, "%s.%016" PRIu64, timer_prefix, wake));
    if (st == HS_OK) st = timers_taken(k, &before, err);
    buffer_fini(&before);
    return st;
}

enum hs_status timers_take(struct kv_hashed *k, uint64_t now, struct buffer *cursor,
                           struct wakeup *out, bool *found, struct hs_error *err)
{
    struct buffer at = {0};
    enum hs_status st = kernel_fail(err, buffer_assign(&at, buffer_slice(cursor)));

    if (st == HS_OK) st = timers_first(k, &at, out, found, err);
    if (st == HS_OK && *found && out->time > now) *found = false;
    if (st == HS_OK && *found) {
        buffer_take(cursor, &at);
        st = timer_delete(k, out, err);
    }
    buffer_fini(&at);
    return st;
}

/* The wake-up of an entry of the vat's index. */
static enum hs_status timer_of_index(const struct ref *vat, const struct buffer *key,
                                     struct wakeup *out, struct hs_error *err)
{
    struct slice s = buffer_slice(key);
    size_t head = strlen(vat->text) + sizeof timer_at - 1;

    out->vat = *vat;
    if (timer_place_read(s, &out->time, &out->number) && s.len > head + TIMER_PLACE_BYTES &&
        ref_make(slice_make(s.data + head, s.len - head - TIMER_PLACE_BYTES), &out->handler) ==
            HS_OK &&
        kref_kind(&out->handler) == REF_OBJECT) {
        return HS_OK;
    }
    return kernel_store_damaged(s, "no wake-up", err);
}

enum hs_status timers_remove(struct kv_hashed *k, const struct ref *vat, const struct ref *handler,
                             struct buffer *cursor, uint64_t *time, bool *found,
                             struct hs_error *err)
{
    char name[REF_BYTES_MAX + 1];
    struct key key;
    struct wakeup w = {0};
    enum hs_status st;

    (void)snprintf(name, sizeof name, "%s.", handler->text);
    st = kv_hashed_next(k, key_of(&key, vat->text, timer_at, name), cursor, NULL, err);
    *found = st == HS_OK;
    if (st == HS_OK) st = timer_of_index(vat, cursor, &w, err);
    if (st == HS_OK) st = timer_drop(k, &w, err);
    *time = w.time;
    return st == HS_NOT_FOUND ? HS_OK : st;
}

enum hs_status timers_drop_of(struct kv_hashed *k, const struct ref *vat, uint64_t *left,
                              struct hs_error *err)
{
    struct buffer cursor = {0};
    struct key key;
    struct wakeup w;
    enum hs_status st = HS_OK;

    while (*left > 0) {
        st = kv_hashed_next(k, key_of(&key, vat->text, timer_at, ""), &cursor, NULL, err);
        if (st == HS_OK) st = timer_of_index(vat, &cursor, &w, err);
        if (st == HS_OK) st = timer_drop(k, &w, err);
        if (st != HS_OK) break;
        --*left;
    }
    buffer_fini(&cursor);
    return st == HS_NOT_FOUND ? HS_OK : st;
}

/* --- repeaters --- */

static struct slice repeater_key(struct key *key, const struct ref *vat, uint64_t number)
{
    return key_of_number(key, vat->text, timer_every, number);
}

enum hs_status timers_repeater_add(struct kv_hashed *k, const struct ref *vat,
                                   const struct repeater *r, uint64_t *number, struct hs_error *err)
{
    char value[2 * UINT_TEXT_BYTES + 1];
    struct key key;
    enum hs_status st = timer_allot(k, number, err);

    assert(r->interval > 0);
    (void)snprintf(value, sizeof value, "%" PRIu64 ",%" PRIu64, r->start, r->interval);
    if (st == HS_OK) st = kv_hashed_write_text(k, repeater_key(&key, vat, *number), value, err);
    return st == HS_OK ? timer_count_own(k, vat, true, err) : st;
}

enum hs_status timers_repeater_find(struct kv_hashed *k, const struct ref *vat, uint64_t number,
                                    struct repeater *out, bool *found, struct hs_error *err)
{
    struct key key;
    struct slice value;
    const char *comma;
    enum hs_status st = kv_hashed_find(k, repeater_key(&key, vat, number), &value, found, err);

    if (st != HS_OK || !*found) return st;
    comma = value.len > 0 ? memchr(value.data, ',', value.len) : NULL;
    if (comma &&
        uint_parse(slice_make(value.data, (size_t)(comma - value.data)), &out->start) == HS_OK &&
        uint_parse(slice_make(comma + 1, value.len - (size_t)(comma + 1 - value.data)),
                   &out->interval) == HS_OK &&
        out->interval > 0) {
        return HS_OK;
    }
    return kernel_store_damaged(key_slice(&key), "no repeater", err);
}

enum hs_status timers_repeater_remove(struct kv_hashed *k, const struct ref *vat, uint64_t number,
                                      struct hs_error *err)
{
    struct key key;
    enum hs_status st = kv_hashed_delete(k, repeater_key(&key, vat, number), err);

    return st == HS_OK ? timer_count_own(k, vat, false, err) : st;
}

uint64_t repeater_next(const struct repeater *r, uint64_t now)
{
    if (now < r->start) return r->start;
    return now + r->interval - (now - r->start) % r->interval;
}
