/* The log in use: append, sync, cut, trim, reject, and going on after a failure.
 *
 *   seg 1 ........ | seg 5001 ........ | seg 9001 ....→ append
 *   trim ─►                              ◄─ cut
 *
 * What makes order on disk unimportant is the chain: each record carries the checksum of the one
 * before it and each segment the checksum of the last record of the segment before. Whatever a
 * power loss brings back (a removed segment, a record behind the place where the log was cut) does
 * not fit the chain and is not read as part of the log. So a cut and a new segment need no sync of
 * their own before the next append; replay_log_sync covers them, off the delivery's path. For the
 * same reason a segment needs no temporary name: its header is checked like a record.
 *
 * Fenced: after a failed write or sync nobody knows what the file holds. Linux marks pages clean
 * although they did not reach the disk, so a second sync that succeeds proves nothing. Reopening
 * re-reads what can be read and writes it to a new file. */
#include "replaylog/replay_log.h"
#include "replaylog/log_state.h"

#include "kernel/state/array.h"
#include "kernel/state/hex.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct segment *log_newest(const struct replay_log *log)
{
    return log->segments_len ? &log->segments[log->segments_len - 1] : NULL;
}

uint64_t log_first(const struct replay_log *log)
{
    return log->segments_len ? log->segments[0].header.first : 0;
}

uint64_t log_last(const struct replay_log *log)
{
    const struct segment *s = log_newest(log);

    return s ? segment_last(s) : 0;
}

struct segment *log_find(const struct replay_log *log, uint64_t seqnum)
{
    size_t low = 0, high = log->segments_len;

    if (seqnum == 0 || seqnum < log_first(log) || seqnum > log_last(log)) return NULL;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (log->segments[middle].header.first <= seqnum) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return &log->segments[low];
}

enum hs_status log_push_reserve(struct replay_log *log, struct segment **out, struct hs_error *err)
{
    enum hs_status st = array_reserve(&log->segments, &log->segments_capacity,
                                      log->segments_len + 1, sizeof *log->segments);

    if (st != HS_OK) return hs_fail(err, st, "replay log: no memory for a segment");
    *out = &log->segments[log->segments_len];
    segment_init(*out);
    return HS_OK;
}

void log_pop(struct replay_log *log)
{
    assert(log->segments_len > 0);
    segment_fini(&log->segments[--log->segments_len]);
}

enum hs_status log_segment_open(const struct replay_log *log, struct segment *s,
                                struct hs_error *err)
{
    char name[LOG_NAME_BYTES_MAX];

    if (s->file) return HS_OK;
    segment_name(s->header.first, name);
    return disk_open(log->folder.disk, "log.segment", log->dir, name, DISK_WRITE, &s->file, err);
}

enum hs_status log_newest_open(struct replay_log *log, struct hs_error *err)
{
    struct segment *s = log_newest(log);

    return s ? log_segment_open(log, s, err) : HS_OK;
}

struct replay_log_summary replay_log_summary(const struct replay_log *log)
{
    struct replay_log_summary sum = {.first = log_first(log), .last = log_last(log)};
    struct replay_log *unlocked = (struct replay_log *)log; /* a lock is not state */
    const struct segment *newest = log_newest(log);

    sum.entries = sum.last ? sum.last - sum.first + 1 : 0;
    for (size_t i = 0; i < log->segments_len; i++) {
        sum.bytes += log->segments[i].bytes;
    }
    if (newest) sum.height_last = segment_entry(newest, sum.last)->height;
    sum.cut_bytes = log->cut_bytes;
    sum.damaged_after = log->damaged_after;
    sum.damaged = log->damaged;
    (void)pthread_mutex_lock(&unlocked->lock);
    sum.synced = log->synced;
    sum.fenced = log->fenced;
    (void)pthread_mutex_unlock(&unlocked->lock);
    return sum;
}

static enum hs_status fenced_fail(struct hs_error *err)
{
    return hs_fail(err, HS_IO, "replay log: fenced after a failed write; it must be reopened");
}

static enum hs_status entry_note(struct segment *s, const struct log_entry *entry,
                                 uint32_t checksum, size_t record_bytes, struct hs_error *err)
{
    char hash[LOG_HASH_BYTES];
    const struct record record = {
        .entry = *entry, .hash = hash, .checksum = checksum, .bytes = record_bytes};

    hex_decode(entry->after.hash, LOG_HASH_BYTES, hash);
    return segment_note(s, &record, err);
}

/* Note, encode and write one record behind the newest segment's last. */
static enum hs_status append_to_newest(struct replay_log *log, const struct log_entry *entry,
                                       struct hs_error *err)
{
    struct segment *s = log_newest(log);
    uint64_t at = s->bytes;
    enum hs_status st;
    uint32_t checksum;

    st = record_encode(entry, segment_link(s), &log->record, &checksum, err);
    if (st != HS_OK) return st;
    st = entry_note(s, entry, checksum, log->record.len, err);
    if (st != HS_OK) return st;
    st = disk_write(s->file, at, buffer_slice(&log->record), err);
    if (st != HS_OK) {
        segment_forget(s, entry->after.seqnum - 1);
        log->fenced = true;
        return st;
    }
    s->dirty = true;
    return HS_OK;
}

