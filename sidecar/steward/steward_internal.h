/* The steward's own structure, shared by the files that make it up:
 *
 *   steward.c          thread, jobs, phase, figures
 *   preload.c          from process start to a kernel that waits
 *   forward.c          executing the log's entries, comparing hashes
 *   attach.c           entry check: facts, and carrying the decision out
 *   full_replay.c      a kernel from the node's store alone
 *   tail.c             its store from the node's, its heaps from a snapshot and what came since
 *   delivery.c         one delivery from entry check to answer
 *   snapshot_keeper.c  when a snapshot is due, writing and verifying it on a worker
 *   log_keeper.c       appending, syncing, fencing, trimming
 *   steward_rates.c    how fast all that goes
 *
 * Everything here runs on the steward's thread unless it says otherwise.
 */
#ifndef HEADSTART_SIDECAR_STEWARD_STEWARD_INTERNAL_H
#define HEADSTART_SIDECAR_STEWARD_STEWARD_INTERNAL_H

#include "kernel/state/kv_memory.h"
#include "replaylog/replay_log.h"
#include "sidecar/decide/entry_check.h"
#include "sidecar/node/real_store.h"
#include "sidecar/report/progress.h"
#include "sidecar/steward/divergence.h"
#include "sidecar/steward/steward.h"
#include "sidecar/threads/worker_pool.h"
#include "snapshot/snapshot_db.h"

#include <stdatomic.h>

enum snapshot_work { SNAPSHOT_WORK_NONE, SNAPSHOT_WORK_PUT, SNAPSHOT_WORK_VERIFY };

struct snapshot_keeper {
    struct snapshot_db *db;
    struct snapshot_record *records; /* what the store keeps, newest first, as of the last idle */
    size_t records_len;
    struct background background;
    enum snapshot_work work; /* what the background does; the store is its own until collected */
    struct mark_changes changes;    /* of a put */
    struct snapshot_record written; /* of a put */
    uint64_t work_us;               /* how long it took; set by the worker */
    atomic_bool cancel;             /* of a verification */
    uint64_t taken_seqnum;          /* of the newest snapshot, written or begun */
    bool due;                       /* begin one as soon as nothing else runs */
    bool forced;                    /* the next block end is due, whatever the policy says */
    uint64_t verify_after_us;       /* clock_us: no verification before */
};

struct log_keeper {
    struct replay_log *log;       /* NULL: none is kept */
    struct background background; /* a sync */
    bool unsynced;                /* entries were appended since the last sync began */
    bool fenced;
    uint64_t sync_us;         /* how long it took; set by the worker */
    uint64_t reopen_after_us; /* clock_us: no attempt before, while fenced */
};

struct steward {
    struct steward_options o;
    struct job_queue *queue;
    struct worker_pool *workers; /* snapshots, verification, parallel replay */
    struct worker_pool *syncer;  /* one thread, so that a sync never waits behind a snapshot */
    pthread_t thread;
    atomic_bool stopping;
    /* Odd while a node is connected; written by the loop thread. A delivery carries the value of
     * its node: another value means that nobody waits for it any more. */
    atomic_uint_fast64_t node_epoch;

    enum phase phase;                        /* written by sidecar_advance alone */
    struct kernel *kernel;                   /* NULL: not loaded, or dropped after a panic */
    struct kernel_start_report start_report; /* of the last start */
    struct kv_memory *memory; /* the kernel's base where the disk fails us; else NULL */
    struct real_store *real_store;
    struct snapshot_keeper snapshots;
    struct log_keeper log;
    enum entry_cause rejected;     /* not NONE: what is kept may not be used */
    struct divergence *divergence; /* NULL, or one that no node has explained yet */
    struct buffer evidence;        /* the file about it; empty: it was not kept */
    bool attached;                 /* this node's position was met */
    struct position floor;         /* highest position that the node must have committed */
    uint64_t started_us;
    uint64_t vats_shown_us; /* clock_us of the last list of vats */
    struct rates rates_saved;
    uint64_t rates_saved_us; /* clock_us; 0: not in this run */
};

/* --- steward.c --- */

/** Move to the next phase: the only place that writes it. */
void sidecar_advance(struct steward *s, enum phase_event event);
/** Bring the figures up to date with what the steward holds: cheap, before each answer, so that a
 *  status asked for after it shows its message. */
void steward_publish(struct steward *s);
bool steward_stopping(const struct steward *s);
bool steward_node_waits(const struct steward *s, uint64_t node_epoch);
/** Close the kernel; a snapshot being written is finished first. */
void steward_drop_kernel(struct steward *s);
/** Start a kernel on the snapshot store's present content, with its images where allowed. */
HS_MUST_CHECK enum hs_status steward_start_kernel(struct steward *s, enum phase phase,
                                                  struct hs_error *err);
/** What the kernel stands on: our own copy of the node's store as of the kernel's start. */
struct kv_store *steward_mirror(struct steward *s);
bool steward_disk_failed(enum hs_status status);
/** Drop the kernel and begin an empty base for the next: on disk, or in memory if that fails. */
HS_MUST_CHECK enum hs_status steward_base_anew(struct steward *s, struct hs_error *err);
/** The disk failed while an empty base was being filled: begin again in memory. */
HS_MUST_CHECK enum hs_status steward_base_in_memory(struct steward *s, const struct hs_error *why,
                                                    struct hs_error *err);
