#include "kernel/tables/meters.h"

static const char count_key[] = "meter.count";

/* A count; absent: 0. */
static enum hs_status count_read(struct kv_hashed *k, struct slice key, uint64_t *out,
                                 struct hs_error *err)
{
    bool found;
    enum hs_status st = kv_hashed_has(k, key, &found, err);

    *out = 0;
    return st == HS_OK && found ? kv_hashed_read_uint(k, key, out, err) : st;
}

/* One more, or one less; it is absent again at 0. */
static enum hs_status count_change(struct kv_hashed *k, struct slice key, bool up, uint64_t *out,
                                   struct hs_error *err)
{
    enum hs_status st = count_read(k, key, out, err);

    if (st != HS_OK) return st;
    if (!up && *out == 0) return kernel_store_damaged(key, "counted below nothing", err);
    *out = up ? *out + 1 : *out - 1;
    return *out > 0 ? kv_hashed_write_uint(k, key, *out, err) : kv_hashed_delete(k, key, err);
}

enum hs_status meter_count(struct kv_hashed *k, uint64_t *out, struct hs_error *err)
{
    return count_read(k, slice_text(count_key), out, err);
}

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
    if (st == HS_OK) st = count_change(k, slice_text(count_key), true, &number, err);
    if (st != HS_OK) return st;
    return kv_hashed_write(k, key_of(&key, id->text, ".admin", ""), ref_slice(admin), err);
}

static enum hs_status meter_delete(struct kv_hashed *k, const struct ref *id, struct hs_error *err)
{
    static const char *const names[] = {".remaining", ".threshold", ".admin", ".ended"};
    struct key key;
    uint64_t unwanted;
    enum hs_status st = count_change(k, slice_text(count_key), false, &unwanted, err);

    for (size_t i = 0; i < sizeof names / sizeof *names && st == HS_OK; i++) {
        st = kv_hashed_delete(k, key_of(&key, id->text, names[i], ""), err);
    }
    return st;
}

enum hs_status meter_has_ended(struct kv_hashed *k, const struct ref *id, bool *out,
                               struct hs_error *err)
{
    struct key key;

    return kv_hashed_has(k, key_of(&key, id->text, ".ended", ""), out, err);
}

enum hs_status meter_end(struct kv_hashed *k, const struct ref *id, struct hs_error *err)
{
    struct key key;
    uint64_t vats;
    enum hs_status st = count_read(k, key_of(&key, id->text, ".vats", ""), &vats, err);

    if (st != HS_OK) return st;
    if (vats == 0) return meter_delete(k, id, err);
    return kv_hashed_write_text(k, key_of(&key, id->text, ".ended", ""), "true", err);
}

enum hs_status meter_hold(struct kv_hashed *k, const struct ref *id, struct hs_error *err)
{
    struct key key;
    uint64_t unwanted;

    return count_change(k, key_of(&key, id->text, ".vats", ""), true, &unwanted, err);
}

enum hs_status meter_let_go(struct kv_hashed *k, const struct ref *id, struct hs_error *err)
{
    struct key key;
    uint64_t vats;
    bool ended = false;
    enum hs_status st = count_change(k, key_of(&key, id->text, ".vats", ""), false, &vats, err);

    if (st == HS_OK && vats == 0) st = meter_has_ended(k, id, &ended, err);
    return st == HS_OK && ended ? meter_delete(k, id, err) : st;
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
