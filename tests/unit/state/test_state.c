/* The vocabulary's plain values: bytes, positions, digests, errors, pages. */
#include "tests/unit/suite.h"

#include "kernel/state/array.h"
#include "kernel/state/buffer_room.h"
#include "kernel/state/decimal.h"
#include "kernel/state/heap_image.h"
#include "kernel/state/hex.h"
#include "kernel/state/limits.h"
#include "kernel/state/position.h"
#include "kernel/state/utf8.h"

#include <errno.h>

static void slice__prefix_sorts_first(void)
{
    CU_ASSERT(slice_compare(slice_text("ab"), slice_text("abc")) < 0);
    CU_ASSERT(slice_compare(slice_text("b"), slice_text("abc")) > 0);
    CU_ASSERT(slice_compare(slice_text(""), slice_text("")) == 0);
    CU_ASSERT(slice_compare(slice_make("a\0b", 3), slice_make("a\0c", 3)) < 0);
    CU_ASSERT(slice_starts_with(slice_text("kernel.hash"), slice_text("kernel.")));
    CU_ASSERT(!slice_starts_with(slice_text("ker"), slice_text("kernel.")));
}

static void slice__bytes_above_127_sort_after_ascii(void)
{
    CU_ASSERT(slice_compare(slice_text("\xc3"), slice_text("z")) > 0);
}

static void buffer__grows_and_stays_terminated(void)
{
    struct buffer b = {0};

    CU_ASSERT_STRING_EQUAL(buffer_text(&b), "");
    for (int i = 0; i < 1000; i++) {
        CU_ASSERT_EQUAL(buffer_printf(&b, "%d,", i), HS_OK);
        CU_ASSERT_EQUAL(b.data[b.len], '\0');
    }
    CU_ASSERT_EQUAL(b.len, 10 * 2 + 90 * 3 + 900 * 4);
    buffer_clear(&b);
    CU_ASSERT_EQUAL(buffer_append(&b, slice_make("x\0y", 3)), HS_OK);
    CU_ASSERT_EQUAL(b.len, 3);
    buffer_fini(&b);
}

static void buffer__bound_is_checked_before_allocation(void)
{
    struct buffer b = {0};

    CU_ASSERT_EQUAL(buffer_append_text(&b, "kept"), HS_OK);
    CU_ASSERT_EQUAL(buffer_reserve(&b, HS_BUFFER_BYTES_MAX), HS_TOO_LARGE);
    CU_ASSERT_EQUAL(buffer_reserve(&b, SIZE_MAX), HS_TOO_LARGE);
    CU_ASSERT_STRING_EQUAL(buffer_text(&b), "kept");
    buffer_fini(&b);
}

static void buffer__take_moves_and_releases(void)
{
    struct buffer a = {0}, b = {0};

    CU_ASSERT_EQUAL(buffer_append_text(&a, "old"), HS_OK);
    CU_ASSERT_EQUAL(buffer_append_text(&b, "new"), HS_OK);
    buffer_take(&a, &b);
    CU_ASSERT_STRING_EQUAL(buffer_text(&a), "new");
    CU_ASSERT_EQUAL(b.len, 0);
    buffer_fini(&a);
    buffer_fini(&b);
}

static void buffer_room__keeps_what_is_small(void)
{
    struct buffer_room room = {.len = 0};
    struct buffer small = buffer_room_take(&room), large = {0}, none = {0};
    const char *kept;

    CU_ASSERT_PTR_NULL(small.data);
    CU_ASSERT_EQUAL(buffer_append_text(&small, "small"), HS_OK);
    CU_ASSERT_EQUAL(buffer_reserve(&large, BUFFER_ROOM_SPARE_BYTES), HS_OK);
    kept = small.data;
    buffer_room_give(&room, &small);
    buffer_room_give(&room, &large);
    buffer_room_give(&room, &none);
    CU_ASSERT_PTR_NULL(small.data);
    CU_ASSERT_PTR_NULL(large.data);
    CU_ASSERT_EQUAL(room.len, 1);
    small = buffer_room_take(&room);
    CU_ASSERT_PTR_EQUAL(small.data, kept);
    CU_ASSERT_STRING_EQUAL(buffer_text(&small), "");
    CU_ASSERT_EQUAL(small.len, 0);
    for (int i = 0; i < 2 * BUFFER_ROOM_SPARES; i++) {
        CU_ASSERT_EQUAL(buffer_append_text(&none, "one more"), HS_OK);
        buffer_room_give(&room, &none);
    }
    CU_ASSERT_EQUAL(room.len, BUFFER_ROOM_SPARES);
    buffer_fini(&small);
    buffer_room_fini(&room);
    CU_ASSERT_EQUAL(room.len, 0);
}

