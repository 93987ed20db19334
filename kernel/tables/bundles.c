#include "kernel/tables/bundles.h"

#include "kernel/state/decimal.h"
#include "kernel/state/hex.h"
#include "kernel/text/json_printer.h"
#include "kernel/text/json_text.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

static const char bundles_key[] = "kernel.bundles";

struct install {
    struct bundle_id bundle;
    uint64_t bytes, have;
};

struct bundles {
    uint64_t bytes; /* of those installed */
    struct install items[BUNDLE_INSTALLS_MAX];
    size_t len;
};

enum hs_status bundle_id_make(struct slice text, struct bundle_id *out)
{
    if (text.len != sizeof out->hex - 1 || !hex_is_lower(text.data, text.len)) return HS_INVALID;
    memcpy(out->hex, text.data, text.len);
    out->hex[text.len] = '\0';
    return HS_OK;
}

static struct slice bundle_key(struct key *key, const struct bundle_id *id)
{
    return key_of(key, "bundle.", id->hex, "");
}

static struct slice piece_key(struct key *key, const struct bundle_id *id, uint64_t offset)
{
    char number[UINT_TEXT_BYTES + 1] = ".";

    (void)uint_text(number + 1, offset);
    return key_of(key, "bundle.", id->hex, number);
}

/* --- the list of what is being installed --- */

static bool install_read(struct json_text *t, struct install *out)
{
    struct slice key, value;
    bool good = true;

    *out = (struct install){.bundle = {""}};
    (void)json_text_open(t, '{');
    while (json_text_more(t, '}') && json_text_key(t, &key) && json_text_value(t, &value)) {
        if (json_text_is(key, "bundle")) {
            good = good && value.data[0] == '"' &&
                   bundle_id_make(json_text_inner(value), &out->bundle) == HS_OK;
        } else if (json_text_is(key, "bytes")) {
            good = good && uint_parse(value, &out->bytes) == HS_OK;
        } else if (json_text_is(key, "have")) {
            good = good && uint_parse(value, &out->have) == HS_OK;
        }
    }
    return good && out->bundle.hex[0] != '\0' && out->bytes <= BUNDLE_BYTES_MAX &&
           out->have < out->bytes;
}

static bool bundles_parse(struct slice json, struct bundles *out)
{
    struct json_text t;
    struct slice key, value;
    bool good = true;

    json_text_init(&t, json);
    (void)json_text_open(&t, '{');
    while (good && json_text_more(&t, '}') && json_text_key(&t, &key)) {
        if (json_text_is(key, "installing")) {
            (void)json_text_open(&t, '[');
            while (good && json_text_more(&t, ']')) {
                good = out->len < BUNDLE_INSTALLS_MAX && install_read(&t, &out->items[out->len++]);
            }
        } else {
            good = json_text_value(&t, &value) && uint_parse(value, &out->bytes) == HS_OK;
        }
    }
    return good && json_text_end(&t);
}

static enum hs_status bundles_read(struct kv_hashed *k, struct bundles *out, struct hs_error *err)
{
    struct slice json;
    bool found;
    enum hs_status st = kv_hashed_find(k, slice_text(bundles_key), &json, &found, err);

    *out = (struct bundles){0};
    if (st != HS_OK || !found || bundles_parse(json, out)) return st;
    return kernel_store_damaged(slice_text(bundles_key), "no list of bundles", err);
}

static enum hs_status bundles_write(struct kv_store *kv, const struct bundles *b,
                                    struct hs_error *err)
{
    struct buffer json = {0};
    struct json_printer j = json_printer_on(&json);
    enum hs_status st;

    json_print_open(&j, '{');
    json_print_key(&j, "bytes");
    json_print_uint(&j, b->bytes);
    json_print_key(&j, "installing");
    json_print_open(&j, '[');
    for (size_t i = 0; i < b->len; i++) {
        json_print_open(&j, '{');
        json_print_key(&j, "bundle");
        json_print_word(&j, b->items[i].bundle.hex);
        json_print_key(&j, "bytes");
        json_print_uint(&j, b->items[i].bytes);
        json_print_key(&j, "have");
        json_print_uint(&j, b->items[i].have);
        json_print_close(&j, '}');
    }
    json_print_close(&j, ']');
    json_print_close(&j, '}');
    st = kernel_fail(err, json_print_end(&j));
    if (st == HS_OK) st = kv_store_set(kv, slice_text(bundles_key), buffer_slice(&json), err);
    buffer_fini(&json);
    return st;
}

static size_t bundles_find(const struct bundles *b, const struct bundle_id *id)
{
    size_t i = 0;

    while (i < b->len && strcmp(b->items[i].bundle.hex, id->hex) != 0) {
        i++;
    }
    return i;
}

/* --- pieces --- */

static enum hs_status pieces_missing(const struct key *key, struct hs_error *err)
{
    return kernel_store_damaged(key_slice(key), "a piece of a bundle is missing", err);
}

