#include "kernel/state/array.h"

#include "kernel/state/limits.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BYTES = 64 }; /* less is not worth an allocation */

enum hs_status array_reserve(void *items, size_t *capacity, size_t len, size_t item_bytes)
{
    size_t wanted = *capacity;
    void *old, *grown;

    assert(items && item_bytes > 0);
    if (len <= *capacity) return HS_OK;
    if (len > HS_ARRAY_BYTES_MAX / item_bytes) return HS_TOO_LARGE;
    if (wanted == 0) wanted = item_bytes < FIRST_BYTES ? FIRST_BYTES / item_bytes : 1;
    while (wanted < len) {
        wanted *= 2; /* len is bounded, so this cannot overflow */
    }
    if (wanted > HS_ARRAY_BYTES_MAX / item_bytes) wanted = HS_ARRAY_BYTES_MAX / item_bytes;
    memcpy(&old, items, sizeof old); /* `items` is the address of a pointer of another type */
    grown = realloc(old, wanted * item_bytes);
    if (!grown) return HS_NOMEM;
    memcpy(items, &grown, sizeof grown);
    *capacity = wanted;
    return HS_OK;
}
