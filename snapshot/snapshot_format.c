#include "snapshot/snapshot_format.h"

#include "kernel/state/little_endian.h"

#include <assert.h>
#include <string.h>

enum { FLAG_VERIFIED = 1, HASH_BYTES = SHA256_HEX_BYTES - 1, UNDO_HEADER_BYTES = 9 };

struct slice snapshot_key_slice(const struct snapshot_key *k)
{
    return slice_make(k->bytes, k->len);
}

static void key_add(struct snapshot_key *k, const void *bytes, size_t len)
{
    assert(k->len + len <= sizeof k->bytes);
    memcpy(k->bytes + k->len, bytes, len);
    k->len += len;
}

static struct snapshot_key key_begin(const char *text)
{
    struct snapshot_key k = {.len = 0};

    key_add(&k, text, strlen(text));
    return k;
}

static void key_add_be32(struct snapshot_key *k, uint32_t number)
{
    number = htobe32(number);
    key_add(k, &number, sizeof number);
}

static void key_add_be64(struct snapshot_key *k, uint64_t number)
{
    number = htobe64(number);
    key_add(k, &number, sizeof number);
}

struct snapshot_key key_pages(const char *vat_id)
{
    struct snapshot_key k = key_begin("h/");

    assert(vat_id_valid(vat_id));
    key_add(&k, vat_id, strlen(vat_id));
    key_add(&k, "/", 1);
    return k;
}

struct snapshot_key key_page(const char *vat_id, uint32_t page)
{
    struct snapshot_key k = key_pages(vat_id);

    key_add_be32(&k, page);
    return k;
}

struct snapshot_key key_image(const char *vat_id)
{
    struct snapshot_key k = key_begin("i/");

    assert(vat_id_valid(vat_id));
    key_add(&k, vat_id, strlen(vat_id));
    return k;
}

struct snapshot_key key_record(uint64_t seqnum)
{
    struct snapshot_key k = key_begin("r/");

    key_add_be64(&k, seqnum);
    return k;
}

struct snapshot_key key_undos(uint64_t seqnum)
{
    struct snapshot_key k = key_begin("u/");

    key_add_be64(&k, seqnum);
    key_add(&k, "/", 1);
    return k;
}

struct snapshot_key key_undo(uint64_t seqnum, uint32_t n)
{
    struct snapshot_key k = key_undos(seqnum);

    key_add_be32(&k, n);
    return k;
}

struct snapshot_key key_link(uint64_t serial)
{
    struct snapshot_key k = key_begin("l/");

    key_add_be64(&k, serial);
    return k;
}

bool key_number32(struct slice key, struct slice prefix, uint32_t *out)
{
    uint32_t number;

    if (key.len != prefix.len + sizeof number || !slice_starts_with(key, prefix)) return false;
    memcpy(&number, key.data + prefix.len, sizeof number);
    *out = be32toh(number);
    return true;
}

bool key_number64(struct slice key, struct slice prefix, uint64_t *out)
{
    uint64_t number;

    if (key.len != prefix.len + sizeof number || !slice_starts_with(key, prefix)) return false;
    memcpy(&number, key.data + prefix.len, sizeof number);
    *out = be64toh(number);
    return true;
}

bool vat_id_valid(const char *vat_id)
{
    size_t len = strnlen(vat_id, VAT_ID_BYTES_MAX);

    return len > 0 && len < VAT_ID_BYTES_MAX && !memchr(vat_id, '/', len);
}

void image_value_encode(const struct image_value *v, char out[IMAGE_VALUE_BYTES])
{
    u32_put(out, v->info.page_count);
    u32_put(out + 4, v->info.stack_pointer);
    u64_put(out + 8, v->info.transcript_entries);
    u64_put(out + 16, v->pages_stored);
    u64_put(out + 24, v->pages_digest);
    u64_put(out + 32, checksum64(slice_make(out, 32)));
}

enum hs_status image_value_decode(struct slice bytes, struct image_value *out, struct hs_error *err)
{
    if (bytes.len != IMAGE_VALUE_BYTES ||
        u64_get(bytes.data + 32) != checksum64(slice_make(bytes.data, 32))) {
        return hs_fail(err, HS_CORRUPT, "snapshot: an image's entry fails its checksum");
    }
    out->info.page_count = u32_get(bytes.data);
    out->info.stack_pointer = u32_get(bytes.data + 4);
    out->info.transcript_entries = u64_get(bytes.data + 8);
    out->pages_stored = u64_get(bytes.data + 16);
    out->pages_digest = u64_get(bytes.data + 24);
    if (out->info.page_count > HS_HEAP_BYTES_MAX / HS_HEAP_PAGE_BYTES) {
        return hs_fail(err, HS_CORRUPT, "snapshot: an image of %u pages is too large",
                       out->info.page_count);
    }
    return HS_OK;
}

