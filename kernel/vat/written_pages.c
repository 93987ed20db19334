#include "kernel/vat/written_pages.h"

#include <assert.h>
#include <string.h>
#include <sys/mman.h>

enum {
    PAGE = HS_HEAP_PAGE_BYTES,
    TOGETHER = 4, /* pages that one fault lets through: a neighbour is often written next */
};

static uint8_t *written_map(uint8_t *memory)
{
    return memory - WRITTEN_PAGES_BYTES;
}

void written_pages_note(uint8_t *memory, size_t first, size_t len)
{
    assert(first + len <= WRITTEN_PAGES_BYTES);
    memset(written_map(memory) + first, 1, len);
}

static bool pages_protect(uint8_t *memory, size_t first, size_t len, int protection)
{
    return mprotect(memory + first * PAGE, len * PAGE, protection) == 0;
}

/* `all` pages are live. Each protected run takes the system a mapping of its own; where it has no
 * more of them, everything is let through. Called in a fault's handler: system calls alone. */
static bool pages_allow(uint8_t *memory, size_t first, size_t len, size_t all)
{
    if (!pages_protect(memory, first, len, PROT_READ | PROT_WRITE)) {
        first = 0;
        len = all;
        if (!pages_protect(memory, first, len, PROT_READ | PROT_WRITE)) return false;
    }
    written_pages_note(memory, first, len);
    return true;
}

void written_pages_allow(uint8_t *memory, size_t page)
{
    bool allowed = written_map(memory)[page] || pages_allow(memory, page, 1, page + 1);

    assert(allowed); /* the border between two protections moves, or all of it opens */
}

bool written_pages_fault(uint8_t *memory, size_t memory_bytes, const uint8_t *address)
{
    size_t page, all = memory_bytes / PAGE, first, len;

    if (address < memory || (size_t)(address - memory) >= memory_bytes) return false;
    page = (size_t)(address - memory) / PAGE;
    if (written_map(memory)[page]) return false; /* it could be written: this is another fault */
    first = page / TOGETHER * TOGETHER;
    len = all - first < TOGETHER ? all - first : TOGETHER;
    return pages_allow(memory, first, len, all);
}

/* The first page from `page` on that was written, or was not. */
static size_t written_until(const uint8_t *map, size_t page, size_t all, bool written)
{
    const void *found = page < all ? memchr(map + page, written ? 1 : 0, all - page) : NULL;

    return found ? (size_t)((const uint8_t *)found - map) : all;
}

bool written_pages_collect(uint8_t *memory, size_t memory_bytes, bool anew, written_pages_fn found,
                           void *data)
{
    uint8_t *map = written_map(memory);
    size_t all = memory_bytes / PAGE;
    size_t first = written_until(map, 0, all, true);

    while (first < all) {
        size_t end = written_until(map, first, all, false);

        if (anew && !pages_protect(memory, first, end - first, PROT_READ)) return false;
        if (anew) memset(map + first, 0, end - first);
        found(data, first, end - first);
        first = written_until(map, end, all, true);
    }
    return true;
}
