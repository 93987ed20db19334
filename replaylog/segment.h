/* One segment of the log: its file, and in memory where each record stands and what it led to.
 *
 * The index holds 48 bytes an entry, so that positions are answered without reading. A segment is
 * `dirty` while its file may hold bytes that no sync covered.
 */
#ifndef HEADSTART_REPLAYLOG_SEGMENT_H
#define HEADSTART_REPLAYLOG_SEGMENT_H

#include "replaylog/log_file.h"
#include "replaylog/record.h"

struct index_entry {
    char hash[32];
    uint64_t height;
    uint32_t offset;   /* of the record in the file */
    uint32_t checksum; /* the record's */
};
_Static_assert(sizeof(struct index_entry) == 48, "the bound on memory per entry, in the contract");

struct segment {
    struct segment_header header;
    uint64_t bytes; /* of the file, as far as it is valid */
    struct index_entry *entries;
    size_t entries_len;
    size_t entries_capacity;
    struct disk_file *file; /* open for writing while dirty or newest; else NULL */
    bool dirty;
};

void segment_init(struct segment *s);
void segment_fini(struct segment *s); /* closes the file, frees the index */

/** "<first seqnum, 20 digits>.seg" */
void segment_name(uint64_t first, char out[LOG_NAME_BYTES_MAX]);
/** The seqnum in a segment's file name; 0: not such a name. */
uint64_t segment_name_parse(const char *name);

uint64_t segment_last(const struct segment *s); /* header.first - 1 when there is no record */
/** What the next record must carry as its link. */
uint32_t segment_link(const struct segment *s);
/** seqnum must be in the segment. */
const struct index_entry *segment_entry(const struct segment *s, uint64_t seqnum);
void index_entry_position(const struct index_entry *e, uint64_t seqnum, struct position *out);

/** Note a record that stands at s->bytes. HS_NOMEM leaves the segment as it was. */
HS_MUST_CHECK enum hs_status segment_note(struct segment *s, const struct record *record,
                                          struct hs_error *err);
/** Forget entries with seqnum > last_kept. */
void segment_forget(struct segment *s, uint64_t last_kept);

/* Why reading a segment's records ended. */
enum segment_end {
    SEGMENT_END_CLEAN = 1,
    SEGMENT_END_TORN,   /* what a crash leaves of a last append */
    SEGMENT_END_DAMAGE, /* bytes that were good once */
};

/** Read the file: header, then records while they are good and linked; fill *s with them.
 *  *end says why it ended. HS_OK also for a file that holds nothing good: then
 *  s->header.first is 0. */
HS_MUST_CHECK enum hs_status segment_read(const struct log_folder *folder, const char *name,
                                          struct segment *s, enum segment_end *end,
                                          struct hs_error *err);
/** Replace the file by a new one with only its first s->bytes, durable under the same name.
 *  It is closed then. */
HS_MUST_CHECK enum hs_status segment_rewrite(const struct log_folder *folder, struct segment *s,
                                             struct hs_error *err);

#endif
