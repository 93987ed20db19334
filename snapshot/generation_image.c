/* Heaps out of a generation.
 *
 * The entries say where each page is and what it must be; pages that lie in a run are read in one
 * call, straight to their place. What the page checksums cannot see, a page that is missing or an
 * older version of itself, shows in the image's count and digest of its pages. */
#include "snapshot/generation.h"
#include "snapshot/page_run.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static enum hs_status image_read(struct generation *g, const char *vat_id, struct image_value *out,
                                 struct hs_error *err)
{
    struct buffer value = {0};
    struct snapshot_key key;
    enum hs_status st = HS_NOT_FOUND;

    if (!vat_id_valid(vat_id)) return HS_NOT_FOUND;
    key = key_image(vat_id);
    st = kv_store_get(kv_leveldb_store(g->db), snapshot_key_slice(&key), &value, err);
    if (st == HS_OK) st = image_value_decode(buffer_slice(&value), out, err);
    buffer_fini(&value);
    if (st != HS_OK) return st;
    (void)snprintf(out->info.vat_id, sizeof out->info.vat_id, "%s", vat_id);
    return HS_OK;
}

enum hs_status generation_image_find(struct generation *g, const char *vat_id,
                                     struct heap_image_info *info, struct hs_error *err)
{
    struct image_value image;
    enum hs_status st = image_read(g, vat_id, &image, err);

    if (st == HS_OK) *info = image.info;
    return st;
}

static enum hs_status pages_load(struct generation *g, struct kv_leveldb_cursor *cursor,
                                 const struct image_value *image, char *memory,
                                 struct hs_error *err)
{
    struct snapshot_key prefix = key_pages(image->info.vat_id);
    struct page_run run = {0};
    uint64_t pages = 0, digest = 0;
    struct slice key, value;
    enum hs_status st = HS_OK;

    while (st == HS_OK && kv_leveldb_cursor_next(cursor, &key, &value, &st, err)) {
        struct content_entry e;
        uint32_t number;

        if (!slice_starts_with(key, snapshot_key_slice(&prefix))) break;
        if (!key_number32(key, snapshot_key_slice(&prefix), &number) ||
            number >= image->info.page_count) {
            return hs_fail(err, HS_CORRUPT, "snapshot: a heap page of %s is out of bounds",
                           image->info.vat_id);
        }
        st = content_entry_read(key, value, &e, err);
        if (st == HS_OK) {
            char *page = memory + (size_t)number * HS_HEAP_PAGE_BYTES;

            st = page_run_add(g->pages, &run, &e.page, page, err);
        }
        digest += e.digest;
        pages++;
    }
    if (st == HS_OK) st = page_run_read(g->pages, &run, err);
    if (st != HS_OK) return st;
    if (pages == image->pages_stored && digest == image->pages_digest) return HS_OK;
    return hs_fail(err, HS_CORRUPT, "snapshot: the heap pages of %s are not those of its image",
                   image->info.vat_id);
}

enum hs_status generation_image_load(struct generation *g, const struct heap_image_info *info,
                                     char *memory, struct hs_error *err)
{
    struct kv_leveldb_cursor *cursor = NULL;
    struct snapshot_key first;
    struct image_value image;
    enum hs_status st;

    assert(info && (memory || info->page_count == 0));
    if (!g->pages) return hs_fail(err, HS_UNAVAILABLE, "snapshot: opened without heap pages");
    st = image_read(g, info->vat_id, &image, err);
    if (st != HS_OK) return st;
    if (image.info.page_count != info->page_count) {
        return hs_fail(err, HS_CORRUPT, "snapshot: the image of %s changed", info->vat_id);
    }
    first = key_pages(info->vat_id);
    st = kv_leveldb_cursor_open(g->db, snapshot_key_slice(&first), &cursor, err);
    if (st == HS_OK) st = pages_load(g, cursor, &image, memory, err);
    kv_leveldb_cursor_close(cursor);
    return st;
}
