/* The timer: wakes objects by block time, in SwingSet's words. Times are Unix seconds, bigints when
 * they are answered, and the present is the time of the newest message's block.
 *
 *   getLastPolled()               the present
 *   setWakeup(time, handler)      handler is sent wake(time) at that time or after it; → time
 *   removeWakeup(handler)         → the times of the vat's wake-ups of it that were dropped
 *   makeRepeater(start, interval) → its number, the vat's own to use
 *   schedule(number, handler)     handler is sent wake(time) at start + n * interval, for each n
 *                                 after the present → the first time
 *   deleteRepeater(number)        its handlers are woken once more
 *
 * A run wakes (kernel/waking.h), and never in the second that was present when a wake-up was asked
 * for: one for a time that has passed comes with the next. So a vat cannot keep a block busy by
 * asking again from its wake.
 */
#include "kernel/devices/device_arguments.h"
#include "kernel/kernel_core.h"
#include "kernel/state/decimal.h"
#include "kernel/tables/routing.h"
#include "kernel/tables/timers.h"

#include <inttypes.h>
#include <stdio.h>

static uint64_t timer_now(const struct device_call *c)
{
    return c->kernel->now.time;
}

static enum hs_status timer_answer_time(struct device_call *c, uint64_t time, struct hs_error *err)
{
    char body[UINT_TEXT_BYTES + 8];

    (void)snprintf(body, sizeof body, "#\"+%" PRIu64 "\"", time);
    return device_answer_value(c, slice_text(body), err);
}

static enum hs_status timer_answer_number(struct device_call *c, uint64_t n, struct hs_error *err)
{
    char body[UINT_TEXT_BYTES + 8];

    (void)snprintf(body, sizeof body, "#%" PRIu64, n);
    return device_answer_value(c, slice_text(body), err);
}

/* Why the vat may not have another wake-up of `handler`, or another repeater (NULL); NULL: it may.
 */
static enum hs_status timer_refusal(struct device_call *c, const struct ref *handler,
                                    const char **why, struct hs_error *err)
{
    const struct kernel_rules *rules = &c->kernel->now.rules;
    bool open = true;
    uint64_t own = 0, all = 0;
    enum hs_status st = timers_count(&c->kernel->kv, &c->caller, &own, &all, err);

    if (st == HS_OK && handler) st = route_is_open(&c->kernel->kv, handler, &open, err);
    *why = NULL;
    if (own >= rules->timers) {
        *why = "this vat has as many wake-ups and repeaters as one may have";
    } else if (handler && all >= rules->timers_sum) {
        *why = "there are as many wake-ups as the kernel may have";
    } else if (!open) {
        *why = "the handler's vat has ended";
    }
    return st;
}

/* Enter it, unless there is no room; answer its time. */
static enum hs_status timer_enter(struct device_call *c, struct wakeup *w, struct hs_error *err)
{
    const char *why;
    enum hs_status st = timer_refusal(c, &w->handler, &why, err);

    if (st != HS_OK) return st;
    if (why) return device_answer_error(c, slice_text(why), err);
    if (w->time > HS_UINT_MAX) {
        return device_answer_error(c, slice_text("that time never comes"), err);
    }
    w->vat = c->caller;
    st = timers_add(&c->kernel->kv, w, err);
    return st == HS_OK ? timer_answer_time(c, w->time, err) : st;
}

static enum hs_status timer_get_last_polled(struct device_call *c, struct device_arguments *a,
                                            struct hs_error *err)
{
    if (!device_arguments_end(a)) return HS_OK;
    return timer_answer_time(c, timer_now(c), err);
}

static enum hs_status timer_set_wakeup(struct device_call *c, struct device_arguments *a,
                                       struct hs_error *err)
{
    struct wakeup w = {0};

    if (!device_argument_uint(a, &w.time) || !device_argument_object(a, &w.handler) ||
        !device_arguments_end(a)) {
        return HS_OK;
    }
    if (w.time <= timer_now(c)) w.time = timer_now(c) + 1;
    return timer_enter(c, &w, err);
}

