/* Array: the one way in which memory grows.
 *
 * An array is three fields of whatever owns it: a typed pointer, how many items are in use and how
 * many there is room for. All zero is a valid empty array; free() releases it.
 */
#ifndef HEADSTART_KERNEL_STATE_ARRAY_H
#define HEADSTART_KERNEL_STATE_ARRAY_H

#include "kernel/state/errors.h"

#include <stddef.h>

/** Room for `len` items of `item_bytes` bytes.
 *
 *  In:      items     address of the array's pointer; that may be NULL while *capacity is 0
 *           capacity  items there is room for; never shrinks
 *  Returns: HS_OK         the first items are as they were, those past them are not written
 *           HS_TOO_LARGE  more than HS_ARRAY_BYTES_MAX; nothing changed
 *           HS_NOMEM      nothing changed
 */
HS_MUST_CHECK enum hs_status array_reserve(void *items, size_t *capacity, size_t len,
                                           size_t item_bytes);

#endif
