#include "kernel/answer.h"

#include "kernel/crank.h"
#include "kernel/tables/promises.h"
#include "kernel/text/capdata.h"

static enum hs_status answer_read(struct kernel *k, const struct ref *kpid,
                                  enum message_status *status, struct buffer *value,
                                  struct hs_error *err)
{
    struct buffer body = {0};
    struct ref_list slots = {0};
    enum promise_state state;
    enum hs_status st = promise_state_read(&k->kv, kpid, &state, err);

    buffer_clear(value);
    *status = MESSAGE_PENDING;
    if (st == HS_OK && state == PROMISE_UNRESOLVED) {
        st = kernel_fail(err, buffer_append_text(value, "null"));
        goto out;
    }
    if (st == HS_OK) st = promise_data(&k->kv, kpid, &body, &slots, err);
    if (st != HS_OK) goto out;
    if (state == PROMISE_REJECTED) {
        *status = MESSAGE_REJECTED;
        st = kernel_fail(err, capdata_rejection_to_json(value, buffer_slice(&body)));
    } else {
        *status = MESSAGE_FULFILLED;
        st = kernel_fail(err, capdata_to_json(value, buffer_slice(&body)));
    }
out:
    buffer_fini(&body);
    ref_list_fini(&slots);
    return st;
}

static enum hs_status answer_release(struct kernel *k, void *data, struct hs_error *err)
{
    return promise_release(&k->kv, data, err);
}

enum hs_status answer_take(struct kernel *k, const struct ref *kpid, enum message_status *status,
                           struct buffer *value, struct hs_error *err)
{
    struct ref promise = *kpid;
    enum hs_status st = answer_read(k, kpid, status, value, err);

    if (st == HS_OK) st = crank_run(k, answer_release, &promise, err);
    /* What the answer held may have been the last of its kind: its vat is told now, so that nothing
     * waits between messages. */
    return st == HS_OK ? crank_run_all(k, err) : st;
}
