/* A mark as changes of entries. */
#include "snapshot/change.h"

#include <assert.h>
#include <string.h>

static enum hs_status store_change(struct change *c, const struct kv_map *keys,
                                   struct hs_error *err)
{
    struct buffer key = {0};
    struct kv_map_place place = {.begun = false};
    struct kv_entry entry;
    enum hs_status st = HS_OK;

    while (st == HS_OK && keys && kv_map_walk(keys, &place, &entry)) {
        st = buffer_assign(&key, slice_text("s/"));
        if (st == HS_OK) st = buffer_append(&key, entry.key);
        if (st != HS_OK) {
            (void)hs_fail(err, st, "snapshot: no memory for a key");
        } else if (entry.deleted) {
            st = change_delete(c, buffer_slice(&key), err);
        } else {
            st = change_set(c, buffer_slice(&key), entry.value, err);
        }
    }
    buffer_fini(&key);
    return st;
}

static enum hs_status changes_check(const struct heap_changes *h, struct hs_error *err)
{
    if (!vat_id_valid(h->info.vat_id) ||
        h->info.page_count > HS_HEAP_BYTES_MAX / HS_HEAP_PAGE_BYTES) {
        return hs_fail(err, HS_INVALID, "snapshot: a heap's id or size is out of bounds");
    }
    for (size_t i = 0; i < h->len; i++) {
        if (h->numbers[i] >= h->info.page_count || (i > 0 && h->numbers[i] <= h->numbers[i - 1])) {
            return hs_fail(err, HS_INVALID, "snapshot: heap pages of %s are not in order",
                           h->info.vat_id);
        }
    }
    return HS_OK;
}

/* What is kept of the vat's image; all zero when there is none. */
static enum hs_status image_get(struct change *c, const char *vat_id, struct image_value *out,
                                bool *present, struct hs_error *err)
{
    struct snapshot_key key = key_image(vat_id);
    enum hs_status st;

    *out = (struct image_value){0};
    st = kv_store_get(kv_leveldb_store(c->g->db), snapshot_key_slice(&key), &c->old, err);
    *present = st == HS_OK;
    if (st == HS_NOT_FOUND) return HS_OK;
    return st == HS_OK ? image_value_decode(buffer_slice(&c->old), out, err) : st;
}

static bool number_among(const struct heap_changes *h, uint32_t number)
{
    size_t low = 0, high = h->len;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (h->numbers[middle] == number) return true;
        if (h->numbers[middle] < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return false;
}

/* Kept pages from number `from` on go, but for those that `but` (may be NULL) is about to set. */
static enum hs_status pages_delete_from(struct change *c, const char *vat_id, uint32_t from,
                                        const struct heap_changes *but, struct hs_error *err)
{
    struct snapshot_key prefix = key_pages(vat_id), first = key_page(vat_id, from);
    struct kv_leveldb_cursor *cursor = NULL;
    struct slice key, value;
    uint32_t number;
    enum hs_status st = kv_leveldb_cursor_open(c->g->db, snapshot_key_slice(&first), &cursor, err);

    while (st == HS_OK && kv_leveldb_cursor_next(cursor, &key, &value, &st, err)) {
        if (!slice_starts_with(key, snapshot_key_slice(&prefix))) break;
        if (!key_number32(key, snapshot_key_slice(&prefix), &number)) {
            st = hs_fail(err, HS_CORRUPT, "snapshot: a heap page's key is not well-formed");
        } else if (!but || !number_among(but, number)) {
            st = change_delete(c, key, err);
        }
    }
    kv_leveldb_cursor_close(cursor);
    return st;
}

static enum hs_status page_change(struct change *c, const char *vat_id, uint32_t number,
                                  const char *page, struct hs_error *err)
{
    struct snapshot_key key = key_page(vat_id, number);

    if (heap_page_is_zero(page)) return change_delete(c, snapshot_key_slice(&key), err);
    return change_set_page(c, snapshot_key_slice(&key), page, err);
}

static enum hs_status pages_change(struct change *c, const struct heap_changes *h,
                                   struct hs_error *err)
{
    const char *vat_id = h->info.vat_id;
    enum hs_status st = h->whole ? pages_delete_from(c, vat_id, 0, h, err)
                                 : pages_delete_from(c, vat_id, h->info.page_count, NULL, err);

    for (size_t i = 0; st == HS_OK && i < h->len; i++) {
        st = page_change(c, vat_id, h->numbers[i], h->pages + i * HS_HEAP_PAGE_BYTES, err);
    }
    return st;
}

static enum hs_status heap_change(struct change *c, const struct heap_changes *h,
                                  struct hs_error *err)
{
    struct snapshot_key key = key_image(h->info.vat_id);
    char value[IMAGE_VALUE_BYTES];
    struct image_value image;
    enum hs_status st;
    bool present;

    st = image_get(c, h->info.vat_id, &image, &present, err);
    if (st != HS_OK) return st;
    if (!present && !h->whole) {
        return hs_fail(err, HS_INVALID, "snapshot: no image of %s to change", h->info.vat_id);
    }
    c->image = &image;
    st = pages_change(c, h, err);
    c->image = NULL;
    if (st != HS_OK) return st;
    image.info = h->info;
    image_value_encode(&image, value);
    return change_set(c, snapshot_key_slice(&key), slice_make(value, sizeof value), err);
}

static enum hs_status image_delete(struct change *c, const char *vat_id, struct hs_error *err)
{
    struct snapshot_key key = key_image(vat_id);
    struct image_value image = {0};
    enum hs_status st;

    c->image = &image;
    st = pages_delete_from(c, vat_id, 0, NULL, err);
    c->image = NULL;
    return st == HS_OK ? change_delete(c, snapshot_key_slice(&key), err) : st;
}

static bool vat_ended(const struct mark_changes *m, const char *vat_id)
{
    for (size_t i = 0; i < m->ended_len; i++) {
        if (strncmp(m->ended[i], vat_id, VAT_ID_BYTES_MAX) == 0) return true;
    }
    return false;
}

static enum hs_status mark_check(const struct mark_changes *m, struct hs_error *err)
{
    enum hs_status st = HS_OK;

    for (size_t i = 0; st == HS_OK && i < m->heaps_len; i++) {
        st = changes_check(&m->heaps[i], err);
        for (size_t j = 0; st == HS_OK && j < i; j++) {
            if (strcmp(m->heaps[i].info.vat_id, m->heaps[j].info.vat_id) != 0) continue;
            st = hs_fail(err, HS_INVALID, "snapshot: %s is there twice", m->heaps[i].info.vat_id);
        }
    }
    for (size_t i = 0; st == HS_OK && i < m->ended_len; i++) {
        if (vat_id_valid(m->ended[i])) continue;
        st = hs_fail(err, HS_INVALID, "snapshot: an ended vat's id is out of bounds");
    }
    return st;
}

enum hs_status change_mark(struct change *c, const struct mark_changes *m, struct hs_error *err)
{
    enum hs_status st = mark_check(m, err);

    if (st == HS_OK) st = store_change(c, m->keys, err);
    for (size_t i = 0; st == HS_OK && i < m->ended_len; i++) {
        st = image_delete(c, m->ended[i], err);
    }
    for (size_t i = 0; st == HS_OK && i < m->heaps_len; i++) {
        if (!vat_ended(m, m->heaps[i].info.vat_id)) st = heap_change(c, &m->heaps[i], err);
    }
    return st == HS_OK ? change_undo_end(c, err) : st;
}
