/* Opening the log: read every segment, end where the first bad byte is, leave the folder clean.
 *
 *   all good                      the log is what the files hold
 *   last append cut short         cut: a crash leaves that
 *   anything else that is bad     the log ends before it. The damaged segment is kept in
 *                                 quarantine and rewritten as its good part (a new file, renamed
 *                                 over it); later segments move to quarantine, newest first, so
 *                                 that a crash on the way finds a log that merely ends earlier
 *
 * What is found in the page cache is made durable before the log calls it synced: here, or, with
 * settle_later, by the first sync, to which all of it is unsynced. */
#include "replaylog/log_state.h"
#include "replaylog/replay_log.h"

#include "kernel/state/array.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { READ_ONLY_TRIES_MAX = 5 };

static enum hs_status listing_add(struct segment_listing *l, uint64_t first, struct hs_error *err)
{
    enum hs_status st = array_reserve(&l->firsts, &l->capacity, l->len + 1, sizeof *l->firsts);

    if (st != HS_OK) return hs_fail(err, st, "replay log: no memory to list segments");
    l->firsts[l->len++] = first;
    return HS_OK;
}

enum hs_status segment_list(const struct log_folder *folder, struct segment_listing *out,
                            struct hs_error *err)
{
    struct disk_listing names = {0};
    enum hs_status st = disk_list(folder->disk, "log.folder", folder->dir, &names, err);

    *out = (struct segment_listing){0};
    for (size_t i = 0; st == HS_OK && i < names.len; i++) {
        uint64_t first = segment_name_parse(names.names[i]);

        if (first > 0) st = listing_add(out, first, err);
    }
    disk_listing_fini(&names);
    if (st != HS_OK) segment_listing_fini(out);
    return st;
}

void segment_listing_fini(struct segment_listing *l)
{
    free(l->firsts);
    *l = (struct segment_listing){0};
}

/* It has its second name before it loses the first. What can have no second one (a folder, a link
 * that leads nowhere) is moved. */
enum hs_status log_quarantine(struct replay_log *log, const char *name, struct hs_error *err)
{
    char as[LOG_NAME_BYTES_MAX];
    struct disk_entry found;
    enum hs_status st = disk_look(log->folder.disk, "log.quarantine", log->dir, name, &found, err);

    if (st == HS_OK && found.kind == DISK_FILE) {
        st = log_file_keep(&log->folder, name, log->quarantine_dir, err);
        return st == HS_OK ? log_file_remove(&log->folder, name, err) : st;
    }
    if (st == HS_IO) return st;
    (void)snprintf(as, sizeof as, "log-%s", name);
    return disk_put_aside(log->folder.disk, "log.quarantine", log->dir, name, log->quarantine_dir,
                          as, err);
}

/* Does `s` go on where the log ends? */
static bool segment_follows(const struct replay_log *log, const struct segment *s)
{
    const struct segment *before = log_newest(log);

    if (!before) return true;
    return s->header.first == segment_last(before) + 1 && s->header.link == segment_link(before);
}

static void damage_note(struct replay_log *log)
{
    log->damaged = true;
    log->damaged_after = log_last(log);
}

/* The files from `from` on, newest first. */
static enum hs_status quarantine_from(struct replay_log *log, const struct segment_listing *l,
                                      size_t from, struct hs_error *err)
{
    char name[LOG_NAME_BYTES_MAX];
    enum hs_status st = HS_OK;

    if (log->read_only) return HS_OK;
    for (size_t i = l->len; st == HS_OK && i > from; i--) {
        segment_name(l->firsts[i - 1], name);
        st = log_quarantine(log, name, err);
    }
    return st;
}

/* The newest segment's file holds more than its good part. */
static enum hs_status damage_settle(struct replay_log *log, const char *name, struct hs_error *err)
{
    struct segment *s = log_newest(log);
    enum hs_status st;

    if (log->read_only) return HS_OK;
    st = log_file_keep(&log->folder, name, log->quarantine_dir, err);
    return st == HS_OK ? segment_rewrite(&log->folder, s, err) : st;
}

