#include "replaylog/record.h"

#include "kernel/state/little_endian.h"
#include "replaylog/crc32c.h"

#include <assert.h>
#include <msgpack.h>
#include <string.h>

enum { PAYLOAD_ELEMENTS = 6, PAYLOAD_MARKER = 0x90 | PAYLOAD_ELEMENTS };

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

static int hex_value(char c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

void hash_pack(const char *hex, char out[LOG_HASH_BYTES])
{
    for (size_t i = 0; i < LOG_HASH_BYTES; i++) {
        out[i] = (char)(hex_value(hex[2 * i]) << 4 | hex_value(hex[2 * i + 1]));
    }
}

void hash_unpack(const char *bytes, char hex[SHA256_HEX_BYTES])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < LOG_HASH_BYTES; i++) {
        hex[2 * i] = digits[(unsigned char)bytes[i] >> 4];
        hex[2 * i + 1] = digits[(unsigned char)bytes[i] & 15];
    }
    hex[2 * LOG_HASH_BYTES] = '\0';
}

enum hs_status log_entry_check(const struct log_entry *entry, struct hs_error *err)
{
    const struct message *m = &entry->message;

    if (entry->after.seqnum == 0 ||
        !position_valid(entry->after.seqnum, slice_text(entry->after.hash))) {
        return hs_fail(err, HS_INVALID, "replay log: an entry needs a seqnum from 1 and a hash");
    }
    if (m->height > HS_UINT_MAX || m->time > HS_UINT_MAX) {
        return hs_fail(err, HS_INVALID, "replay log: height or time is over 2^53 - 1");
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

static void payload_pack(const struct log_entry *entry, uint32_t link, struct buffer *out)
{
    msgpack_packer packer;
    char hash[LOG_HASH_BYTES];

    hash_pack(entry->after.hash, hash);
    msgpack_packer_init(&packer, out, frame_write);
    (void)msgpack_pack_array(&packer, PAYLOAD_ELEMENTS);
    (void)msgpack_pack_uint64(&packer, entry->after.seqnum);
    (void)msgpack_pack_uint64(&packer, entry->message.height);
    (void)msgpack_pack_uint64(&packer, entry->message.time);
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

/* Bytes of the MessagePack integer or byte string that `s` begins with; 0: something else, or more
 * than `s` holds. msgpack-c allocates what a header declares, so the shape is looked at first. */
static size_t element_bytes(struct slice s)
{
    unsigned char marker = s.len ? (unsigned char)s.data[0] : 0xc1; /* 0xc1: never used */
    size_t width, len = 0;

    if (marker < 0x80) return 1;
    if (marker >= 0xcc && marker <= 0xcf) {
        width = (size_t)1 << (marker - 0xcc);
        return s.len > width ? 1 + width : 0;
    }
    if (marker < 0xc4 || marker > 0xc6) return 0;
    width = (size_t)1 << (marker - 0xc4);
    if (s.len <= width) return 0;
    for (size_t i = 1; i <= width; i++) {
        len = len << 8 | (unsigned char)s.data[i];
    }
    return len <= s.len - 1 - width ? 1 + width + len : 0;
}

static bool payload_shape_ok(struct slice payload)
{
    if (payload.len == 0 || (unsigned char)payload.data[0] != PAYLOAD_MARKER) return false;
    payload = slice_make(payload.data + 1, payload.len - 1);
    for (int i = 0; i < PAYLOAD_ELEMENTS; i++) {
        size_t bytes = element_bytes(payload);

        if (bytes == 0) return false;
        payload = slice_make(payload.data + bytes, payload.len - bytes);
    }
    return payload.len == 0;
}

static bool payload_read(const msgpack_object *array, struct record *out)
{
    const msgpack_object *e = array->via.array.ptr;
    struct log_entry *entry = &out->entry;

    for (int i = 0; i < PAYLOAD_ELEMENTS; i++) {
        bool is_bytes = i == 3 || i == 4;

        if (e[i].type != (is_bytes ? MSGPACK_OBJECT_BIN : MSGPACK_OBJECT_POSITIVE_INTEGER)) {
            return false;
        }
    }
    if (e[4].via.bin.size != LOG_HASH_BYTES || e[3].via.bin.size > HS_MESSAGE_BYTES_MAX)
        return false;
    if (e[0].via.u64 == 0 || e[0].via.u64 > HS_UINT_MAX || e[5].via.u64 > UINT32_MAX) return false;
    if (e[1].via.u64 > HS_UINT_MAX || e[2].via.u64 > HS_UINT_MAX) return false;
    entry->after.seqnum = e[0].via.u64;
    entry->message.height = e[1].via.u64;
    entry->message.time = e[2].via.u64;
    entry->message.text = slice_make(e[3].via.bin.ptr, e[3].via.bin.size);
    hash_unpack(e[4].via.bin.ptr, entry->after.hash);
    out->link = (uint32_t)e[5].via.u64;
    return true;
}

static bool payload_decode(struct slice payload, struct record *out)
{
    msgpack_unpacked unpacked;
    size_t offset = 0;
    bool ok;

    if (!payload_shape_ok(payload)) return false;
    msgpack_unpacked_init(&unpacked);
    ok = msgpack_unpack_next(&unpacked, payload.data, payload.len, &offset) ==
             MSGPACK_UNPACK_SUCCESS &&
         payload_read(&unpacked.data, out);
    msgpack_unpacked_destroy(&unpacked);
    return ok;
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

bool record_follows(struct slice bytes, uint64_t seqnum)
{
    for (size_t at = 1; at + LOG_RECORD_HEADER_BYTES < bytes.len; at++) {
        struct slice rest = slice_make(bytes.data + at, bytes.len - at);
        struct record record;

        if ((unsigned char)rest.data[LOG_RECORD_HEADER_BYTES] != PAYLOAD_MARKER) continue;
        if (record_decode(rest, &record) != RECORD_GOOD) continue;
        if (record.entry.after.seqnum > seqnum) return true;
    }
    return false;
}
