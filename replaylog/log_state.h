/* What replay_log.c, replay_open.c and replay_cursor.c share: the open log itself.
 *
 * The owner changes everything under `lock`; a sync on another thread takes it only to learn what
 * to sync and to say what became of it, so appends do not wait for the disk. The owner may read
 * the segments' headers and index without the lock: a sync touches only file, dirty and the
 * fields of the last group.
 */
#ifndef HEADSTART_REPLAYLOG_LOG_STATE_H
#define HEADSTART_REPLAYLOG_LOG_STATE_H

#include "replaylog/segment.h"

#include <pthread.h>

struct replay_log {
    char *dir;
    char *quarantine_dir;
    struct log_folder folder; /* dir, on its disk */
    struct disk_file *lock_file;
    bool read_only;
    bool anew; /* what is there is put aside unread */
    uint64_t segment_bytes;
    struct buffer record; /* the one being appended */

    struct segment *segments; /* in order of seqnum; only the last may grow */
    size_t segments_len;
    size_t segments_capacity;
    uint64_t generation; /* counts everything that may put another entry at a known place */
    uint64_t cut_bytes;
    uint64_t damaged_after;
    bool damaged;

    pthread_mutex_t lock;
    bool fenced;
    uint64_t synced;
    uint64_t dir_changes; /* files made, renamed, removed; of these … */
    uint64_t dir_changes_synced;
};

/** The newest segment; NULL when the log is empty. */
struct segment *log_newest(const struct replay_log *log);
/** The segment that holds `seqnum`; NULL when none does. */
struct segment *log_find(const struct replay_log *log, uint64_t seqnum);
uint64_t log_first(const struct replay_log *log); /* 0: empty */
uint64_t log_last(const struct replay_log *log);

/** Room for one more segment; *out is not yet counted in. */
HS_MUST_CHECK enum hs_status log_push_reserve(struct replay_log *log, struct segment **out,
                                              struct hs_error *err);
/** Take the newest segment out of memory; its file stays. */
void log_pop(struct replay_log *log);
/** Open a segment's file for appending and syncing, if it is not open. */
HS_MUST_CHECK enum hs_status log_segment_open(const struct replay_log *log, struct segment *s,
                                              struct hs_error *err);
/** The same of the newest, if there is one. */
HS_MUST_CHECK enum hs_status log_newest_open(struct replay_log *log, struct hs_error *err);
/** Fill the log's memory from the folder, forgetting what it held. A writer settles what it finds
 *  there; a reader changes nothing. HS_BUSY: a reader that a daemon outran. */
HS_MUST_CHECK enum hs_status log_read(struct replay_log *log, struct hs_error *err);
/** Move one file to quarantine. */
HS_MUST_CHECK enum hs_status log_quarantine(struct replay_log *log, const char *name,
                                            struct hs_error *err);

/* Seqnums that the folder's files are named by, ascending. */
struct segment_listing {
    uint64_t *firsts;
    size_t len;
    size_t capacity;
};
HS_MUST_CHECK enum hs_status segment_list(const struct log_folder *folder,
                                          struct segment_listing *out, struct hs_error *err);
void segment_listing_fini(struct segment_listing *l);

#endif
