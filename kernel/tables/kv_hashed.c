#include "kernel/tables/kv_hashed.h"

#include "kernel/state/decimal.h"
#include "kernel/state/position.h"
#include "kernel/state/utf8.h"

#include <assert.h>
#include <string.h>

enum {
    KV_HASHED_CHANGES_BYTES = 64 << 10, /* hashed in pieces of about this size */
    KV_HASHED_SHOWN_BYTES = 128,        /* of a key that is named in an error */
};

static struct kv_hashed *kv_hashed_of(struct kv_store *kv)
{
    return (struct kv_hashed *)kv;
}

static struct kv_store *kv_hashed_under(struct kv_hashed *k)
{
    return kv_layers_store(k->layers);
}

static bool kv_hashed_is_hashed(struct slice key)
{
    return !slice_starts_with(key, slice_text("local.")) &&
           !slice_equal(key, slice_text("kernel.hash"));
}

/* Changes are gathered and hashed in pieces: a call of the digest costs more than most changes. */
static void kv_hashed_hash_pending(struct kv_hashed *k)
{
    sha256_add(k->crank_hash, buffer_slice(&k->changes));
    buffer_clear(&k->changes);
}

/* <bytes>:<text>\n: texts may hold anything, and no two lists of them are written alike. Returns
 * where it ends. */
static char *kv_hashed_put(char *at, struct slice text)
{
    at += uint_text(at, text.len);
    *at++ = ':';
    if (text.len > 0) memcpy(at, text.data, text.len);
    at += text.len;
    *at++ = '\n';
    return at;
}

/* Put down by hand, in room that is reserved once: a delivery makes some forty changes. */
static enum hs_status kv_hashed_hash_change(struct kv_hashed *k, struct slice what,
                                            struct slice key, const struct slice *value)
{
    struct buffer *b = &k->changes;
    size_t bytes = what.len + key.len + (value ? value->len : 0) + 2 * (UINT_TEXT_BYTES + 2);
    enum hs_status st = buffer_reserve(b, bytes);
    char *at;

    if (st != HS_OK) return st;
    at = b->data + b->len;
    memcpy(at, what.data, what.len);
    at = kv_hashed_put(at + what.len, key);
    if (value) at = kv_hashed_put(at, *value);
    *at = '\0';
    b->len = (size_t)(at - b->data);
    assert(b->len < b->capacity);
    if (b->len >= KV_HASHED_CHANGES_BYTES) kv_hashed_hash_pending(k);
    return HS_OK;
}

static enum hs_status kv_hashed_op_get(struct kv_store *kv, struct slice key, struct buffer *value,
                                       struct hs_error *err)
{
    return kv_store_get(kv_hashed_under(kv_hashed_of(kv)), key, value, err);
}

static enum hs_status kv_hashed_op_has(struct kv_store *kv, struct slice key, bool *found,
                                       struct hs_error *err)
{
    return kv_store_has(kv_hashed_under(kv_hashed_of(kv)), key, found, err);
}

static enum hs_status kv_hashed_op_next(struct kv_store *kv, struct slice after, struct buffer *key,
                                        struct buffer *value, struct hs_error *err)
{
    return kv_store_next(kv_hashed_under(kv_hashed_of(kv)), after, key, value, err);
}

static enum hs_status kv_hashed_note_set(struct kv_hashed *k, struct slice key, struct slice value,
                                         struct hs_error *err)
{
    if (!kv_layers_in_crank(k->layers)) return HS_OK;
    k->work.bytes += key.len + value.len + KV_WORK_CHANGE_BYTES;
    if (!kv_hashed_is_hashed(key)) return HS_OK;
    return kernel_fail(err, kv_hashed_hash_change(k, slice_text("add\n"), key, &value));
}

static enum hs_status kv_hashed_op_set(struct kv_store *kv, struct slice key, struct slice value,
                                       struct hs_error *err)
{
    struct kv_hashed *k = kv_hashed_of(kv);
    enum hs_status st = kv_store_set(kv_hashed_under(k), key, value, err);

    return st == HS_OK ? kv_hashed_note_set(k, key, value, err) : st;
}