/* Where each number of a record stands in its value, from byte 8 on. */
#define RECORD_NUMBERS(X, v)                                                                       \
    X(8, (v)->record.at.seqnum)                                                                    \
    X(16, (v)->record.height)                                                                      \
    X(24, (v)->record.made_at)                                                                     \
    X(32, (v)->record.keys)                                                                        \
    X(40, (v)->record.pages)                                                                       \
    X(48, (v)->record.bytes)                                                                       \
    X(56, (v)->record.batch_bytes)                                                                 \
    X(64, (v)->record.digest)                                                                      \
    X(72, (v)->images)                                                                             \
    X(80, (v)->undo_pieces)                                                                        \
    X(88, (v)->undo_digest)                                                                        \
    X(160, (v)->previous)

enum { RECORD_HASH_AT = 96, RECORD_CHECKSUM_AT = 168 };
_Static_assert(RECORD_CHECKSUM_AT + 8 == RECORD_VALUE_BYTES, "a record ends with its checksum");

void record_value_encode(const struct record_value *v, char out[RECORD_VALUE_BYTES])
{
    memset(out, 0, RECORD_VALUE_BYTES);
    u32_put(out, SNAPSHOT_FORMAT_VERSION);
    u32_put(out + 4, v->record.verified ? FLAG_VERIFIED : 0);
#define NUMBER_PUT(at, number) u64_put(out + (at), number);
    RECORD_NUMBERS(NUMBER_PUT, v)
#undef NUMBER_PUT
    memcpy(out + RECORD_HASH_AT, v->record.at.hash, strnlen(v->record.at.hash, HASH_BYTES));
    u64_put(out + RECORD_CHECKSUM_AT, checksum64(slice_make(out, RECORD_CHECKSUM_AT)));
}

enum hs_status record_value_decode(struct slice bytes, struct record_value *out,
                                   struct hs_error *err)
{
    const char *in = bytes.data;
    uint64_t seqnum;

    if (bytes.len != RECORD_VALUE_BYTES ||
        u64_get(in + RECORD_CHECKSUM_AT) != checksum64(slice_make(in, RECORD_CHECKSUM_AT)) ||
        u32_get(in) != SNAPSHOT_FORMAT_VERSION) {
        return hs_fail(err, HS_CORRUPT, "snapshot: a record fails its checksum");
    }
    *out = (struct record_value){0};
#define NUMBER_GET(at, number) number = u64_get(in + (at));
    RECORD_NUMBERS(NUMBER_GET, out)
#undef NUMBER_GET
    seqnum = out->record.at.seqnum;
    out->record.verified = u32_get(in + 4) & FLAG_VERIFIED;
    out->record.has_images = out->images > 0;
    if (position_make(seqnum, slice_make(in + RECORD_HASH_AT, strnlen(in + RECORD_HASH_AT, 64)),
                      &out->record.at, err) != HS_OK) {
        return hs_fail(err, HS_CORRUPT, "snapshot: a record's position is not well-formed");
    }
    return HS_OK;
}

void link_value_encode(uint64_t newest_seqnum, char out[LINK_VALUE_BYTES])
{
    u64_put(out, newest_seqnum);
    u64_put(out + 8, checksum64(slice_make(out, 8)));
}

bool link_value_decode(struct slice bytes, uint64_t *newest_seqnum)
{
    if (bytes.len != LINK_VALUE_BYTES) return false;
    if (u64_get(bytes.data + 8) != checksum64(slice_make(bytes.data, 8))) return false;
    *newest_seqnum = u64_get(bytes.data);
    return true;
}

enum hs_status epoch_value_encode(const char *epoch, struct buffer *out, struct hs_error *err)
{
    char checksum[8];
    enum hs_status st;

    u64_put(checksum, checksum64(slice_text(epoch)));
    buffer_clear(out);
    st = buffer_append(out, slice_make(checksum, sizeof checksum));
    if (st == HS_OK) st = buffer_append_text(out, epoch);
    if (st != HS_OK) return hs_fail(err, st, "snapshot: no memory for an epoch");
    return HS_OK;
}

enum hs_status epoch_value_decode(struct buffer *value, struct hs_error *err)
{
    size_t len = value->len < 8 ? 0 : value->len - 8;

