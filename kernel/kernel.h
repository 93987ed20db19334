/* Kernel: the deterministic machine. One store, a run queue, vats.
 *
 *   message ─► seqnum + 1 ─► run-queue entry to a vat's root object ─► cranks until the queue is
 *   empty ─► new position, and what must be written to the real store
 *
 * Same store and same messages give the same position, writes, outputs and heaps on every machine,
 * bit for bit: no clock, randomness, environment, locale, or order taken from addresses.
 *
 * What the kernel writes is held in layers (kernel/state/kv_layers.h) over the base store it was
 * started on, and in its vats' heaps; kernel_mark and kernel_back_to_mark move both together.
 * The base is only ever read.
 *
 * Threads: one owner at a time, on a thread with a stack of HS_VAT_THREAD_STACK_BYTES.
 */
#ifndef HEADSTART_KERNEL_KERNEL_H
#define HEADSTART_KERNEL_KERNEL_H

#include "kernel/kernel_options.h"
#include "kernel/outcome.h"
#include "kernel/state/mark.h"

struct kernel;

/** Launch a kernel around a store.
 *
 *  An empty base gives a kernel at the origin; it initialises itself from the configuration inside
 *  its first message, so that the initial state travels in that message's writes. Otherwise each
 *  vat's heap comes from its image, if any, and the replay of its transcript's remaining entries.
 *
 *  Returns: HS_OK
 *           HS_DIVERGED    a replayed vat made another syscall than its transcript holds: err
 *                          names vat, delivery and both syscalls
 *           HS_CORRUPT     store contents or an image failed their checks
 *           HS_CANCELLED   progress said so
 *           HS_INVALID     empty base and no configuration */
HS_MUST_CHECK enum hs_status kernel_start(const struct kernel_options *options, struct kernel **out,
                                          struct kernel_start_report *report, struct hs_error *err);
void kernel_close(struct kernel *k);

/** What the first message would do before it is executed, and to no purpose but to see it done: the
 *  options' base is an empty store, or holds a state vector, and stays as it is.
 *
 *  Returns: HS_OK
 *           HS_INVALID  the first message would be refused, as err says */
HS_MUST_CHECK enum hs_status kernel_rehearse(const struct kernel_options *options,
                                             struct hs_error *err);

struct position kernel_position(const struct kernel *k);
uint64_t kernel_height(const struct kernel *k); /* of the last message's block; 0: none */
/** kernel.queued: cranks left in the run queue, and 1 if housekeeping is due. */
uint64_t kernel_queued(const struct kernel *k);
/** Has a run in a block of `time` something to do: a backlog, housekeeping, or a wake-up that is
 * due? What a node asks its store (kernel.queued, kernel.wake). */
HS_MUST_CHECK enum hs_status kernel_run_is_due(struct kernel *k, uint64_t time, bool *due,
                                               struct hs_error *err);

/** Execute one message: it always counts (seqnum + 1), whatever it is; a message that cannot be
 *  understood or whose call throws is `rejected` with a reason.
 *
 *  Returns: HS_OK
 *           HS_INVALID  the first message, when a vat of the configuration does not start or the
 *                  bootstrap message is rejected: err says why
 *           other  nothing happened to the store layers, but heaps may have run: the caller goes
 *                  back to the mark; until then it is refused, and a panic (HS_KERNEL_FAILED) with
 *                  its own words. */
HS_MUST_CHECK enum hs_status kernel_deliver(struct kernel *k, const struct message *m,
                                            struct kernel_outcome *out, struct hs_error *err);

/** Execute a call as it would be executed now, before all that waits in the queue, and undo it: the
 *  kernel is the one before, bit for bit, whatever is returned. At the height and time of the last
 *  message; only the text and the ticks of `m` count. What the kernel itself is told is rejected.
 *
 *  Out:     out  status, value and ticks, and `after`: where the kernel stands
 *  Returns: HS_OK
 *           HS_UNAVAILABLE  there is nothing to ask yet, or no room to undo it: not now
 *           HS_CANCELLED    the engine was stopped
 *           other           as kernel_deliver */
HS_MUST_CHECK enum hs_status kernel_query(struct kernel *k, const struct message *m,
                                          struct kernel_outcome *out, struct hs_error *err);

