/* Mark: the end of the last finished block, as data that a snapshot can be written from.
 *
 * The kernel hands out what changed from the last snapshot to the mark; the snapshot store makes
 * it durable on a worker thread while the kernel goes on. `keys` is a frozen layer (immutable until
 * thawed), the heap pages are copies, so nothing here is touched by the kernel meanwhile.
 */
#ifndef HEADSTART_KERNEL_STATE_MARK_H
#define HEADSTART_KERNEL_STATE_MARK_H

#include "kernel/state/heap_image.h"
#include "kernel/state/kv_map.h"
#include "kernel/state/position.h"

struct mark_changes {
    struct position at;
    uint64_t height;            /* of the block that the mark ends; 0: none yet */
    const struct kv_map *keys;  /* borrowed: store changes since the last snapshot */
    struct heap_changes *heaps; /* owned: per vat that changed; vats absent here are unchanged */
    size_t heaps_len;
    char (*ended)[VAT_ID_BYTES_MAX]; /* owned: vats whose images are to be dropped */
    size_t ended_len;
};

/** Free what is owned; `keys` is the lender's. */
void mark_changes_fini(struct mark_changes *m);

#endif
