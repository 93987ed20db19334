#include "kernel/pending.h"

#include "kernel/state/decimal.h"
#include "kernel/tables/promises.h"
#include "kernel/text/capdata.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const char pending_prefix[] = "kernel.pending.";
static const char pending_count_key[] = "kernel.pending";

/* How many expire at once: a share, so that finding the oldest is rare, and what fits an answer. */
enum { PENDING_EXPIRE_SHARE = 16, PENDING_EXPIRE_MAX = 1024 };

static struct slice pending_key(struct key *key, const struct ref *kpid)
{
    return key_of(key, pending_prefix, kpid->text, "");
}

enum hs_status pending_add(struct kernel *k, const struct ref *kpid, uint64_t seqnum,
                           struct hs_error *err)
{
    char text[UINT_TEXT_BYTES];
    struct key key;

    return kv_hashed_create(&k->kv, pending_key(&key, kpid),
                            slice_make(text, uint_text(text, seqnum)), err);
}

static enum hs_status pending_count(struct kernel *k, bool more, uint64_t change, uint64_t *out,
                                    struct hs_error *err)
{
    uint64_t count;
    enum hs_status st = kv_hashed_read_uint(&k->kv, slice_text(pending_count_key), &count, err);

    if (st != HS_OK) return st;
    if (!more && count < change) {
        return kernel_store_damaged(slice_text(pending_count_key), "fewer than there are", err);
    }
    *out = more ? count + change : count - change;
    return kv_hashed_write_uint(&k->kv, slice_text(pending_count_key), *out, err);
}

/* --- settled --- */

static enum hs_status pending_read(struct kernel *k, const struct ref *kpid, struct settlement *out,
                                   struct hs_error *err)
{
    struct buffer body = buffer_room_take(&k->kv.room);
    struct ref_list slots = {0};
    enum promise_state state;
    enum hs_status st = promise_state_read(&k->kv, kpid, &state, err);

    if (st == HS_OK) st = promise_data(&k->kv, kpid, &body, &slots, err);
    if (st == HS_OK && state == PROMISE_REJECTED) {
        out->status = MESSAGE_REJECTED;
        st = kernel_fail(err, capdata_rejection_to_json(&out->value, buffer_slice(&body)));
    } else if (st == HS_OK) {
        out->status = MESSAGE_FULFILLED;
        st = kernel_fail(err, capdata_to_json(&out->value, buffer_slice(&body)));
    }
    buffer_room_give(&k->kv.room, &body);
    ref_list_fini(&slots);
    return st;
}

/* Of an earlier message: it was counted. */
static bool pending_was_kept(const struct kernel *k, uint64_t seqnum)
{
    return seqnum > 0 && seqnum <= k->now.at.seqnum;
}

static enum hs_status pending_take(struct kernel *k, const struct ref *kpid, struct hs_error *err)
{
    struct settlement *s;
    struct key key;
    uint64_t left;
    enum hs_status st = kernel_fail(err, settlements_add(&k->settled, &s));

    if (st == HS_OK) st = kv_hashed_read_uint(&k->kv, pending_key(&key, kpid), &s->seqnum, err);
    if (st == HS_OK) st = pending_read(k, kpid, s, err);
    if (st == HS_OK) st = kv_hashed_delete(&k->kv, key_slice(&key), err);
    if (st == HS_OK) st = promise_release(&k->kv, kpid, err);
    if (st != HS_OK) return st;
    k->meter.answer_bytes += s->value.len + KV_WORK_CHANGE_BYTES;
    return pending_was_kept(k, s->seqnum) ? pending_count(k, false, 1, &left, err) : HS_OK;
}

enum hs_status pending_collect(struct kernel *k, struct hs_error *err)
{
    enum hs_status st = HS_OK;

    for (size_t i = 0; i < k->kv.settled.len && st == HS_OK; i++) {
        struct ref kpid = k->kv.settled.items[i];

        st = pending_take(k, &kpid, err);
    }
    if (st == HS_OK) ref_list_clear(&k->kv.settled);
    return st;
}

/* --- expired --- */

struct pending_call {
    uint64_t seqnum;
    struct ref kpid;
};

static int pending_compare(const void *a, const void *b)
{
    uint64_t left = ((const struct pending_call *)a)->seqnum;
    uint64_t right = ((const struct pending_call *)b)->seqnum;

    return (left > right) - (left < right);
}

enum hs_status pending_bootstrap(struct kernel *k, struct ref *kpid, bool *found,
                                 struct hs_error *err)
{
    const struct slice prefix = slice_text(pending_prefix);
    struct buffer key = {0}, value = {0};
    enum hs_status st = HS_OK;

