/* Timers: which objects are to be woken, and when, by block time (Unix seconds).
 *
 *   timer.<time>.<number> = v1 ko20 3   whose, whom, and the repeater it belongs to (0: comes
 * once); time and number have 16 digits: the first key is the next to wake kernel.wake           =
 * the first one's time; absent: there is none timer.count, timer.nextID wake-ups of all vats; the
 * next number v$N.timer.at.<handler>.<time>.<number> = ""    the vat's wake-ups, by whom they wake
 *   v$N.timer.every.<number> = start,interval      its repeaters
 *   v$N.timer.count                                how many it has of both
 *
 * A wake-up belongs to the vat that asked for it, ends with it, and holds its handler. It may be
 * entered for a time that has passed, and is then the first to be taken.
 */
#ifndef HEADSTART_KERNEL_TABLES_TIMERS_H
#define HEADSTART_KERNEL_TABLES_TIMERS_H

#include "kernel/tables/kv_hashed.h"

/* Plain value. */
struct wakeup {
    uint64_t time, number; /* number: in the order in which they were entered */
    struct ref vat, handler;
    uint64_t repeater; /* 0: it comes once */
};

struct repeater {
    uint64_t start, interval; /* seconds; interval > 0 */
};

/** How many wake-ups and repeaters a vat has; how many wake-ups all have. */
HS_MUST_CHECK enum hs_status timers_count(struct kv_hashed *k, const struct ref *vat, uint64_t *own,
                                          uint64_t *all, struct hs_error *err);
/** Enter a wake-up; its number is allotted. */
HS_MUST_CHECK enum hs_status timers_add(struct kv_hashed *k, struct wakeup *w,
                                        struct hs_error *err);
/** Drop the vat's first wake-up of `handler` behind *cursor (start with an empty one) and say when
 *  it would have come. */
HS_MUST_CHECK enum hs_status timers_remove(struct kv_hashed *k, const struct ref *vat,
                                           const struct ref *handler, struct buffer *cursor,
                                           uint64_t *time, bool *found, struct hs_error *err);
/** A vat ends: drop its wake-ups, as many as *left, which counts down. */
HS_MUST_CHECK enum hs_status timers_drop_of(struct kv_hashed *k, const struct ref *vat,
                                            uint64_t *left, struct hs_error *err);

/** When the first one comes. */
HS_MUST_CHECK enum hs_status timers_wake(struct kv_hashed *k, uint64_t *time, bool *found,
                                         struct hs_error *err);
/** Take out the first one whose time is `now` or before. *cursor: empty at first; nothing may be
 *  entered before it while it is used. Whoever took some calls timers_taken in the same crank. */
HS_MUST_CHECK enum hs_status timers_take(struct kv_hashed *k, uint64_t now, struct buffer *cursor,
                                         struct wakeup *out, bool *found, struct hs_error *err);
HS_MUST_CHECK enum hs_status timers_taken(struct kv_hashed *k, const struct buffer *cursor,
                                          struct hs_error *err);

HS_MUST_CHECK enum hs_status timers_repeater_add(struct kv_hashed *k, const struct ref *vat,
                                                 const struct repeater *r, uint64_t *number,
                                                 struct hs_error *err);
HS_MUST_CHECK enum hs_status timers_repeater_find(struct kv_hashed *k, const struct ref *vat,
                                                  uint64_t number, struct repeater *out,
                                                  bool *found, struct hs_error *err);
/** Of one that was found. Its wake-ups come once more. */
HS_MUST_CHECK enum hs_status timers_repeater_remove(struct kv_hashed *k, const struct ref *vat,
                                                    uint64_t number, struct hs_error *err);
/** The first time of `r` after `now`; above HS_UINT_MAX: never. */
uint64_t repeater_next(const struct repeater *r, uint64_t now);

/** What `timer.<time>.<number>` holds. HS_INVALID: it is no wake-up. */
HS_MUST_CHECK enum hs_status wakeup_parse(struct slice key, struct slice value, struct wakeup *out);

#endif