static void array__grows_by_doubling_and_keeps_its_items(void)
{
    uint32_t *items = NULL;
    size_t capacity = 0, len = 0, grown = 0;

    for (uint32_t i = 0; i < 100000; i++) {
        size_t before = capacity;

        CU_ASSERT_EQUAL_FATAL(array_reserve(&items, &capacity, len + 1, sizeof *items), HS_OK);
        grown += capacity != before;
        items[len++] = i;
    }
    for (uint32_t i = 0; i < 100000; i++) {
        CU_ASSERT_EQUAL_FATAL(items[i], i);
    }
    CU_ASSERT(grown < 20);
    CU_ASSERT_EQUAL(array_reserve(&items, &capacity, 1, sizeof *items), HS_OK);
    CU_ASSERT(capacity >= 100000);
    free(items);
}

static void array__bound_is_checked_before_allocation(void)
{
    struct position *items = NULL;
    size_t capacity = 0;
    size_t too_many = HS_ARRAY_BYTES_MAX / sizeof *items + 1;

    CU_ASSERT_EQUAL(array_reserve(&items, &capacity, too_many, sizeof *items), HS_TOO_LARGE);
    CU_ASSERT_EQUAL(array_reserve(&items, &capacity, SIZE_MAX, sizeof *items), HS_TOO_LARGE);
    CU_ASSERT_PTR_NULL(items);
    CU_ASSERT_EQUAL(capacity, 0);
}

static const char good_hash[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

static void position__only_hash_and_seqnum_that_fit_are_valid(void)
{
    struct position p;

    CU_ASSERT(position_valid(0, slice_text("")));
    CU_ASSERT(position_valid(1, slice_text(good_hash)));
    CU_ASSERT(position_valid(HS_UINT_MAX, slice_text(good_hash)));
    CU_ASSERT(!position_valid(HS_UINT_MAX + 1, slice_text(good_hash)));
    CU_ASSERT(position_valid(0, slice_text(good_hash))); /* a genesis */
    CU_ASSERT(!position_valid(1, slice_text("")));
    CU_ASSERT(!position_valid(1, slice_make(good_hash, 63)));
    CU_ASSERT(!position_valid(
        1, slice_text("00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff")));
    CU_ASSERT_EQUAL(position_make(7, slice_text(good_hash), &p, NULL), HS_OK);
    CU_ASSERT_EQUAL(p.seqnum, 7);
    CU_ASSERT_STRING_EQUAL(p.hash, good_hash);
    CU_ASSERT_EQUAL(position_make(7, slice_text("zz"), &p, NULL), HS_INVALID);
}

static void position__equal_needs_both(void)
{
    struct position a = position_origin(), b = position_origin();

    CU_ASSERT(position_equal(&a, &b) && position_is_origin(&a));
    CU_ASSERT_EQUAL(position_make(7, slice_text(good_hash), &a, NULL), HS_OK);
    b = a;
    b.hash[0] = 'f';
    CU_ASSERT(!position_equal(&a, &b));
    b = a;
    b.seqnum = 8;
    CU_ASSERT(!position_equal(&a, &b));
}

static void uint_parse__takes_canonical_decimal_only(void)
{
    static const char *const bad[] = {
        "", "-1", "+1", "01", "1 ", " 1", "1a", "9007199254740992", "99999999999999999999"};
    uint64_t v = 0;

    CU_ASSERT(uint_parse(slice_text("0"), &v) == HS_OK && v == 0);
    CU_ASSERT(uint_parse(slice_text("9007199254740991"), &v) == HS_OK && v == HS_UINT_MAX);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CU_ASSERT_EQUAL(uint_parse(slice_text(bad[i]), &v), HS_INVALID);
    }
}

