/* Holdings: all that the helm holds, opened and closed together. Each part is its own file's;
 * nobody else has them, but a way they are lent to. */
#ifndef HEADSTART_SIDECAR_STEWARD_HOLDINGS_H
#define HEADSTART_SIDECAR_STEWARD_HOLDINGS_H

#include "sidecar/data/data_folder.h"
#include "sidecar/node/node_link.h"
#include "sidecar/steward/lent.h"
#include "sidecar/steward/rates_keeper.h"
#include "sidecar/steward/rejection.h"

struct holdings_options { /* all borrowed until holdings_close */
    const struct sidecar_config *config;
    const struct kernel_config *kernel_config;
    struct reporter reporter;
    struct data_folder *folder;
    struct vat_engine *engine;
    struct node_link *link;
    struct worker_pool *workers;   /* parallel replay; the first snapshot, and a stop's */
    struct worker_pool *unhurried; /* all other snapshots, verification, mending */
    struct worker_pool *syncer;    /* one thread, so that a sync never waits behind a snapshot */
    const atomic_bool *stopping;   /* set: what takes long is broken off */
    void (*nudge)(void *data);     /* from a worker: there is something to collect */
    void *data;
};

/* Caller's memory. */
struct holdings {
    struct holdings_options o;
    char images_epoch[SHA256_HEX_BYTES];
    struct folder_keeper *folder;
    struct spare *spare;
    struct snapshot_keeper *snapshots;
    struct log_keeper *log;
    struct rates_keeper *rates;
    struct rejection *rejection;
    struct real_store *real_store;
};

/** Whatever the data folder holds or refuses, they open. HS_LOCKED, HS_NOMEM: nothing is open. */
HS_MUST_CHECK enum hs_status
holdings_open(struct holdings *h, const struct holdings_options *options, struct hs_error *err);
/** The snapshot keeper must be settled, or its kernel gone. */
void holdings_close(struct holdings *h);

/** A place is had only now, and nothing was executed yet: what it holds is used, as at the open.
 *  The snapshot keeper must be settled, and no kernel be there. */
void holdings_take_up(struct holdings *h);

/** What a verified snapshot makes superfluous goes: the log behind the oldest kept one, and what a
 *  folder of another format held. */
void holdings_let_go(struct holdings *h);

/** For one way, shown as `phase`. */
struct lent holdings_lend(const struct holdings *h, enum phase phase);

#endif
