/* Full replay: a kernel from the node's store alone.
 *
 *   store.scan ──batch by batch──► new generation on disk ──every transcript──► kernel at real
 *
 * Nothing of ours is used, so this answers when nothing else may. Memory holds two batches and the
 * heaps; the transcripts are read from disk, vats in parallel. The generation becomes the current
 * one with its first snapshot; a crash before that finds the old generation.
 */
#ifndef HEADSTART_SIDECAR_STEWARD_FULL_REPLAY_H
#define HEADSTART_SIDECAR_STEWARD_FULL_REPLAY_H

#include "sidecar/steward/lent.h"

HS_MUST_CHECK enum hs_status full_replay_run(const struct lent *l, const struct position *real,
                                             struct way_report *report, struct hs_error *err);

#endif