static void uint_parse__padded_takes_leading_zeros(void)
{
    uint64_t v = 0;

    CU_ASSERT(uint_parse_padded(slice_text("00000000000000000000"), &v) == HS_OK && v == 0);
    CU_ASSERT(uint_parse_padded(slice_text("00000000000000004200"), &v) == HS_OK && v == 4200);
    CU_ASSERT_EQUAL(uint_parse_padded(slice_text("00009007199254740992"), &v), HS_INVALID);
    CU_ASSERT_EQUAL(uint_parse_padded(slice_text("0x"), &v), HS_INVALID);
    CU_ASSERT_EQUAL(uint_parse_padded(slice_text(""), &v), HS_INVALID);
}

static void utf8__is_judged_by_the_standard(void)
{
    static const struct {
        const char *text;
        bool fine;
    } rows[] = {
        {"", true},
        {"plain", true},
        {"\xc3\xa9", true},
        {"\xe2\x82\xac", true},
        {"\xf0\x9f\x98\x80", true},
        {"\xf4\x8f\xbf\xbf", true},
        {"\xc0\x80", false},
        {"\xc3", false},
        {"\x80", false},
        {"\xe0\x80\x80", false},
        {"\xed\xa0\x80", false},
        {"\xf4\x90\x80\x80", false},
        {"\xf5\x80\x80\x80", false},
        {"\xe2\x82", false},
        {"\xe2\x82(", false},
        {"\xff", false},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CU_ASSERT_EQUAL(utf8_valid(slice_text(rows[i].text)), rows[i].fine);
    }
}

static void utf8__is_cut_between_characters(void)
{
    CU_ASSERT_EQUAL(utf8_cut(slice_text("abc"), 9), 3);
    CU_ASSERT_EQUAL(utf8_cut(slice_text("abc"), 2), 2);
    CU_ASSERT_EQUAL(utf8_cut(slice_text("a\xe2\x82\xac"), 4), 4);
    CU_ASSERT_EQUAL(utf8_cut(slice_text("a\xe2\x82\xac"), 3), 1);
    CU_ASSERT_EQUAL(utf8_cut(slice_text("a\xff"), 9), 1);
    CU_ASSERT_EQUAL(utf8_cut(slice_make(NULL, 0), 9), 0);
}

static void hex__bytes_come_back(void)
{
    char bytes[256], hex[513], again[256];

    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (char)i;
    }
    hex_encode(bytes, sizeof bytes, hex);
    CU_ASSERT_EQUAL(memcmp(hex, "00010203", 8), 0);
    CU_ASSERT_STRING_EQUAL(hex + 504, "fcfdfeff");
    hex_decode(hex, sizeof bytes, again);
    CU_ASSERT_EQUAL(memcmp(again, bytes, sizeof bytes), 0);
    hex_decode("aBCdEf", 3, again);
    CU_ASSERT_EQUAL(memcmp(again, "\xab\xcd\xef", 3), 0);
    CU_ASSERT_EQUAL(hex_digit('B'), 11);
    CU_ASSERT_EQUAL(hex_digit('g'), -1);
    CU_ASSERT_EQUAL(hex_digit('\0'), -1);
}

static void sha256__known_answers(void)
{
    char hex[SHA256_HEX_BYTES], again[SHA256_HEX_BYTES];
    struct sha256 *h = NULL;

    /* FIPS 180-4 examples. */
    CU_ASSERT_EQUAL(sha256_hex(slice_text("abc"), hex, NULL), HS_OK);
    CU_ASSERT_STRING_EQUAL(hex, "ba7816bf8f01cfea414140de5dae2223"
                                "b00361a396177a9cb410ff61f20015ad");
    CU_ASSERT_EQUAL(sha256_open(&h, NULL), HS_OK);
    sha256_add(h, slice_text("zz"));
    sha256_reset(h);
    sha256_add(h, slice_text("a"));
    sha256_add(h, slice_text(""));
    sha256_add(h, slice_text("bc"));
    sha256_finish_hex(h, again);
    CU_ASSERT_STRING_EQUAL(again, hex);
    sha256_finish_hex(h, again);
    CU_ASSERT_STRING_EQUAL(again, "e3b0c44298fc1c149afbf4c8996fb924"
                                  "27ae41e4649b934ca495991b7852b855");
    sha256_close(h);
}

