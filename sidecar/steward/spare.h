/* Spare: the kernel that stands ready, and, where the disk fails us, the store that it stands on.
 *
 *   base on disk (the snapshot keeper's) ─┐
 *   or a store in memory (its own) ───────┴─ start ──► kernel ──lent to the ways──► drop
 *
 * There is never a second kernel. Which base it stands on, what it is led through and when it is
 * dropped is for others to say.
 *
 * Threads: one owner, on a thread with a stack of HS_VAT_THREAD_STACK_BYTES.
 */
#ifndef HEADSTART_SIDECAR_STEWARD_SPARE_H
#define HEADSTART_SIDECAR_STEWARD_SPARE_H

#include "kernel/kernel.h"
#include "sidecar/report/reporter.h"
#include "sidecar/threads/worker_pool.h"

#include <stdatomic.h>

struct spare;

struct spare_options { /* all borrowed until spare_close */
    const struct reporter *reporter;
    const struct kernel_config *kernel_config;
    struct vat_engine *engine;
    struct worker_crew crew;     /* who replays vats; its pool is borrowed */
    const atomic_bool *stopping; /* a start in progress ends with HS_CANCELLED */
};

/* What a kernel can be started on. */
struct spare_base {
    struct kv_store *kv;              /* borrowed until the drop */
    struct heap_image_source *images; /* likewise; NULL: transcripts make the heaps */
    bool images_elsewhere; /* of a base before this one, not where the next snapshot goes */
    uint64_t image_bytes;  /* of them all; 0: not known */
};

HS_MUST_CHECK enum hs_status spare_open(const struct spare_options *options, struct spare **out,
                                        struct hs_error *err);
void spare_close(struct spare *s); /* drops first */

/** NULL: there is none. Valid until the drop. */
struct kernel *spare_kernel(const struct spare *s);
/** The store in memory that the kernel stands on, or shall; NULL: it is the base on disk. */
struct kv_store *spare_memory(const struct spare *s);

/** Begin an empty base in memory. There must be no kernel. */
HS_MUST_CHECK enum hs_status spare_begin_memory(struct spare *s, struct hs_error *err);
/** Start a kernel on the base in memory if there is one, else on `disk`; shown as `phase`. There
 * must be none. Statuses as kernel_start; after a failure there is none. */
HS_MUST_CHECK enum hs_status spare_start(struct spare *s, const struct spare_base *disk,
                                         enum phase phase, struct kernel_start_report *report,
                                         struct hs_error *err);
/** kernel_rehearse: would a chain's first message be executed? On the state vector of `state`, or
 *  with NULL on what the configuration makes. */
HS_MUST_CHECK enum hs_status spare_rehearse(struct spare *s, struct kv_store *state,
                                            struct hs_error *err);
/** The kernel was moved to the base on disk: the one in memory ends, if there is one. */
void spare_leave_memory(struct spare *s);
/** Kernel and base in memory end. No snapshot of it may be in the making. */
void spare_drop(struct spare *s);

/** kernel_back_to, timed and counted in the figures. */
HS_MUST_CHECK enum hs_status spare_return_to(struct spare *s, const struct position *to,
                                             struct hs_error *err);

/** Bring position, height and mark up to date in the figures: cheap. */
void spare_show(struct spare *s);
/** The same of the list of vats and of the savepoints, four times a second at most. */
void spare_show_vats(struct spare *s);
/** A vat ended: that is shown at once. */
void spare_vats_changed(struct spare *s);

#endif
