/* Line versions: what a heap's lines were at the savepoints of the open block.
 *
 *   mark ◄── version 3 ◄── version 5 ◄── version 6 ... live memory
 *              {1, 7}        {7, 9}        {7}
 *
 * A version holds the lines that changed since the version before it, or since the mark. What line
 * p was at a version is the newest record of p up to there, and if there is none, the mark's line.
 * The records of one line are chained, newest first, so that finding the newest, dropping what is
 * behind a savepoint, and merging one version into the next each touch only the lines concerned.
 *
 * A version has the id of the savepoint it was made for; ids only rise. A heap that did not change
 * between two savepoints has one version for both.
 */
#ifndef HEADSTART_KERNEL_VAT_LINE_VERSIONS_H
#define HEADSTART_KERNEL_VAT_LINE_VERSIONS_H

#include "kernel/state/errors.h"
#include "kernel/state/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct line_record;

/* What a heap is besides its lines. */
struct heap_extent {
    uint32_t bytes;
    uint32_t stack_pointer;
    uint64_t transcript_entries; /* whose effect the heap holds */
};

struct line_version {
    uint64_t id;
    struct heap_extent extent;
    struct line_record *records; /* owned: its lines */
};

/* All zero is a valid empty one. */
struct line_versions {
    struct line_record **newest; /* owned: by line number; NULL until there is a version */
    struct line_version *items;  /* owned: oldest first */
    size_t len, capacity;
    uint64_t records;          /* in all versions */
    struct line_record *spare; /* owned: some that were dropped, for the next */
    uint64_t spares;
};

void line_versions_fini(struct line_versions *v);

/** Begin a version; `id` is larger than that of every other. */
HS_MUST_CHECK enum hs_status line_versions_begin(struct line_versions *v, uint64_t id,
                                                 const struct heap_extent *extent,
                                                 struct hs_error *err);
/** The line is `bytes` (HS_HEAP_LINE_BYTES of them) from the newest version on. HS_NOMEM: it is
 *  what it was. */
HS_MUST_CHECK enum hs_status line_versions_put(struct line_versions *v, uint32_t line,
                                               const char *bytes, struct hs_error *err);

/** What the line was at the newest version; NULL: what it is in the mark. */
const char *line_versions_line(const struct line_versions *v, uint32_t line);
/** The newest version; NULL: there is none. */
const struct line_version *line_versions_last(const struct line_versions *v);

/* A line that a version held which was dropped. */
typedef void (*line_versions_fn)(void *data, uint32_t line);

/** Drop every version with an id above `id`; `dropped` is told of each of their lines, some twice.
 */
void line_versions_drop_after(struct line_versions *v, uint64_t id, line_versions_fn dropped,
                              void *data);
/** Drop all; the same. */
void line_versions_clear(struct line_versions *v, line_versions_fn dropped, void *data);
/** What was dropped is kept for the next no longer. */
void line_versions_spare_none(struct line_versions *v);
/** Savepoint `id` is given up; `next` is the one after it. What the heap was there joins what it
 *  was at `next`. */
void line_versions_merge(struct line_versions *v, uint64_t id, uint64_t next);

/** Bytes that the records occupy. They go with their versions. */
uint64_t line_versions_bytes(const struct line_versions *v);
/** Bytes that the index of a heap of so many lines may occupy, once there was a version. */
uint64_t line_versions_index_bytes(const struct line_versions *v, uint32_t lines);

#endif