    if (value->len < 8 || u64_get(value->data) != checksum64(slice_make(value->data + 8, len))) {
        return hs_fail(err, HS_CORRUPT, "snapshot: the epoch fails its checksum");
    }
    memmove(value->data, value->data + 8, len + 1); /* and its NUL */
    value->len = len;
    return HS_OK;
}

void page_value_encode(const struct page_value *v, char out[PAGE_VALUE_BYTES])
{
    u64_put(out, v->checksum);
    u32_put(out + PAGE_CHECKSUM_BYTES, v->slot);
}

bool page_matches(const char *page, uint64_t checksum)
{
    return checksum64(slice_make(page, HS_HEAP_PAGE_BYTES)) == checksum;
}

static enum entry_kind entry_kind_of(struct slice key)
{
    if (key.len < 3 || key.data[1] != '/') return ENTRY_OTHER;
    switch (key.data[0]) {
    case 's': return ENTRY_STORE;
    case 'h': return ENTRY_PAGE;
    case 'i': return ENTRY_IMAGE;
    default: return ENTRY_OTHER;
    }
}

struct content_entry content_entry_absent(struct slice key)
{
    return (struct content_entry){.key = key, .kind = entry_kind_of(key)};
}

enum hs_status content_entry_read(struct slice key, struct slice value, struct content_entry *out,
                                  struct hs_error *err)
{
    struct slice proof = value;

    *out = content_entry_absent(key);
    out->value = value;
    if (out->kind == ENTRY_OTHER) return HS_OK;
    out->bytes = key.len + value.len;
    if (out->kind == ENTRY_PAGE) {
        if (value.len != PAGE_VALUE_BYTES) {
            return hs_fail(err, HS_CORRUPT, "snapshot: a heap page's entry is not well-formed");
        }
        out->page.checksum = u64_get(value.data);
        out->page.slot = u32_get(value.data + PAGE_CHECKSUM_BYTES);
        out->bytes = key.len + HS_HEAP_PAGE_BYTES;
        proof = slice_make(value.data, PAGE_CHECKSUM_BYTES); /* wherever the page lies */
    }
    out->digest = entry_checksum64(key, proof);
    return HS_OK;
}

void content_sums_count(struct content_sums *sums, const struct content_entry *e, uint64_t times)
{
    switch (e->kind) {
    case ENTRY_STORE: sums->keys += times; break;
    case ENTRY_IMAGE: sums->images += times; break;
    case ENTRY_PAGE: sums->pages += times; break;
    case ENTRY_OTHER: return;
    }
    sums->bytes += times * e->bytes;
    sums->digest += times * e->digest;
}

enum hs_status undo_entry_append(const struct undo_entry *u, struct buffer *piece,
                                 struct hs_error *err)
{
    size_t value_len = u->present ? u->entry.value.len : 0;
    char header[UNDO_HEADER_BYTES] = {(char)u->present};
    enum hs_status st;

    u32_put(header + 1, (uint32_t)u->entry.key.len);
    u32_put(header + 5, (uint32_t)value_len);
    st = buffer_append(piece, slice_make(header, sizeof header));
    if (st == HS_OK) st = buffer_append(piece, u->entry.key);
    if (st == HS_OK && value_len > 0) st = buffer_append(piece, u->entry.value);
    if (st != HS_OK) return hs_fail(err, st, "snapshot: no memory for an undo entry");
    return HS_OK;
}

enum hs_status undo_entry_next(struct slice *rest, struct undo_entry *out, struct hs_error *err)
{
    struct slice key, value;
    size_t key_len, value_len, left;

    assert(rest->len > 0);
    if (rest->len < UNDO_HEADER_BYTES || (unsigned char)rest->data[0] > 1) goto corrupt;
    left = rest->len - UNDO_HEADER_BYTES;
    key_len = u32_get(rest->data + 1);
    value_len = u32_get(rest->data + 5);
    if (key_len == 0 || key_len > left || value_len > left - key_len) goto corrupt;
    key = slice_make(rest->data + UNDO_HEADER_BYTES, key_len);
    value = slice_make(key.data + key_len, value_len);
    out->present = rest->data[0] == 1;
    out->entry = content_entry_absent(key);
    if (out->entry.kind == ENTRY_OTHER || (!out->present && value_len > 0)) goto corrupt;
    *rest = slice_make(value.data + value_len, left - key_len - value_len);
    return out->present ? content_entry_read(key, value, &out->entry, err) : HS_OK;
corrupt:
    return hs_fail(err, HS_CORRUPT, "snapshot: an undo entry is not well-formed");
}
