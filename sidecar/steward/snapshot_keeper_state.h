/* What the files of the snapshot keeper share: the keeper, and what they ask of one another.
 *
 *   snapshot_keeper_opening.c  opening, now or late, and closing
 *   snapshot_keeper_rhythm.c   when what is due, and one worker at a time
 *   snapshot_keeper_put.c      a mark is taken, moved in, written, collected
 *   snapshot_keeper_verify.c   what is kept is read again
 *   snapshot_keeper_store.c    the store, what it keeps, and its present content
 *   snapshot_keeper_failing.c  what failed: who is told, and when it is tried again
 *
 * Each calls those below it alone.
 */
#ifndef HEADSTART_SIDECAR_STEWARD_SNAPSHOT_KEEPER_STATE_H
#define HEADSTART_SIDECAR_STEWARD_SNAPSHOT_KEEPER_STATE_H

#include "sidecar/steward/retry.h"
#include "sidecar/steward/snapshot_keeper.h"
#include "snapshot/snapshot_policy.h"

enum snapshot_work {
    SNAPSHOT_WORK_NONE,
    SNAPSHOT_WORK_PUT,
    SNAPSHOT_WORK_VERIFY,
    SNAPSHOT_WORK_FLUSH,
};

struct snapshot_keeper {
    struct snapshot_keeper_options o;
    struct snapshot_db *db;     /* NULL: it cannot be opened now. The owner's to set and to read */
    struct snapshot_db *opened; /* by a put that found none; `db` once that is collected */
    const char *dir;            /* as of the last attempt; NULL: there is no place for a store */
    struct snapshot_record
        *records; /* what the store keeps, newest first, as of the last listing */
    size_t records_len;
    bool verified; /* one of that generation was, kept or not; as of the last listing */
    struct background background;
    enum snapshot_work work; /* what the background does; the store is its own until collected */
    struct mark_changes changes;    /* of a put */
    struct snapshot_record written; /* of a put */
    uint64_t work_us;               /* how long it took; set by the worker */
    uint64_t put_cpu_us;            /* a put's processor time, the owner's and the worker's */
    uint64_t disk_bytes;            /* what the store takes; after a put, counted by the worker */
    struct kv_store *memory;        /* of a put: the base to move in first; NULL: there is none */
    atomic_bool cancel;             /* of a verification, or of moving in */
    uint64_t taken_seqnum;          /* of the newest snapshot, written or begun */
    uint64_t run_us;                /* what was executed since took, up to the last mark seen */
    uint64_t run_us_open;           /* and since that mark */
    uint64_t run_us_taken;          /* of what a put writes */
    uint64_t write_us;              /* what the last put took of a core */
    bool due;                       /* begin one as soon as nothing else runs, and … */
    struct retry retry;             /* … not before this says so, … */
    struct snapshot_allowance allowance; /* … nor past this, … */
    bool at_once;                        /* … unless it comes whatever it costs */
    uint64_t failing_since_s;            /* Unix; 0: they do not fail */
    bool forced;                         /* the next block end is due, whatever the policy says */
    uint64_t rest_until_us;         /* the clock's: nothing begins before, where some are kept */
    uint64_t quiet_after_us;        /* nor what waits until it is quiet */
    uint64_t verify_after_us;       /* no verification before */
    uint64_t verify_again_after_us; /* nor, before this, one of what was verified already */
};

/** Learn what the store keeps, and what it takes on disk, and show it; no worker has the store. */
void snapshot_keeper_list(struct snapshot_keeper *k);
/** Learn what it keeps: the worker knew what that takes on disk. */
void snapshot_keeper_learn(struct snapshot_keeper *k);
/** What the keeper knows, into figures that are the caller's now. With what counts an outcome under
 *  the same lock, who sees the one sees the other. */
void snapshot_keeper_fill_in(const struct snapshot_keeper *k, struct figures *f);
/** Show just that. */
void snapshot_keeper_show(const struct snapshot_keeper *k);
/** As snapshot_keeper_list; the present content is another. */
void snapshot_keeper_moved(struct snapshot_keeper *k);
/** By the owner, before a worker may open the store. */
void snapshot_keeper_ask_place(struct snapshot_keeper *k);
HS_MUST_CHECK enum hs_status snapshot_keeper_open_store(struct snapshot_keeper *k,
                                                        struct snapshot_db **out,
                                                        struct hs_error *err);

/* Whether they fail is shown by the caller, with what came of it. */

/** Snapshots fail, and why; the first time is told as an error. */
void snapshot_keeper_failing(struct snapshot_keeper *k, const char *why);
/** One was written. */
void snapshot_keeper_failing_no_more(struct snapshot_keeper *k);
/** The store is there, late. */
void snapshot_keeper_open_again(struct snapshot_keeper *k);

/** No attempt before a while. */
void snapshot_keeper_pause(struct snapshot_keeper *k);
void snapshot_keeper_skipped(struct snapshot_keeper *k, enum snapshot_skip reason);
/** On the worker, at the end of whatever it did. */
void snapshot_keeper_work_done(void *data);

/* What a worker does: begun while it does nothing, collected once it is done. */

void snapshot_keeper_begin_put(struct snapshot_keeper *k, struct kernel *kernel,
                               struct kv_store *memory, struct worker_pool *pool);
enum snapshot_finding snapshot_keeper_put_collected(struct snapshot_keeper *k,
                                                    struct kernel *kernel);
/** If one is due. */
void snapshot_keeper_begin_verify(struct snapshot_keeper *k);
enum snapshot_finding snapshot_keeper_verify_collected(struct snapshot_keeper *k,
                                                       struct hs_error *err);
/** The store was opened, or written to: what puts it in order waits, since the node may come now.
 */
void snapshot_keeper_not_quiet(struct snapshot_keeper *k);
/** The keeper was opened: what is kept rests a while. */
void snapshot_keeper_verify_later(struct snapshot_keeper *k);

#endif
