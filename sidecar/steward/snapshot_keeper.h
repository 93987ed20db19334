/* Snapshot keeper: owns the snapshot store and what a worker does with it.
 *
 *            due, in its share, idle          forced meanwhile
 *   block end ───────► take the mark ──► put ────────────────► take again
 *                           ▲             │ │ done
 *                           └─ a pause ───┘ ▼        verification due
 *                               failed    listed ───────────────────► verify
 *
 * A kernel whose base is in memory, because the disk refused one, is brought back by the same way:
 * the put begins a generation anew, fills it from that base, which no kernel writes, and then adds
 * what changed since; the kernel is moved to it when it is durable. What is kept from before stays
 * until then, and is there again when it came to nothing.
 *
 * While a put or a verification runs, the store is the worker's but for reads of its base; the
 * owner collects the result before it does anything else with it. What a result means (the log can
 * be trimmed, all of it must be rejected) is for the owner to say: here it is only told.
 *
 * Threads: one owner.
 */
#ifndef HEADSTART_SIDECAR_STEWARD_SNAPSHOT_KEEPER_H
#define HEADSTART_SIDECAR_STEWARD_SNAPSHOT_KEEPER_H

#include "kernel/kernel.h"
#include "sidecar/report/reporter.h"
#include "sidecar/steward/folder_keeper.h"
#include "sidecar/threads/worker_pool.h"
#include "snapshot/snapshot_db.h"

#include <stdatomic.h>

struct snapshot_keeper;

struct snapshot_keeper_options { /* all borrowed until snapshot_keeper_close */
    const struct reporter *reporter;
    struct worker_pool *workers;        /* who writes the first one, and what a stop waits for */
    struct worker_pool *unhurried;      /* who writes and verifies else */
    const struct folder_keeper *folder; /* asked for a place at each attempt */
    const char *epoch;                  /* vat_images_epoch */
    uint32_t keep;                      /* snapshots that can be returned to, >= 1 */
    uint64_t every;                     /* a snapshot once in so many messages; 0: none */
    uint64_t run_us_max;                /* or when they ran for so long; 0: however long */
    uint64_t share_percent;             /* of a core, 1..100: what waits by it is the policy's */
    bool images;                        /* with heap images, written and used */
    void (*nudge)(void *data);          /* on a worker: there is something to collect */
    void *data;
};

/** Whatever the folder holds or refuses, it opens: then without a store, as if nothing were kept,
 *  and each begin_anew tries again. HS_LOCKED, HS_NOMEM */
HS_MUST_CHECK enum hs_status snapshot_keeper_open(const struct snapshot_keeper_options *options,
                                                  struct snapshot_keeper **out,
                                                  struct hs_error *err);
/** The store's place may be had only now: open it, if it was not, with what it keeps, as at the
 *  open. Settled, and no kernel's base is moving in. Blocks on the disk. */
void snapshot_keeper_take_up(struct snapshot_keeper *k);
/** Settles first; the kernel, if it was snapshotted, must be gone, or settled before. */
void snapshot_keeper_close(struct snapshot_keeper *k);

/* What a worker came back with. */
enum snapshot_finding {
    SNAPSHOT_FINDING_NONE,     /* nothing has ended */
    SNAPSHOT_FINDING_WRITTEN,  /* there is a new one */
    SNAPSHOT_FINDING_MOVED,    /* the same, and the kernel stands on it, not in memory any more */
    SNAPSHOT_FINDING_FAILED,   /* one could not be written, or not be read; nothing is wrong with
                                  those that are there */
    SNAPSHOT_FINDING_VERIFIED, /* also: the verification was broken off */
    SNAPSHOT_FINDING_DAMAGED,  /* what the kernel reads from failed its checks */
};

/** See what the worker has finished. `kernel` is the one that was snapshotted; *err is written for
 *  DAMAGED alone: every other failure was logged. */
enum snapshot_finding snapshot_keeper_collect(struct snapshot_keeper *k, struct kernel *kernel,
                                              struct hs_error *err);
/** The same, but wait for the worker (a verification, and the filling from memory, are broken off),
 *  and forget what was due.
 *  Afterwards the store is the owner's alone, until something is begun. */
enum snapshot_finding snapshot_keeper_settle(struct snapshot_keeper *k, struct kernel *kernel,
                                             struct hs_error *err);

/** A message was executed, now or again, and took so long. */
void snapshot_keeper_ran(struct snapshot_keeper *k, uint64_t run_us);
/** `kernel` was just started and led to where it stands: is a snapshot of its mark due already?
 *  Then begin it when it can be. */