/* The last file's last append did not get through. Where it cannot be cut, nothing is appended. */
static enum hs_status torn_settle(struct replay_log *log, const char *name, uint64_t valid_bytes,
                                  struct hs_error *err)
{
    struct disk_entry found;
    struct disk_file *f = NULL;
    enum hs_status st = disk_look(log->folder.disk, "log.reading", log->dir, name, &found, err);

    if (st != HS_OK) return st;
    if (found.bytes > valid_bytes) log->cut_bytes += found.bytes - valid_bytes;
    if (log->read_only) return HS_OK;
    if (valid_bytes == 0) {
        st = log_file_remove(&log->folder, name, NULL);
    } else {
        st = disk_open(log->folder.disk, "log.segment", log->dir, name, DISK_WRITE, &f, NULL);
        if (st == HS_OK) st = disk_truncate(f, valid_bytes, NULL);
        disk_close(f);
    }
    if (st != HS_OK) log->fenced = true;
    return HS_OK;
}

/* Judge file i, read into the place behind the newest segment. *go_on: look at the next one. */
static enum hs_status segment_settle(struct replay_log *log, const struct segment_listing *l,
                                     size_t i, enum segment_end end, bool *go_on,
                                     struct hs_error *err)
{
    struct segment *s = &log->segments[log->segments_len];
    bool is_last = i + 1 == l->len;
    bool filled = s->header.first > 0 && s->entries_len > 0;
    char name[LOG_NAME_BYTES_MAX];
    enum hs_status st;

    *go_on = false;
    segment_name(l->firsts[i], name);
    if (!filled || !segment_follows(log, s)) {
        segment_fini(s);
        if (!filled && is_last && end != SEGMENT_END_DAMAGE) return torn_settle(log, name, 0, err);
        damage_note(log);
        return quarantine_from(log, l, i, err);
    }
    log->segments_len++;
    *go_on = end == SEGMENT_END_CLEAN;
    if (end == SEGMENT_END_CLEAN) return HS_OK;
    if (end == SEGMENT_END_TORN && is_last) return torn_settle(log, name, s->bytes, err);
    damage_note(log);
    st = quarantine_from(log, l, i + 1, err);
    return st == HS_OK ? damage_settle(log, name, err) : st;
}

/* Another kind of thing in its place, or a link that leads nowhere, is damage. */
static enum hs_status segment_try(struct replay_log *log, const char *name, struct segment *s,
                                  enum segment_end *end, struct hs_error *err)
{
    enum hs_status st = segment_read(&log->folder, name, s, end, err);

    if (st == HS_OK) return st;
    segment_fini(s);
    if (log->read_only || (st != HS_CORRUPT && st != HS_NOT_FOUND)) return st;
    *end = SEGMENT_END_DAMAGE;
    return HS_OK;
}

static enum hs_status segments_read(struct replay_log *log, const struct segment_listing *l,
                                    struct hs_error *err)
{
    enum hs_status st = HS_OK;
    bool go_on = true;

    for (size_t i = 0; st == HS_OK && go_on && i < l->len; i++) {
        char name[LOG_NAME_BYTES_MAX];
        struct segment *s = NULL;
        enum segment_end end;

        segment_name(l->firsts[i], name);
        st = log_push_reserve(log, &s, err);
        if (st != HS_OK) break;
        st = segment_try(log, name, s, &end, err);
        if (st == HS_OK) st = segment_settle(log, l, i, end, &go_on, err);
    }
    return st;
}

static void log_forget(struct replay_log *log)
{
    while (log->segments_len > 0) {
        log_pop(log);
    }
    log->cut_bytes = 0;
    log->damaged = false;
    log->damaged_after = 0;
}

/* A reader beside a daemon may find a listed segment trimmed away, or rewritten between two reads:
 * it looks again. Damage that is there twice is damage. */
enum hs_status log_read(struct replay_log *log, struct hs_error *err)
{
    struct segment_listing listing;
    enum hs_status st;
    bool damaged_before = false;

    for (int i = 0; i < READ_ONLY_TRIES_MAX; i++) {
        log_forget(log);
        st = segment_list(&log->folder, &listing, err);
        if (st != HS_OK) return st;
        st = log->anew ? quarantine_from(log, &listing, 0, err) : segments_read(log, &listing, err);
        segment_listing_fini(&listing);
        if (st != HS_OK && st != HS_NOT_FOUND) return st;
        if (st == HS_OK && (!log->read_only || !log->damaged || damaged_before)) return HS_OK;
        damaged_before = log->damaged;
    }
    return hs_fail(err, HS_BUSY, "replay log: its files change faster than they can be read");
}

