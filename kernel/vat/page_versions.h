/* Page versions: what a heap's pages were at the savepoints of the open block.
 *
 *   mark ◄── version 3 ◄── version 5 ◄── version 6 ... live memory
 *              {1, 7}        {7, 9}        {7}
 *
 * A version holds the pages that changed since the version before it, or since the mark. What page
 * p was at a version is the newest record of p up to there, and if there is none, the mark's page.
 * The records of one page are chained, newest first, so that finding the newest, dropping what is
 * behind a savepoint, and merging one version into the next each touch only the pages concerned.
 *
 * A version has the id of the savepoint it was made for; ids only rise. A heap that did not change
 * between two savepoints has one version for both.
 */
#ifndef HEADSTART_KERNEL_VAT_PAGE_VERSIONS_H
#define HEADSTART_KERNEL_VAT_PAGE_VERSIONS_H

#include "kernel/state/errors.h"
#include "kernel/state/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct page_record;

/* What a heap is besides its pages. */
struct heap_extent {
    uint32_t bytes;
    uint32_t stack_pointer;
    uint64_t transcript_entries; /* whose effect the heap holds */
};

struct page_version {
    uint64_t id;
    struct heap_extent extent;
    struct page_record *records; /* owned: its pages */
};

/* All zero is a valid empty one. */
struct page_versions {
    struct page_record **newest; /* owned: by page number; NULL until there is a version */
    struct page_version *items;  /* owned: oldest first */
    size_t len, capacity;
    uint64_t records;          /* in all versions */
    struct page_record *spare; /* owned: some that were dropped, for the next */
    uint64_t spares;
};

void page_versions_fini(struct page_versions *v);

/** Begin a version; `id` is larger than that of every other. */
HS_MUST_CHECK enum hs_status page_versions_begin(struct page_versions *v, uint64_t id,
                                                 const struct heap_extent *extent,
                                                 struct hs_error *err);
/** The page is `bytes` (HS_HEAP_PAGE_BYTES of them) from the newest version on. HS_NOMEM: it is
 *  what it was. */
HS_MUST_CHECK enum hs_status page_versions_put(struct page_versions *v, uint32_t page,
                                               const char *bytes, struct hs_error *err);

/** What the page was at the newest version; NULL: what it is in the mark. */
const char *page_versions_page(const struct page_versions *v, uint32_t page);
/** The newest version; NULL: there is none. */
const struct page_version *page_versions_last(const struct page_versions *v);

/* A page that a version held which was dropped. */
typedef void (*page_versions_fn)(void *data, uint32_t page);

/** Drop every version with an id above `id`; `dropped` is told of each of their pages, some twice.
 */
void page_versions_drop_after(struct page_versions *v, uint64_t id, page_versions_fn dropped,
                              void *data);
/** Drop all; the same. */
void page_versions_clear(struct page_versions *v, page_versions_fn dropped, void *data);
/** Savepoint `id` is given up; `next` is the one after it. What the heap was there joins what it
 *  was at `next`. */
void page_versions_merge(struct page_versions *v, uint64_t id, uint64_t next);

/** Bytes that the records occupy. */
uint64_t page_versions_bytes(const struct page_versions *v);

#endif
