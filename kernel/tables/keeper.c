#include "kernel/tables/keeper.h"

#include "kernel/state/position.h"

#include <assert.h>
#include <string.h>

enum { KEEPER_CHANGES_BYTES = 64 << 10 }; /* hashed in pieces of about this size */

static struct keeper *keeper_of(struct kv_store *kv)
{
    return (struct keeper *)kv;
}

static struct kv_store *keeper_under(struct keeper *k)
{
    return kv_layers_store(k->layers);
}

static bool keeper_is_hashed(struct slice key)
{
    return !slice_starts_with(key, slice_text("local.")) &&
           !slice_equal(key, slice_text("kernel.hash")) &&
           !slice_starts_with(key, slice_text("kernel.history.")) &&
           !slice_starts_with(key, slice_text("kernel.height"));
}

/* Changes are gathered and hashed in pieces: a call of the digest costs more than most changes. */
static void keeper_hash_pending(struct keeper *k)
{
    sha256_add(k->crank_hash, buffer_slice(&k->changes));
    buffer_clear(&k->changes);
}

static enum hs_status keeper_hash_change(struct keeper *k, const char *what, struct slice key,
                                         const struct slice *value)
{
    struct buffer *b = &k->changes;
    enum hs_status st = buffer_reserve(b, key.len + (value ? value->len : 0) + 16);

    if (st != HS_OK) return st;
    st = buffer_append_text(b, what);
    if (st == HS_OK) st = buffer_append(b, key);
    if (st == HS_OK) st = buffer_append_byte(b, '\n');
    if (st == HS_OK && value) st = buffer_append(b, *value);
    if (st == HS_OK && value) st = buffer_append_byte(b, '\n');
    if (st == HS_OK && b->len >= KEEPER_CHANGES_BYTES) keeper_hash_pending(k);
    return st;
}

static enum hs_status keeper_kv_get(struct kv_store *kv, struct slice key, struct buffer *value,
                                    struct hs_error *err)
{
    return kv_store_get(keeper_under(keeper_of(kv)), key, value, err);
}

static enum hs_status keeper_kv_has(struct kv_store *kv, struct slice key, bool *found,
                                    struct hs_error *err)
{
    return kv_store_has(keeper_under(keeper_of(kv)), key, found, err);
}

static enum hs_status keeper_kv_next(struct kv_store *kv, struct slice after, struct buffer *key,
                                     struct buffer *value, struct hs_error *err)
{
    return kv_store_next(keeper_under(keeper_of(kv)), after, key, value, err);
}

static enum hs_status keeper_note_set(struct keeper *k, struct slice key, struct slice value,
                                      struct hs_error *err)
{
    if (!kv_layers_in_crank(k->layers) || !keeper_is_hashed(key)) return HS_OK;
    return keeper_fail(err, keeper_hash_change(k, "add\n", key, &value));
}

static enum hs_status keeper_kv_set(struct kv_store *kv, struct slice key, struct slice value,
                                    struct hs_error *err)
{
    struct keeper *k = keeper_of(kv);
    enum hs_status st = kv_store_set(keeper_under(k), key, value, err);

    return st == HS_OK ? keeper_note_set(k, key, value, err) : st;
}

static enum hs_status keeper_kv_del(struct kv_store *kv, struct slice key, struct hs_error *err)
{
    struct keeper *k = keeper_of(kv);
    enum hs_status st = kv_store_delete(keeper_under(k), key, err);

    if (st != HS_OK || !kv_layers_in_crank(k->layers) || !keeper_is_hashed(key)) return st;
    return keeper_fail(err, keeper_hash_change(k, "delete\n", key, NULL));
}

static const struct kv_store_ops keeper_ops = {
    .get = keeper_kv_get,
    .has = keeper_kv_has,
    .next = keeper_kv_next,
    .set = keeper_kv_set,
    .del = keeper_kv_del,
};

enum hs_status keeper_init(struct keeper *k, struct kv_layers *layers, struct hs_error *err)
{
    *k = (struct keeper){.kv = {.ops = &keeper_ops}, .layers = layers};
    return sha256_open(&k->crank_hash, err);
}

void keeper_fini(struct keeper *k)
{
    sha256_close(k->crank_hash);
    buffer_fini(&k->changes);
    buffer_fini(&k->scratch);
    ref_list_fini(&k->fallen);
    k->crank_hash = NULL;
}

void keeper_crank_begin(struct keeper *k)
{
    assert(k->changes.len == 0 && k->fallen.len == 0);
    kv_layers_crank_begin(k->layers);
}

void keeper_crank_commit(struct keeper *k)
{
    static const char head[] = "activityhash\n";
    char crank[SHA256_HEX_BYTES];

    assert(k->fallen.len == 0); /* refcounts_process has judged them */
    keeper_hash_pending(k);
    sha256_finish_hex(k->crank_hash, crank);
    sha256_add(k->crank_hash, slice_make(head, sizeof head - 1));
    sha256_add(k->crank_hash, slice_text(k->activity));
    sha256_add(k->crank_hash, slice_make("\n", 1));
    sha256_add(k->crank_hash, slice_text(crank));
    sha256_add(k->crank_hash, slice_make("\n", 1));
    sha256_finish_hex(k->crank_hash, k->activity);
    kv_layers_crank_commit(k->layers);
}

