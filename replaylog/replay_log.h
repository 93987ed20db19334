/* Replay log: every message executed since the oldest kept snapshot, on disk, in order.
 *
 *   log/<first seqnum, 20 digits>.seg   header, then records; each record carries length, CRC32C,
 *   and the checksum of the one before it, so that a record cannot be moved, doubled or dropped
 *
 * Invariant: seqnums are contiguous from first to last. A torn tail is cut when the log is opened.
 * Damage before the tail ends the log there: what follows is not used and goes to quarantine.
 * After a failed write or sync the log is fenced: nothing more is appended to that file; appends
 * report HS_IO until replay_log_reopen starts a new segment. A gap is then possible, and told.
 * LevelDB was tried as a log and rejected (docs/formats.md says why).
 *
 * Threads: one owner; replay_log_sync may run on one other thread at the same time as anything
 * here but replay_log_close.
 */
#ifndef HEADSTART_REPLAYLOG_REPLAY_LOG_H
#define HEADSTART_REPLAYLOG_REPLAY_LOG_H

#include "kernel/state/disk.h"
#include "kernel/state/message.h"

struct replay_log;

struct replay_log_options {
    const struct disk *disk;    /* outlives the log; NULL: the system's */
    const char *dir;            /* created if missing */
    const char *quarantine_dir; /* damaged segments are moved here; created when needed */
    bool read_only;             /* offline tools: nothing is cut, moved or created */
    bool anew;                  /* what is there goes to quarantine unread, also what cannot be */
    bool settle_later;          /* what is found is made durable by the first sync, not here, where
                                   somebody waits: until then `synced` is 0 */
    uint64_t segment_bytes;     /* 0: HS_LOG_SEGMENT_BYTES */
};

struct replay_log_summary {
    uint64_t first, last; /* seqnums; 0, 0: empty */
    uint64_t entries;
    uint64_t bytes; /* on disk */
    uint64_t height_last;
    uint64_t synced; /* highest seqnum known durable; 0: none */
    bool fenced;
    uint64_t cut_bytes;     /* torn tail cut at open */
    uint64_t damaged_after; /* last good seqnum before damage found at open; 0: none found, or
                               nothing good before it */
    bool damaged;           /* damage was found at open */
};

/** HS_LOCKED: another process has it. HS_NOT_FOUND: read_only and the folder is missing. HS_IO also
 *  when damage could not be moved away. A log that can be read but not written opens fenced.
 *  read_only may run beside a daemon that appends: it sees what is there at this moment. */
HS_MUST_CHECK enum hs_status replay_log_open(const struct replay_log_options *options,
                                             struct replay_log **out, struct hs_error *err);
void replay_log_close(struct replay_log *log); /* does not sync */
struct replay_log_summary replay_log_summary(const struct replay_log *log);

/** Append the entry; written to the file (a killed process loses nothing) but not yet durable.
 *  entry.after.seqnum must be last + 1, or anything when the log is empty; if it is <= last the
 *  log is cut there first (a node that went back executes other messages).
 *  HS_GAP: seqnum > last + 1: call replay_log_restart. HS_IO: fenced. */
HS_MUST_CHECK enum hs_status replay_log_append(struct replay_log *log,
                                               const struct log_entry *entry, struct hs_error *err);

/** Make everything appended before the call durable (fdatasync). HS_IO: fenced. */
HS_MUST_CHECK enum hs_status replay_log_sync(struct replay_log *log, struct hs_error *err);

/** Try writing again after fencing. What was not known durable is re-read from the disk, checked,
 *  and written to new files; entries that did not survive are gone and `last` says so. HS_OK: all
 *  that is left is durable. HS_IO: still fenced. Not fenced: nothing to do. */
HS_MUST_CHECK enum hs_status replay_log_reopen(struct replay_log *log, struct hs_error *err);

/** Drop every entry with seqnum > last_kept (0: all). On HS_IO they are gone from the log, but it
 * is fenced. Until the next sync a power loss may bring them back. */
HS_MUST_CHECK enum hs_status replay_log_cut(struct replay_log *log, uint64_t last_kept,
                                            struct hs_error *err);
/** Drop whole segments whose entries all have seqnum <= last_dropped. The newest segment stays, so
 *  that the log still knows where it ends. HS_IO: some stay; not fenced. */
HS_MUST_CHECK enum hs_status replay_log_trim(struct replay_log *log, uint64_t last_dropped,
                                             struct hs_error *err);
/** Drop all; the next append may have any seqnum. */
HS_MUST_CHECK enum hs_status replay_log_restart(struct replay_log *log, struct hs_error *err);
/** Move all segments to quarantine: this log led to a divergence. Empty afterwards. */
HS_MUST_CHECK enum hs_status replay_log_reject(struct replay_log *log, const char *reason,
                                               struct hs_error *err);

/** Position after `seqnum` as the log holds it, without reading the message. HS_GAP: not there. */
HS_MUST_CHECK enum hs_status replay_log_position(const struct replay_log *log, uint64_t seqnum,
                                                 struct position *out, uint64_t *height,
                                                 struct hs_error *err);
/** Highest committed position the log alone proves: the last entry of the block before the last
 *  block. HS_NOT_FOUND: the log holds fewer than two blocks. */
HS_MUST_CHECK enum hs_status replay_log_floor(const struct replay_log *log, struct position *out,
                                              struct hs_error *err);

/** Re-read every record from the disk. HS_CORRUPT: damage, found now or at open; *last_good (may be
 *  NULL) is the last seqnum before it (0: none), and without damage the last of all. A reader
 *  beside a daemon follows what that trims and cuts meanwhile; HS_BUSY: it was outrun. */
HS_MUST_CHECK enum hs_status replay_log_verify(struct replay_log *log, uint64_t *last_good,
                                               struct hs_error *err);

struct replay_cursor;
/** Read entries from `seqnum` on. HS_GAP: the log does not hold it. */
HS_MUST_CHECK enum hs_status replay_log_seek(struct replay_log *log, uint64_t seqnum,
                                             struct replay_cursor **out, struct hs_error *err);
/** The next entry, its text valid until the next call on the cursor. HS_NOT_FOUND: the end.
 *  HS_CORRUPT: the record changed under us since the log was opened. */
HS_MUST_CHECK enum hs_status replay_cursor_next(struct replay_cursor *c, struct log_entry *out,
                                                struct hs_error *err);
void replay_cursor_close(struct replay_cursor *c);

#endif
