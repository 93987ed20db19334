/* Page watch: which pages of a heap were written since the last look, as the kernel knows it.
 *
 * Comparing a heap with its mark reads both whole, 64 MiB twice for a few dirty pages. Linux 6.7
 * and later can say which pages were written: write-protected with asynchronous resolution
 * (userfaultfd), and asked for by PAGEMAP_SCAN, which protects them again in the same call. A
 * first write to a page then costs a microsecond or two, a look some tens of microseconds.
 *
 * Where it does not (older, or refused to a container) first writes are caught as faults
 * (written_pages.h). It only narrows down: whoever asks compares the pages named, so what comes of
 * it is the same whichever way is taken.
 */
#ifndef HEADSTART_KERNEL_VAT_PAGE_WATCH_H
#define HEADSTART_KERNEL_VAT_PAGE_WATCH_H

#include <stdbool.h>
#include <stddef.h>

enum page_watch_way {
    PAGE_WATCH_TOLD,   /* Linux is asked */
    PAGE_WATCH_FAULTS, /* first writes fault; every system offers it */
    PAGE_WATCH_NOT,    /* all pages are compared: for tests, to see that it comes to the same */
};

/* One for the process; its memories are told apart by address. */
struct page_watch {
    enum page_watch_way way;
    int userfault; /* -1: not in use */
    int pagemap;
};

/** Watch in this way, or, where it is not offered, in the next. Never fails. */
void page_watch_open(struct page_watch *w, enum page_watch_way way);
void page_watch_close(struct page_watch *w); /* nothing is watched any more */

/** Watch a wasm memory from now on, until it is unmapped. false: cannot be watched.
 *  Thread: any, for different memories. */
bool page_watch_add(const struct page_watch *w, void *base, size_t bytes);

/* `len` pages of HS_HEAP_PAGE_BYTES from number `first` on were written. */
typedef void (*page_watch_found_fn)(void *data, size_t first, size_t len);

/** Somebody else than the vat's code is about to write this page. */
void page_watch_allow(const struct page_watch *w, void *base, size_t page);

/** Tell of every page written since the last call on this mapping that watched anew, in ascending
 *  order. A page told of may be unchanged.
 *  In:      anew  watch them anew: the next write to each is told, and costs, again
 *  Returns: false: unknown; take all pages for written, whatever was told */
bool page_watch_collect(const struct page_watch *w, void *base, size_t bytes, bool anew,
                        page_watch_found_fn found, void *data);

#endif
