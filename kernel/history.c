#include "kernel/history.h"

#include "kernel/crank.h"

#include <inttypes.h>

static const char history_count_key[] = "kernel.heights.count";

static enum hs_status history_count(struct kv_hashed *k, uint64_t *count, struct hs_error *err)
{
    bool found;
    enum hs_status st = kv_hashed_has(k, slice_text(history_count_key), &found, err);

    *count = 0;
    if (st != HS_OK || !found) return st;
    return kv_hashed_read_uint(k, slice_text(history_count_key), count, err);
}

static struct slice history_slot_key(struct key *key, uint64_t entry)
{
    return key_of_number(key, "kernel.heights.", "", entry % HS_HISTORY_HEIGHTS);
}

/* Take out what entry's slot of the ring names. */
static enum hs_status history_drop(struct kv_hashed *k, uint64_t entry, struct hs_error *err)
{
    struct key key;
    uint64_t height;
    enum hs_status st = kv_hashed_read_uint(k, history_slot_key(&key, entry), &height, err);

    if (st != HS_OK) return st;
    return kv_hashed_delete(k, key_of_number(&key, "kernel.history.", "", height), err);
}

/* The newest entries while they are at `height` or above. */
static enum hs_status history_forget_from(struct kv_hashed *k, uint64_t height,
                                          struct hs_error *err)
{
    struct key key;
    uint64_t count, noted;
    bool found = true;
    enum hs_status st = history_count(k, &count, err);

    while (st == HS_OK && count > 0) {
        st = kv_hashed_has(k, history_slot_key(&key, count - 1), &found, err);
        if (st != HS_OK || !found) break;
        st = kv_hashed_read_uint(k, history_slot_key(&key, count - 1), &noted, err);
        if (st != HS_OK || noted < height) break;
        st = history_drop(k, count - 1, err);
        if (st == HS_OK) st = kv_hashed_delete(k, history_slot_key(&key, count - 1), err);
        count--;
    }
    if (st != HS_OK) return st;
    return kv_hashed_write_uint(k, slice_text(history_count_key), count, err);
}

/* The block at now.height ended where the kernel stands. */
static enum hs_status history_note(struct kernel *k, struct hs_error *err)
{
    struct kv_hashed *kv = &k->kv;
    struct buffer text = {0};
    struct key key;
    uint64_t count;
    bool full;
    enum hs_status st = history_count(kv, &count, err);

    if (st == HS_OK) st = kv_hashed_has(kv, history_slot_key(&key, count), &full, err);
    if (st == HS_OK && full) st = history_drop(kv, count, err);
    if (st == HS_OK) {
        st = kv_hashed_write_uint(kv, history_slot_key(&key, count), k->now.height, err);
    }
    if (st == HS_OK) {
        st = kv_hashed_write_uint(kv, slice_text(history_count_key), count + 1, err);
    }
    if (st == HS_OK) {
        st = kernel_fail(err,
                         buffer_printf(&text, "%" PRIu64 ":%s", k->now.at.seqnum, k->now.at.hash));
    }
    if (st == HS_OK) {
        st = kv_hashed_write(kv, key_of_number(&key, "kernel.history.", "", k->now.height),
                             buffer_slice(&text), err);
    }
    buffer_fini(&text);
    return st;
}

static enum hs_status history_crank(struct kernel *k, void *data, struct hs_error *err)
{
    const struct message *m = data;
    enum hs_status st = HS_OK;

    if (k->now.in_block && m->height > k->now.height) st = history_note(k, err);
    if (k->now.in_block && m->height < k->now.height) {
        st = history_forget_from(&k->kv, m->height, err);
    }
    if (st == HS_OK) {
        st = kv_hashed_write_uint(&k->kv, slice_text("kernel.height"), m->height, err);
    }
    if (st != HS_OK) return st;
    return kv_hashed_write_uint(&k->kv, slice_text("kernel.time"), m->time, err);
}

enum hs_status history_advance(struct kernel *k, const struct message *m, struct hs_error *err)
{
    struct message block = *m;
    enum hs_status st;

    if (k->now.in_block && m->height == k->now.height && m->time == k->now.time) return HS_OK;
    st = crank_run(k, history_crank, &block, err);
    if (st != HS_OK) return st;
    k->now.in_block = true;
    k->now.height = m->height;
    k->now.time = m->time;
    return HS_OK;
}
