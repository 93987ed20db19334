/* Page run: heap pages that follow one another in the page file, read and checked in one go.
 *
 * The entries come page by page; one call of the system for each costs as much as its page's
 * checksum. A run is small enough to stay in a processor's cache between being read and being
 * checked. */
#ifndef HEADSTART_SNAPSHOT_PAGE_RUN_H
#define HEADSTART_SNAPSHOT_PAGE_RUN_H

#include "snapshot/page_file.h"
#include "snapshot/snapshot_format.h"

enum { PAGE_RUN_MAX = 32 };

/* Zeroed: empty. */
struct page_run {
    char *memory; /* for the first page, and those behind it */
    uint32_t slot;
    uint32_t count;
    uint64_t checksums[PAGE_RUN_MAX];
};

/** Where the page in `slot` is to lie to carry the run on; NULL: it cannot. */
char *page_run_next(const struct page_run *run, uint32_t slot);
/** The page is to lie at `memory`. A run that it does not carry on is read first: HS_CORRUPT as
 *  for page_run_read. */
HS_MUST_CHECK enum hs_status page_run_add(const struct page_file *f, struct page_run *run,
                                          const struct page_value *page, char *memory,
                                          struct hs_error *err);
/** Read the pages that were added, and empty the run. HS_CORRUPT: one of them fails its checksum,
 *  or the file is too short. */
HS_MUST_CHECK enum hs_status page_run_read(const struct page_file *f, struct page_run *run,
                                           struct hs_error *err);

#endif
