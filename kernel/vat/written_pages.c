#include "kernel/vat/written_pages.h"

#include "kernel/state/limits.h"

#include <assert.h>

_Static_assert(1 << WRITTEN_MAP_PAGE_BITS == HS_HEAP_PAGE_BYTES, "the map's pages are the heap's");

void written_pages_note(uint8_t *memory, size_t at, size_t len)
{
    assert(at + len <= HS_HEAP_BYTES_MAX);
    written_map_range(memory, at, len);
}

/* The first page from `page` on that was written; `all`: there is none. */
static size_t page_written(const uint8_t *map, size_t page, size_t all)
{
    uint64_t eight;

    while (page < all && page % sizeof eight != 0 && !map[page]) {
        page++;
    }
    for (; page + sizeof eight <= all; page += sizeof eight) {
        memcpy(&eight, map + page, sizeof eight);
        if (eight != 0) break;
    }
    while (page < all && !map[page]) {
        page++;
    }
    return page;
}

void written_pages_take(uint8_t *memory, size_t memory_bytes, written_pages_fn found, void *data)
{
    uint8_t *map = memory - WRITTEN_MAP_BYTES;
    const size_t all = memory_bytes >> WRITTEN_MAP_PAGE_BITS;

    for (size_t first = page_written(map, 0, all), end; first < all;
         first = page_written(map, end, all)) {
        for (end = first; end < all && map[end]; end++) {
            map[end] = 0;
        }
        found(data, first, end - first);
    }
}