    *found = false;
    while (!*found && st == HS_OK) {
        st = kv_hashed_next(&k->kv, prefix, &key, &value, err);
        if (st != HS_OK || !slice_equal(buffer_slice(&value), slice_text("0"))) continue;
        *found = true;
        if (ref_make(slice_make(key.data + prefix.len, key.len - prefix.len), kpid) != HS_OK) {
            st = kernel_store_damaged(buffer_slice(&key), "no call that is pending", err);
        }
    }
    buffer_fini(&key);
    buffer_fini(&value);
    return st == HS_NOT_FOUND ? HS_OK : st;
}

enum hs_status pending_give_up_bootstrap(struct kernel *k, struct hs_error *err)
{
    static const char event[] = "{\"type\":\"bootstrap_given_up\"}";
    struct ref kpid;
    struct key key;
    bool found;
    enum hs_status st = pending_bootstrap(k, &kpid, &found, err);

    if (st != HS_OK || !found) return st;
    st = kv_hashed_delete(&k->kv, pending_key(&key, &kpid), err);
    if (st == HS_OK) st = promise_release(&k->kv, &kpid, err);
    return st == HS_OK ? kernel_say(k, &k->events, slice_text(event), err) : st;
}

/* All that wait but the bootstrap: at most `max`, which is how many were counted. */
static enum hs_status pending_list(struct kernel *k, struct pending_call *calls, size_t max,
                                   size_t *len, struct hs_error *err)
{
    const struct slice prefix = slice_text(pending_prefix);
    struct buffer key = {0}, value = {0};
    enum hs_status st;

    *len = 0;
    while ((st = kv_hashed_next(&k->kv, prefix, &key, &value, err)) == HS_OK) {
        struct pending_call call;
        struct slice id = slice_make(key.data + prefix.len, key.len - prefix.len);

        if (ref_make(id, &call.kpid) != HS_OK || kref_kind(&call.kpid) != REF_PROMISE ||
            uint_parse(buffer_slice(&value), &call.seqnum) != HS_OK || *len == max) {
            st = kernel_store_damaged(buffer_slice(&key), "no call that is pending", err);
            break;
        }
        if (call.seqnum > 0) calls[(*len)++] = call;
    }
    buffer_fini(&key);
    buffer_fini(&value);
    return st == HS_NOT_FOUND ? HS_OK : st;
}

static enum hs_status pending_expire_one(struct kernel *k, const struct pending_call *call,
                                         struct hs_error *err)
{
    struct buffer event = {0};
    struct json_printer j = json_printer_on(&event);
    struct key key;
    enum hs_status st;

    json_print_open(&j, '{');
    json_print_key(&j, "type");
    json_print_word(&j, "call_expired");
    json_print_key(&j, "seqnum");
    json_print_uint(&j, call->seqnum);
    json_print_close(&j, '}');
    st = kernel_fail(err, json_print_end(&j));
    if (st == HS_OK) st = kernel_say(k, &k->events, buffer_slice(&event), err);
    if (st == HS_OK) st = kv_hashed_delete(&k->kv, pending_key(&key, &call->kpid), err);
    if (st == HS_OK) st = promise_release(&k->kv, &call->kpid, err);
    buffer_fini(&event);
    return st;
}

static enum hs_status pending_expire(struct kernel *k, uint64_t count, struct hs_error *err)
{
    struct pending_call *calls = calloc(count + 1, sizeof *calls);
    uint64_t excess = count - k->now.rules.pending, left;
    size_t len = 0;
    enum hs_status st = calls ? HS_OK : kernel_fail(err, HS_NOMEM);

    excess += k->now.rules.pending / PENDING_EXPIRE_SHARE;
    if (excess > PENDING_EXPIRE_MAX) excess = PENDING_EXPIRE_MAX; /* the rest with the next */
    if (st == HS_OK) st = pending_list(k, calls, count + 1, &len, err);
    if (st == HS_OK) qsort(calls, len, sizeof *calls, pending_compare);
    for (size_t i = 0; i < excess && i < len && st == HS_OK; i++) {
        st = pending_expire_one(k, &calls[i], err);
    }
    free(calls);
    return st == HS_OK ? pending_count(k, false, excess, &left, err) : st;
}

enum hs_status pending_keep(struct kernel *k, struct hs_error *err)
{
    uint64_t count = 0;
    enum hs_status st = pending_count(k, true, 1, &count, err);

    if (st != HS_OK || count <= k->now.rules.pending) return st;
    return pending_expire(k, count, err);
}
