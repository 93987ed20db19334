#include "kernel/replay.h"

#include "kernel/state/utf8.h"
#include "kernel/tables/transcript.h"

#include <assert.h>
#include <inttypes.h>

enum { REPLAY_SHOWN_BYTES = 200 }; /* of each text that a divergence shows */

/* One delivery while it is replayed. */
struct replay_delivery {
    const struct vat_process *process;
    uint64_t number; /* of the transcript item */
    struct transcript_item item;
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

/* All that was recorded must have happened again. What it cost is not compared: another build of
 * the engine may count otherwise and still do the same. */
static enum hs_status replay_check_end(struct replay_delivery *d, struct hs_error *err)
{
    struct transcript_syscall recorded;
    bool found;
    enum hs_status st = transcript_next_syscall(&d->item, &recorded, &found, err);

    if (st != HS_OK) return st;
    if (found) {
        d->syscalls++;
        return replay_diverged(d, "missing syscall", recorded.request, slice_text("nothing"), err);
    }
    if (transcript_result_is_ok(d->item.result)) return HS_OK;
    return replay_diverged(d, "result after syscall", d->item.result, slice_text("ok"), err);
}

static enum hs_status replay_item(struct vat_process *p, struct kv_store *kv, uint64_t number,
                                  struct buffer *text, struct hs_error *err)
{
    struct replay_delivery d = {.process = p, .number = number};
    struct hs_error cause = {.status = HS_OK};
    enum hs_status st = transcript_read(kv, &p->name.id, number, text, &d.item, err);

    if (st != HS_OK) return st;
    st = vat_process_deliver(p, d.item.delivery, replay_answer, &d, NULL, &cause);
    if (st == HS_OK) st = replay_check_end(&d, &cause);
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
    struct buffer text = {0};
    enum hs_status st = HS_OK;

    assert(from <= p->transcript_len);
    for (uint64_t i = from; i < p->transcript_len && st == HS_OK; i++) {
        st = replay_item(p, kv, i, &text, err);
        if (st == HS_OK && step && !step(step_data)) {
            st = hs_fail(err, HS_CANCELLED, "the replay was cancelled");
        }
    }
    buffer_fini(&text);
    return st;
}