/** An empty base and a kernel at its origin. */
HS_MUST_CHECK enum hs_status steward_start_empty(struct steward *s, struct hs_error *err);
/** What we keep led to `cause`: say so, keep the evidence, and never use it again. */
void steward_reject(struct steward *s, enum entry_cause cause, const struct hs_error *why);
/** Compare what diverged, if anything did, with the node's transcripts, and say what is found; only
 *  while a delivery is unanswered. */
void steward_explain_divergence(struct steward *s);
void steward_forget_divergence(struct steward *s);
/** After a failure: was it our data that is wrong, or did something else stand in the way? */
enum entry_cause steward_blame(enum hs_status status);

/* --- steward_rates.c --- */

/** `count` things took `us`. */
void steward_measured(struct steward *s, enum rate_kind kind, uint64_t count, uint64_t us);
/** The same of a kernel's start. */
void steward_measured_start(struct steward *s, const struct kernel_start_report *report,
                            uint64_t us);
void steward_rates_load(struct steward *s);
void steward_rates_save(struct steward *s);
/** Save them if it is time to; for when there is nothing else to do. */
void steward_rates_idle(struct steward *s);

/* --- preload.c --- */
HS_MUST_CHECK enum hs_status steward_preload(struct steward *s, struct hs_error *err);

/* --- forward.c --- */

/** Execute the log's entries from the kernel's position to `target`, marking at block ends.
 *  Returns: HS_OK         the kernel stands at target; *replayed counts the entries
 *           HS_DIVERGED   a hash differs from the log's
 *           HS_CANCELLED  the sidecar stops
 *           HS_GAP        the log cannot be read on; the kernel stands where it led
 *           other         the kernel failed */
HS_MUST_CHECK enum hs_status steward_forward(struct steward *s, uint64_t target_seqnum,
                                             uint64_t *replayed, struct hs_error *err);

/* --- attach.c --- */

struct attach_report {
    enum entry_path path;
    uint64_t replayed; /* log entries; of a tail or a full replay, transcript entries */
};
/** Bring the kernel to `real`. On failure the kernel may be gone; the next attempt starts over. */
HS_MUST_CHECK enum hs_status steward_attach(struct steward *s, const struct position *real,
                                            struct attach_report *out, struct hs_error *err);

/* --- full_replay.c --- */
HS_MUST_CHECK enum hs_status steward_full_replay(struct steward *s, const struct position *real,
                                                 uint64_t *replayed, struct hs_error *err);

/** Fill the empty base from the node's store, which must stand at `real`: HS_NODE_FAILED if not. */
HS_MUST_CHECK enum hs_status steward_fill_base(struct steward *s, const struct position *real,
                                               struct hs_error *err);

/* --- tail.c --- */

/** Ask the node's store which of our snapshots (as listed in s->snapshots) lies on its history; the
 *  newest that does is marked as such. */
HS_MUST_CHECK enum hs_status steward_prove(struct steward *s, const struct position *real,
                                           struct entry_snapshot *snapshots, size_t len,
                                           struct hs_error *err);
/** A kernel at `real` from the node's store, and heaps from the snapshot at `from_seqnum` with what
 *  the node's transcripts hold since. On failure there is no kernel, and the snapshots up to
 *  from_seqnum are kept as they were. */
HS_MUST_CHECK enum hs_status steward_tail(struct steward *s, uint64_t from_seqnum,
                                          const struct position *real, uint64_t *replayed,
                                          struct hs_error *err);

/* --- delivery.c --- */
struct delivery_job;
void delivery_execute(struct steward *s, struct delivery_job *job);

/* --- snapshot_keeper.c --- */
HS_MUST_CHECK enum hs_status snapshot_keeper_open(struct steward *s, struct hs_error *err);
void snapshot_keeper_close(struct steward *s);
/** The kernel was just marked, and a message of `height_next` is about to run: is a snapshot due?
 *  Then begin it. */
void snapshot_keeper_consider(struct steward *s, uint64_t height_next);
/** See what the worker has finished, and begin what is due. */
void snapshot_keeper_collect(struct steward *s);
/** Verify nothing for a second: a node is about to come, and the processors shall be its own. */
void snapshot_keeper_rest(struct steward *s);
/** Wait for the worker: afterwards the store is the steward's alone. */
void snapshot_keeper_settle(struct steward *s);
/** Read the list of snapshots again; only when settled. */
void snapshot_keeper_list(struct steward *s);

/* --- log_keeper.c --- */
HS_MUST_CHECK enum hs_status log_keeper_open(struct steward *s, struct hs_error *err);
void log_keeper_close(struct steward *s);
struct replay_log_summary log_keeper_summary(const struct steward *s);
/** Does the log hold `seqnum`? Then *out is where it led. */
bool log_keeper_position(const struct steward *s, uint64_t seqnum, struct position *out);
/** Drop all entries: what was logged does not lead to where the kernel stands now. */
HS_MUST_CHECK enum hs_status log_keeper_restart(struct steward *s, struct hs_error *err);
/** What was logged led to something wrong: it goes to quarantine. */
HS_MUST_CHECK enum hs_status log_keeper_reject(struct steward *s, const char *reason,
                                               struct hs_error *err);
/** Append what was executed; sync as the mode says. Never fails the delivery: what goes wrong is
 *  logged and counted. */
void log_keeper_append(struct steward *s, const struct log_entry *entry);
void log_keeper_block_end(struct steward *s);
void log_keeper_collect(struct steward *s);
/** Everything appended is on disk, or the error says why not. */
HS_MUST_CHECK enum hs_status log_keeper_sync_now(struct steward *s, struct hs_error *err);
/** Drop entries that no kept snapshot needs. */
void log_keeper_trim(struct steward *s);

#endif
