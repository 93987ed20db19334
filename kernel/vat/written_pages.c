#include "kernel/vat/written_pages.h"

#include <assert.h>
#include <string.h>
#include <sys/mman.h>

/* A page's byte: how many looks it stays open for, or, negative, protected, for how many more looks
 * it is remembered to have been open. */
enum {
    PAGE = HS_HEAP_PAGE_BYTES,
    RUNS_MAX = 1024, /* open runs that a look leaves */
    OPEN_ONCE = 1,
    OPEN_LONG =
        32, /* comparing a page some 32 times costs as much as protecting it and one fault */
    REMEMBERED = -8,
};

static int8_t *written_map(uint8_t *memory)
{
    return (int8_t *)memory - WRITTEN_PAGES_COUNT_MAX;
}

/* Faults since the last look that watched anew. */
static uint32_t *written_faults(uint8_t *memory)
{
    return (uint32_t *)(void *)(memory - WRITTEN_PAGES_BYTES);
}

void written_pages_note(uint8_t *memory, size_t first, size_t len)
{
    assert(first + len <= WRITTEN_PAGES_COUNT_MAX);
    memset(written_map(memory) + first, OPEN_ONCE, len);
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
    for (int8_t *at = written_map(memory) + first, *end = at + len; at < end; at++) {
        if (*at <= 0) *at = OPEN_ONCE;
    }
    return true;
}

void written_pages_allow(uint8_t *memory, size_t page)
{
    bool allowed = written_map(memory)[page] > 0 || pages_allow(memory, page, 1, page + 1);

    assert(allowed); /* the border between two protections moves, or all of it opens */
}

bool written_pages_allow_all(uint8_t *memory, size_t len)
{
    return pages_allow(memory, 0, len, len);
}

/* How many pages one fault lets through: a neighbour is often written next, the sooner the more
 * there were since the last look; and past some hundreds it must not be many faults more. */
static size_t pages_together(uint32_t faults)
{
    if (faults <= 32) return 2;
    return faults <= 128 ? 8 : faults <= 512 ? 32 : 256;
}

bool written_pages_fault(uint8_t *memory, size_t memory_bytes, const uint8_t *address)
{
    size_t page, all = memory_bytes / PAGE, first, len, together;
    int8_t was;

    if (address < memory || (size_t)(address - memory) >= memory_bytes) return false;
    page = (size_t)(address - memory) / PAGE;
    was = written_map(memory)[page];
    if (was > 0) return false; /* it could be written: this is another fault */
    together = pages_together(++*written_faults(memory));
    first = page / together * together;
    len = all - first < together ? all - first : together;
    if (!pages_allow(memory, first, len, all)) return false;
    if (was < 0) written_map(memory)[page] = OPEN_LONG; /* it was written before, not long ago */
    return true;
}

/* The first page from `page` on that is open, or is remembered. */
static size_t page_known(const int8_t *map, size_t page, size_t all)
{
    uint64_t eight;

    while (page < all && page % sizeof eight != 0 && map[page] == 0) {
        page++;
    }
    for (; page + sizeof eight <= all; page += sizeof eight) {
        memcpy(&eight, map + page, sizeof eight);
        if (eight != 0) break;
    }
    while (page < all && map[page] == 0) {
        page++;
    }
    return page;
}

static size_t pages_like(const int8_t *map, size_t page, size_t all)
{
    const int8_t like = map[page];

    while (page < all && map[page] == like) {
        page++;
    }
    return page;
}

/* A look has seen pages first to end, whose bytes are alike. false: they stay as they are. */
static bool pages_age(uint8_t *memory, size_t first, size_t end)
{
    int8_t *map = written_map(memory), age = map[first];

    if (age == OPEN_ONCE && !pages_protect(memory, first, end - first, PROT_READ)) return false;
    age = age == OPEN_ONCE ? REMEMBERED : age > 0 ? (int8_t)(age - 1) : (int8_t)(age + 1);
    memset(map + first, age, end - first);
    return true;
}

/* Everything is protected, and what was open is remembered. */
static bool pages_begin_anew(uint8_t *memory, size_t all)
{
    int8_t *map = written_map(memory);

    if (!pages_protect(memory, 0, all, PROT_READ)) return false;
    for (size_t page = page_known(map, 0, all); page < all; page = page_known(map, page + 1, all)) {
        if (map[page] > 0) map[page] = REMEMBERED;
    }
    return true;
}

bool written_pages_collect(uint8_t *memory, size_t memory_bytes, bool anew, written_pages_fn found,
                           void *data)
{
    const int8_t *map = written_map(memory);
    const size_t all = memory_bytes / PAGE;
    size_t runs = 0;

    for (size_t first = page_known(map, 0, all), end; first < all;
         first = page_known(map, end, all)) {
        const bool open = map[first] > 0;

        end = pages_like(map, first, all);
        if (anew && !pages_age(memory, first, end)) return false;
        if (open) found(data, first, end - first);
        runs += map[first] > 0;
    }
    if (!anew) return true;
    *written_faults(memory) = 0;
    return runs <= RUNS_MAX || pages_begin_anew(memory, all);
}
