/* Log keeper: owns the replay log; entries go in, and reach the disk as the mode says.
 *
 *   append ──► always:     synced here, before the answer
 *              background: a sync begins on the syncer a second after the first entry that none
 *                          covers, or after a MiB, or when none has come for 150 ms (seen between
 *                          jobs, every 200 ms at least); what comes meanwhile waits for the next
 *              block:      a sync begins at the block's end, and prepare_commit waits for one
 *
 * After a failure the log is fenced: nothing is appended, deliveries go on, and every now and then
 * the syncer tries a new segment. What was executed meanwhile is missing from the log: a gap, which
 * a snapshot makes harmless; the owner is told when it is time for that. While the syncer tries,
 * the log is its alone: a delivery at the kernel's position asks nothing of it, and any other way
 * waits.
 *
 * With --no-log there is no log at all, and everything here behaves as if it were empty. One that
 * cannot be opened is fenced from the start.
 *
 * Threads: one owner.
 */
#ifndef HEADSTART_SIDECAR_STEWARD_LOG_KEEPER_H
#define HEADSTART_SIDECAR_STEWARD_LOG_KEEPER_H

#include "replaylog/replay_log.h"
#include "sidecar/report/reporter.h"
#include "sidecar/settings/sidecar_config.h"
#include "sidecar/steward/folder_keeper.h"
#include "sidecar/threads/worker_pool.h"

struct log_keeper;

struct log_keeper_options { /* all borrowed until log_keeper_close */
    const struct reporter *reporter;
    struct worker_pool *syncer; /* one thread, so that a sync never waits behind a snapshot */
    const struct folder_keeper *folder; /* asked for a place at each attempt */
    bool wanted;                        /* false: no log at all */
    enum sidecar_log_sync mode;
    void (*nudge)(void *data); /* on the syncer: there is something to collect */
    void *data;
};

/** Begin to open the log, on the syncer: a start reads it beside the snapshots. HS_NOMEM */
HS_MUST_CHECK enum hs_status log_keeper_open(const struct log_keeper_options *options,
                                             struct log_keeper **out, struct hs_error *err);
/** Wait for that, before anything else is asked. Whatever the folder holds or refuses, it opens.
 *  HS_LOCKED, HS_NOMEM */
HS_MUST_CHECK enum hs_status log_keeper_open_end(struct log_keeper *k, struct hs_error *err);
/** Waits for a sync that runs; what was appended since is not synced. */
void log_keeper_close(struct log_keeper *k);

/** Nothing was executed since the open, and its place may be had only now: what the log holds leads
 *  on, as at the open. Where that fails, it stays fenced. Blocks on the disk. */
void log_keeper_take_up(struct log_keeper *k);

/** All 0 without a log. While the syncer tries to write again: as of before. */
struct replay_log_summary log_keeper_summary(const struct log_keeper *k);
/** Is something executed now missing from it? */
bool log_keeper_fenced(const struct log_keeper *k);
/** Does the log hold `seqnum`? Then *out is where it led. */
bool log_keeper_position(struct log_keeper *k, uint64_t seqnum, struct position *out);
/** Does the log prove that a position was committed? Then *out is the highest such. */
bool log_keeper_floor(struct log_keeper *k, struct position *out);
/** Read entries from `seqnum` on. HS_GAP: they are not there. */
HS_MUST_CHECK enum hs_status log_keeper_seek(struct log_keeper *k, uint64_t seqnum,
                                             struct replay_cursor **out, struct hs_error *err);

/** Drop all entries: what was logged does not lead to where the kernel stands now. Where the disk
 *  refuses, the log is fenced. */
void log_keeper_restart(struct log_keeper *k);
/** What was logged led to something wrong: it goes to quarantine. */
HS_MUST_CHECK enum hs_status log_keeper_reject(struct log_keeper *k, const char *reason,
                                               struct hs_error *err);
/** Drop entries up to `spared_seqnum`; 0: none. */
void log_keeper_trim(struct log_keeper *k, uint64_t spared_seqnum);

enum log_appended {
    LOG_APPENDED,         /* or no log is wanted */
    LOG_APPENDED_ANEW,    /* the first after a fence; what was executed meanwhile is missing */
    LOG_APPENDED_NOTHING, /* fenced: it was logged and counted, and is no reason to fail anything */
};
/** Append what was executed; sync as the mode says. */
enum log_appended log_keeper_append(struct log_keeper *k, const struct log_entry *entry);
void log_keeper_block_end(struct log_keeper *k);
/** See what the syncer has finished, and begin what is due: a sync, or another attempt to write. */
void log_keeper_collect(struct log_keeper *k);
/** Everything appended is on disk, or the error says why not. */
HS_MUST_CHECK enum hs_status log_keeper_sync_now(struct log_keeper *k, struct hs_error *err);

/** Bring the figures up to date: cheap. */
void log_keeper_show(const struct log_keeper *k);

#endif
