#include "replaylog/record.h"

#include "kernel/state/crc32c.h"
#include "kernel/state/hex.h"
#include "kernel/state/little_endian.h"
#include "kernel/state/packed.h"

#include <assert.h>
#include <msgpack/pack.h>
#include <string.h>

enum { PAYLOAD_ELEMENTS = 8, PAYLOAD_MARKER = 0x90 | PAYLOAD_ELEMENTS };

/* A search for a record checksums at most this many times the bytes that it looks through. */
enum { SEARCH_CHECKED_TIMES_MAX = 8 };

static const char magic[8] = {'h', 's', '-', 'r', 'l', 'o', 'g', '\n'};

static bool all_zero(struct slice s)
{
    return s.len == 0 || (s.data[0] == 0 && memcmp(s.data, s.data + 1, s.len - 1) == 0);
}

void segment_header_encode(struct segment_header *header, char out[LOG_HEADER_BYTES])
{
    assert(header->first > 0);
    memcpy(out, magic, sizeof magic);
    u32_put(out + 8, LOG_FORMAT_VERSION);
    u32_put(out + 12, 0);
    u64_put(out + 16, header->first);
    u32_put(out + 24, header->link);
    header->checksum = crc32c(0, slice_make(out, LOG_HEADER_BYTES - 4));
    u32_put(out + 28, header->checksum);
}

enum record_state segment_header_decode(struct slice bytes, struct segment_header *out)
{
    struct slice header = slice_make(bytes.data, LOG_HEADER_BYTES);
    uint32_t checksum;

    if (bytes.len < LOG_HEADER_BYTES) return RECORD_TORN;
    checksum = crc32c(0, slice_make(header.data, LOG_HEADER_BYTES - 4));
    if (checksum != u32_get(header.data + 28)) {
        struct slice rest = slice_make(bytes.data + LOG_HEADER_BYTES, bytes.len - LOG_HEADER_BYTES);

        return all_zero(rest) ? RECORD_TORN : RECORD_BAD; /* nothing was ever behind it */
    }
    if (memcmp(header.data, magic, sizeof magic) != 0) return RECORD_BAD;
    if (u32_get(header.data + 8) != LOG_FORMAT_VERSION) return RECORD_BAD;
    out->first = u64_get(header.data + 16);
    out->link = u32_get(header.data + 24);
    out->checksum = checksum;
    return out->first > 0 && out->first <= HS_UINT_MAX ? RECORD_GOOD : RECORD_BAD;
}

enum hs_status log_entry_check(const struct log_entry *entry, struct hs_error *err)
{
    const struct message *m = &entry->message;

    if (entry->after.seqnum == 0 ||
        !position_valid(entry->after.seqnum, slice_text(entry->after.hash))) {
        return hs_fail(err, HS_INVALID, "replay log: an entry needs a seqnum from 1 and a hash");
    }
    if (m->height > HS_UINT_MAX || m->time > HS_UINT_MAX || m->ticks > HS_UINT_MAX) {
        return hs_fail(err, HS_INVALID, "replay log: height, time or ticks are over 2^53 - 1");
    }
    if (!m->limited && m->ticks > 0) {
        return hs_fail(err, HS_INVALID, "replay log: ticks that limit nothing");
    }
    if (m->text.len > HS_MESSAGE_BYTES_MAX) {
        return hs_fail(err, HS_TOO_LARGE, "replay log: a message has %zu bytes, allowed are %d",
                       m->text.len, HS_MESSAGE_BYTES_MAX);
    }
    return HS_OK;
}

/* msgpack-c's writer; room was reserved before, so it cannot fail. */
static int frame_write(void *data, const char *bytes, size_t len)
{
    struct buffer *out = data;

    assert(out->capacity - out->len > len);
    memcpy(out->data + out->len, bytes, len);
    out->len += len;
    return 0;
}

enum { FLAG_LIMITED = 1, FLAG_CONTROL = 2, FLAG_SKIPPED = 4, FLAGS_ALL = 7 };

static uint64_t message_flags(const struct message *m)
{
    return (m->limited ? FLAG_LIMITED : 0u) | (m->control ? FLAG_CONTROL : 0u) |
           (m->skipped ? FLAG_SKIPPED : 0u);
}

static bool message_take_flags(struct message *m, uint64_t flags)
{
    m->limited = (flags & FLAG_LIMITED) != 0;
    m->control = (flags & FLAG_CONTROL) != 0;
    m->skipped = (flags & FLAG_SKIPPED) != 0;
    return m->limited || m->ticks == 0;
}

static void payload_pack(const struct log_entry *entry, uint32_t link, struct buffer *out)
{
    msgpack_packer packer;
    char hash[LOG_HASH_BYTES];

    hex_decode(entry->after.hash, LOG_HASH_BYTES, hash);
    msgpack_packer_init(&packer, out, frame_write);
    (void)msgpack_pack_array(&packer, PAYLOAD_ELEMENTS);
    (void)msgpack_pack_uint64(&packer, entry->after.seqnum);
    (void)msgpack_pack_uint64(&packer, entry->message.height);
    (void)msgpack_pack_uint64(&packer, entry->message.time);
    (void)msgpack_pack_uint64(&packer, message_flags(&entry->message));
    (void)msgpack_pack_uint64(&packer, entry->message.ticks);
    (void)msgpack_pack_bin(&packer, entry->message.text.len);
    (void)msgpack_pack_bin_body(&packer, entry->message.text.data, entry->message.text.len);
    (void)msgpack_pack_bin(&packer, sizeof hash);
    (void)msgpack_pack_bin_body(&packer, hash, sizeof hash);
    (void)msgpack_pack_uint32(&packer, link);
}

