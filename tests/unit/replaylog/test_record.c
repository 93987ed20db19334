/* The log's bytes: golden, and no change of any byte goes unseen. */
#include "tests/unit/replaylog/log_model.h"
#include "tests/unit/suite.h"

#include "kernel/state/crc32c.h"
#include "kernel/state/little_endian.h"
#include "replaylog/record.h"

static void crc32c__known_answers(void)
{
    char bytes[32];

    /* RFC 3720, appendix B.4 */
    memset(bytes, 0, sizeof bytes);
    CU_ASSERT_EQUAL(crc32c(0, slice_make(bytes, 32)), 0x8a9136aau);
    memset(bytes, 0xff, sizeof bytes);
    CU_ASSERT_EQUAL(crc32c(0, slice_make(bytes, 32)), 0x62a8ab43u);
    for (int i = 0; i < 32; i++) {
        bytes[i] = (char)i;
    }
    CU_ASSERT_EQUAL(crc32c(0, slice_make(bytes, 32)), 0x46dd794eu);
    CU_ASSERT_EQUAL(crc32c_portable(0, slice_make(bytes, 32)), 0x46dd794eu);
    CU_ASSERT_EQUAL(crc32c(0, slice_text("123456789")), 0xe3069283u);
    CU_ASSERT_EQUAL(crc32c(0, slice_text("")), 0);
}

static void crc32c__both_ways_agree_at_every_cut(void)
{
    uint64_t random = suite_seed();
    char bytes[300];
    uint32_t whole;

    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (char)suite_random(&random);
    }
    whole = crc32c(0, slice_make(bytes, sizeof bytes));
    for (size_t cut = 0; cut <= sizeof bytes; cut++) {
        struct slice head = slice_make(bytes, cut);
        struct slice tail = slice_make(bytes + cut, sizeof bytes - cut);

        CU_ASSERT_EQUAL(crc32c(crc32c(0, head), tail), whole);
        CU_ASSERT_EQUAL(crc32c(crc32c_portable(0, head), tail), whole);
        CU_ASSERT_EQUAL(crc32c(0, head), crc32c_portable(0, head));
    }
}

/* The same hash as in docs/formats.md. */
static void golden_entry(struct log_entry *e)
{
    *e = (struct log_entry){.message = {.height = 7, .time = 1700000000, .text = slice_text("{}")},
                            .after = {.seqnum = 300}};
    for (int i = 0; i < 32; i++) {
        (void)snprintf(e->after.hash + 2 * i, 3, "%02x", i);
    }
}

static void bytes_equal(const char *got, size_t len, const char *wanted_hex)
{
    char hex[1024];

    CU_ASSERT_FATAL(2 * len < sizeof hex);
    for (size_t i = 0; i < len; i++) {
        (void)snprintf(hex + 2 * i, 3, "%02x", (unsigned char)got[i]);
    }
    if (strcmp(hex, wanted_hex) != 0) (void)printf("\n    got %s\n", hex);
    CU_ASSERT_STRING_EQUAL(hex, wanted_hex);
}

static void record__golden_bytes(void)
{
    struct segment_header header = {.first = 300, .link = 0x01020304};
    char header_bytes[LOG_HEADER_BYTES];
    struct buffer record = {0};
    struct log_entry e;
    uint32_t checksum = 0;

    golden_entry(&e);
    segment_header_encode(&header, header_bytes);
    bytes_equal(header_bytes, sizeof header_bytes,
                "68732d726c6f670a02000000000000002c01000000000000040302016dd18dc9");
    CU_ASSERT_EQUAL(record_encode(&e, 0xa0b0c0d0, &record, &checksum, NULL), HS_OK);
    bytes_equal(record.data, record.len,
                "37000000d143c34298cd012c07ce6553f1000000c4027b7dc420000102030405"
                "060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1fcea0b0c0d0");
    buffer_fini(&record);
}

static void record__what_was_encoded_is_decoded(void)
{
    struct buffer bytes = {0};
    struct log_entry decoded;
    struct model_entry e;
    struct record record;
    uint32_t checksum = 0;

    for (uint64_t seqnum = 1; seqnum < 200; seqnum++) {
        model_entry_make(seqnum, 3, &e);
        CU_ASSERT_EQUAL(record_encode(&e.entry, 77, &bytes, &checksum, NULL), HS_OK);
        CU_ASSERT_EQUAL(record_decode(buffer_slice(&bytes), &record), RECORD_GOOD);
        decoded = record_entry(&record);
        CU_ASSERT(model_entry_equal(&decoded, seqnum, 3));
        CU_ASSERT(record.link == 77 && record.checksum == checksum && record.bytes == bytes.len);
    }
    buffer_fini(&bytes);
}

