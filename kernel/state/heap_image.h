/* Heap image: a vat's whole memory as data.
 *
 * A vat's state is its linear memory, size included, and the stack-pointer global. An image is
 * that, cut in pages of HS_HEAP_PAGE_BYTES; it is position independent and valid wherever the same
 * wasm file and supervisor run (the epoch). A page of zeros takes no space: it is simply absent.
 * The kernel makes and uses images, the snapshot store keeps them: this is the border between.
 */
#ifndef HEADSTART_KERNEL_STATE_HEAP_IMAGE_H
#define HEADSTART_KERNEL_STATE_HEAP_IMAGE_H

#include "kernel/state/bytes.h"
#include "kernel/state/errors.h"
#include "kernel/state/limits.h"

enum { VAT_ID_BYTES_MAX = 16 }; /* "v4294967295" and a NUL, rounded up */

struct heap_image_info {
    char vat_id[VAT_ID_BYTES_MAX];
    uint32_t page_count;         /* heap size in pages of HS_HEAP_PAGE_BYTES */
    uint32_t stack_pointer;      /* the module's __stack_pointer global */
    uint64_t transcript_entries; /* transcript items whose effect the image holds: replay starts
                                    at this position of v$N.t.* */
};

/* Pages of one vat that changed since the last take, copied out; owned by the holder. Page
 * i has number numbers[i] and bytes pages + i * HS_HEAP_PAGE_BYTES. Numbers ascend. Pages past
 * info.page_count do not exist any more, whatever was kept of them. */
struct heap_changes {
    struct heap_image_info info;
    bool whole; /* all pages are here: replaces whatever was kept of that vat */
    uint32_t *numbers;
    char *pages;
    size_t pages_mapped; /* bytes, if they are a mapping of their own; 0: they are malloc's */
    size_t len;
};

/** Room for `len` pages; `whole` is noted. A whole heap is a mapping of its own: the first snapshot
 *  takes every heap so, once, and the system shall have that memory back. */
HS_MUST_CHECK enum hs_status heap_changes_reserve(struct heap_changes *c, size_t len, bool whole,
                                                  struct hs_error *err);
void heap_changes_fini(struct heap_changes *c);

/* Where images come from: implemented by the snapshot store, used by the kernel. Reads may run on
 * several threads at once. */
struct heap_image_source;

struct heap_image_source_ops {
    /* HS_NOT_FOUND: no image of that vat (the kernel replays its transcript). */
    enum hs_status (*find)(struct heap_image_source *source, const char *vat_id,
                           struct heap_image_info *info, struct hs_error *err);
    /* Fill `memory` (info->page_count pages, already zero) with the image's pages, each checked
     * against its checksum. HS_CORRUPT: some page failed; the memory must be thrown away. */
    enum hs_status (*load)(struct heap_image_source *source, const struct heap_image_info *info,
                           char *memory, struct hs_error *err);
};

struct heap_image_source {
    const struct heap_image_source_ops *ops;
};

/** Is the page all zero? Such pages are not stored. */
bool heap_page_is_zero(const char *page);

#endif
