#include "snapshot/page_run.h"

#include <assert.h>

enum hs_status page_run_read(const struct page_file *f, struct page_run *run, struct hs_error *err)
{
    enum hs_status st = HS_OK;

    if (run->count > 0) st = page_file_get(f, run->slot, run->count, run->memory, err);
    for (uint32_t i = 0; st == HS_OK && i < run->count; i++) {
        if (page_matches(run->memory + (size_t)i * HS_HEAP_PAGE_BYTES, run->checksums[i])) continue;
        st = hs_fail(err, HS_CORRUPT, "snapshot: the heap page in slot %u fails its checksum",
                     run->slot + i);
    }
    run->count = 0;
    return st;
}

char *page_run_next(const struct page_run *run, uint32_t slot)
{
    bool goes_on = run->count > 0 && run->count < PAGE_RUN_MAX && slot == run->slot + run->count;

    return goes_on ? run->memory + (size_t)run->count * HS_HEAP_PAGE_BYTES : NULL;
}

enum hs_status page_run_add(const struct page_file *f, struct page_run *run,
                            const struct page_value *page, char *memory, struct hs_error *err)
{
    enum hs_status st = HS_OK;

    assert(memory);
    if (memory != page_run_next(run, page->slot)) {
        st = page_run_read(f, run, err);
        run->memory = memory;
        run->slot = page->slot;
    }
    run->checksums[run->count++] = page->checksum;
    return st;
}