static void record__every_truncation_is_torn(void)
{
    struct buffer bytes = {0};
    struct segment_header header = {.first = 9};
    char header_bytes[LOG_HEADER_BYTES];
    struct log_entry e;
    struct record record;
    uint32_t checksum;

    golden_entry(&e);
    CU_ASSERT_EQUAL(record_encode(&e, 1, &bytes, &checksum, NULL), HS_OK);
    CU_ASSERT_EQUAL(record_decode(slice_make(bytes.data, 0), &record), RECORD_END);
    for (size_t len = 1; len < bytes.len; len++) {
        CU_ASSERT_EQUAL(record_decode(slice_make(bytes.data, len), &record), RECORD_TORN);
    }
    segment_header_encode(&header, header_bytes);
    for (size_t len = 0; len < sizeof header_bytes; len++) {
        CU_ASSERT_EQUAL(segment_header_decode(slice_make(header_bytes, len), &header), RECORD_TORN);
    }
    buffer_fini(&bytes);
}

static void record__every_flipped_bit_is_seen(void)
{
    struct buffer bytes = {0};
    struct segment_header header = {.first = 9};
    char header_bytes[LOG_HEADER_BYTES + 1];
    struct log_entry e;
    struct record record;
    uint32_t checksum;

    golden_entry(&e);
    CU_ASSERT_EQUAL(record_encode(&e, 1, &bytes, &checksum, NULL), HS_OK);
    for (size_t bit = 0; bit < 8 * bytes.len; bit++) {
        bytes.data[bit / 8] ^= (char)(1 << bit % 8);
        CU_ASSERT_NOT_EQUAL(record_decode(buffer_slice(&bytes), &record), RECORD_GOOD);
        bytes.data[bit / 8] ^= (char)(1 << bit % 8);
    }
    segment_header_encode(&header, header_bytes);
    header_bytes[LOG_HEADER_BYTES] = 1; /* something behind it */
    for (size_t bit = 0; bit < 8 * LOG_HEADER_BYTES; bit++) {
        header_bytes[bit / 8] ^= (char)(1 << bit % 8);
        CU_ASSERT_EQUAL(segment_header_decode(slice_make(header_bytes, 33), &header), RECORD_BAD);
        CU_ASSERT_EQUAL(segment_header_decode(slice_make(header_bytes, 32), &header), RECORD_TORN);
        header_bytes[bit / 8] ^= (char)(1 << bit % 8);
    }
    buffer_fini(&bytes);
}

/* A record around `payload` whose checksum is right. */
static enum record_state decode_payload(const char *payload, size_t len)
{
    char bytes[512] = {0};
    struct record record;
    uint32_t checksum;

    CU_ASSERT_FATAL(len >= LOG_PAYLOAD_BYTES_MIN && len + 8 <= sizeof bytes);
    bytes[0] = (char)len;
    memcpy(bytes + 8, payload, len);
    checksum = crc32c(crc32c(0, slice_make(bytes, 4)), slice_make(payload, len));
    for (int i = 0; i < 4; i++) {
        bytes[4 + i] = (char)(checksum >> 8 * i);
    }
    return record_decode(slice_make(bytes, len + 8), &record);
}

static void record__hostile_payloads_are_bad(void)
{
    /* A right one to start from: seqnum 1, height, time, flags, ticks 0, no text, 32 bytes of hash,
     * link 0. */
    char payload[43] = {(char)0x98, 1, 0, 0, 0, 0, (char)0xc4, 0, (char)0xc4, 32};
    char changed[64];

    CU_ASSERT_EQUAL(decode_payload(payload, sizeof payload), RECORD_GOOD);
    for (size_t at = 0; at < sizeof payload; at++) {
        for (int value = 0; value < 256; value++) {
            memcpy(changed, payload, sizeof payload);
            changed[at] = (char)value;
            (void)decode_payload(changed, sizeof payload); /* any answer, no crash */
        }
    }
    memcpy(changed, payload, sizeof payload);
    memcpy(changed + 1, "\xdd\xff\xff\xff\xff", 5); /* an array of 2^32 - 1 elements */
    CU_ASSERT_EQUAL(decode_payload(changed, sizeof payload), RECORD_BAD);
    memcpy(changed, payload, sizeof payload);
    memcpy(changed + 6, "\xc6\xff\xff\xff\xff", 5); /* 4 GiB of text */
    CU_ASSERT_EQUAL(decode_payload(changed, sizeof payload), RECORD_BAD);
    memcpy(changed, payload, sizeof payload);
    changed[1] = 0; /* seqnum 0 is never logged */
    CU_ASSERT_EQUAL(decode_payload(changed, sizeof payload), RECORD_BAD);
    memcpy(changed, payload, sizeof payload);
    changed[sizeof payload] = 0; /* one element too many */
    CU_ASSERT_EQUAL(decode_payload(changed, sizeof payload + 1), RECORD_BAD);
    memcpy(changed, payload, sizeof payload);
    changed[6] = (char)0xd9; /* a str of no byte, where a bin is due */
    CU_ASSERT_EQUAL(decode_payload(changed, sizeof payload), RECORD_BAD);
    memcpy(changed, payload, sizeof payload);
    changed[8] = (char)0xd9;
    CU_ASSERT_EQUAL(decode_payload(changed, sizeof payload), RECORD_BAD);
    memcpy(changed, payload, sizeof payload);
    changed[4] = 8; /* a flag that there is none of */
    CU_ASSERT_EQUAL(decode_payload(changed, sizeof payload), RECORD_BAD);
    memcpy(changed, payload, sizeof payload);
    changed[5] = 7; /* ticks that limit nothing */
    CU_ASSERT_EQUAL(decode_payload(changed, sizeof payload), RECORD_BAD);
    changed[4] = 1;
    CU_ASSERT_EQUAL(decode_payload(changed, sizeof payload), RECORD_GOOD);
}