void keeper_crank_abort(struct keeper *k)
{
    sha256_reset(k->crank_hash);
    buffer_clear(&k->changes);
    ref_list_clear(&k->fallen);
    kv_layers_crank_abort(k->layers);
}

struct slice key_of(struct key *key, const char *a, const char *b, const char *c)
{
    size_t a_len = strlen(a), b_len = strlen(b), c_len = strlen(c);

    key->len = a_len + b_len + c_len;
    assert(key->len <= sizeof key->text);
    memcpy(key->text, a, a_len);
    memcpy(key->text + a_len, b, b_len);
    memcpy(key->text + a_len + b_len, c, c_len);
    return slice_make(key->text, key->len);
}

struct slice key_of_number(struct key *key, const char *a, const char *b, uint64_t number)
{
    char text[UINT_TEXT_BYTES];

    (void)uint_text(text, number);
    return key_of(key, a, b, text);
}

enum hs_status keeper_find(struct keeper *k, struct slice key, struct slice *value, bool *found,
                           struct hs_error *err)
{
    enum hs_status st = kv_store_get(keeper_under(k), key, &k->scratch, err);

    *found = st == HS_OK;
    if (st == HS_OK) *value = buffer_slice(&k->scratch);
    return st == HS_NOT_FOUND ? HS_OK : st;
}

static enum hs_status keeper_fail_key(struct hs_error *err, const char *what, struct slice key)
{
    return hs_fail(err, HS_KERNEL_FAILED, "kernel store: %s \"%.*s\"", what,
                   (int)(key.len < 128 ? key.len : 128), key.data);
}

enum hs_status keeper_read(struct keeper *k, struct slice key, struct slice *value,
                           struct hs_error *err)
{
    bool found;
    enum hs_status st = keeper_find(k, key, value, &found, err);

    if (st != HS_OK) return st;
    return found ? HS_OK : keeper_fail_key(err, "missing", key);
}

enum hs_status keeper_read_uint(struct keeper *k, struct slice key, uint64_t *out,
                                struct hs_error *err)
{
    struct slice value;
    enum hs_status st = keeper_read(k, key, &value, err);

    if (st != HS_OK) return st;
    return uint_parse(value, out) == HS_OK ? HS_OK : keeper_fail_key(err, "no number in", key);
}

enum hs_status keeper_has(struct keeper *k, struct slice key, bool *found, struct hs_error *err)
{
    return kv_store_has(keeper_under(k), key, found, err);
}

enum hs_status keeper_create(struct keeper *k, struct slice key, struct slice value,
                             struct hs_error *err)
{
    enum hs_status st = kv_layers_create(k->layers, key, value, err);

    return st == HS_OK ? keeper_note_set(k, key, value, err) : st;
}

enum hs_status keeper_write(struct keeper *k, struct slice key, struct slice value,
                            struct hs_error *err)
{
    return kv_store_set(&k->kv, key, value, err);
}

enum hs_status keeper_write_text(struct keeper *k, struct slice key, const char *value,
                                 struct hs_error *err)
{
    return keeper_write(k, key, slice_text(value), err);
}

enum hs_status keeper_write_uint(struct keeper *k, struct slice key, uint64_t value,
                                 struct hs_error *err)
{
    char text[UINT_TEXT_BYTES];
    size_t len = uint_text(text, value);

    return keeper_write(k, key, slice_make(text, len), err);
}

enum hs_status keeper_delete(struct keeper *k, struct slice key, struct hs_error *err)
{
    return kv_store_delete(&k->kv, key, err);
}

enum hs_status keeper_allot(struct keeper *k, struct slice key, uint64_t *number,
                            struct hs_error *err)
{
    enum hs_status st = keeper_read_uint(k, key, number, err);

    if (st != HS_OK) return st;
    if (*number >= HS_UINT_MAX) return keeper_fail_key(err, "numbers used up in", key);
    return keeper_write_uint(k, key, *number + 1, err);
}

enum hs_status keeper_next(struct keeper *k, struct slice prefix, struct buffer *key,
                           struct buffer *value, struct hs_error *err)
{
    enum hs_status st;

    /* No entry is named by the bare prefix, so "behind the prefix" is its first. */
    st = kv_store_next(keeper_under(k), key->len > 0 ? buffer_slice(key) : prefix, key, value, err);
    if (st != HS_OK) return st;
    return slice_starts_with(buffer_slice(key), prefix) ? HS_OK : HS_NOT_FOUND;
}

enum hs_status keeper_note_fallen(struct keeper *k, const struct ref *kref, struct hs_error *err)
{
    return keeper_fail(err, ref_list_add(&k->fallen, kref));
}

enum hs_status keeper_fail(struct hs_error *err, enum hs_status st)
{
    return st == HS_OK ? st : hs_fail(err, st, "kernel: %s", hs_status_text(st));
}
