#include "kernel/state/heap_image.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static char *pages_map(size_t bytes)
{
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE,
                    -1, 0);

    return at == MAP_FAILED ? NULL : at;
}

enum hs_status heap_changes_reserve(struct heap_changes *c, size_t len, bool whole,
                                    struct hs_error *err)
{
    size_t bytes = len * HS_HEAP_PAGE_BYTES;

    c->whole = whole;
    c->pages_mapped = whole ? bytes : 0;
    /* One byte more, since asking for nothing may answer NULL. */
    c->numbers = malloc(len * sizeof *c->numbers + 1);
    c->pages = c->pages_mapped > 0 ? pages_map(bytes) : malloc(bytes + 1);
    if (c->numbers && c->pages) return HS_OK;
    heap_changes_fini(c);
    return hs_fail(err, HS_NOMEM, "no memory for %zu pages of a heap", len);
}

void heap_changes_fini(struct heap_changes *c)
{
    free(c->numbers);
    if (c->pages && c->pages_mapped > 0) {
        (void)munmap(c->pages, c->pages_mapped);
    } else {
        free(c->pages);
    }
    c->numbers = NULL;
    c->pages = NULL;
    c->pages_mapped = 0;
    c->len = 0;
}

bool heap_page_is_zero(const char *page)
{
    /* A run of bytes is all zero when its first is and each equals the one before it. */
    return page[0] == 0 && memcmp(page, page + 1, HS_HEAP_PAGE_BYTES - 1) == 0;
}