static void record__entries_out_of_bounds_are_refused(void)
{
    static char text[1];
    struct buffer bytes = {0};
    struct log_entry e;
    uint32_t checksum;

    golden_entry(&e);
    e.after.seqnum = 0;
    CU_ASSERT_EQUAL(record_encode(&e, 0, &bytes, &checksum, NULL), HS_INVALID);
    golden_entry(&e);
    e.after.hash[5] = 'X';
    CU_ASSERT_EQUAL(record_encode(&e, 0, &bytes, &checksum, NULL), HS_INVALID);
    golden_entry(&e);
    e.message.height = HS_UINT_MAX + 1;
    CU_ASSERT_EQUAL(record_encode(&e, 0, &bytes, &checksum, NULL), HS_INVALID);
    golden_entry(&e);
    e.message.text = slice_make(text, (size_t)HS_MESSAGE_BYTES_MAX + 1);
    CU_ASSERT_EQUAL(record_encode(&e, 0, &bytes, &checksum, NULL), HS_TOO_LARGE);
    buffer_fini(&bytes);
}

static void record__another_version_is_not_read(void)
{
    struct segment_header header = {.first = 9};
    char bytes[LOG_HEADER_BYTES];
    uint32_t checksum;

    segment_header_encode(&header, bytes);
    bytes[8] = LOG_FORMAT_VERSION + 1;
    checksum = crc32c(0, slice_make(bytes, 28));
    for (int i = 0; i < 4; i++) {
        bytes[28 + i] = (char)(checksum >> 8 * i);
    }
    CU_ASSERT_EQUAL(segment_header_decode(slice_make(bytes, 32), &header), RECORD_BAD);
}

/* Headers everywhere, each of a record that reaches to the end: checksumming them all would take
 * the square of the bytes, which is hours for a message of 32 MiB. */
static void record__search_is_linear_in_the_bytes(void)
{
    const size_t len = (size_t)HS_MESSAGE_BYTES_MAX;
    struct buffer bytes = {0};

    CU_ASSERT_EQUAL_FATAL(buffer_reserve(&bytes, len), HS_OK);
    memset(bytes.data, 'x', len);
    bytes.len = len;
    for (size_t at = 0; at + 64 < len; at += 16) {
        u32_put(bytes.data + at, (uint32_t)(len - at - LOG_RECORD_HEADER_BYTES));
        bytes.data[at + LOG_RECORD_HEADER_BYTES] = (char)0x98;
    }
    CU_ASSERT_TRUE(record_follows(buffer_slice(&bytes), 1)); /* it cannot say, so it is damage */
    /* A few of them in a text are looked at, and are nothing. */
    CU_ASSERT_FALSE(record_follows(slice_make(bytes.data + len - 128, 128), 1));
    buffer_fini(&bytes);
}

static void record__search_finds_only_later_records(void)
{
    struct buffer bytes = {0}, record = {0};
    struct log_entry e;
    uint32_t checksum;

    golden_entry(&e);
    CU_ASSERT_EQUAL(record_encode(&e, 0, &record, &checksum, NULL), HS_OK);
    CU_ASSERT_EQUAL(buffer_append_text(&bytes, "torn"), HS_OK);
    CU_ASSERT_EQUAL(buffer_append(&bytes, buffer_slice(&record)), HS_OK);
    CU_ASSERT_TRUE(record_follows(buffer_slice(&bytes), e.after.seqnum - 1));
    CU_ASSERT_FALSE(record_follows(buffer_slice(&bytes), e.after.seqnum));
    CU_ASSERT_FALSE(record_follows(slice_make(bytes.data, bytes.len - 1), e.after.seqnum - 1));
    buffer_fini(&bytes);
    buffer_fini(&record);
}

static const struct suite_case cases[] = {
    SUITE_CASE(crc32c__known_answers),
    SUITE_CASE(crc32c__both_ways_agree_at_every_cut),
    SUITE_CASE(record__golden_bytes),
    SUITE_CASE(record__what_was_encoded_is_decoded),
    SUITE_CASE(record__every_truncation_is_torn),
    SUITE_CASE(record__every_flipped_bit_is_seen),
    SUITE_CASE(record__hostile_payloads_are_bad),
    SUITE_CASE(record__entries_out_of_bounds_are_refused),
    SUITE_CASE(record__another_version_is_not_read),
    SUITE_CASE(record__search_is_linear_in_the_bytes),
    SUITE_CASE(record__search_finds_only_later_records),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("record", cases, argc, argv);
}