/* Join the pieces into *text, or, text NULL, delete them. */
static enum hs_status pieces_pass(struct kv_hashed *k, const struct install *in,
                                  struct buffer *text, struct hs_error *err)
{
    struct key key;
    struct slice piece;
    uint64_t offset = 0;
    bool found;
    enum hs_status st = HS_OK;

    while (offset < in->have && st == HS_OK) {
        st = kv_hashed_find(k, piece_key(&key, &in->bundle, offset), &piece, &found, err);
        if (st != HS_OK) return st;
        if (!found || piece.len == 0) return pieces_missing(&key, err);
        offset += piece.len;
        if (text) {
            st = kernel_fail(err, buffer_append(text, piece));
        } else {
            st = kv_hashed_delete(k, key_slice(&key), err);
        }
    }
    return st;
}

static enum hs_status bundles_drop(struct kv_hashed *k, struct bundles *b, size_t i,
                                   struct hs_error *err)
{
    enum hs_status st = pieces_pass(k, &b->items[i], NULL, err);

    b->len--;
    memmove(&b->items[i], &b->items[i + 1], (b->len - i) * sizeof *b->items);
    return st;
}

/* Room for one more: the oldest ones go. */
static enum hs_status bundles_begin(struct kv_hashed *k, struct bundles *b,
                                    const struct bundle_piece *p, struct hs_error *err)
{
    uint64_t announced = p->bytes;
    enum hs_status st = HS_OK;

    for (size_t i = 0; i < b->len; i++) {
        announced += b->items[i].bytes;
    }
    while (st == HS_OK && (b->len == BUNDLE_INSTALLS_MAX || announced > BUNDLE_INSTALL_BYTES_MAX)) {
        announced -= b->items[0].bytes;
        st = bundles_drop(k, b, 0, err);
    }
    b->items[b->len++] = (struct install){.bundle = p->bundle, .bytes = p->bytes};
    return st;
}

/* One that came before: the same text, or it is refused. */
static enum hs_status piece_again(struct kv_hashed *k, const struct bundle_piece *p,
                                  const struct install *in, struct hs_error *err)
{
    struct key key;
    struct slice piece;
    bool found;
    enum hs_status st =
        kv_hashed_find(k, piece_key(&key, &p->bundle, p->offset), &piece, &found, err);

    if (st != HS_OK || (found && slice_equal(piece, p->text))) return st;
    return hs_fail(err, HS_INVALID,
                   "another piece came before; go on at offset %" PRIu64 ", or abort the install",
                   in->have);
}

static enum hs_status piece_check(const struct bundle_piece *p, struct hs_error *err)
{
    bool last = p->offset + p->text.len == p->bytes;

    if (p->bytes == 0 || p->bytes > BUNDLE_BYTES_MAX) {
        return hs_fail(err, HS_INVALID, "a bundle has 1 to %d bytes", BUNDLE_BYTES_MAX);
    }
    if (p->text.len > BUNDLE_PIECE_BYTES_MAX || p->text.len == 0 ||
        (!last && p->text.len < BUNDLE_PIECE_BYTES_MIN)) {
        return hs_fail(err, HS_INVALID, "a piece has at most %d bytes, and but for the last %d",
                       BUNDLE_PIECE_BYTES_MAX, BUNDLE_PIECE_BYTES_MIN);
    }
    if (p->offset <= p->bytes && p->text.len <= p->bytes - p->offset) return HS_OK;
    return hs_fail(err, HS_INVALID, "the piece ends behind the bundle's end");
}

/* The last piece came. */
static enum hs_status bundles_complete(struct kv_hashed *k, struct bundles *b, size_t i,
                                       struct hs_error *err)
{
    struct bundle_id id = b->items[i].bundle, made;
    struct buffer text = {0};
    struct key key;
    bool same = false;
    enum hs_status st = pieces_pass(k, &b->items[i], &text, err);

    if (st == HS_OK) st = sha256_hex(buffer_slice(&text), made.hex, err);
    if (st == HS_OK) st = bundles_drop(k, b, i, err);
    if (st == HS_OK) same = strcmp(made.hex, id.hex) == 0;
    if (same) {
        b->bytes += text.len;
        st = kv_hashed_write(k, bundle_key(&key, &id), buffer_slice(&text), err);
    }
    if (st == HS_OK) st = bundles_write(&k->store, b, err);
    buffer_fini(&text);
    if (st != HS_OK || same) return st;
    return hs_fail(err, HS_INVALID, "the pieces' hash is %s: the install is dropped", made.hex);
}

static enum hs_status bundles_take(struct kv_hashed *k, struct bundles *b, size_t i,
                                   const struct bundle_piece *p, struct hs_error *err)
{
    struct key key;
    enum hs_status st = kv_hashed_write(k, piece_key(&key, &p->bundle, p->offset), p->text, err);

    b->items[i].have += p->text.len;
    if (st != HS_OK) return st;
    if (b->items[i].have == b->items[i].bytes) return bundles_complete(k, b, i, err);
    return bundles_write(&k->store, b, err);
}

