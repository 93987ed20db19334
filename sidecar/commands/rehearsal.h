/* Rehearsal: what a start would do with the snapshots of a data folder, done by the functions that
 * a start calls, on a tool's own copy.
 *
 *   newest ──kernel_start──► it stands: that one is used
 *     ▲          │ damaged
 *     └──────────┘ snapshot_db_salvage: the newest that passes its checks; none: nothing is used
 */
#ifndef HEADSTART_SIDECAR_COMMANDS_REHEARSAL_H
#define HEADSTART_SIDECAR_COMMANDS_REHEARSAL_H

#include "kernel/vat/vat.h"
#include "snapshot/snapshot_db.h"

/** Afterwards `db`, a reader's copy with pages, holds the snapshots that the start would keep.
 * Heaps that would come from transcripts are not made: that may take hours, and needs no copy.
 *  HS_OK also when none is left; why the newest fell is in *why (HS_OK: it did not). */
HS_MUST_CHECK enum hs_status rehearsal_run(struct snapshot_db *db, struct vat_engine *engine,
                                           struct hs_error *why, struct hs_error *err);

#endif
