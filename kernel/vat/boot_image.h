/* Boot image: the heap right after a supervisor booted, on disk under the hash of everything that
 * went into it, so that no process boots the same JavaScript twice.
 *
 * It is a cache: a file that is missing, damaged or cannot be written costs a boot, nothing else.
 * File (all integers little-endian): "hsboot1\n", u32 page count of the heap, u32 stack pointer,
 * u32 n, n times u32 page number (ascending), n pages, u64 XXH3 of everything before it.
 * Becomes visible by temp, write, fsync, rename, fsync of the folder.
 */
#ifndef HEADSTART_KERNEL_VAT_BOOT_IMAGE_H
#define HEADSTART_KERNEL_VAT_BOOT_IMAGE_H

#include "kernel/state/heap_image.h"

/** Read and check an image. HS_NOT_FOUND: no such file; HS_CORRUPT: not what was written. */
HS_MUST_CHECK enum hs_status boot_image_read(const char *path, struct heap_changes *out,
                                             struct hs_error *err);
/** Put `image` (whole) at `path`. On failure nothing new is visible there. */
HS_MUST_CHECK enum hs_status boot_image_write(const char *path, const struct heap_changes *image,
                                              struct hs_error *err);

/** The file's bytes, for both directions and for tests. */
HS_MUST_CHECK enum hs_status boot_image_encode(const struct heap_changes *image,
                                               struct buffer *out);
HS_MUST_CHECK enum hs_status boot_image_decode(struct slice bytes, struct heap_changes *out,
                                               struct hs_error *err);

#endif
