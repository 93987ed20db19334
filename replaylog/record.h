/* The bytes of the log, without files: segment headers and records (docs/formats.md).
 *
 *   header  "hs-rlog\n"  version u32  0 u32  first seqnum u64  link u32  CRC32C u32       32 bytes
 *   record  length u32  CRC32C u32  payload: MessagePack
 *           [seqnum, height, time, flags, ticks, message, hash, link]
 *           flags: 1 ticks limits the call, 2 control, 4 skipped
 *
 * All fixed-size numbers are little-endian. A record's link is the checksum of the record before
 * it; the first record's link is its header's checksum, and a header's link the checksum of the
 * last record of the segment before: so nothing can be moved, doubled or dropped unseen.
 */
#ifndef HEADSTART_REPLAYLOG_RECORD_H
#define HEADSTART_REPLAYLOG_RECORD_H

#include "kernel/state/limits.h"
#include "kernel/state/message.h"

enum {
    LOG_FORMAT_VERSION = 2,
    LOG_HEADER_BYTES = 32,
    LOG_HASH_BYTES = 32, /* a position's hash as bytes, not as hex digits */
    LOG_RECORD_HEADER_BYTES = 8,
    LOG_PAYLOAD_BYTES_MIN = 43,                         /* empty message, smallest numbers */
    LOG_PAYLOAD_BYTES_MAX = HS_MESSAGE_BYTES_MAX + 128, /* room for the other seven elements */
    /* A record is appended while the segment is smaller than HS_LOG_SEGMENT_BYTES. */
    LOG_SEGMENT_BYTES_MAX = HS_LOG_SEGMENT_BYTES + LOG_RECORD_HEADER_BYTES + LOG_PAYLOAD_BYTES_MAX,
};

struct segment_header {
    uint64_t first;    /* seqnum of the first record */
    uint32_t link;     /* checksum of the record before it; 0: the log begins here */
    uint32_t checksum; /* of this header: the first record's link */
};

/* What stands at an offset of a segment. */
enum record_state {
    RECORD_GOOD = 1,
    RECORD_END,  /* no byte left */
    RECORD_TORN, /* cut short, or zeros to the end: what a crash leaves of the last append */
    RECORD_BAD,  /* bytes that fail their check */
};

struct record {
    struct log_entry entry; /* its text borrowed from the bytes; after.hash is empty: */
    const char *hash;       /* LOG_HASH_BYTES, borrowed; a log that is opened keeps it as it is */
    uint32_t link;
    uint32_t checksum;
    size_t bytes; /* header and payload */
};

/** Write the header to `out`; header->checksum is computed and set. */
void segment_header_encode(struct segment_header *header, char out[LOG_HEADER_BYTES]);
/** `bytes`: the whole file. GOOD, TORN (too short, or bad with nothing but zeros behind it) or BAD
 *  (anything else, an unknown version too). */
enum record_state segment_header_decode(struct slice bytes, struct segment_header *out);

/** HS_INVALID, HS_TOO_LARGE: the entry breaks the bounds of what can be logged. */
HS_MUST_CHECK enum hs_status log_entry_check(const struct log_entry *entry, struct hs_error *err);
/** Replace *out with the record's bytes. HS_INVALID, HS_TOO_LARGE: the entry breaks its bounds. */
HS_MUST_CHECK enum hs_status record_encode(const struct log_entry *entry, uint32_t link,
                                           struct buffer *out, uint32_t *checksum,
                                           struct hs_error *err);
/** What `bytes` begin with. Only GOOD fills *out. */
enum record_state record_decode(struct slice bytes, struct record *out);
/** The entry, with where it leads. */
struct log_entry record_entry(const struct record *r);
/** Does a whole record with seqnum > `seqnum` stand anywhere in `bytes`? Then what is bad before
 *  it is not the end of a last append but damage. True also when so much looks like records that
 *  telling would take more than time linear in the bytes: no append that a crash cut short does. */
bool record_follows(struct slice bytes, uint64_t seqnum);

_Static_assert((uint64_t)LOG_SEGMENT_BYTES_MAX < HS_BUFFER_BYTES_MAX,
               "a segment is read into one buffer");

#endif
