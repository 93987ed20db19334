#include "tests/unit/replaylog/log_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void model_entry_make(uint64_t seqnum, uint32_t salt, struct model_entry *out)
{
    uint64_t mixed = seqnum * UINT64_C(0x9e3779b97f4a7c15) + salt;
    int len = snprintf(out->text, sizeof out->text,
                       "{\"to\":\"ledger\",\"method\":\"apply\",\"args\":[%llu,%u]}",
                       (unsigned long long)seqnum, salt);
    size_t padding = (size_t)(mixed >> 40) % 97;

    memset(out->text + len, ' ', padding);
    out->entry.message = (struct message){.height = (seqnum + 2) / 3,
                                          .time = 1700000000 + seqnum,
                                          .limited = mixed >> 33 & 1,
                                          .ticks = mixed >> 33 & 1 ? mixed >> 20 & 0xffffff : 0,
                                          .control = mixed >> 34 & 1,
                                          .skipped = mixed >> 35 & 1,
                                          .text = slice_make(out->text, (size_t)len + padding)};
    out->entry.after.seqnum = seqnum;
    for (int i = 0; i < 4; i++) {
        (void)snprintf(out->entry.after.hash + 16 * i, 17, "%016llx",
                       (unsigned long long)(mixed * (uint64_t)(2 * i + 1)));
    }
}

bool model_entry_equal(const struct log_entry *e, uint64_t seqnum, uint32_t salt)
{
    struct model_entry wanted;

    model_entry_make(seqnum, salt, &wanted);
    return position_equal(&e->after, &wanted.entry.after) &&
           e->message.height == wanted.entry.message.height &&
           e->message.time == wanted.entry.message.time &&
           e->message.limited == wanted.entry.message.limited &&
           e->message.ticks == wanted.entry.message.ticks &&
           e->message.control == wanted.entry.message.control &&
           e->message.skipped == wanted.entry.message.skipped &&
           slice_equal(e->message.text, wanted.entry.message.text);
}

void log_model_append(struct log_model *m, uint64_t seqnum, uint32_t salt)
{
    if (seqnum >= MODEL_ENTRIES_MAX) abort();
    if (m->first == 0 || seqnum < m->first) m->first = seqnum;
    m->last = seqnum;
    m->salts[seqnum] = salt;
}

void log_model_cut(struct log_model *m, uint64_t last_kept)
{
    if (m->last > last_kept) m->last = last_kept;
    if (m->last < m->first) m->first = m->last = 0;
}

enum hs_status log_model_append_both(struct log_model *m, struct replay_log *log, uint64_t seqnum,
                                     uint32_t salt)
{
    struct model_entry e;
    enum hs_status st;

    model_entry_make(seqnum, salt, &e);
    st = replay_log_append(log, &e.entry, NULL);
    if (st == HS_OK) log_model_append(m, seqnum, salt);
    return st;
}

static bool position_holds(const struct log_model *m, const struct replay_log *log, uint64_t seqnum)
{
    struct position at = {0};
    uint64_t height = 0;
    struct model_entry wanted;

    model_entry_make(seqnum, m->salts[seqnum], &wanted);
    return replay_log_position(log, seqnum, &at, &height, NULL) == HS_OK &&
           position_equal(&at, &wanted.entry.after) && height == wanted.entry.message.height;
}

bool log_model_holds(const struct log_model *m, struct replay_log *log, uint64_t first,
                     uint64_t last)
{
    struct replay_log_summary sum = replay_log_summary(log);
    struct replay_cursor *cursor = NULL;
    struct log_entry entry;
    bool holds = sum.first == first && sum.last == last;

    if (first == 0 || !holds) return holds && sum.entries == 0;
    if (sum.entries != last - first + 1) return false;
    if (replay_log_seek(log, first, &cursor, NULL) != HS_OK) return false;
    for (uint64_t seqnum = first; holds && seqnum <= last; seqnum++) {
        holds = replay_cursor_next(cursor, &entry, NULL) == HS_OK &&
                model_entry_equal(&entry, seqnum, m->salts[seqnum]) &&
                position_holds(m, log, seqnum);
    }
    holds = holds && replay_cursor_next(cursor, &entry, NULL) == HS_NOT_FOUND;
    replay_cursor_close(cursor);
    return holds;
}

struct replay_log *log_model_open(const char *dir, uint64_t segment_bytes)
{
    struct scratch_path log_dir = scratch_join(dir, "log");
    struct scratch_path quarantine = scratch_join(dir, "quarantine");
    struct replay_log_options options = {
        .dir = log_dir.text, .quarantine_dir = quarantine.text, .segment_bytes = segment_bytes};
    struct replay_log *log = NULL;
    struct hs_error err = {0};

    if (replay_log_open(&options, &log, &err) != HS_OK) {
        (void)fprintf(stderr, "%s\n", err.text);
        abort();
    }
    return log;
}

void log_model_make(const char *dir, uint64_t segment_bytes, uint64_t count, struct log_model *m)
{
    struct replay_log *log = log_model_open(dir, segment_bytes);

    *m = (struct log_model){0};
    for (uint64_t seqnum = 1; seqnum <= count; seqnum++) {
        if (log_model_append_both(m, log, seqnum, 0) != HS_OK) abort();
    }
    if (replay_log_sync(log, NULL) != HS_OK) abort();
    replay_log_close(log);
}
