#include "kernel/state/heap_image.h"

#include <stdlib.h>
#include <string.h>

void heap_changes_fini(struct heap_changes *c)
{
    free(c->numbers);
    free(c->pages);
    c->numbers = NULL;
    c->pages = NULL;
    c->len = 0;
}

bool heap_page_is_zero(const char *page)
{
    /* A run of bytes is all zero when its first is and each equals the one before it. */
    return page[0] == 0 && memcmp(page, page + 1, HS_HEAP_PAGE_BYTES - 1) == 0;
}