/* A process that died left its appends in the page cache: bring them to the disk. */
static enum hs_status log_settle_durable(struct replay_log *log, struct hs_error *err)
{
    enum hs_status st = HS_OK;

    for (size_t i = 0; st == HS_OK && i < log->segments_len; i++) {
        struct segment *s = &log->segments[i];
        char name[LOG_NAME_BYTES_MAX];
        struct disk_file *f = NULL;

        segment_name(s->header.first, name);
        st = disk_open(log->folder.disk, "log.segment", log->dir, name, DISK_WRITE, &f, err);
        if (st == HS_OK) st = disk_sync(f, err);
        disk_close(f);
    }
    if (st == HS_OK) st = log_folder_sync(&log->folder, err);
    if (st == HS_OK) st = log_newest_open(log, err);
    return st;
}

/* The same is left to the first sync. */
static enum hs_status log_settle_later(struct replay_log *log, struct hs_error *err)
{
    enum hs_status st = HS_OK;

    log->dir_changes++;
    for (size_t i = 0; st == HS_OK && i < log->segments_len; i++) {
        log->segments[i].dirty = true;
        st = log_segment_open(log, &log->segments[i], err);
    }
    return st;
}

static enum hs_status log_prepare(struct replay_log *log, const struct replay_log_options *options,
                                  struct hs_error *err)
{
    enum hs_status st;

    log->read_only = options->read_only;
    log->anew = options->anew;
    log->segment_bytes = options->segment_bytes ? options->segment_bytes : HS_LOG_SEGMENT_BYTES;
    log->dir = strdup(options->dir);
    log->quarantine_dir = strdup(options->quarantine_dir ? options->quarantine_dir : "");
    if (!log->dir || !log->quarantine_dir) return hs_fail(err, HS_NOMEM, "replay log: no memory");
    log->folder =
        (struct log_folder){.disk = options->disk ? options->disk : disk_system(), .dir = log->dir};
    if (log->read_only) return HS_OK;
    st = disk_make_folder(log->folder.disk, "log.folder", log->dir, NULL, err);
    if (st == HS_OK) {
        st = disk_lock(log->folder.disk, "log.folder", log->dir, NULL, &log->lock_file, err);
    }
    if (st == HS_OK) disk_sweep(log->folder.disk, "log.folder", log->dir);
    return st;
}

enum hs_status replay_log_open(const struct replay_log_options *options, struct replay_log **out,
                               struct hs_error *err)
{
    struct replay_log *log;
    enum hs_status st;

    assert(options && options->dir && out);
    assert(options->read_only ? !options->anew : options->quarantine_dir != NULL);
    assert(options->segment_bytes <= HS_LOG_SEGMENT_BYTES);
    log = calloc(1, sizeof *log);
    if (!log) return hs_fail(err, HS_NOMEM, "replay log: no memory");
    (void)pthread_mutex_init(&log->lock, NULL);
    st = log_prepare(log, options, err);
    if (st == HS_OK) st = log_read(log, err);
    if (st != HS_OK) {
        replay_log_close(log);
        return st;
    }
    if (!log->read_only) {
        enum hs_status settled =
            options->settle_later ? log_settle_later(log, NULL) : log_settle_durable(log, NULL);

        /* Not fatal: the log can be read, and writing is tried again by replay_log_reopen. What
         * was read may have fenced it before. */
        if (settled != HS_OK) log->fenced = true;
        log->synced = log->fenced || options->settle_later ? 0 : log_last(log);
        for (size_t i = 0; log->fenced && i < log->segments_len; i++) {
            log->segments[i].dirty = true;
        }
    }
    *out = log;
    return HS_OK;
}

void replay_log_close(struct replay_log *log)
{
    if (!log) return;
    while (log->segments_len > 0) {
        log_pop(log);
    }
    free(log->segments);
    buffer_fini(&log->record);
    disk_close(log->lock_file);
    (void)pthread_mutex_destroy(&log->lock);
    free(log->quarantine_dir);
    free(log->dir);
    free(log);
}