/* A segment whose first record is the entry: header and record in one write. */
static enum hs_status append_to_new(struct replay_log *log, const struct log_entry *entry,
                                    struct hs_error *err)
{
    const struct segment *before = log_newest(log);
    uint32_t link = before ? segment_link(before) : 0;
    char header[LOG_HEADER_BYTES], name[LOG_NAME_BYTES_MAX];
    struct buffer file = {0};
    struct segment *s = NULL;
    enum hs_status st;
    uint32_t checksum;

    st = log_push_reserve(log, &s, err);
    if (st != HS_OK) return st;
    s->header = (struct segment_header){.first = entry->after.seqnum, .link = link};
    segment_header_encode(&s->header, header);
    s->bytes = sizeof header;
    st = record_encode(entry, s->header.checksum, &log->record, &checksum, err);
    if (st == HS_OK) st = entry_note(s, entry, checksum, log->record.len, err);
    if (st == HS_OK) st = buffer_append(&file, slice_make(header, sizeof header));
    if (st == HS_OK) st = buffer_append(&file, buffer_slice(&log->record));
    if (st != HS_OK) goto out;
    segment_name(s->header.first, name);
    log->dir_changes++;
    st = disk_open(log->folder.disk, "log.segment", log->dir, name, DISK_CREATE_NEW, &s->file, err);
    if (st == HS_OK) st = disk_write(s->file, 0, buffer_slice(&file), err);
    if (st != HS_OK) {
        log->fenced = true;
        goto out;
    }
    s->dirty = true;
    log->segments_len++;
out:
    if (st != HS_OK) segment_fini(s);
    buffer_fini(&file);
    return st;
}

static enum hs_status append_locked(struct replay_log *log, const struct log_entry *entry,
                                    struct hs_error *err)
{
    const struct segment *newest = log_newest(log);

    if (log->fenced) return fenced_fail(err);
    if (newest && newest->bytes < log->segment_bytes) return append_to_newest(log, entry, err);
    return append_to_new(log, entry, err);
}

/* Drop entries > last_kept from memory, and from the disk while that works. */
static enum hs_status cut_locked(struct replay_log *log, uint64_t last_kept, struct hs_error *err)
{
    enum hs_status st = log->fenced ? fenced_fail(err) : HS_OK;
    struct segment *s = log_newest(log);
    char name[LOG_NAME_BYTES_MAX];

    if (!s || last_kept >= segment_last(s)) return HS_OK;
    log->generation++;
    if (log->synced > last_kept) log->synced = last_kept;
    for (; s && s->header.first > last_kept; s = log_newest(log)) {
        segment_name(s->header.first, name);
        log->dir_changes++;
        if (st == HS_OK) st = log_file_remove(&log->folder, name, err);
        log_pop(log);
    }
    if (s && segment_last(s) > last_kept) {
        segment_forget(s, last_kept);
        s->dirty = true;
        if (st == HS_OK) st = log_newest_open(log, err);
        if (st == HS_OK) st = disk_truncate(s->file, s->bytes, err);
    }
    if (st == HS_OK) st = log_newest_open(log, err);
    if (st != HS_OK) log->fenced = true;
    return st;
}

enum hs_status replay_log_append(struct replay_log *log, const struct log_entry *entry,
                                 struct hs_error *err)
{
    uint64_t seqnum = entry->after.seqnum;
    enum hs_status st = HS_OK;

    assert(log && !log->read_only);
    if (log->segments_len > 0 && seqnum > log_last(log) + 1) {
        return hs_fail(err, HS_GAP, "replay log: ends at %llu, cannot append %llu",
                       (unsigned long long)log_last(log), (unsigned long long)seqnum);
    }
    st = log_entry_check(entry, err);
    if (st != HS_OK) return st;
    (void)pthread_mutex_lock(&log->lock);
    if (log->segments_len > 0 && seqnum <= log_last(log)) st = cut_locked(log, seqnum - 1, err);
    if (st == HS_OK) st = append_locked(log, entry, err);
    (void)pthread_mutex_unlock(&log->lock);
    assert(st != HS_OK || log_last(log) == seqnum);
    return st;
}

enum hs_status replay_log_cut(struct replay_log *log, uint64_t last_kept, struct hs_error *err)
{
    enum hs_status st;

    assert(log && !log->read_only);
    (void)pthread_mutex_lock(&log->lock);
    st = cut_locked(log, last_kept, err);
    (void)pthread_mutex_unlock(&log->lock);
    return st;
}

enum hs_status replay_log_restart(struct replay_log *log, struct hs_error *err)
{
    return replay_log_cut(log, 0, err);
}

/* Make the folder as it is durable, unless it is. */
static enum hs_status removals_settle(struct replay_log *log, struct hs_error *err)
{
    enum hs_status st = HS_OK;

    if (log->dir_changes != log->dir_changes_synced) st = log_folder_sync(&log->folder, err);
    if (st == HS_OK) log->dir_changes_synced = log->dir_changes;
    return st;
}