static enum hs_status timer_remove_wakeup(struct device_call *c, struct device_arguments *a,
                                          struct hs_error *err)
{
    struct buffer cursor = {0}, times = {0};
    struct json_printer j = json_printer_on(&times);
    struct ref handler;
    uint64_t time;
    bool found = true;
    enum hs_status st = HS_OK;

    if (!device_argument_object(a, &handler) || !device_arguments_end(a)) return HS_OK;
    printer_text(&j.text, "#");
    json_print_open(&j, '[');
    while (st == HS_OK && found) {
        char text[UINT_TEXT_BYTES + 1] = "+";

        st = timers_remove(&c->kernel->kv, &c->caller, &handler, &cursor, &time, &found, err);
        if (st != HS_OK || !found) break;
        (void)uint_text(text + 1, time);
        json_print_word(&j, text);
    }
    json_print_close(&j, ']');
    if (st == HS_OK) st = kernel_fail(err, json_print_end(&j));
    if (st == HS_OK) st = device_answer_value(c, buffer_slice(&times), err);
    buffer_fini(&cursor);
    buffer_fini(&times);
    return st;
}

static enum hs_status timer_make_repeater(struct device_call *c, struct device_arguments *a,
                                          struct hs_error *err)
{
    struct repeater r;
    const char *why;
    uint64_t number;
    enum hs_status st;

    if (!device_argument_uint(a, &r.start) || !device_argument_uint(a, &r.interval) ||
        !device_arguments_end(a)) {
        return HS_OK;
    }
    st = timer_refusal(c, NULL, &why, err);
    if (st == HS_OK && r.interval == 0) why = "an interval has a second at least";
    if (st != HS_OK) return st;
    if (why) return device_answer_error(c, slice_text(why), err);
    st = timers_repeater_add(&c->kernel->kv, &c->caller, &r, &number, err);
    return st == HS_OK ? timer_answer_number(c, number, err) : st;
}

static enum hs_status timer_schedule(struct device_call *c, struct device_arguments *a,
                                     struct hs_error *err)
{
    struct wakeup w = {0};
    struct repeater r;
    bool found;
    enum hs_status st;

    if (!device_argument_uint(a, &w.repeater) || !device_argument_object(a, &w.handler) ||
        !device_arguments_end(a)) {
        return HS_OK;
    }
    st = timers_repeater_find(&c->kernel->kv, &c->caller, w.repeater, &r, &found, err);
    if (st != HS_OK) return st;
    if (!found) {
        return device_answer_error(c, slice_text("the vat has no repeater of that number"), err);
    }
    w.time = repeater_next(&r, timer_now(c));
    return timer_enter(c, &w, err);
}

static enum hs_status timer_delete_repeater(struct device_call *c, struct device_arguments *a,
                                            struct hs_error *err)
{
    struct repeater r;
    uint64_t number;
    bool found;
    enum hs_status st;

    if (!device_argument_uint(a, &number) || !device_arguments_end(a)) return HS_OK;
    st = timers_repeater_find(&c->kernel->kv, &c->caller, number, &r, &found, err);
    if (st == HS_OK && found) {
        st = timers_repeater_remove(&c->kernel->kv, &c->caller, number, err);
    }
    return st == HS_OK ? timer_answer_number(c, number, err) : st;
}

static const struct device_method timer_methods[] = {
    {"getLastPolled", timer_get_last_polled},
    {"setWakeup", timer_set_wakeup},
    {"removeWakeup", timer_remove_wakeup},
    {"makeRepeater", timer_make_repeater},
    {"schedule", timer_schedule},
    {"deleteRepeater", timer_delete_repeater},
    {NULL, NULL},
};

const struct device_type device_type_timer = {
    .name = "timer",
    .state_first = "{}",
    .methods = timer_methods,
};
