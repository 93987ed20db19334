#include "replaylog/segment.h"

#include "kernel/state/array.h"
#include "kernel/state/decimal.h"
#include "kernel/state/hex.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_DIGITS = 20, NAME_BYTES = NAME_DIGITS + 4 };

static const char rewrite_name[] = "rewrite.tmp";

void segment_init(struct segment *s)
{
    *s = (struct segment){0};
}

void segment_fini(struct segment *s)
{
    disk_close(s->file);
    free(s->entries);
    segment_init(s);
}

void segment_name(uint64_t first, char out[LOG_NAME_BYTES_MAX])
{
    (void)snprintf(out, LOG_NAME_BYTES_MAX, "%0*llu.seg", NAME_DIGITS, (unsigned long long)first);
}

uint64_t segment_name_parse(const char *name)
{
    uint64_t first;

    if (strlen(name) != NAME_BYTES || strcmp(name + NAME_DIGITS, ".seg") != 0) return 0;
    return uint_parse_padded(slice_make(name, NAME_DIGITS), &first) == HS_OK ? first : 0;
}

uint64_t segment_last(const struct segment *s)
{
    assert(s->header.first > 0);
    return s->header.first + s->entries_len - 1;
}

uint32_t segment_link(const struct segment *s)
{
    return s->entries_len ? s->entries[s->entries_len - 1].checksum : s->header.checksum;
}

const struct index_entry *segment_entry(const struct segment *s, uint64_t seqnum)
{
    assert(seqnum >= s->header.first && seqnum <= segment_last(s));
    return &s->entries[seqnum - s->header.first];
}

void index_entry_position(const struct index_entry *e, uint64_t seqnum, struct position *out)
{
    out->seqnum = seqnum;
    hex_encode(e->hash, LOG_HASH_BYTES, out->hash);
}

enum hs_status segment_note(struct segment *s, const struct record *record, struct hs_error *err)
{
    struct index_entry *e;
    enum hs_status st;

    assert(record->entry.after.seqnum == segment_last(s) + 1);
    if (s->bytes > UINT32_MAX) return hs_fail(err, HS_TOO_LARGE, "replay log: segment too large");
    st = array_reserve(&s->entries, &s->entries_capacity, s->entries_len + 1, sizeof *s->entries);
    if (st != HS_OK) return hs_fail(err, st, "replay log: no memory for its index");
    e = &s->entries[s->entries_len++];
    memcpy(e->hash, record->hash, LOG_HASH_BYTES);
    e->height = record->entry.message.height;
    e->offset = (uint32_t)s->bytes;
    e->checksum = record->checksum;
    s->bytes += record->bytes;
    return HS_OK;
}

void segment_forget(struct segment *s, uint64_t last_kept)
{
    if (last_kept >= segment_last(s)) return;
    assert(last_kept + 1 >= s->header.first);
    s->bytes = segment_entry(s, last_kept + 1)->offset;
    s->entries_len = (size_t)(last_kept + 1 - s->header.first);
}

/* Records from s->bytes on, while they are good and carry on from the one before. */
static enum hs_status records_read(struct slice file, struct segment *s, enum segment_end *end,
                                   struct hs_error *err)
{
    enum record_state state;
    struct record record;
    struct slice rest;
    enum hs_status st;

    for (;;) {
        rest = slice_make(file.data + s->bytes, file.len - s->bytes);
        state = record_decode(rest, &record);
        if (state != RECORD_GOOD) break;
        if (record.link != segment_link(s) || record.entry.after.seqnum != segment_last(s) + 1) {
            *end = SEGMENT_END_DAMAGE; /* whole, but not where it was written */
            return HS_OK;
        }
        st = segment_note(s, &record, err);
        if (st != HS_OK) return st;
    }
    *end = SEGMENT_END_CLEAN;
    if (state == RECORD_END) return HS_OK;
    *end = record_follows(rest, segment_last(s)) ? SEGMENT_END_DAMAGE : SEGMENT_END_TORN;
    return HS_OK;
}

static enum hs_status file_parse(struct slice file, uint64_t first, struct segment *s,
                                 enum segment_end *end, struct hs_error *err)
{
    enum record_state state = segment_header_decode(file, &s->header);

    if (state != RECORD_GOOD || s->header.first != first) {
        s->header.first = 0;
        *end = state == RECORD_TORN ? SEGMENT_END_TORN : SEGMENT_END_DAMAGE;
        return HS_OK;
    }
    s->bytes = LOG_HEADER_BYTES;
    return records_read(file, s, end, err);
}

enum hs_status segment_read(const struct log_folder *folder, const char *name, struct segment *s,
                            enum segment_end *end, struct hs_error *err)
{
    struct disk_file *f = NULL;
    struct buffer content = {0};
    uint64_t bytes = 0;
    bool oversized;
    enum hs_status st;

    assert(s->entries_len == 0 && segment_name_parse(name) > 0);
    st = log_file_open(folder, name, &f, err);
    if (st != HS_OK) return st;
    st = disk_size(f, &bytes, err);
    if (st != HS_OK) goto out;
    oversized = bytes > LOG_SEGMENT_BYTES_MAX;
    if (oversized) bytes = LOG_SEGMENT_BYTES_MAX;
    st = log_file_read(f, 0, (size_t)bytes, &content, err);
    if (st != HS_OK) goto out;
    st = file_parse(buffer_slice(&content), segment_name_parse(name), s, end, err);
    if (st == HS_OK && oversized) *end = SEGMENT_END_DAMAGE; /* no segment of ours is so large */
out:
    buffer_fini(&content);
    disk_close(f);
    return st;
}

/* The segment's valid bytes. */
static enum hs_status valid_read(const struct log_folder *folder, const struct segment *s,
                                 const char *name, struct buffer *out, struct hs_error *err)
{
    struct disk_file *from = NULL;
    enum hs_status st = log_file_open(folder, name, &from, err);

    if (st == HS_OK) st = log_file_read(from, 0, (size_t)s->bytes, out, err);
    if (st == HS_OK && out->len < s->bytes) {
        st = hs_fail(err, HS_CORRUPT, "replay log: %s became shorter", name);
    }
    disk_close(from);
    return st;
}

static enum hs_status valid_write(const struct log_folder *folder, struct slice content,
                                  struct hs_error *err)
{
    struct disk_file *to = NULL;
    enum hs_status st =
        disk_open(folder->disk, "log.segment", folder->dir, rewrite_name, DISK_EMPTY, &to, err);

    if (st == HS_OK) st = disk_write(to, 0, content, err);
    if (st == HS_OK) st = disk_sync(to, err);
    disk_close(to);
    return st;
}

enum hs_status segment_rewrite(const struct log_folder *folder, struct segment *s,
                               struct hs_error *err)
{
    char name[LOG_NAME_BYTES_MAX];
    struct buffer content = {0};
    enum hs_status st;

    assert(s->header.first > 0 && s->bytes >= LOG_HEADER_BYTES);
    segment_name(s->header.first, name);
    st = valid_read(folder, s, name, &content, err);
    if (st == HS_OK) st = valid_write(folder, buffer_slice(&content), err);
    if (st == HS_OK) {
        st = disk_rename(folder->disk, "log.segment", folder->dir, rewrite_name, folder->dir, name,
                         err);
    }
    if (st == HS_OK) st = log_folder_sync(folder, err);
    buffer_fini(&content);
    if (st != HS_OK) return st;
    disk_close(s->file);
    s->file = NULL;
    s->dirty = false;
    return HS_OK;
}