enum hs_status replay_log_trim(struct replay_log *log, uint64_t last_dropped, struct hs_error *err)
{
    enum hs_status st = HS_OK;
    char name[LOG_NAME_BYTES_MAX];

    assert(log && !log->read_only);
    (void)pthread_mutex_lock(&log->lock);
    while (log->segments_len > 1 && segment_last(&log->segments[0]) <= last_dropped) {
        /* A power loss takes back any of the removals that no sync covered: of two, the first
         * alone would leave a hole, and the log would end before it. */
        st = removals_settle(log, err);
        if (st != HS_OK) break;
        segment_name(log->segments[0].header.first, name);
        log->dir_changes++;
        st = log_file_remove(&log->folder, name, err);
        if (st != HS_OK) break;
        segment_fini(&log->segments[0]);
        log->segments_len--;
        memmove(&log->segments[0], &log->segments[1], log->segments_len * sizeof log->segments[0]);
    }
    (void)pthread_mutex_unlock(&log->lock);
    return st;
}

/* What one sync is about: taken and judged under the lock, worked on without it. */
struct sync_work {
    struct disk_file **files; /* shared: the owner may close its own meanwhile */
    size_t files_len;
    uint64_t target;
    uint64_t generation;
    uint64_t dir_changes;
    bool sync_dir;
};

static enum hs_status sync_take(struct replay_log *log, struct sync_work *work,
                                struct hs_error *err)
{
    *work = (struct sync_work){.target = log_last(log),
                               .generation = log->generation,
                               .dir_changes = log->dir_changes,
                               .sync_dir = log->dir_changes != log->dir_changes_synced};
    if (log->fenced) return fenced_fail(err);
    if (log->segments_len == 0) return HS_OK;
    work->files = calloc(log->segments_len, sizeof(struct disk_file *));
    if (!work->files) return hs_fail(err, HS_NOMEM, "replay log: no memory to sync");
    for (size_t i = 0; i < log->segments_len; i++) {
        if (!log->segments[i].dirty) continue;
        work->files[work->files_len++] = disk_file_share(log->segments[i].file);
    }
    return HS_OK;
}

static enum hs_status sync_run(const struct replay_log *log, const struct sync_work *work,
                               struct hs_error *err)
{
    enum hs_status st = HS_OK;

    for (size_t i = 0; st == HS_OK && i < work->files_len; i++) {
        st = disk_sync(work->files[i], err);
    }
    if (st == HS_OK && work->sync_dir) st = log_folder_sync(&log->folder, err);
    return st;
}

/* Nothing was cut meanwhile: what was taken is durable. */
static void sync_settle(struct replay_log *log, const struct sync_work *work)
{
    struct segment *newest = log_newest(log);

    if (log->generation != work->generation) return;
    log->dir_changes_synced = work->dir_changes;
    if (log->synced < work->target) log->synced = work->target;
    for (size_t i = 0; i < log->segments_len; i++) {
        struct segment *s = &log->segments[i];

        if (segment_last(s) > work->target) continue;
        s->dirty = false;
        if (s == newest) continue;
        disk_close(s->file);
        s->file = NULL;
    }
}

enum hs_status replay_log_sync(struct replay_log *log, struct hs_error *err)
{
    struct sync_work work;
    enum hs_status st;

    assert(log && !log->read_only);
    (void)pthread_mutex_lock(&log->lock);
    st = sync_take(log, &work, err);
    (void)pthread_mutex_unlock(&log->lock);
    if (st == HS_OK) st = sync_run(log, &work, err);
    (void)pthread_mutex_lock(&log->lock);
    if (st == HS_OK) {
        sync_settle(log, &work);
    } else {
        log->fenced = true;
    }
    (void)pthread_mutex_unlock(&log->lock);
    for (size_t i = 0; i < work.files_len; i++) {
        disk_close(work.files[i]);
    }
    free(work.files);
    return st;
}

enum hs_status replay_log_position(const struct replay_log *log, uint64_t seqnum,
                                   struct position *out, uint64_t *height, struct hs_error *err)
{
    const struct segment *s = log_find(log, seqnum);
    const struct index_entry *e;

    assert(out);
    if (!s) {
        return hs_fail(err, HS_GAP, "replay log: seqnum %llu is not there",
                       (unsigned long long)seqnum);
    }
    e = segment_entry(s, seqnum);
    index_entry_position(e, seqnum, out);
    if (height) *height = e->height;
    return HS_OK;
}

enum hs_status replay_log_floor(const struct replay_log *log, struct position *out,
                                struct hs_error *err)
{
    uint64_t last = log_last(log);
    uint64_t height_last;

    assert(out);
    if (last == 0) return hs_fail(err, HS_NOT_FOUND, "replay log: empty");
    height_last = segment_entry(log_newest(log), last)->height;
    for (uint64_t seqnum = last; seqnum >= log_first(log); seqnum--) {
        const struct index_entry *e = segment_entry(log_find(log, seqnum), seqnum);

        if (e->height == height_last) continue;
        index_entry_position(e, seqnum, out);
        return HS_OK;
    }
    return hs_fail(err, HS_NOT_FOUND, "replay log: holds fewer than two blocks");
}
