#include "kernel/replay.h"

#include "kernel/state/decimal.h"
#include "kernel/state/utf8.h"
#include "kernel/tables/transcript.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

enum {
    REPLAY_SHOWN_BYTES = 200,     /* of each text that a divergence shows */
    REPLAY_STEPS_OVER = 10 << 20, /* how far past its record a vat runs, to be told how far */
};

/* One delivery while it is replayed. */
struct replay_delivery {
    const struct vat_process *process;
    uint64_t number; /* of the transcript item */
    struct transcript_item item;
    bool has_steps; /* the record says how many it took */
    uint64_t steps;
    uint64_t syscalls;
};

static int replay_shown(struct slice s)
{
    return (int)utf8_cut(s, REPLAY_SHOWN_BYTES);
}

static enum hs_status replay_diverged(const struct replay_delivery *d, const char *kind,
                                      struct slice recorded, struct slice made,
                                      struct hs_error *err)
{
    const struct vat_name *name = &d->process->name;

    return hs_fail(err, HS_DIVERGED,
                   "vat %s (%s), delivery %" PRIu64 ", %s %" PRIu64 ": recorded %.*s, made %.*s",
                   name->id.text, name->name, d->number, kind, d->syscalls, replay_shown(recorded),
                   recorded.data, replay_shown(made), made.data);
}

static enum hs_status replay_answer(void *data, struct slice request, struct buffer *reply,
                                    struct hs_error *err)
{
    struct replay_delivery *d = data;
    struct transcript_syscall recorded = {{NULL, 0}, {NULL, 0}};
    struct slice made;
    bool found;
    enum hs_status st;

    if (!vat_request_syscall(request, &made)) {
        return kernel_fail(err, buffer_assign(reply, slice_text(VAT_ANSWER_NOTHING)));
    }
    d->syscalls++;
    st = transcript_next_syscall(&d->item, &recorded, &found, err);
    if (st != HS_OK) return st;
    if (!found) return replay_diverged(d, "extra syscall", slice_text("nothing"), made, err);
    if (!transcript_same(recorded.request, made)) {
        return replay_diverged(d, "wrong syscall", recorded.request, made, err);
    }
    return kernel_fail(err, buffer_assign(reply, recorded.answer));
}

/* The vat did what was recorded; it must have taken as many steps for it. */
static enum hs_status replay_check_steps(struct replay_delivery *d, const char *ending,
                                         struct hs_error *err)
{
    uint64_t made = vat_steps(d->process->vat);
    char text[UINT_TEXT_BYTES + 32];

    if (d->has_steps && made == d->steps) return HS_OK;
    (void)snprintf(text, sizeof text, "%" PRIu64 " steps%s", made, ending);
    return replay_diverged(d, "result after syscall", d->item.result, slice_text(text), err);
}

/* All that was recorded must have happened again. */
static enum hs_status replay_check_end(struct replay_delivery *d, struct hs_error *err)
{
    struct transcript_syscall recorded;
    bool found;
    enum hs_status st = transcript_next_syscall(&d->item, &recorded, &found, err);

    if (st != HS_OK) return st;
    if (!found) return replay_check_steps(d, "", err);
    d->syscalls++;
    return replay_diverged(d, "missing syscall", recorded.request, slice_text("nothing"), err);
}

/* No limit holds but the record itself: this went well, whatever the limits were then. */
static enum hs_status replay_run(struct replay_delivery *d, struct vat_process *p,
                                 struct buffer_room *room, struct hs_error *err)
{
    uint64_t usual_max = vat_steps_max(p->vat), steps_max = usual_max;
    enum hs_status st;

    d->has_steps = transcript_result_steps(d->item.result, &d->steps);
    if (d->has_steps) steps_max = d->steps + REPLAY_STEPS_OVER;
    vat_set_steps_max(p->vat, steps_max);
    st = vat_process_deliver(p, d->item.delivery, room, replay_answer, d, err);
    vat_set_steps_max(p->vat, usual_max);
    if (st == HS_OK) return replay_check_end(d, err);
    if (st != HS_VAT_FAILED || vat_steps(p->vat) <= steps_max) return st;
    return replay_check_steps(d, ", and not done", err);
}

static enum hs_status replay_item(struct vat_process *p, struct kv_store *kv, uint64_t number,
                                  struct buffer *text, struct buffer_room *room,
                                  struct hs_error *err)
{
    struct replay_delivery d = {.process = p, .number = number};
    struct hs_error cause = {.status = HS_OK};
    enum hs_status st = transcript_read(kv, &p->name.id, number, text, &d.item, err);

    if (st != HS_OK) return st;
    st = replay_run(&d, p, room, &cause);
    if (st == HS_OK) return HS_OK;
    if (st == HS_CORRUPT) {
        return hs_fail(err, st, "kernel store: \"%s.t.%" PRIu64 "\": %s", p->name.id.text, number,
                       cause.text);
    }
    if (st == HS_VAT_FAILED) {
        return replay_diverged(&d, "failure after syscall", d.item.result, slice_text(cause.text),
                               err);
    }
    return hs_fail(err, st, "%s", cause.text);
}

enum hs_status replay_vat(struct vat_process *p, struct kv_store *kv, uint64_t from,
                          replay_step_fn step, void *step_data, struct hs_error *err)
{
    struct buffer_room room = {.len = 0};
    struct buffer text = {0};
    enum hs_status st = HS_OK;

    assert(from <= p->transcript_len);
    for (uint64_t i = from; i < p->transcript_len && st == HS_OK; i++) {
        st = replay_item(p, kv, i, &text, &room, err);
        if (st == HS_OK && step && !step(step_data)) {
            st = hs_fail(err, HS_CANCELLED, "the replay was cancelled");
        }
    }
    buffer_fini(&text);
    buffer_room_fini(&room);
    return st;
}