void snapshot_keeper_consider_start(struct snapshot_keeper *k, struct kernel *kernel);
/** `kernel`, whose base is in `memory` or, NULL, in this store, was just marked, and a message of
 *  `height_next` is about to run: is a snapshot due? Then begin it, now or when it can be. */
void snapshot_keeper_consider(struct snapshot_keeper *k, struct kernel *kernel,
                              struct kv_store *memory, uint64_t height_next);
/** The same where no message is about to run, but the mark is the end of a block that the node has
 *  finished: only one that is forced is due. */
void snapshot_keeper_consider_forced(struct snapshot_keeper *k, struct kernel *kernel,
                                     struct kv_store *memory);
/** The next block end is due, whatever the policy says. */
void snapshot_keeper_force(struct snapshot_keeper *k);
/** Begin what is due and was waiting, or a verification. `memory`: as for consider; borrowed until
 *  the put is collected. */
void snapshot_keeper_begin(struct snapshot_keeper *k, struct kernel *kernel,
                           struct kv_store *memory);
/** The end: write what is due, unless it failed just now, and wait for it. The kernel stands on
 * this store. */
void snapshot_keeper_finish(struct snapshot_keeper *k, struct kernel *kernel);
/** A base could not be made or filled: the disk refuses. */
void snapshot_keeper_refused(struct snapshot_keeper *k, const char *why);
/** What could end the process in loading is over. */
void snapshot_keeper_proven(struct snapshot_keeper *k);
/** Nobody waits: what is not urgent. */
void snapshot_keeper_idle(struct snapshot_keeper *k);
/** Where snapshots are kept, begin nothing for a second: a node is about to come, and processors
 * and disk shall be its own. But what is forced, is due by run time (at a block's end), or brings
 * the kernel back from memory, is begun. */
void snapshot_keeper_rest(struct snapshot_keeper *k);

/** What is kept, newest first, as of the last collect. Valid until the next call but those of this
 *  paragraph. */
const struct snapshot_record *snapshot_keeper_records(const struct snapshot_keeper *k, size_t *len);
/** NULL: none is kept. */
const struct snapshot_record *snapshot_keeper_newest(const struct snapshot_keeper *k);
/** No kept snapshot needs log entries up to here; 0: all may be needed. */
uint64_t snapshot_keeper_spared_seqnum(const struct snapshot_keeper *k);
/** The present content, as a kernel's base; NULL without a store. Valid until one of the following.
 */
struct kv_store *snapshot_keeper_base(struct snapshot_keeper *k);
/** Heap images for it: its own, or, while it is filled after another, that one's (*elsewhere).
 * NULL: none that may be used. */
struct heap_image_source *snapshot_keeper_images(struct snapshot_keeper *k, bool *elsewhere);

/* Moving the present content: only while settled and with no kernel on it. Statuses and what a
 * failure leaves are snapshot_db.h's. */

HS_MUST_CHECK enum hs_status snapshot_keeper_return_to(struct snapshot_keeper *k, uint64_t seqnum,
                                                       struct hs_error *err);
HS_MUST_CHECK enum hs_status snapshot_keeper_begin_anew(struct snapshot_keeper *k,
                                                        struct hs_error *err);
HS_MUST_CHECK enum hs_status snapshot_keeper_fill(struct snapshot_keeper *k, struct slice key,
                                                  struct slice value, struct hs_error *err);
HS_MUST_CHECK enum hs_status snapshot_keeper_fill_end(struct snapshot_keeper *k,
                                                      struct hs_error *err);
/** Begin anew with the heaps of the kept snapshot at `seqnum` at hand. Ends with after_end. */
HS_MUST_CHECK enum hs_status snapshot_keeper_begin_after(struct snapshot_keeper *k, uint64_t seqnum,
                                                         struct hs_error *err);
/** `worked`: the new content stays; else the one before is the present content again. */
void snapshot_keeper_after_end(struct snapshot_keeper *k, bool worked);
/** What the newest kept one uses is damaged: go to the newest that does not use it; see
 *  snapshot_db_salvage. */
HS_MUST_CHECK enum hs_status snapshot_keeper_salvage(struct snapshot_keeper *k, const char *reason,
                                                     const atomic_bool *cancel,
                                                     struct hs_error *err);
/** Everything that is kept is never used again, for `reason`. */
HS_MUST_CHECK enum hs_status snapshot_keeper_reject(struct snapshot_keeper *k, const char *reason,
                                                    struct hs_error *err);

#endif
