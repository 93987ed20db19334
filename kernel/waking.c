#include "kernel/waking.h"

#include "kernel/crank.h"
#include "kernel/tables/events.h"
#include "kernel/tables/routing.h"
#include "kernel/tables/run_queue.h"
#include "kernel/tables/timers.h"
#include "kernel/tables/vat_names.h"

#include <inttypes.h>

enum { WAKING_BATCH = 64 };

struct waking {
    struct buffer *cursor;
    bool left;
};

static enum hs_status waking_send(struct kernel *k, const struct wakeup *w, struct hs_error *err)
{
    static const struct ref_list no_slots = {0};
    struct buffer body = {0};
    enum hs_status st = kernel_fail(
        err, buffer_printf(&body, "\"#[\\\"wake\\\",[\\\"+%" PRIu64 "\\\"]]\"", w->time));

    if (st == HS_OK) {
        st = event_send(&k->kv, QUEUE_ACCEPTANCE, &w->handler, buffer_slice(&body), &no_slots, NULL,
                        err);
    }
    buffer_fini(&body);
    return st;
}

/* Its repeater's next time, if both are still there. */
static enum hs_status waking_repeat(struct kernel *k, const struct wakeup *w, struct hs_error *err)
{
    struct wakeup next = *w;
    struct repeater r;
    bool found;
    enum hs_status st = timers_repeater_find(&k->kv, &w->vat, w->repeater, &r, &found, err);

    if (st != HS_OK || !found) return st;
    next.time = repeater_next(&r, k->now.time);
    return next.time <= HS_UINT_MAX ? timers_add(&k->kv, &next, err) : HS_OK;
}

static enum hs_status waking_one(struct kernel *k, const struct wakeup *w, struct hs_error *err)
{
    bool ended = false, open = false;
    enum hs_status st = vat_names_ended(&k->kv, &w->vat, &ended, err);

    if (st == HS_OK) st = route_is_open(&k->kv, &w->handler, &open, err);
    if (st != HS_OK || ended || !open) return st;
    st = waking_send(k, w, err);
    return st == HS_OK && w->repeater > 0 ? waking_repeat(k, w, err) : st;
}

static enum hs_status waking_crank(struct kernel *k, void *data, struct hs_error *err)
{
    struct waking *waking = data;
    struct wakeup w;
    enum hs_status st = HS_OK;

    waking->left = true;
    for (int i = 0; i < WAKING_BATCH && st == HS_OK && waking->left; i++) {
        st = timers_take(&k->kv, k->now.time, waking->cursor, &w, &waking->left, err);
        if (st == HS_OK && waking->left) st = waking_one(k, &w, err);
    }
    return st == HS_OK ? timers_taken(&k->kv, waking->cursor, err) : st;
}

enum hs_status waking_queue(struct kernel *k, struct buffer *cursor, bool *left,
                            struct hs_error *err)
{
    struct waking waking = {.cursor = cursor};
    uint64_t wake = 0, waiting = 0;
    bool found = false;
    enum hs_status st = timers_wake(&k->kv, &wake, &found, err);

    *left = false;
    if (st != HS_OK || !found || wake > k->now.time) return st;
    st = run_queues_len(&k->kv, &waiting, err);
    *left = true;
    if (st != HS_OK || waiting >= k->now.rules.run_queue) return st;
    st = crank_run(k, waking_crank, &waking, err);
    *left = waking.left;
    return st;
}
