/* Tail: the log does not lead to the node's position, but a kept snapshot is on the way there.
 *
 *   node's store ──store.scan, batch by batch──► new generation ─┐
 *   our snapshot's heaps ──images──┐                             ├──► kernel at real
 *   node's transcripts since then ─┴──replayed, vats in parallel─┘
 *
 * A heap is what its vat's deliveries made of it, whoever executed them, and the transcripts hold
 * every delivery; so no message is lost, and no vat replays from the beginning. That is right only
 * if the snapshot is the node's past. Its own notes say so: kernel.history.<height> is the position
 * at the end of each of the newest blocks, and must be the snapshot's, seqnum and hash.
 *
 * What fails here leaves the snapshots as they were: a node that goes away in the middle and comes
 * back is answered the same way, and whatever else went wrong, full replay needs none of ours.
 */
#ifndef HEADSTART_SIDECAR_STEWARD_TAIL_H
#define HEADSTART_SIDECAR_STEWARD_TAIL_H

#include "sidecar/decide/entry_check.h"
#include "sidecar/steward/lent.h"

/** Ask the node's store which of our snapshots lies on its history; the newest that does is marked
 *  as such.
 *
 *  In, out: snapshots  the entry check's, of those that are kept now */
HS_MUST_CHECK enum hs_status tail_prove(const struct lent *l, const struct position *real,
                                        struct entry_snapshot *snapshots, size_t len,
                                        struct hs_error *err);
/** A kernel at `real` from the node's store, and heaps from the snapshot at `from_seqnum` with what
 *  the node's transcripts hold since. On failure there is no kernel, and the snapshots up to
 *  from_seqnum are kept as they were. */
HS_MUST_CHECK enum hs_status tail_run(const struct lent *l, uint64_t from_seqnum,
                                      const struct position *real, struct way_report *report,
                                      struct hs_error *err);

#endif
