#include "kernel/tables/meters.h"

enum hs_status meter_create(struct kv_hashed *k, const struct ref *admin, struct vat_meter m,
                            struct ref *id, struct hs_error *err)
{
    struct key key;
    uint64_t number;
    enum hs_status st = kv_hashed_allot(k, slice_text("meter.nextID"), &number, err);

    if (st != HS_OK) return st;
    *id = ref_number("m", number);
    st = meter_set_remaining(k, id, m.remaining, err);
    if (st == HS_OK) st = meter_set_threshold(k, id, m.threshold, err);
    if (st != HS_OK) return st;
    return kv_hashed_write(k, key_of(&key, id->text, ".admin", ""), ref_slice(admin), err);
}

enum hs_status meter_read(struct kv_hashed *k, const struct ref *id, struct vat_meter *out,
                          bool *found, struct hs_error *err)
{
    struct key key;
    enum hs_status st = kv_hashed_has(k, key_of(&key, id->text, ".remaining", ""), found, err);

    if (st != HS_OK || !*found) return st;
    st = kv_hashed_read_uint(k, key_slice(&key), &out->remaining, err);
    if (st != HS_OK) return st;
    return kv_hashed_read_uint(k, key_of(&key, id->text, ".threshold", ""), &out->threshold, err);
}

enum hs_status meter_set_remaining(struct kv_hashed *k, const struct ref *id, uint64_t remaining,
                                   struct hs_error *err)
{
    struct key key;

    return kv_hashed_write_uint(k, key_of(&key, id->text, ".remaining", ""), remaining, err);
}

enum hs_status meter_set_threshold(struct kv_hashed *k, const struct ref *id, uint64_t threshold,
                                   struct hs_error *err)
{
    struct key key;

    return kv_hashed_write_uint(k, key_of(&key, id->text, ".threshold", ""), threshold, err);
}

enum hs_status meter_spend(struct kv_hashed *k, const struct ref *id, uint64_t steps, bool *crossed,
                           struct hs_error *err)
{
    struct vat_meter m;
    uint64_t left;
    bool found;
    enum hs_status st = meter_read(k, id, &m, &found, err);

    *crossed = false;
    if (st != HS_OK || !found) return st;
    left = m.remaining > steps ? m.remaining - steps : 0;
    *crossed = left < m.threshold && m.remaining >= m.threshold;
    return meter_set_remaining(k, id, left, err);
}