static void checksum__border_between_key_and_value_counts(void)
{
    CU_ASSERT_NOT_EQUAL(entry_checksum64(slice_text("ab"), slice_text("c")),
                        entry_checksum64(slice_text("a"), slice_text("bc")));
    CU_ASSERT_NOT_EQUAL(entry_checksum64(slice_text("a"), slice_text("")),
                        entry_checksum64(slice_text("b"), slice_text("")));
    /* XXH3_64bits of the empty input, seed 0 (xxHash's own test vector). */
    CU_ASSERT_EQUAL(checksum64(slice_text("")), UINT64_C(0x2d06800538d394c2));
}

static void errors__text_is_cut_at_the_bound(void)
{
    struct hs_error err;
    char longer[2 * HS_ERROR_TEXT_BYTES_MAX];

    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    CU_ASSERT_EQUAL(hs_fail(&err, HS_IO, "%s", longer), HS_IO);
    CU_ASSERT_EQUAL(strlen(err.text), HS_ERROR_TEXT_BYTES_MAX - 1);
    CU_ASSERT_EQUAL(hs_fail_prefix(&err, HS_IO, "opening"), HS_IO);
    CU_ASSERT(strncmp(err.text, "opening: xxx", 12) == 0);
    CU_ASSERT_EQUAL(strlen(err.text), HS_ERROR_TEXT_BYTES_MAX - 1);
}

static void errors__errno_becomes_words_and_status(void)
{
    struct hs_error err;

    CU_ASSERT_EQUAL(hs_fail_errno(&err, HS_IO, ENOSPC, "write '%s'", "f"), HS_IO);
    CU_ASSERT_STRING_EQUAL(err.text, "write 'f': No space left on device");
    CU_ASSERT_EQUAL(hs_fail_errno(&err, HS_IO, EACCES, "open"), HS_IO);
    CU_ASSERT_EQUAL(hs_fail_errno(&err, HS_IO, ENOMEM, "open"), HS_NOMEM);
    CU_ASSERT_EQUAL(hs_fail(NULL, HS_IO, "nobody listens"), HS_IO);
}

static void errors__every_status_has_a_text(void)
{
    for (int i = 0; i < HS_STATUS_COUNT; i++) {
        CU_ASSERT_STRING_NOT_EQUAL(hs_status_text((enum hs_status)i), "unknown status");
    }
}

static void heap_page__one_byte_anywhere_is_not_zero(void)
{
    char page[HS_HEAP_PAGE_BYTES] = {0};

    CU_ASSERT(heap_page_is_zero(page));
    for (size_t i = 0; i < sizeof page; i++) {
        page[i] = 1;
        CU_ASSERT(!heap_page_is_zero(page));
        page[i] = 0;
    }
    memset(page, 7, sizeof page);
    CU_ASSERT(!heap_page_is_zero(page));
}

static const struct suite_case cases[] = {
    SUITE_CASE(slice__prefix_sorts_first),
    SUITE_CASE(slice__bytes_above_127_sort_after_ascii),
    SUITE_CASE(buffer__grows_and_stays_terminated),
    SUITE_CASE(buffer__bound_is_checked_before_allocation),
    SUITE_CASE(buffer__take_moves_and_releases),
    SUITE_CASE(buffer_room__keeps_what_is_small),
    SUITE_CASE(array__grows_by_doubling_and_keeps_its_items),
    SUITE_CASE(array__bound_is_checked_before_allocation),
    SUITE_CASE(position__only_hash_and_seqnum_that_fit_are_valid),
    SUITE_CASE(position__equal_needs_both),
    SUITE_CASE(uint_parse__takes_canonical_decimal_only),
    SUITE_CASE(uint_parse__padded_takes_leading_zeros),
    SUITE_CASE(utf8__is_judged_by_the_standard),
    SUITE_CASE(utf8__is_cut_between_characters),
    SUITE_CASE(hex__bytes_come_back),
    SUITE_CASE(sha256__known_answers),
    SUITE_CASE(checksum__border_between_key_and_value_counts),
    SUITE_CASE(errors__text_is_cut_at_the_bound),
    SUITE_CASE(errors__errno_becomes_words_and_status),
    SUITE_CASE(errors__every_status_has_a_text),
    SUITE_CASE(heap_page__one_byte_anywhere_is_not_zero),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("state", cases, argc, argv);
}
