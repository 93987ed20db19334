/* Row 16: single records of the replay log deleted, doubled, swapped or edited, with checksums and
 * links made anew or not: from a torn file to a forgery that only execution can find. */
#include "replaylog/record.h"
#include "tests/drills/case.h"
#include "tests/drills/rows.h"
#include "tests/drills/template.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOG_BLOCKS = 6, LOG_RECORDS = LOG_BLOCKS * WORLD_BLOCK_MESSAGES };

enum mutation {
    MUTATION_DELETE,
    MUTATION_DOUBLE,
    MUTATION_SWAP,
    MUTATION_MESSAGE,
    MUTATION_HASH,
    MUTATION_HEIGHT,
    MUTATION_TIME,
    MUTATION_SEQNUM,
    MUTATION_COUNT,
};

static const char *const mutation_names[MUTATION_COUNT] = {
    "delete",        "double",          "swap",          "edit the message",
    "edit the hash", "edit the height", "edit the time", "edit the seqnum"};

/* Two folders: one whose log begins before its snapshots, one that has a log only. */
static const char *const templates[] = {"diary-filled", "diary-log-only"};

/* A record as it was read, its text borrowed from the file's bytes. */
struct log_line {
    struct log_entry entry;
    struct slice raw;
};

struct log_lines {
    struct buffer file;
    struct segment_header header;
    struct log_line lines[LOG_RECORDS + 1];
    size_t len;
};

static enum hs_status log_prepare(struct drill *d, void **plan, uint64_t *total,
                                  struct hs_error *err)
{
    static const char *const snapshots[] = {"--snapshot-every", "10", NULL};
    static const char *const none[] = {"--snapshot-every", "0", NULL};
    const struct world *w = NULL;
    enum hs_status st = drill_trunk(d, WORLD_DIARY, &w, err);

    if (st == HS_OK) st = drill_template(d, w, templates[0], LOG_BLOCKS, snapshots, false, err);
    if (st == HS_OK) st = drill_template(d, w, templates[1], LOG_BLOCKS, none, false, err);
    *plan = (void *)(uintptr_t)w; /* read only */
    *total = (uint64_t)MUTATION_COUNT * LOG_RECORDS * 2 * 2;
    return st;
}

static enum hs_status log_lines_read(const char *path, struct log_lines *out, struct hs_error *err)
{
    enum hs_status st = file_read(path, &out->file, err);
    struct slice rest = buffer_slice(&out->file);
    struct record record;

    if (st != HS_OK) return st;
    if (segment_header_decode(rest, &out->header) != RECORD_GOOD) {
        return hs_fail(err, HS_CORRUPT, "a template's log is damaged");
    }
    rest = slice_make(rest.data + LOG_HEADER_BYTES, rest.len - LOG_HEADER_BYTES);
    while (out->len < LOG_RECORDS && record_decode(rest, &record) == RECORD_GOOD) {
        out->lines[out->len++] =
            (struct log_line){record_entry(&record), {rest.data, record.bytes}};
        rest = slice_make(rest.data + record.bytes, rest.len - record.bytes);
    }
    return HS_OK;
}

/* Change the list; what of record `at` was edited keeps no raw bytes. */
static void log_lines_mutate(struct log_lines *l, size_t at, enum mutation mutation)
{
    struct log_line *line = &l->lines[at], swapped;
    static const char other[] = "{\"to\":\"diary\",\"method\":\"add\",\"args\":[7]}";

    switch (mutation) {
    case MUTATION_DELETE:
        memmove(line, line + 1, (l->len - at - 1) * sizeof *line);
        l->len--;
        return;
    case MUTATION_DOUBLE:
        memmove(line + 1, line, (l->len - at) * sizeof *line);
        l->len++;
        return;
    case MUTATION_SWAP:
        if (at + 1 == l->len) line--;
        swapped = line[0];
        line[0] = line[1];
        line[1] = swapped;
        return;
    case MUTATION_MESSAGE: line->entry.message.text = slice_text(other); break;
    case MUTATION_HASH:
        line->entry.after.hash[0] = line->entry.after.hash[0] == '0' ? '1' : '0';
        break;
    case MUTATION_HEIGHT: line->entry.message.height++; break;
    case MUTATION_TIME: line->entry.message.time++; break;
    case MUTATION_SEQNUM: line->entry.after.seqnum += 1; break;
    case MUTATION_COUNT: assert(false);
    }
    line->raw = slice_make(NULL, 0);
}

/* Write them back: raw bytes where there are some, unless every link is made anew. */
static enum hs_status log_lines_write(const struct log_lines *l, const char *path, bool forged,
                                      struct hs_error *err)
{
    struct segment_header header = l->header;
    struct buffer out = {0}, one = {0};
    char head[LOG_HEADER_BYTES];
    uint32_t link;
    enum hs_status st;

    segment_header_encode(&header, head);
    link = header.checksum;
    st = buffer_append(&out, slice_make(head, sizeof head));
    for (size_t i = 0; st == HS_OK && i < l->len; i++) {
        uint32_t checksum = 0;

        st = record_encode(&l->lines[i].entry, link, &one, &checksum, err);
        if (st == HS_OK && !forged && l->lines[i].raw.data) {
            st = buffer_append(&out, l->lines[i].raw);
        } else if (st == HS_OK) {
            st = buffer_append(&out, buffer_slice(&one));
        }
        link = checksum;
    }
    if (st == HS_OK) st = file_write(path, buffer_slice(&out), err);
    buffer_fini(&out);
    buffer_fini(&one);
    return st;
}

static enum hs_status log_harm(struct drill_case *c, enum mutation mutation, size_t at, bool forged,
                               struct hs_error *err)
{
    struct log_lines *lines = calloc(1, sizeof *lines);
    char path[FOLDER_PATH_BYTES + 64];
    enum hs_status st = lines ? HS_OK : hs_fail(err, HS_NOMEM, "a log's lines");

    (void)snprintf(path, sizeof path, "%s/log/00000000000000000001.seg", c->daemon.data);
    if (st == HS_OK) st = log_lines_read(path, lines, err);
    if (st == HS_OK && at < lines->len) {
        log_lines_mutate(lines, at, mutation);
        st = log_lines_write(lines, path, forged, err);
    }
    if (lines) buffer_fini(&lines->file);
    free(lines);
    return st;
}

static void log_run(struct drill_case *c)
{
    uint64_t n = c->number;
    bool forged = n % 2, log_only = n / 2 % 2;
    enum mutation mutation = (enum mutation)(n / 4 % MUTATION_COUNT);
    size_t at = n / 4 / MUTATION_COUNT;
    uint64_t behind = dice_below(&c->dice, 3);
    struct hs_error err = {0};
    enum case_step step;

    c->may_lose = true;
    case_say(c, "%s record %zu%s, %s, node at block %llu", mutation_names[mutation], at + 1,
             forged ? ", links made anew" : "", templates[log_only],
             (unsigned long long)(LOG_BLOCKS - behind));
    step = case_begin(c, c->plan, templates[log_only], LOG_BLOCKS - behind);
    if (step == CASE_ON && log_harm(c, mutation, at, forged, &err) != HS_OK) {
        step = case_broken(c, &err);
    }
    if (step == CASE_ON) step = case_live(c, NULL);
    if (step == CASE_ON) step = case_blocks(c, 2);
    if (step == CASE_ON) (void)case_conclude(c);
}

const struct drill_row row_log = {
    "16", "log records deleted, doubled, swapped, edited", 500, log_prepare, log_run, NULL};
