/* Program: the text that a vat is made of, from a file and all that it imports (docs/kernel.md,
 * "A vat's program").
 *
 * A file that imports nothing is its own program. Else what it imports is found by relative paths,
 * or is one of the modules that vats may import without having them, and all go into one text whose
 * bytes depend on theirs alone and on where they stand to each other.
 */
#ifndef HEADSTART_KERNEL_PROGRAM_H
#define HEADSTART_KERNEL_PROGRAM_H

#include "kernel/state/disk.h"

/** Read the file `path` and what it imports into *out (replaced).
 *
 *  Returns: HS_NOT_FOUND  a file is missing: which, and who imports it
 *           HS_INVALID    one is no UTF-8 text, does not compile, or imports what is no module; or
 *                         they are too many or too large
 *           HS_IO, HS_NOMEM
 *  Thread:  needs a native stack of HS_VAT_THREAD_STACK_BYTES, for what imports */
HS_MUST_CHECK enum hs_status program_read(const struct disk *disk, const char *path,
                                          struct buffer *out, struct hs_error *err);

#endif
