/* Heap: a vat's live linear memory, its mark image, what it was at savepoints in between, and what
 * of the mark has not been taken yet.
 *
 *   live pages ──────────────heap_mark──────────────► mark image ──heap_changes_take──► changes
 *    ▲   └──heap_savepoint──► line versions ──fold──►     │                                │
 *    └──heap_back_to──────────┘                           │       heap_changes_give_back ◄─┘
 *    └───────────────────────heap_back_to_mark────────────┘
 *
 * Images are made of pages (HS_HEAP_PAGE_BYTES). What is compared and copied in memory are lines of
 * HS_HEAP_LINE_BYTES, since of a page that it writes a message changes two lines of eight; and only
 * those that may differ from the newest version (or the mark, without one): written_lines.h tells
 * which were written, and which those were at earlier looks is kept here (`dirty`). What lies past
 * a size is zero, in the live memory as in the mark, so that growing needs no clearing. What is
 * taken are copies, so whoever writes a snapshot of the mark never reads here.
 */
#ifndef HEADSTART_KERNEL_VAT_HEAP_H
#define HEADSTART_KERNEL_VAT_HEAP_H

#include "kernel/state/heap_image.h"
#include "kernel/vat/line_versions.h"
#include "kernel/vat/wasm_runtime.h"

struct heap {
    wasm_rt_memory_t *memory; /* borrowed: the live linear memory */
    uint32_t *stack_pointer;  /* borrowed: the live stack-pointer global */
    bool watched;             /* written_lines.h knows what was written; else all may be */
    char *mark;               /* owned: reserved for HS_HEAP_BYTES_MAX */
    uint32_t mark_bytes;
    uint32_t mark_stack_pointer;
    struct line_versions versions;
    uint64_t *dirty;      /* owned: one bit a line that may differ from its newest version */
    uint8_t *untaken;     /* behind those: a bit a page of the mark, changed since the last take */
    bool untaken_whole;   /* the next take gives everything */
    uint64_t untaken_len; /* bits set */
};

/** An empty mark beside the instance's memory; what is borrowed must outlive the heap. */
HS_MUST_CHECK enum hs_status heap_init(struct heap *h, wasm_rt_memory_t *memory,
                                       uint32_t *stack_pointer, bool watched, struct hs_error *err);
void heap_fini(struct heap *h);

/** Live memory and mark become the pages of `image` (whole). `taken`: they are durable already,
 *  so that the next take gives only what changes from here. */
HS_MUST_CHECK enum hs_status heap_restore(struct heap *h, const struct heap_changes *image,
                                          bool taken, struct hs_error *err);
/** The same from a source; always taken. HS_CORRUPT: the pages failed their checks. */
HS_MUST_CHECK enum hs_status heap_load(struct heap *h, struct heap_image_source *source,
                                       const struct heap_image_info *info, struct hs_error *err);

/** The live memory, as a whole image: only pages that are not zero. */
HS_MUST_CHECK enum hs_status heap_copy_whole(const struct heap *h, struct heap_changes *out,
                                             struct hs_error *err);

/** The live memory becomes the mark; the versions end. */
void heap_mark(struct heap *h);
/** The mark becomes the live memory; the versions end. */
void heap_back_to_mark(struct heap *h);

/** Keep what the live memory is now as version `id`, larger than that of every other. HS_NOMEM:
 *  there is no such version, and nothing else changed. */
HS_MUST_CHECK enum hs_status heap_savepoint(struct heap *h, uint64_t id,
                                            uint64_t transcript_entries, struct hs_error *err);
/** The live memory becomes what it was at the newest version with an id up to `id`, and those
 *  behind it end.
 *  Returns: that version; NULL: there is none, it became the mark. Valid until the next call. */
const struct line_version *heap_back_to(struct heap *h, uint64_t id);
/** The newest version ends; the live memory stays. */
void heap_savepoint_drop(struct heap *h);
/** The versions end; the live memory stays. */
void heap_savepoints_end(struct heap *h);

HS_MUST_CHECK enum hs_status heap_changes_take(struct heap *h, struct heap_changes *out,
                                               struct hs_error *err);
void heap_changes_give_back(struct heap *h, const struct heap_changes *changes);
/** Nothing of the mark is durable: the next take gives everything. */
void heap_changes_forget(struct heap *h);

/** Bytes that live memory, mark, versions and tables may occupy. */
uint64_t heap_occupied_bytes(const struct heap *h);

#endif