static enum hs_status kv_hashed_op_del(struct kv_store *kv, struct slice key, struct hs_error *err)
{
    struct kv_hashed *k = kv_hashed_of(kv);
    enum hs_status st = kv_store_delete(kv_hashed_under(k), key, err);

    if (st != HS_OK || !kv_layers_in_crank(k->layers)) return st;
    k->work.bytes += key.len + KV_WORK_CHANGE_BYTES;
    if (!kv_hashed_is_hashed(key)) return HS_OK;
    return kernel_fail(err, kv_hashed_hash_change(k, slice_text("delete\n"), key, NULL));
}

static const struct kv_store_ops kv_hashed_ops = {
    .get = kv_hashed_op_get,
    .has = kv_hashed_op_has,
    .next = kv_hashed_op_next,
    .set = kv_hashed_op_set,
    .del = kv_hashed_op_del,
};

enum hs_status kv_hashed_init(struct kv_hashed *k, struct kv_layers *layers, struct hs_error *err)
{
    *k = (struct kv_hashed){.store = {.ops = &kv_hashed_ops}, .layers = layers};
    return sha256_open(&k->crank_hash, err);
}

void kv_hashed_fini(struct kv_hashed *k)
{
    sha256_close(k->crank_hash);
    buffer_fini(&k->changes);
    buffer_fini(&k->scratch);
    buffer_room_fini(&k->room);
    ref_list_fini(&k->fallen);
    ref_list_fini(&k->settled);
    k->crank_hash = NULL;
}

void kv_hashed_crank_begin(struct kv_hashed *k)
{
    assert(k->changes.len == 0 && k->fallen.len == 0 && k->settled.len == 0);
    k->work = (struct kv_work){0};
    kv_layers_crank_begin(k->layers);
}

void kv_hashed_crank_commit(struct kv_hashed *k)
{
    static const char head[] = "activityhash\n";
    char crank[SHA256_HEX_BYTES];

    assert(k->fallen.len == 0);  /* refcounts_process has judged them */
    assert(k->settled.len == 0); /* pending_collect has answered them */
    kv_hashed_hash_pending(k);
    sha256_finish_hex(k->crank_hash, crank);
    sha256_add(k->crank_hash, slice_make(head, sizeof head - 1));
    sha256_add(k->crank_hash, slice_text(k->activity));
    sha256_add(k->crank_hash, slice_make("\n", 1));
    sha256_add(k->crank_hash, slice_text(crank));
    sha256_add(k->crank_hash, slice_make("\n", 1));
    sha256_finish_hex(k->crank_hash, k->activity);
    kv_layers_crank_commit(k->layers);
}

void kv_hashed_crank_abort(struct kv_hashed *k)
{
    sha256_reset(k->crank_hash);
    buffer_clear(&k->changes);
    ref_list_clear(&k->fallen);
    ref_list_clear(&k->settled);
    kv_layers_crank_abort(k->layers);
}

struct slice key_join(struct key *key, struct slice a, struct slice b, struct slice c)
{
    key->len = a.len + b.len + c.len;
    assert(key->len <= sizeof key->text);
    memcpy(key->text, a.data, a.len);
    memcpy(key->text + a.len, b.data, b.len);
    memcpy(key->text + a.len + b.len, c.data, c.len);
    return slice_make(key->text, key->len);
}

struct slice key_of_number(struct key *key, const char *a, const char *b, uint64_t number)
{
    char text[UINT_TEXT_BYTES];

    (void)uint_text(text, number);
    return key_of(key, a, b, text);
}

struct slice key_slice(const struct key *key)
{
    return slice_make(key->text, key->len);
}

enum hs_status kv_hashed_find(struct kv_hashed *k, struct slice key, struct slice *value,
                              bool *found, struct hs_error *err)
{
    enum hs_status st = kv_store_get(kv_hashed_under(k), key, &k->scratch, err);

    *found = st == HS_OK;
    if (st == HS_OK) *value = buffer_slice(&k->scratch);
    return st == HS_NOT_FOUND ? HS_OK : st;
}

