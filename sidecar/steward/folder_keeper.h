/* Folder keeper: the data folder while the steward runs. What a start went without is tried again
 * on a worker, with a pause that doubles, until it is had; nobody waits for it.
 *
 *   without ──due──► mend, on a worker ──collected──► had: the keepers' next attempts find a place
 *      ▲                    │ refused
 *      └──────a pause───────┘
 *
 * Threads: one owner. While a worker mends, the folder is the worker's; what is told here is as of
 * the last collect.
 */
#ifndef HEADSTART_SIDECAR_STEWARD_FOLDER_KEEPER_H
#define HEADSTART_SIDECAR_STEWARD_FOLDER_KEEPER_H

#include "kernel/vat/engine.h"
#include "sidecar/data/data_folder.h"
#include "sidecar/report/reporter.h"
#include "sidecar/threads/worker_pool.h"

struct folder_keeper;

struct folder_keeper_options { /* all borrowed until folder_keeper_close */
    const struct reporter *reporter;
    struct data_folder *folder;
    struct worker_pool *unhurried;
    struct vat_engine *engine; /* caches booted heaps in the folder once there is a place */
    const char *epoch;
    void (*nudge)(void *data); /* on a worker: there is something to collect */
    void *data;
};

/** HS_NOMEM */
HS_MUST_CHECK enum hs_status folder_keeper_open(const struct folder_keeper_options *options,
                                                struct folder_keeper **out, struct hs_error *err);
/** Waits for an attempt that runs. */
void folder_keeper_close(struct folder_keeper *k);

/** Path of a part, valid as long as the keeper; NULL: there is no place for it now, and nothing may
 *  be written there. */
const char *folder_keeper_place(const struct folder_keeper *k, enum data_folder_part part);
/** Where things go that are put aside; also where there is no place for them. */
const char *folder_keeper_quarantine(const struct folder_keeper *k);

/** A part that has a place could not be written to, or could again: while it cannot, it is shown as
 *  gone without. */
void folder_keeper_wrote(struct folder_keeper *k, enum data_folder_part part, bool worked);

/** See what an attempt came to, and begin one that is due. True: there is a place for snapshots or
 *  the log that was not there before. */
bool folder_keeper_collect(struct folder_keeper *k);
/** There is a verified snapshot: data_folder_drop_former. */
void folder_keeper_let_go(struct folder_keeper *k);

#endif
