#include "tests/unit/vat/image_keeper.h"

#include <stdlib.h>
#include <string.h>

static enum hs_status keeper_find(struct heap_image_source *source, const char *vat_id,
                                  struct heap_image_info *info, struct hs_error *err)
{
    struct image_keeper *k = (struct image_keeper *)source;

    if (strcmp(k->info.vat_id, vat_id) != 0) return hs_fail(err, HS_NOT_FOUND, "%s", vat_id);
    *info = k->info;
    return HS_OK;
}

static enum hs_status keeper_load(struct heap_image_source *source,
                                  const struct heap_image_info *info, char *memory,
                                  struct hs_error *err)
{
    struct image_keeper *k = (struct image_keeper *)source;

    for (uint32_t i = 0; i < info->page_count; i++) {
        const char *page = k->pages + (size_t)i * HS_HEAP_PAGE_BYTES;

        /* As the contract has it: absent pages are left alone, not written as zeros. */
        if (!heap_page_is_zero(page)) {
            memcpy(memory + (size_t)i * HS_HEAP_PAGE_BYTES, page, HS_HEAP_PAGE_BYTES);
        }
    }
    return k->damaged ? hs_fail(err, HS_CORRUPT, "page 7: checksum") : HS_OK;
}

static const struct heap_image_source_ops keeper_ops = {.find = keeper_find, .load = keeper_load};

void image_keeper_init(struct image_keeper *k)
{
    *k = (struct image_keeper){.source = {.ops = &keeper_ops}};
}

void image_keeper_fini(struct image_keeper *k)
{
    free(k->pages);
    k->pages = NULL;
}

void image_keeper_apply(struct image_keeper *k, const struct heap_changes *changes)
{
    size_t bytes = (size_t)changes->info.page_count * HS_HEAP_PAGE_BYTES;
    size_t kept = (size_t)k->info.page_count * HS_HEAP_PAGE_BYTES;
    char *pages = calloc(bytes, 1);

    if (!pages) abort();
    if (!changes->whole && k->pages) memcpy(pages, k->pages, kept < bytes ? kept : bytes);
    for (size_t i = 0; i < changes->len; i++) {
        memcpy(pages + (size_t)changes->numbers[i] * HS_HEAP_PAGE_BYTES,
               changes->pages + i * HS_HEAP_PAGE_BYTES, HS_HEAP_PAGE_BYTES);
    }
    free(k->pages);
    k->pages = pages;
    k->info = changes->info;
}
