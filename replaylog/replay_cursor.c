/* Reading the log: one file descriptor and one window of bytes at a time, each record checked
 * against the index as well as against itself, since the owner may cut and append meanwhile. */
#include "replaylog/log_state.h"
#include "replaylog/replay_log.h"

#include <assert.h>
#include <stdlib.h>

enum { WINDOW_BYTES = 256 << 10, READ_ONLY_TRIES_MAX = 5 };

struct replay_cursor {
    struct replay_log *log;
    uint64_t next; /* seqnum */
    uint64_t generation;
    uint64_t file_first; /* of the segment that is open; 0: none */
    struct disk_file *file;
    struct buffer window;
    uint64_t window_offset;
};

enum hs_status replay_log_seek(struct replay_log *log, uint64_t seqnum, struct replay_cursor **out,
                               struct hs_error *err)
{
    struct replay_cursor *c;

    assert(log && out);
    if (!log_find(log, seqnum)) {
        return hs_fail(err, HS_GAP, "replay log: seqnum %llu is not there",
                       (unsigned long long)seqnum);
    }
    c = calloc(1, sizeof *c);
    if (!c) return hs_fail(err, HS_NOMEM, "replay log: no memory to read");
    *c = (struct replay_cursor){.log = log, .next = seqnum};
    *out = c;
    return HS_OK;
}

static void cursor_forget_file(struct replay_cursor *c)
{
    disk_close(c->file);
    c->file = NULL;
    c->file_first = 0;
    buffer_clear(&c->window);
}

static enum hs_status cursor_open_file(struct replay_cursor *c, const struct segment *s,
                                       struct hs_error *err)
{
    char name[LOG_NAME_BYTES_MAX];
    enum hs_status st;

    if (c->file_first == s->header.first && c->generation == c->log->generation) return HS_OK;
    cursor_forget_file(c);
    segment_name(s->header.first, name);
    st = log_file_open(&c->log->folder, name, &c->file, err);
    if (st == HS_NOT_FOUND) return hs_fail(err, HS_CORRUPT, "replay log: %s is gone", name);
    if (st != HS_OK) return st;
    c->file_first = s->header.first;
    c->generation = c->log->generation;
    return HS_OK;
}

/* The record's bytes, from the window or a new one that begins with it. */
static enum hs_status cursor_bytes(struct replay_cursor *c, const struct segment *s,
                                   const struct index_entry *e, struct slice *out,
                                   struct hs_error *err)
{
    bool is_last = c->next == segment_last(s);
    uint64_t end = is_last ? s->bytes : segment_entry(s, c->next + 1)->offset;
    uint64_t len = end - e->offset;
    enum hs_status st;

    assert(end > e->offset);
    if (e->offset < c->window_offset || end > c->window_offset + c->window.len) {
        uint64_t want = len > WINDOW_BYTES ? len : WINDOW_BYTES;

        if (want > s->bytes - e->offset) want = s->bytes - e->offset;
        st = log_file_read(c->file, e->offset, (size_t)want, &c->window, err);
        if (st != HS_OK) return st;
        c->window_offset = e->offset;
        if (c->window.len < len) {
            return hs_fail(err, HS_CORRUPT, "replay log: the record of seqnum %llu is cut short",
                           (unsigned long long)c->next);
        }
    }
    *out = slice_make(c->window.data + (e->offset - c->window_offset), (size_t)len);
    return HS_OK;
}

enum hs_status replay_cursor_next(struct replay_cursor *c, struct log_entry *out,
                                  struct hs_error *err)
{
    const struct segment *s = log_find(c->log, c->next);
    const struct index_entry *e;
    struct record record;
    struct slice bytes;
    enum hs_status st;

    assert(out);
    if (!s) return HS_NOT_FOUND;
    e = segment_entry(s, c->next);
    st = cursor_open_file(c, s, err);
    if (st != HS_OK) return st;
    st = cursor_bytes(c, s, e, &bytes, err);
    if (st != HS_OK) return st;
    if (record_decode(bytes, &record) != RECORD_GOOD || record.checksum != e->checksum ||
        record.entry.after.seqnum != c->next) {
        return hs_fail(err, HS_CORRUPT, "replay log: the record of seqnum %llu changed on disk",
                       (unsigned long long)c->next);
    }
    *out = record_entry(&record);
    c->next++;
    return HS_OK;
}

void replay_cursor_close(struct replay_cursor *c)
{
    if (!c) return;
    cursor_forget_file(c);
    buffer_fini(&c->window);
    free(c);
}

/* HS_NOT_FOUND: every record is as the log was read. */
static enum hs_status records_verify(struct replay_log *log, uint64_t *last_good,
                                     struct hs_error *err)
{
    struct replay_cursor *cursor = NULL;
    struct log_entry entry;
    enum hs_status st;

    *last_good = 0;
    if (log_first(log) == 0) return HS_NOT_FOUND;
    st = replay_log_seek(log, log_first(log), &cursor, err);
    while (st == HS_OK && (st = replay_cursor_next(cursor, &entry, err)) == HS_OK) {
        *last_good = entry.after.seqnum;
    }
    replay_cursor_close(cursor);
    return st;
}

enum hs_status replay_log_verify(struct replay_log *log, uint64_t *last_good, struct hs_error *err)
{
    uint64_t good = 0;
    enum hs_status st;

    assert(log);
    st = records_verify(log, &good, err);
    /* A daemon trims and cuts beside a reader: what it reads now counts, not what it once read. */
    for (int i = 0; st == HS_CORRUPT && log->read_only && i < READ_ONLY_TRIES_MAX; i++) {
        st = log_read(log, err);
        if (st == HS_OK) st = records_verify(log, &good, err);
    }
    if (last_good) *last_good = good;
    if (st != HS_NOT_FOUND) return st;
    if (!log->damaged) return HS_OK;
    return hs_fail(err, HS_CORRUPT, "replay log: damage was found behind seqnum %llu",
                   (unsigned long long)log->damaged_after);
}