/** From here on read from `through` what the message at hand has not written itself, and from
 * layers and base again with NULL. For a kernel that reads the node's own store inside its
 * transaction: the layers go on collecting what marks and snapshots need, but answer nothing.
 *
 *  In:  through  borrowed until the next call here; must hold what the kernel's store holds
 *  Between messages only; the last outcome's `writes` end. */
void kernel_read_through(struct kernel *k, struct kv_store *through);

/** End of a finished block: store and heaps here become the mark. HS_NOMEM: they became it in part,
 *  and the kernel can only be closed. */
HS_MUST_CHECK enum hs_status kernel_mark(struct kernel *k, struct hs_error *err);
/** Back to the mark, store and heaps, also from a panic. A kernel starts marked.
 *  HS_KERNEL_FAILED: it can only be closed. */
HS_MUST_CHECK enum hs_status kernel_back_to_mark(struct kernel *k, struct hs_error *err);
struct position kernel_mark_position(const struct kernel *k);

/** From here on keep what leads back to the beginning of any message of the open block, or, with
 *  false, no longer: a kernel starts without, since one that catches up behind what the node has
 *  committed will never go back there. */
void kernel_keep_savepoints(struct kernel *k, bool keep);
/** Can kernel_back_to lead there: from the mark to where the kernel stands, in this history? */
bool kernel_reaches(const struct kernel *k, const struct position *to);
/** Back to a position that it reaches, store and heaps, also after a message that failed half-way
 *  (`to` is then where it began, or before). Costs what was done since, and in the worst case
 *  executing again what came between an older savepoint and `to`.
 *
 *  Returns: HS_OK         the kernel is the one that never executed what came after `to`
 *           HS_NOT_FOUND  it does not reach there; nothing changed
 *           HS_DIVERGED   what was executed again came out differently: close the kernel
 *           other         as kernel_deliver, of a message that was executed again: the mark can
 *                         still be gone back to */
HS_MUST_CHECK enum hs_status kernel_back_to(struct kernel *k, const struct position *to,
                                            struct hs_error *err);

/* What of the open block can be gone back to, and what that takes. */
struct kernel_savepoint_figures {
    size_t savepoints;
    uint64_t bytes; /* of heaps and store that they keep */
    size_t inputs;
    uint64_t input_bytes;
    uint64_t executed_again; /* messages, since the kernel started */
};
struct kernel_savepoint_figures kernel_savepoint_figures(const struct kernel *k);

/** Everything that changed from the last snapshot (or the start) to the mark, for the snapshot
 *  store to write on a worker. `with_heaps` false: store changes only (--no-images). HS_BUSY while
 *  one is out. Release it with kernel_snapshot_done, then mark_changes_fini. */
HS_MUST_CHECK enum hs_status kernel_snapshot_take(struct kernel *k, bool with_heaps,
                                                  struct mark_changes *out, struct hs_error *err);
/** written: the base store holds those changes now, and what is owned of them need not be there any
 *  more: whoever wrote them may have freed it. Else the next take holds them again. */
void kernel_snapshot_done(struct kernel *k, struct mark_changes *changes, bool written);

/** From here on the kernel stands on `base`, a snapshot of the mark that is out: its base before,
 *  which is not read any more, and those changes. Before kernel_snapshot_done, as written. */
void kernel_move_base(struct kernel *k, struct kv_store *base);

/** The kernel's store as its next message would see it; read only. */
struct kv_store *kernel_store(struct kernel *k);

struct kernel_vat_info {
    char name[HS_NAME_BYTES_MAX]; /* static name, or the vat id */
    char vat_id[VAT_ID_BYTES_MAX];
    uint64_t heap_bytes;
    uint64_t deliveries; /* since the kernel started */
    uint64_t transcript_entries;
};
/** Fill up to `max` entries in vat-id order; returns how many vats there are. */
size_t kernel_vats(struct kernel *k, struct kernel_vat_info *out, size_t max);
/** Append the newest vats that ended, oldest first, as JSON: [{"vat":…,"vatID":…,"seqnum":…,
 *  "reason":…,"delivery":…}…]. */
HS_MUST_CHECK enum hs_status kernel_vats_ended(struct kernel *k, struct buffer *out,
                                               struct hs_error *err);
/** SHA-256 over every vat's id and heap digest, in vat-id order: equal kernels agree on it. */
HS_MUST_CHECK enum hs_status kernel_heaps_sha256(struct kernel *k, char hex[SHA256_HEX_BYTES],
                                                 struct hs_error *err);

#endif
