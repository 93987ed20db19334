/* Lent: what a way to the node's position is given for one call, and what it gives back.
 *
 *   helm ──lends──► way { preload, forward, tail, full replay, attach } ──status, report──► helm
 *
 * A way leads the spare somewhere and says how that went. What that means for what is kept, and for
 * the phase, is the helm's to decide: a way rejects nothing and forces nothing.
 *
 * All of it is borrowed for the call. The snapshot keeper is settled wherever a way leaves the base
 * that the kernel stands on.
 */
#ifndef HEADSTART_SIDECAR_STEWARD_LENT_H
#define HEADSTART_SIDECAR_STEWARD_LENT_H

#include "sidecar/node/real_store.h"
#include "sidecar/settings/sidecar_config.h"
#include "sidecar/steward/divergence.h"
#include "sidecar/steward/log_keeper.h"
#include "sidecar/steward/snapshot_keeper.h"
#include "sidecar/steward/spare.h"

struct lent {
    const struct reporter *reporter;
    const struct sidecar_config *config;
    const atomic_bool *stopping; /* set: what takes long ends with HS_CANCELLED */
    struct spare *spare;
    struct snapshot_keeper *snapshots;
    struct log_keeper *log;
    struct real_store *real; /* the node's; it answers only while a delivery is unanswered */
    enum phase phase;        /* that the work is shown as */
    bool memory_only;        /* a base that is begun is begun in memory */
};

/* All zero at first. */
struct way_report {
    uint64_t replayed;             /* log entries; of a tail or a full replay, transcript entries */
    struct divergence *divergence; /* the first message that came out differently; the holder's to
                                      close; NULL: none did */
};

#endif
