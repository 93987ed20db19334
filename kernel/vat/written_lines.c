#include "kernel/vat/written_lines.h"

#include "kernel/state/limits.h"

#include <assert.h>

_Static_assert(1 << WRITTEN_MAP_LINE_BITS == HS_HEAP_LINE_BYTES, "the map's lines are the heap's");

void written_lines_note(uint8_t *memory, size_t at, size_t len)
{
    assert(at + len <= HS_HEAP_BYTES_MAX);
    written_map_range(memory, at, len);
}

/* A large heap's map has some hundred thousand bytes, nearly all of them clear: how many from here
 * on are at once. 0: none, or fewer than are looked at. */
static size_t map_clear(const uint8_t *map, size_t line, size_t all)
{
    static const uint8_t clear[512];

    if (line % sizeof clear == 0 && all - line >= sizeof clear &&
        memcmp(map + line, clear, sizeof clear) == 0) {
        return sizeof clear;
    }
    if (line % 8 == 0 && all - line >= 8 && memcmp(map + line, clear, 8) == 0) return 8;
    return 0;
}

/* The first line from `line` on that was written; `all`: there is none. */
static size_t line_written(const uint8_t *map, size_t line, size_t all)
{
    while (line < all && !map[line]) {
        size_t clear = map_clear(map, line, all);

        line += clear > 0 ? clear : 1;
    }
    return line;
}

void written_lines_take(uint8_t *memory, size_t memory_bytes, written_lines_fn found, void *data)
{
    uint8_t *map = memory - WRITTEN_MAP_BYTES;
    const size_t all = memory_bytes >> WRITTEN_MAP_LINE_BITS;

    for (size_t first = line_written(map, 0, all), end; first < all;
         first = line_written(map, end, all)) {
        for (end = first; end < all && map[end]; end++) {
            map[end] = 0;
        }
        found(data, first, end - first);
    }
}