enum hs_status record_encode(const struct log_entry *entry, uint32_t link, struct buffer *out,
                             uint32_t *checksum, struct hs_error *err)
{
    enum hs_status st = log_entry_check(entry, err);
    size_t len;

    if (st != HS_OK) return st;
    buffer_clear(out);
    st = buffer_reserve(out, LOG_RECORD_HEADER_BYTES + entry->message.text.len + 128);
    if (st != HS_OK) return hs_fail(err, st, "no memory for a log record");
    out->len = LOG_RECORD_HEADER_BYTES;
    payload_pack(entry, link, out);
    len = out->len - LOG_RECORD_HEADER_BYTES;
    assert(len >= LOG_PAYLOAD_BYTES_MIN && len <= LOG_PAYLOAD_BYTES_MAX);
    u32_put(out->data, (uint32_t)len);
    *checksum = crc32c(crc32c(0, slice_make(out->data, 4)),
                       slice_make(out->data + LOG_RECORD_HEADER_BYTES, len));
    u32_put(out->data + 4, *checksum);
    return HS_OK;
}

static bool payload_uint(struct packed_walk *walk, uint64_t most, uint64_t *out)
{
    struct packed_value v;

    return packed_walk_next(walk, &v) && packed_uint(v, out) && *out <= most;
}

static bool payload_binary(struct packed_walk *walk, struct slice *out)
{
    struct packed_value v;

    return packed_walk_next(walk, &v) && packed_binary(v, out);
}

static bool payload_decode(struct slice payload, struct record *out)
{
    struct log_entry *entry = &out->entry;
    struct packed_walk walk;
    struct slice hash;
    size_t len = 0;
    uint64_t link, flags;

    if (packed_scan_whole(payload, &len, NULL, NULL) != HS_OK || len != payload.len) return false;
    if ((unsigned char)payload.data[0] != PAYLOAD_MARKER) return false;
    (void)packed_walk_begin(packed_root(payload), &walk);
    if (!payload_uint(&walk, HS_UINT_MAX, &entry->after.seqnum) || entry->after.seqnum == 0 ||
        !payload_uint(&walk, HS_UINT_MAX, &entry->message.height) ||
        !payload_uint(&walk, HS_UINT_MAX, &entry->message.time) ||
        !payload_uint(&walk, FLAGS_ALL, &flags) ||
        !payload_uint(&walk, HS_UINT_MAX, &entry->message.ticks) ||
        !message_take_flags(&entry->message, flags) ||
        !payload_binary(&walk, &entry->message.text) || !payload_binary(&walk, &hash) ||
        !payload_uint(&walk, UINT32_MAX, &link)) {
        return false;
    }
    if (entry->message.text.len > HS_MESSAGE_BYTES_MAX || hash.len != LOG_HASH_BYTES) return false;
    entry->after.hash[0] = '\0';
    out->hash = hash.data;
    out->link = (uint32_t)link;
    return true;
}

enum record_state record_decode(struct slice bytes, struct record *out)
{
    uint32_t len, checksum;
    struct slice payload;

    if (bytes.len == 0) return RECORD_END;
    if (bytes.len < LOG_RECORD_HEADER_BYTES) return RECORD_TORN;
    len = u32_get(bytes.data);
    if (len < LOG_PAYLOAD_BYTES_MIN || len > LOG_PAYLOAD_BYTES_MAX) {
        return all_zero(bytes) ? RECORD_TORN : RECORD_BAD;
    }
    if (len > bytes.len - LOG_RECORD_HEADER_BYTES) return RECORD_TORN;
    payload = slice_make(bytes.data + LOG_RECORD_HEADER_BYTES, len);
    checksum = crc32c(crc32c(0, slice_make(bytes.data, 4)), payload);
    if (checksum != u32_get(bytes.data + 4)) {
        return RECORD_BAD;
    }
    out->checksum = checksum;
    out->bytes = LOG_RECORD_HEADER_BYTES + len;
    return payload_decode(payload, out) ? RECORD_GOOD : RECORD_BAD;
}

struct log_entry record_entry(const struct record *r)
{
    struct log_entry entry = r->entry;

    hex_encode(r->hash, LOG_HASH_BYTES, entry.after.hash);
    return entry;
}

bool record_follows(struct slice bytes, uint64_t seqnum)
{
    uint64_t checked = 0;

    for (size_t at = 1; at + LOG_RECORD_HEADER_BYTES < bytes.len; at++) {
        struct slice rest = slice_make(bytes.data + at, bytes.len - at);
        uint32_t len = u32_get(rest.data);
        struct record record;

        if ((unsigned char)rest.data[LOG_RECORD_HEADER_BYTES] != PAYLOAD_MARKER) continue;
        if (len > rest.len - LOG_RECORD_HEADER_BYTES) continue;
        checked += len;
        if (checked > SEARCH_CHECKED_TIMES_MAX * (uint64_t)bytes.len) return true;
        if (record_decode(rest, &record) != RECORD_GOOD) continue;
        if (record.entry.after.seqnum > seqnum) return true;
    }
    return false;
}