enum hs_status kv_hashed_read(struct kv_hashed *k, struct slice key, struct slice *value,
                              struct hs_error *err)
{
    bool found;
    enum hs_status st = kv_hashed_find(k, key, value, &found, err);

    if (st != HS_OK) return st;
    return found ? HS_OK : kernel_store_damaged(key, "missing", err);
}

enum hs_status kv_hashed_read_uint(struct kv_hashed *k, struct slice key, uint64_t *out,
                                   struct hs_error *err)
{
    struct slice value;
    enum hs_status st = kv_hashed_read(k, key, &value, err);

    if (st != HS_OK) return st;
    return uint_parse(value, out) == HS_OK ? HS_OK : kernel_store_damaged(key, "no number", err);
}

enum hs_status kv_hashed_has(struct kv_hashed *k, struct slice key, bool *found,
                             struct hs_error *err)
{
    return kv_store_has(kv_hashed_under(k), key, found, err);
}

enum hs_status kv_hashed_create(struct kv_hashed *k, struct slice key, struct slice value,
                                struct hs_error *err)
{
    enum hs_status st = kv_layers_create(k->layers, key, value, err);

    return st == HS_OK ? kv_hashed_note_set(k, key, value, err) : st;
}

enum hs_status kv_hashed_write(struct kv_hashed *k, struct slice key, struct slice value,
                               struct hs_error *err)
{
    return kv_store_set(&k->store, key, value, err);
}

enum hs_status kv_hashed_write_text(struct kv_hashed *k, struct slice key, const char *value,
                                    struct hs_error *err)
{
    return kv_hashed_write(k, key, slice_text(value), err);
}

enum hs_status kv_hashed_write_uint(struct kv_hashed *k, struct slice key, uint64_t value,
                                    struct hs_error *err)
{
    char text[UINT_TEXT_BYTES];
    size_t len = uint_text(text, value);

    if (value > HS_UINT_MAX) return kernel_store_damaged(key, "counted to its end", err);
    return kv_hashed_write(k, key, slice_make(text, len), err);
}

enum hs_status kv_hashed_delete(struct kv_hashed *k, struct slice key, struct hs_error *err)
{
    return kv_store_delete(&k->store, key, err);
}

enum hs_status kv_hashed_allot(struct kv_hashed *k, struct slice key, uint64_t *number,
                               struct hs_error *err)
{
    enum hs_status st = kv_hashed_read_uint(k, key, number, err);

    if (st != HS_OK) return st;
    return kv_hashed_write_uint(k, key, *number + 1, err);
}

enum hs_status kv_hashed_next(struct kv_hashed *k, struct slice prefix, struct buffer *key,
                              struct buffer *value, struct hs_error *err)
{
    enum hs_status st;

    k->work.next_keys++;
    /* No entry is named by the bare prefix, so "behind the prefix" is its first. */
    st = kv_store_next(kv_hashed_under(k), key->len > 0 ? buffer_slice(key) : prefix, key, value,
                       err);
    if (st != HS_OK) return st;
    return slice_starts_with(buffer_slice(key), prefix) ? HS_OK : HS_NOT_FOUND;
}

enum hs_status kv_hashed_note_fallen(struct kv_hashed *k, const struct ref *kref,
                                     struct hs_error *err)
{
    return kernel_fail(err, ref_list_add(&k->fallen, kref));
}

/* A damaged key may hold anything, and a reader of logs takes a line at a time. */
enum hs_status kernel_store_damaged(struct slice key, const char *problem, struct hs_error *err)
{
    char shown[KV_HASHED_SHOWN_BYTES];
    size_t len = utf8_cut(key, sizeof shown);

    for (size_t i = 0; i < len; i++) {
        shown[i] = (unsigned char)key.data[i] < ' ' ? '?' : key.data[i];
    }
    return hs_fail(err, HS_KERNEL_FAILED, "kernel store: \"%.*s\": %s", (int)len, shown, problem);
}

enum hs_status kernel_fail(struct hs_error *err, enum hs_status st)
{
    return st == HS_OK ? st : hs_fail(err, st, "kernel: %s", hs_status_text(st));
}
