/* Base: what the next kernel will stand on: an empty store to be filled, or the snapshots' present
 * content. On disk, or in memory where the disk refuses: a node must not wait for our disk. */
#ifndef HEADSTART_SIDECAR_STEWARD_BASE_H
#define HEADSTART_SIDECAR_STEWARD_BASE_H

#include "sidecar/steward/lent.h"

/** Start a kernel on what is there, with its images where allowed. Statuses as kernel_start. */
HS_MUST_CHECK enum hs_status
base_start_kernel(const struct lent *l, struct kernel_start_report *report, struct hs_error *err);

/** Drop the kernel and begin an empty base for the next. */
HS_MUST_CHECK enum hs_status base_begin_anew(const struct lent *l, struct hs_error *err);
/** An empty base and a kernel at its origin. */
HS_MUST_CHECK enum hs_status base_start_empty(const struct lent *l, struct hs_error *err);

/** What the next kernel stands on, in memory or on disk; NULL: nothing is there. */
struct kv_store *base_store(const struct lent *l);

/** Fill the empty base from the node's store.
 *  HS_NODE_FAILED: that does not stand at `real`. */
HS_MUST_CHECK enum hs_status base_fill(const struct lent *l, const struct position *real,
                                       struct hs_error *err);
/** After a failure of the disk, which `err` holds: begin again, empty and in memory. */
HS_MUST_CHECK enum hs_status base_begin_in_memory(const struct lent *l, struct hs_error *err);
/** Is that a failure of the disk, where a base on it was begun, filled or read? */
bool base_disk_failed(enum hs_status status);

#endif
