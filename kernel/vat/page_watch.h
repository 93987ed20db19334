/* Page watch: which pages of a heap were written since the last look, as the kernel knows it.
 *
 * Comparing a heap with its mark reads both whole, 64 MiB twice for a few dirty pages. Linux 6.7
 * and later can say which pages were written: write-protected with asynchronous resolution
 * (userfaultfd), and asked for by PAGEMAP_SCAN, which protects them again in the same call. A
 * first write to a page then costs a microsecond or two, a look some tens of microseconds.
 *
 * It only narrows down: whoever asks compares the pages named. Where the kernel does not offer it
 * (older, or refused to a container) the answer is "unknown" and all pages are compared.
 */
#ifndef HEADSTART_KERNEL_VAT_PAGE_WATCH_H
#define HEADSTART_KERNEL_VAT_PAGE_WATCH_H

#include <stdbool.h>
#include <stddef.h>

/* One for the process; its memories are told apart by address. */
struct page_watch {
    int userfault; /* -1: not offered here */
    int pagemap;
};

/** Never fails: what is not offered is not used. */
void page_watch_open(struct page_watch *w);
void page_watch_close(struct page_watch *w);

/** Watch a mapping from now on, until it is unmapped. false: cannot be watched.
 *  Thread: any, for different mappings. */
bool page_watch_add(const struct page_watch *w, void *base, size_t bytes);

/* `len` pages of HS_HEAP_PAGE_BYTES from number `first` on were written. */
typedef void (*page_watch_found_fn)(void *data, size_t first, size_t len);

/** Tell of every page written since the last call on this mapping, in ascending order, and watch
 *  them anew. A page told of may be unchanged.
 *  Returns: false: unknown; take all pages for written, whatever was told */
bool page_watch_collect(const struct page_watch *w, void *base, size_t bytes,
                        page_watch_found_fn found, void *data);

#endif
