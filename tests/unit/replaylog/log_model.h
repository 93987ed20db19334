/* Entries that can be made again from (seqnum, salt), and a log that is compared with them. */
#ifndef HEADSTART_TESTS_UNIT_REPLAYLOG_LOG_MODEL_H
#define HEADSTART_TESTS_UNIT_REPLAYLOG_LOG_MODEL_H

#include "replaylog/replay_log.h"
#include "tests/unit/scratch.h"

enum { MODEL_ENTRIES_MAX = 4096, MODEL_TEXT_BYTES_MAX = 512 };

/* An entry with room for its text. */
struct model_entry {
    struct log_entry entry;
    char text[MODEL_TEXT_BYTES_MAX];
};

/* What a log should hold: which salt each seqnum was last appended with. */
struct log_model {
    uint64_t first, last; /* 0, 0: empty */
    uint32_t salts[MODEL_ENTRIES_MAX];
};

/** Same seqnum and salt: same entry, always. Three messages a block. */
void model_entry_make(uint64_t seqnum, uint32_t salt, struct model_entry *out);
/** Is `e` what (seqnum, salt) makes? */
bool model_entry_equal(const struct log_entry *e, uint64_t seqnum, uint32_t salt);

void log_model_append(struct log_model *m, uint64_t seqnum, uint32_t salt);
void log_model_cut(struct log_model *m, uint64_t last_kept);

/** Append (seqnum, salt) to the log; the model follows where that succeeds. */
HS_MUST_CHECK enum hs_status log_model_append_both(struct log_model *m, struct replay_log *log,
                                                   uint64_t seqnum, uint32_t salt);
/** Does the log hold exactly entries first..last of the model, read back and by position? */
bool log_model_holds(const struct log_model *m, struct replay_log *log, uint64_t first,
                     uint64_t last);

/** Open the log in dir/log with quarantine in dir/quarantine; the test ends when that fails. */
struct replay_log *log_model_open(const char *dir, uint64_t segment_bytes);
/** A log in dir/log with entries 1..count of salt 0 in segments of `segment_bytes`, closed. */
void log_model_make(const char *dir, uint64_t segment_bytes, uint64_t count, struct log_model *m);

#endif
