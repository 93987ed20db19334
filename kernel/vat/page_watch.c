#include "kernel/vat/page_watch.h"

#include "kernel/state/limits.h"
#include "kernel/vat/written_pages.h"

#include <assert.h>
#include <fcntl.h>
#include <linux/types.h>
#include <linux/userfaultfd.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* From Linux 6.7's <linux/userfaultfd.h> and <linux/fs.h>; the headers here may be older. */
enum {
    FEATURE_WP_UNPOPULATED = 1 << 13,
    FEATURE_WP_ASYNC = 1 << 15,
    SCAN_WP_MATCHING = 1 << 0,
    SCAN_CHECK_WP_ASYNC = 1 << 1,
    PAGE_WRITTEN = 1 << 1,
    REGIONS_MAX = 512, /* of one call; more take more calls */
};

struct scan_region {
    __u64 start;
    __u64 end;
    __u64 categories;
};

struct scan_request {
    __u64 size;
    __u64 flags;
    __u64 start;
    __u64 end;
    __u64 walk_end;
    __u64 regions;
    __u64 regions_len;
    __u64 pages_max;
    __u64 category_inverted;
    __u64 category_mask;
    __u64 category_anyof_mask;
    __u64 return_mask;
};

#define SCAN_IOCTL _IOWR('f', 16, struct scan_request)

static bool page_watch_ask(struct page_watch *w)
{
    struct uffdio_api api = {.api = UFFD_API,
                             .features = FEATURE_WP_UNPOPULATED | FEATURE_WP_ASYNC |
                                         UFFD_FEATURE_PAGEFAULT_FLAG_WP};

    /* User mode only: that is what processes without privileges may have, and all we need. */
    w->userfault = (int)syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
    w->pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    if (w->userfault >= 0 && w->pagemap >= 0 && ioctl(w->userfault, UFFDIO_API, &api) == 0) {
        return true;
    }
    page_watch_close(w);
    return false;
}

void page_watch_open(struct page_watch *w, enum page_watch_way way)
{
    *w = (struct page_watch){.way = way, .userfault = -1, .pagemap = -1};
    if (way == PAGE_WATCH_TOLD && !page_watch_ask(w)) w->way = PAGE_WATCH_FAULTS;
}

void page_watch_close(struct page_watch *w)
{
    if (w->userfault >= 0) (void)close(w->userfault);
    if (w->pagemap >= 0) (void)close(w->pagemap);
    *w = (struct page_watch){.way = PAGE_WATCH_NOT, .userfault = -1, .pagemap = -1};
}

bool page_watch_add(const struct page_watch *w, void *base, size_t bytes)
{
    struct uffdio_register request = {.range = {.start = (uintptr_t)base, .len = bytes},
                                      .mode = UFFDIO_REGISTER_MODE_WP};

    assert((uintptr_t)base % HS_HEAP_PAGE_BYTES == 0);
    if (w->way != PAGE_WATCH_TOLD) return w->way == PAGE_WATCH_FAULTS;
    return w->userfault >= 0 && ioctl(w->userfault, UFFDIO_REGISTER, &request) == 0;
}

void page_watch_allow(const struct page_watch *w, void *base, size_t page)
{
    if (w->way == PAGE_WATCH_FAULTS) written_pages_allow(base, page);
}

static bool page_watch_scan(const struct page_watch *w, void *base, size_t bytes, bool anew,
                            page_watch_found_fn found, void *data)
{
    struct scan_region regions[REGIONS_MAX];
    struct scan_request request = {.size = sizeof request,
                                   .flags = anew ? SCAN_WP_MATCHING | SCAN_CHECK_WP_ASYNC : 0,
                                   .start = (uintptr_t)base,
                                   .end = (uintptr_t)base + bytes,
                                   .regions = (uintptr_t)regions,
                                   .regions_len = REGIONS_MAX,
                                   .category_mask = PAGE_WRITTEN,
                                   .return_mask = PAGE_WRITTEN};

    while (request.start < request.end) {
        int len = ioctl(w->pagemap, SCAN_IOCTL, &request);

        if (len < 0 || request.walk_end <= request.start) return false;
        for (int i = 0; i < len; i++) {
            found(data, (regions[i].start - (uintptr_t)base) / HS_HEAP_PAGE_BYTES,
                  (regions[i].end - regions[i].start) / HS_HEAP_PAGE_BYTES);
        }
        request.start = request.walk_end;
    }
    return true;
}

bool page_watch_collect(const struct page_watch *w, void *base, size_t bytes, bool anew,
                        page_watch_found_fn found, void *data)
{
    switch (w->way) {
    case PAGE_WATCH_TOLD: return page_watch_scan(w, base, bytes, anew, found, data);
    case PAGE_WATCH_FAULTS: return written_pages_collect(base, bytes, anew, found, data);
    case PAGE_WATCH_NOT: break;
    }
    return false;
}
