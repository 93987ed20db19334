/* Boot image: the heap right after a supervisor booted, on disk under the hash of everything that
 * went into it, so that no process boots the same JavaScript twice.
 *
 * It is a cache: a file that is missing, damaged or cannot be written costs a boot, nothing else.
 * File (all integers little-endian): "hsboot1\n", u32 page count of the heap, u32 stack pointer,
 * u32 n, n times u32 page number (ascending), n pages, u64 XXH3 of everything before it.
 * Processes may share the folder: the last that writes wins, with the same bytes.
 */
#ifndef HEADSTART_KERNEL_VAT_BOOT_IMAGE_H
#define HEADSTART_KERNEL_VAT_BOOT_IMAGE_H

#include "kernel/state/disk.h"
#include "kernel/state/heap_image.h"

/** Read and check the image dir/name. HS_NOT_FOUND: no such file; HS_CORRUPT: not what was written;
 *  HS_IO. */
HS_MUST_CHECK enum hs_status boot_image_read(const struct disk *disk, const char *dir,
                                             const char *name, struct heap_changes *out,
                                             struct hs_error *err);
/** Put `image` (whole) there. On failure the old one is still there, or the new one. */
HS_MUST_CHECK enum hs_status boot_image_write(const struct disk *disk, const char *dir,
                                              const char *name, const struct heap_changes *image,
                                              struct hs_error *err);

/** The file's bytes, for both directions and for tests. */
HS_MUST_CHECK enum hs_status boot_image_encode(const struct heap_changes *image,
                                               struct buffer *out);
HS_MUST_CHECK enum hs_status boot_image_decode(struct slice bytes, struct heap_changes *out,
                                               struct hs_error *err);

#endif
