#include "kernel/tables/resolution.h"

#include "kernel/tables/events.h"
#include "kernel/tables/promises.h"
#include "kernel/tables/refcounts.h"
#include "kernel/text/capdata.h"

#include <assert.h>

enum hs_status resolution_settle(struct kv_hashed *k, const struct ref *kpid, bool rejected,
                                 struct slice body, const struct ref_list *slots,
                                 const struct ref *by, struct hs_error *err)
{
    struct ref_list vats = {0};
    bool left = false;
    enum hs_status st;

    assert(kref_kind(kpid) == REF_PROMISE);
    st = promise_subscribers(k, kpid, &vats, err);
    for (size_t i = 0; i < vats.len && st == HS_OK; i++) {
        if (by && ref_equal(&vats.items[i], by)) continue;
        st = event_notify(k, &vats.items[i], kpid, err);
    }
    if (st == HS_OK) st = promise_end_waiting(k, kpid, &left, err);
    if (st == HS_OK && left) st = event_requeue(k, kpid, err);
    if (st == HS_OK) st = refcount_hold_all(k, slots, err);
    if (st == HS_OK) st = promise_settle(k, kpid, rejected, body, slots, err);
    ref_list_fini(&vats);
    return st;
}

enum hs_status resolution_reject(struct kv_hashed *k, const struct ref *kpid, const char *message,
                                 struct hs_error *err)
{
    static const struct ref_list no_slots = {0};
    struct buffer body = {0};
    enum hs_status st = kernel_fail(err, capdata_error(&body, "Error", message));

    if (st == HS_OK) {
        st = resolution_settle(k, kpid, true, buffer_slice(&body), &no_slots, NULL, err);
    }
    buffer_fini(&body);
    return st;
}
