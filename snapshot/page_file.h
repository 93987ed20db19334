/* Heap pages on disk: one file of page-sized slots beside a generation's database.
 *
 *   pages   slot 0: "hs-pages", version u32, zeros   slot 1, 2, …: a page each, nothing else
 *
 * A slot that any kept snapshot refers to is never written: a changed page goes to a free slot, and
 * the database's batch that refers to it makes it part of a snapshot. So a snapshot costs its
 * changed pages once, going back costs no page at all, a crash leaves slots that nothing refers to,
 * and restoring reads long runs straight into the heap. Which slots are free is not stored: it
 * follows from the entries, and is counted from them before the first write.
 *
 * Rejected: pages as values of the database. It rewrote some 20 MB for 150 changed pages of a
 * 22 MiB heap while compacting, and its blocks had to be read again to say what was overwritten.
 *
 * Threads: reads may run beside anything; the caller sees to it that a slot that is still being
 * read is not written.
 */
#ifndef HEADSTART_SNAPSHOT_PAGE_FILE_H
#define HEADSTART_SNAPSHOT_PAGE_FILE_H

#include "kernel/state/disk.h"
#include "kernel/state/heap_image.h"

enum { PAGE_FILE_VERSION = 1 };

#define PAGE_FILE_NAME "pages"

struct page_file;

enum page_file_mode { PAGE_FILE_NEW = 1, PAGE_FILE_PRESENT, PAGE_FILE_READ_ONLY };

/** `dir`: the generation's folder. NEW: made if missing. HS_CORRUPT: missing, or not such a file.
 */
HS_MUST_CHECK enum hs_status page_file_open(const struct disk *disk, const char *dir,
                                            enum page_file_mode mode, struct page_file **out,
                                            struct hs_error *err);
void page_file_close(struct page_file *f);

/** Write the page to a free slot, which is taken by that. Not durable until page_file_sync. */
HS_MUST_CHECK enum hs_status page_file_put(struct page_file *f, const char *page, uint32_t *slot,
                                           struct hs_error *err);
/** Make what was put durable. HS_IO: what was put since the last success must not be relied on. */
HS_MUST_CHECK enum hs_status page_file_sync(struct page_file *f, struct hs_error *err);
/** `count` slots from `slot` on into `memory`. HS_CORRUPT: the file is too short. */
HS_MUST_CHECK enum hs_status page_file_get(const struct page_file *f, uint32_t slot, uint32_t count,
                                           char *memory, struct hs_error *err);

/** Something refers to the slot. */
HS_MUST_CHECK enum hs_status page_file_take(struct page_file *f, uint32_t slot,
                                            struct hs_error *err);
/** Nothing does any more. */
void page_file_release(struct page_file *f, uint32_t slot);
void page_file_release_all(struct page_file *f);

#endif
