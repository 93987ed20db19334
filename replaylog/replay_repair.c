/* Going on after a failure, and giving a log up. */
#include "replaylog/log_state.h"
#include "replaylog/replay_log.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* Let the kernel forget its copy of the file, so that reading shows what the disk has. */
static void cache_drop(const struct replay_log *log, const char *name)
{
    struct disk_file *f = NULL;

    if (log_file_open(&log->folder, name, &f, NULL) != HS_OK) return;
    disk_drop_cache(f);
    disk_close(f);
}

/* Entries of `s` that its file still holds, by checksum. */
static enum hs_status entries_surviving(const struct replay_log *log, const struct segment *s,
                                        size_t *len, struct hs_error *err)
{
    struct segment found;
    enum segment_end end;
    char name[LOG_NAME_BYTES_MAX];
    enum hs_status st;

    segment_init(&found);
    segment_name(s->header.first, name);
    cache_drop(log, name);
    st = segment_read(&log->folder, name, &found, &end, err);
    *len = 0;
    if (st == HS_OK && found.header.checksum == s->header.checksum) {
        while (*len < found.entries_len && *len < s->entries_len &&
               found.entries[*len].checksum == s->entries[*len].checksum) {
            (*len)++;
        }
    }
    segment_fini(&found);
    return st == HS_NOT_FOUND ? HS_OK : st;
}

/* Forget what did not survive: the log ends at the first loss. */
static enum hs_status log_recheck(struct replay_log *log, struct hs_error *err)
{
    for (size_t i = 0; i < log->segments_len; i++) {
        struct segment *s = &log->segments[i];
        enum hs_status st;
        size_t surviving;

        if (!s->dirty && i + 1 < log->segments_len) continue;
        s->dirty = true;
        st = entries_surviving(log, s, &surviving, err);
        if (st != HS_OK) return st;
        if (surviving == s->entries_len) continue;
        while (log->segments_len > i + 1) {
            log_pop(log);
        }
        if (surviving == 0) {
            log_pop(log);
        } else {
            segment_forget(s, s->header.first + surviving - 1);
        }
        break;
    }
    return HS_OK;
}

/* Files that memory knows nothing of: a segment whose first write failed, or a cut that did. */
static enum hs_status strays_remove(struct replay_log *log, struct hs_error *err)
{
    struct segment_listing listing;
    enum hs_status st = segment_list(&log->folder, &listing, err);

    if (st != HS_OK) return st;
    for (size_t i = listing.len; st == HS_OK && i > 0; i--) {
        const struct segment *s = log_find(log, listing.firsts[i - 1]);
        char name[LOG_NAME_BYTES_MAX];

        if (s && s->header.first == listing.firsts[i - 1]) continue;
        segment_name(listing.firsts[i - 1], name);
        st = log_file_remove(&log->folder, name, err);
    }
    segment_listing_fini(&listing);
    return st;
}

static enum hs_status reopen_locked(struct replay_log *log, struct hs_error *err)
{
    enum hs_status st;

    log->generation++;
    st = log_recheck(log, err);
    if (log->synced > log_last(log)) log->synced = log_last(log);
    if (st == HS_OK) st = strays_remove(log, err);
    for (size_t i = 0; st == HS_OK && i < log->segments_len; i++) {
        if (log->segments[i].dirty) st = segment_rewrite(&log->folder, &log->segments[i], err);
    }
    if (st == HS_OK) st = log_folder_sync(&log->folder, err);
    if (st == HS_OK) st = log_newest_open(log, err);
    if (st != HS_OK) return st;
    log->fenced = false;
    log->synced = log_last(log);
    log->dir_changes_synced = log->dir_changes;
    return HS_OK;
}

enum hs_status replay_log_reopen(struct replay_log *log, struct hs_error *err)
{
    enum hs_status st = HS_OK;

    assert(log && !log->read_only);
    (void)pthread_mutex_lock(&log->lock);
    if (log->fenced) st = reopen_locked(log, err);
    (void)pthread_mutex_unlock(&log->lock);
    return st;
}

/* Why, beside the segments in quarantine. */
static enum hs_status reason_write(const struct replay_log *log, const char *reason,
                                   struct hs_error *err)
{
    char name[LOG_NAME_BYTES_MAX];
    const struct disk *disk = log->folder.disk;
    enum hs_status st;

    (void)snprintf(name, sizeof name, "log-%llu-%llu.rejected", (unsigned long long)log_first(log),
                   (unsigned long long)log_last(log));
    st = disk_make_folder(disk, "log.quarantine", log->quarantine_dir, NULL, err);
    if (st != HS_OK) return st;
    return disk_replace(disk, "log.quarantine", log->quarantine_dir, name, slice_text(reason), err);
}

static enum hs_status reject_locked(struct replay_log *log, const char *reason,
                                    struct hs_error *err)
{
    enum hs_status st = reason_write(log, reason, err);
    char name[LOG_NAME_BYTES_MAX];

    log->generation++;
    log->synced = 0;
    while (log->segments_len > 0) {
        segment_name(log_newest(log)->header.first, name);
        log->dir_changes++;
        if (st == HS_OK) st = log_quarantine(log, name, err);
        log_pop(log);
    }
    if (st == HS_OK) st = log_folder_sync(&log->folder, err);
    if (st != HS_OK) log->fenced = true;
    return st;
}

enum hs_status replay_log_reject(struct replay_log *log, const char *reason, struct hs_error *err)
{
    enum hs_status st = HS_OK;

    assert(log && !log->read_only && reason);
    (void)pthread_mutex_lock(&log->lock);
    if (log->segments_len > 0) st = reject_locked(log, reason, err);
    (void)pthread_mutex_unlock(&log->lock);
    return st;
}
