/* Boot image: the heap right after a supervisor booted, and how to enter it, on disk under the hash
 * of everything that went into it, so that no process boots the same JavaScript twice.
 *
 * It is a cache: a file that is missing, damaged or cannot be written costs a boot, nothing else.
 * File (all integers little-endian): "hsboot3\n", u32 page count of the heap, u32 stack pointer,
 * command, message and turn, each u32 handle and u64 value, u32 n, n times u32 page number
 * (ascending), n pages, u64 XXH3 of everything before it. Processes may share the folder: the last
 * that writes wins, with the same bytes.
 */
#ifndef HEADSTART_KERNEL_VAT_BOOT_IMAGE_H
#define HEADSTART_KERNEL_VAT_BOOT_IMAGE_H

#include "kernel/state/disk.h"
#include "kernel/state/heap_image.h"
#include "kernel/vat/vat_entry.h"

struct boot_image {
    struct heap_changes heap; /* whole */
    struct vat_entry entry;
};

/** Read and check the image dir/name. HS_NOT_FOUND: no such file; HS_CORRUPT: not what was written;
 *  HS_IO. */
HS_MUST_CHECK enum hs_status boot_image_read(const struct disk *disk, const char *dir,
                                             const char *name, struct boot_image *out,
                                             struct hs_error *err);
/** Put `image` there. On failure the old one is still there, or the new one. */
HS_MUST_CHECK enum hs_status boot_image_write(const struct disk *disk, const char *dir,
                                              const char *name, const struct boot_image *image,
                                              struct hs_error *err);

/** The file's bytes, for both directions and for tests. */
HS_MUST_CHECK enum hs_status boot_image_encode(const struct boot_image *image, struct buffer *out);
HS_MUST_CHECK enum hs_status boot_image_decode(struct slice bytes, struct boot_image *out,
                                               struct hs_error *err);

void boot_image_fini(struct boot_image *image);

#endif