enum hs_status bundle_install_piece(struct kv_hashed *k, const struct bundle_piece *p,
                                    uint64_t bytes_max, struct hs_error *err)
{
    struct bundles b;
    size_t i;
    bool there = false;
    enum hs_status st = piece_check(p, err);

    if (st == HS_OK) st = bundle_has(k, &p->bundle, &there, err);
    if (st != HS_OK || there) return st;
    st = bundles_read(k, &b, err);
    if (st != HS_OK) return st;
    i = bundles_find(&b, &p->bundle);
    if (i < b.len && b.items[i].bytes != p->bytes) {
        return hs_fail(err, HS_INVALID, "the install was begun with %" PRIu64 " bytes",
                       b.items[i].bytes);
    }
    if (i < b.len && p->offset < b.items[i].have) return piece_again(k, p, &b.items[i], err);
    if (p->offset != (i < b.len ? b.items[i].have : 0)) {
        return hs_fail(err, HS_INVALID, "the next piece begins at offset %" PRIu64,
                       i < b.len ? b.items[i].have : 0);
    }
    if (b.bytes + p->bytes > bytes_max) {
        return hs_fail(err, HS_INVALID, "all bundles together may have %" PRIu64 " bytes",
                       bytes_max);
    }
    if (i == b.len) st = bundles_begin(k, &b, p, err);
    return st == HS_OK ? bundles_take(k, &b, bundles_find(&b, &p->bundle), p, err) : st;
}

enum hs_status bundle_install_abort(struct kv_hashed *k, const struct bundle_id *id,
                                    struct hs_error *err)
{
    struct bundles b;
    size_t i;
    enum hs_status st = bundles_read(k, &b, err);

    if (st != HS_OK) return st;
    i = bundles_find(&b, id);
    if (i == b.len) return hs_fail(err, HS_INVALID, "no such bundle is being installed");
    st = bundles_drop(k, &b, i, err);
    return st == HS_OK ? bundles_write(&k->store, &b, err) : st;
}

/* --- what is installed --- */

enum hs_status bundle_has(struct kv_hashed *k, const struct bundle_id *id, bool *found,
                          struct hs_error *err)
{
    struct key key;

    return kv_hashed_has(k, bundle_key(&key, id), found, err);
}

enum hs_status bundle_named(struct kv_hashed *k, struct slice name, struct bundle_id *out,
                            bool *found, struct hs_error *err)
{
    char text[HS_NAME_BYTES_MAX];
    struct key key;
    struct slice value;
    enum hs_status st;

    *found = false;
    if (name.len == 0 || name.len >= sizeof text || memchr(name.data, '\0', name.len)) return HS_OK;
    memcpy(text, name.data, name.len);
    text[name.len] = '\0';
    st = kv_hashed_find(k, key_of(&key, "bundle.name.", text, ""), &value, found, err);
    if (st != HS_OK || !*found || bundle_id_make(value, out) == HS_OK) return st;
    return kernel_store_damaged(key_slice(&key), "no bundle's hash", err);
}

/* A state vector has no install that was begun. */
static enum hs_status bundles_count(struct kv_store *kv, uint64_t bytes, struct hs_error *err)
{
    struct buffer json = {0};
    struct bundles b = {0};
    enum hs_status st = kv_store_get_text(kv, bundles_key, &json, err);

    if (st == HS_OK && !bundles_parse(buffer_slice(&json), &b)) {
        st = kernel_store_damaged(slice_text(bundles_key), "no list of bundles", err);
    }
    buffer_fini(&json);
    if (st != HS_OK && st != HS_NOT_FOUND) return st;
    b.bytes += bytes;
    return bundles_write(kv, &b, err);
}

enum hs_status bundle_add(struct kv_store *kv, const char *name, struct slice text,
                          struct hs_error *err)
{
    struct bundle_id id;
    struct key key;
    bool there = false;
    enum hs_status st = sha256_hex(text, id.hex, err);

    assert(name[0] != '\0' && strlen(name) < HS_NAME_BYTES_MAX);
    if (st == HS_OK) {
        st = kv_store_set(kv, key_of(&key, "bundle.name.", name, ""), slice_text(id.hex), err);
    }
    if (st == HS_OK) st = kv_store_has(kv, bundle_key(&key, &id), &there, err);
    if (st != HS_OK || there) return st;
    st = kv_store_set(kv, key_slice(&key), text, err);
    return st == HS_OK ? bundles_count(kv, text.len, err) : st;
}

enum hs_status bundle_read(struct kv_store *kv, const struct bundle_id *id, struct buffer *text,
                           struct hs_error *err)
{
    struct key key;
    enum hs_status st = kv_store_get(kv, bundle_key(&key, id), text, err);

    return st == HS_NOT_FOUND ? kernel_store_damaged(key_slice(&key), "missing", err) : st;
}
