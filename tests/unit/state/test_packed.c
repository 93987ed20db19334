/* Reading: hostile bytes, and every form of value; msgpack-c must agree on what is whole. */
#include "tests/unit/suite.h"

#include "ipc/rpc.h"

#include <msgpack.h>

/* A frame with every form that the protocol uses, and some that it does not. */
static const char sample[] = "\x94\x00\x2a\xa7"
                             "deliver\x91\x8a"
                             "\xa1"
                             "a\x7f" /* positive fixint */
                             "\xa1"
                             "b\xcd\x01\x00" /* uint 16 */
                             "\xa1"
                             "c\xcf\x00\x1f\xff\xff\xff\xff\xff\xff" /* 2^53 - 1 */
                             "\xa1"
                             "d\xd9\x03xyz" /* str 8 */
                             "\xa1"
                             "e\xc4\x02\x00\xff" /* bin 8 */
                             "\xa1"
                             "f\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00" /* 1.5 */
                             "\xa1"
                             "g\xc7\x02\x05hi" /* ext 8 */
                             "\xa1"
                             "h\x93\xc0\xc2\xc3" /* nil, false, true */
                             "\xa1"
                             "i\xdc\x00\x02\xff\xd0\x80" /* array 16 of negatives */
                             "\xa1"
                             "j\x81\xa0\xd6\x01" /* a map with a fixext 4 */
                             "1234";

static struct slice sample_frame(void)
{
    return slice_make(sample, sizeof sample - 1);
}

/* --- scanning --- */

static void scan__every_truncation_asks_for_more(void)
{
    struct slice frame = sample_frame();
    size_t len = 0, more = 0;

    CU_ASSERT_EQUAL_FATAL(packed_scan_whole(frame, &len, &more, NULL), HS_OK);
    CU_ASSERT_EQUAL(len, frame.len);
    for (size_t cut = 0; cut < frame.len; cut++) {
        char *exact = malloc(cut + 1); /* so that the address sanitizer sees a byte too far */

        memcpy(exact, frame.data, cut);
        exact = realloc(exact, cut ? cut : 1);
        more = 0;
        CU_ASSERT_EQUAL(packed_scan_whole(slice_make(exact, cut), &len, &more, NULL), HS_NOT_FOUND);
        CU_ASSERT(more >= 1 && more <= frame.len - cut);
        free(exact);
    }
}

static void scan__resumed_at_every_split_agrees(void)
{
    struct slice frame = sample_frame();
    size_t len = 0, more = 0;

    for (size_t split = 0; split <= frame.len; split++) {
        struct packed_scanner scanner = {0};
        enum hs_status first =
            packed_scan(&scanner, slice_make(frame.data, split), &len, &more, NULL);

        CU_ASSERT_EQUAL(first, split == frame.len ? HS_OK : HS_NOT_FOUND);
        if (first == HS_OK) continue;
        CU_ASSERT_EQUAL(packed_scan(&scanner, frame, &len, &more, NULL), HS_OK);
        CU_ASSERT_EQUAL(len, frame.len);
    }
}

static void scan__byte_by_byte_never_asks_for_too_much(void)
{
    struct packed_scanner scanner = {0};
    struct slice frame = sample_frame();
    size_t len = 0, more = 0;

    for (size_t have = 0; have < frame.len; have++) {
        CU_ASSERT_EQUAL(packed_scan(&scanner, slice_make(frame.data, have), &len, &more, NULL),
                        HS_NOT_FOUND);
        CU_ASSERT(have + more <= frame.len);
    }
    CU_ASSERT_EQUAL(packed_scan(&scanner, frame, &len, &more, NULL), HS_OK);
}

/* Everything that reads a value, on every value of a frame that may hold anything. */
static unsigned walk_all(struct packed_value root)
{
    struct packed_walk stack[HS_FRAME_DEPTH_MAX + 1];
    unsigned depth = 0, values = 1;
    struct packed_value v;

    if (!packed_walk_begin(root, &stack[0])) return 1;
    for (;;) {
        struct slice text;
        uint64_t number;
        uint32_t count;
        double real;
        bool yes;

        if (!packed_walk_next(&stack[depth], &v)) {
            if (depth-- == 0) return values;
            continue;
        }
        values++;
        CU_ASSERT(v.at >= root.at && v.end <= root.end && v.at < v.end);
        CU_ASSERT(packed_kind_of(v) != PACKED_ABSENT);
        if (packed_text(v, &text) && text.len > 0) number = (unsigned char)text.data[text.len - 1];
        (void)packed_uint(v, &number);
        (void)packed_double(v, &real);
        (void)packed_bool(v, &yes);
        (void)packed_member(v, "key");
        if (packed_count(v, &count)) packed_walk_begin(v, &stack[++depth]);
    }
}

static bool msgpack_accepts(struct slice frame)
{
    msgpack_unpacked unpacked;
    size_t at = 0;
    msgpack_unpack_return got;

    msgpack_unpacked_init(&unpacked);
    got = msgpack_unpack_next(&unpacked, frame.data, frame.len, &at);
    msgpack_unpacked_destroy(&unpacked);
    return got == MSGPACK_UNPACK_SUCCESS || got == MSGPACK_UNPACK_EXTRA_BYTES;
}

static void scan__every_flipped_bit_is_read_or_refused(void)
{
    struct slice frame = sample_frame();
    unsigned accepted = 0;

    for (size_t at = 0; at < frame.len * 8; at++) {
        char *flipped = malloc(frame.len);
        size_t len = 0, more = 0;
        struct rpc_frame rpc;
        enum hs_status st;

        memcpy(flipped, frame.data, frame.len);
        flipped[at / 8] = (char)(flipped[at / 8] ^ (1 << at % 8));
        st = packed_scan_whole(slice_make(flipped, frame.len), &len, &more, NULL);
        CU_ASSERT(st == HS_OK || st == HS_NOT_FOUND || st == HS_TOO_LARGE || st == HS_PROTOCOL);
        if (st == HS_OK) {
            accepted++;
            CU_ASSERT(msgpack_accepts(slice_make(flipped, len)));
            CU_ASSERT(walk_all(packed_root(slice_make(flipped, len))) >= 1);
            (void)rpc_parse(slice_make(flipped, len), &rpc);
        }
        (void)rpc_msgid_peek(slice_make(flipped, frame.len));
        free(flipped);
    }
    CU_ASSERT(accepted > 100);
}

static void scan__random_bytes_agree_with_msgpack(void)
{
    uint64_t seed = suite_seed();
    unsigned whole = 0;

    for (int round = 0; round < 20000; round++) {
        char bytes[40];
        size_t have = suite_random(&seed) % sizeof bytes + 1, len = 0;

        for (size_t i = 0; i < have; i++) {
            uint64_t r = suite_random(&seed);

            /* mostly heads of containers and small values: plain noise is mostly small integers */
            bytes[i] = (char)(r % 4 ? 0x80 + (r >> 8) % 0x80 : (r >> 8) % 0x100);
        }
        if (packed_scan_whole(slice_make(bytes, have), &len, NULL, NULL) != HS_OK) continue;
        whole++;
        CU_ASSERT(msgpack_accepts(slice_make(bytes, len)));
        CU_ASSERT(len == 1 || !msgpack_accepts(slice_make(bytes, len - 1)));
        (void)walk_all(packed_root(slice_make(bytes, len)));
    }
    CU_ASSERT(whole > 1000);
}

static void expect_scan(const char *bytes, size_t len, enum hs_status expected)
{
    size_t frame_len = 0, more = 0;
    struct hs_error err = {.status = HS_OK};

    CU_ASSERT_EQUAL(packed_scan_whole(slice_make(bytes, len), &frame_len, &more, &err), expected);
    if (expected != HS_OK && expected != HS_NOT_FOUND) CU_ASSERT(err.text[0] != '\0');
}

static void scan__huge_claims_are_refused_at_their_head(void)
{
    expect_scan("\xdd\xff\xff\xff\xff", 5, HS_TOO_LARGE);
    expect_scan("\xdf\xff\xff\xff\xff", 5, HS_TOO_LARGE);
    expect_scan("\xdb\xff\xff\xff\xff", 5, HS_TOO_LARGE);
    expect_scan("\xc6\x04\x00\x00\x00", 5, HS_TOO_LARGE);
    expect_scan("\xc9\x04\x00\x00\x00", 5, HS_TOO_LARGE);
    expect_scan("\xdf\x80\x00\x00\x00", 5, HS_TOO_LARGE); /* 2^31 pairs: the sum must not wrap */
    /* 13 bytes that made msgpack-c ask for 128 GiB */
    expect_scan("\x94\x00\x01\xa1x\xdd\xff\xff\xff\xff\xdd\xff\xff", 13, HS_TOO_LARGE);
    /* many claims, each of them allowed, that cannot fit together */
    expect_scan("\x92\xdb\x03\xff\xff\xf0", 6, HS_NOT_FOUND);
    expect_scan("\xdd\x03\x00\x00\x00\xdd\x03\x00\x00\x00", 10, HS_TOO_LARGE);
}

static void scan__largest_frame_is_taken_and_no_larger(void)
{
    size_t len = HS_FRAME_BYTES_MAX, frame_len = 0;
    char *bytes = calloc(1, len + 1);

    CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
    memcpy(bytes, "\xdb\x03\xff\xff\xfb", 5);
    CU_ASSERT_EQUAL(packed_scan_whole(slice_make(bytes, len), &frame_len, NULL, NULL), HS_OK);
    CU_ASSERT_EQUAL(frame_len, len);
    bytes[4] = (char)0xfc;
    CU_ASSERT_EQUAL(packed_scan_whole(slice_make(bytes, len + 1), &frame_len, NULL, NULL),
                    HS_TOO_LARGE);
    free(bytes);
}

static void scan__depth_is_limited(void)
{
    char deep[HS_FRAME_DEPTH_MAX + 2];

    memset(deep, (char)0x91, sizeof deep);
    deep[HS_FRAME_DEPTH_MAX] = 0x01;
    expect_scan(deep, HS_FRAME_DEPTH_MAX + 1, HS_OK);
    deep[HS_FRAME_DEPTH_MAX - 1] = (char)0x90;
    expect_scan(deep, HS_FRAME_DEPTH_MAX, HS_OK);
    memset(deep, (char)0x91, sizeof deep);
    deep[HS_FRAME_DEPTH_MAX] = (char)0x90;
    expect_scan(deep, HS_FRAME_DEPTH_MAX + 1, HS_PROTOCOL);
    deep[HS_FRAME_DEPTH_MAX] = (char)0x80;
    expect_scan(deep, HS_FRAME_DEPTH_MAX + 1, HS_PROTOCOL);
    memset(deep, (char)0x81, sizeof deep); /* maps nest in their keys, too */
    expect_scan(deep, sizeof deep, HS_PROTOCOL);
}

static void scan__the_byte_that_begins_nothing_is_refused(void)
{
    expect_scan("\xc1", 1, HS_PROTOCOL);
    expect_scan("\x92\x00\xc1", 3, HS_PROTOCOL);
}

static void scan__work_for_many_pieces_is_linear(void)
{
    /* 1,000,000 values in 1,000 pieces: rescanning each time would take 500,000,000 steps */
    enum { VALUES = 1000000, PIECE = 1000 };
    char *bytes = calloc(1, VALUES + 5);
    struct packed_scanner scanner = {0};
    size_t len = 0, before = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
    memcpy(bytes, "\xdd\x00\x0f\x42\x40", 5);
    for (size_t have = PIECE; have < VALUES; have += PIECE) {
        CU_ASSERT_EQUAL_FATAL(packed_scan(&scanner, slice_make(bytes, have), &len, NULL, NULL),
                              HS_NOT_FOUND);
        CU_ASSERT(scanner.at == have && scanner.at > before);
        before = scanner.at;
    }
    CU_ASSERT_EQUAL(packed_scan(&scanner, slice_make(bytes, VALUES + 5), &len, NULL, NULL), HS_OK);
    free(bytes);
}

/* --- reading --- */

static void expect_uint(const char *bytes, size_t len, bool fine, uint64_t expected)
{
    struct packed_value v = packed_root(slice_make(bytes, len));
    uint64_t got = 77;

    CU_ASSERT_EQUAL(packed_uint(v, &got), fine);
    CU_ASSERT_EQUAL(got, fine ? expected : 77);
    CU_ASSERT_EQUAL(packed_kind_of(v), fine ? PACKED_UINT : PACKED_OTHER);
}

static void value__integers_in_every_width(void)
{
    expect_uint("\x00", 1, true, 0);
    expect_uint("\x7f", 1, true, 127);
    expect_uint("\xcc\xff", 2, true, 255);
    expect_uint("\xcd\xff\xff", 3, true, 65535);
    expect_uint("\xce\xff\xff\xff\xff", 5, true, 4294967295u);
    expect_uint("\xcf\x00\x1f\xff\xff\xff\xff\xff\xff", 9, true, HS_UINT_MAX);
    expect_uint("\xcf\x00\x20\x00\x00\x00\x00\x00\x00", 9, false, 0);
    expect_uint("\xcf\xff\xff\xff\xff\xff\xff\xff\xff", 9, false, 0);
    expect_uint("\xd0\x7f", 2, true, 127); /* signed forms of what is not negative */
    expect_uint("\xd1\x7f\xff", 3, true, 32767);
    expect_uint("\xd2\x7f\xff\xff\xff", 5, true, 2147483647);
    expect_uint("\xd3\x00\x1f\xff\xff\xff\xff\xff\xff", 9, true, HS_UINT_MAX);
    expect_uint("\xd3\x00\x20\x00\x00\x00\x00\x00\x00", 9, false, 0);
    expect_uint("\xff", 1, false, 0); /* -1 in every width */
    expect_uint("\xe0", 1, false, 0);
    expect_uint("\xd0\xff", 2, false, 0);
    expect_uint("\xd1\xff\xff", 3, false, 0);
    expect_uint("\xd2\xff\xff\xff\xff", 5, false, 0);
    expect_uint("\xd3\xff\xff\xff\xff\xff\xff\xff\xff", 9, false, 0);
}

static void value__members_are_found(void)
{
    struct rpc_frame rpc;
    struct packed_value map;
    struct slice text, binary;
    uint64_t number = 0;
    double real = 0;
    uint32_t count = 0;

    CU_ASSERT_PTR_NULL_FATAL(rpc_parse(sample_frame(), &rpc));
    map = rpc_params_map(rpc.params);
    CU_ASSERT(packed_count(map, &count) && count == 10);
    CU_ASSERT(packed_uint(packed_member(map, "c"), &number) && number == HS_UINT_MAX);
    CU_ASSERT(packed_text(packed_member(map, "d"), &text) && slice_equal(text, slice_text("xyz")));
    CU_ASSERT(packed_text(packed_member(map, "e"), &text) &&
              text.len == 2); /* bin passes for str, not the other way */
    CU_ASSERT(packed_binary(packed_member(map, "e"), &binary) && slice_equal(binary, text));
    CU_ASSERT_FALSE(packed_binary(packed_member(map, "d"), &binary));
    CU_ASSERT_FALSE(packed_binary(packed_member(map, "nothing"), &binary));
    CU_ASSERT(packed_double(packed_member(map, "f"), &real) && real == 1.5);
    CU_ASSERT_EQUAL(packed_kind_of(packed_member(map, "g")), PACKED_OTHER);
    CU_ASSERT_EQUAL(packed_kind_of(packed_at(packed_member(map, "h"), 2)), PACKED_BOOL);
    CU_ASSERT_EQUAL(packed_kind_of(packed_at(packed_member(map, "h"), 3)), PACKED_ABSENT);
    CU_ASSERT_EQUAL(packed_kind_of(packed_member(map, "nothing")), PACKED_ABSENT);
    CU_ASSERT_EQUAL(packed_kind_of(packed_member(packed_member(map, "a"), "x")), PACKED_ABSENT);
    CU_ASSERT(
        slice_equal(packed_bytes(packed_member(map, "h")), slice_make("\x93\xc0\xc2\xc3", 4)));
}

/* [["k", nil], ["", "v"], 7, [], "end"] */
static const char nested[] = "\x95\x92\xa1k\xc0\x92\xa0\xa1v\x07\x90\xa3"
                             "end";

static void walk__goes_into_arrays_and_out_again(void)
{
    struct packed_value v, root = packed_root(slice_make(nested, sizeof nested - 1));
    struct packed_walk walk;
    struct slice text;
    uint64_t number = 0;

    CU_ASSERT_TRUE_FATAL(packed_walk_begin(root, &walk));
    CU_ASSERT_FALSE(packed_walk_text(&walk, &text)); /* what is refused stays the next */
    CU_ASSERT_FALSE(packed_walk_into(&walk, 3));
    CU_ASSERT_TRUE(packed_walk_into(&walk, 2));
    CU_ASSERT_TRUE(packed_walk_text(&walk, &text) && slice_equal(text, slice_text("k")));
    CU_ASSERT_FALSE(packed_walk_text(&walk, &text));
    CU_ASSERT_TRUE(packed_walk_next(&walk, &v) && packed_kind_of(v) == PACKED_NIL);
    CU_ASSERT_TRUE(packed_walk_into(&walk, 2));
    CU_ASSERT_TRUE(packed_walk_text(&walk, &text) && text.data && text.len == 0);
    CU_ASSERT_TRUE(packed_walk_text(&walk, &text) && slice_equal(text, slice_text("v")));
    CU_ASSERT_FALSE(packed_walk_into(&walk, 0));
    CU_ASSERT_TRUE(packed_walk_next(&walk, &v) && packed_uint(v, &number) && number == 7);
    CU_ASSERT_TRUE(packed_walk_into(&walk, 0)); /* nothing in it */
    CU_ASSERT_TRUE(packed_walk_next(&walk, &v) && v.end == root.end);
    CU_ASSERT_FALSE(packed_walk_next(&walk, &v));
    CU_ASSERT_FALSE(packed_walk_text(&walk, &text));
    CU_ASSERT_FALSE(packed_walk_into(&walk, 0));
}

static void walk__the_last_in_an_array_ends_where_that_does(void)
{
    struct packed_value v, root = packed_root(slice_make("\x91\x92\x01\x91\x02", 5));
    struct packed_walk walk;

    CU_ASSERT_TRUE_FATAL(packed_walk_begin(root, &walk));
    CU_ASSERT_TRUE(packed_walk_into(&walk, 2));
    CU_ASSERT_TRUE(packed_walk_next(&walk, &v) && v.end == root.at + 3);
    CU_ASSERT_TRUE(packed_walk_next(&walk, &v) && v.end == root.end);
    CU_ASSERT_FALSE(packed_walk_next(&walk, &v));
}

static void walk__pairs_have_names_where_keys_are_text(void)
{
    struct packed_value v, map = packed_root(slice_make("\x83\xa0\x01\x07\x02\xa1k\x03", 8));
    struct packed_walk walk;
    struct slice name;
    uint64_t number = 0;

    CU_ASSERT_TRUE_FATAL(packed_walk_begin(map, &walk));
    CU_ASSERT_TRUE(packed_walk_pair(&walk, &name, &v) && name.data && name.len == 0);
    CU_ASSERT_TRUE(packed_walk_pair(&walk, &name, &v) && !name.data);
    CU_ASSERT_TRUE(packed_uint(v, &number) && number == 2);
    CU_ASSERT_TRUE(packed_walk_pair(&walk, &name, &v) && slice_equal(name, slice_text("k")));
    CU_ASSERT_TRUE(packed_uint(v, &number) && number == 3);
    CU_ASSERT_FALSE(packed_walk_pair(&walk, &name, &v));
}

static void value__first_of_two_equal_keys_counts(void)
{
    struct packed_value map = packed_root(slice_make("\x82\xa1k\x01\xa1k\x02", 7));
    uint64_t number = 0;

    CU_ASSERT(packed_uint(packed_member(map, "k"), &number) && number == 1);
}

static void members__are_each_what_one_alone_is(void)
{
    static const char *const orders[][4] = {
        {"a", "d", "h", "none"}, {"h", "d", "none", "a"}, {"none", "h", "a", "d"}};
    static const char *const twice[] = {"x", "k"};
    struct packed_value map, found[4], one;
    struct rpc_frame rpc;
    uint64_t number = 0;

    CU_ASSERT_PTR_NULL_FATAL(rpc_parse(sample_frame(), &rpc));
    map = rpc_params_map(rpc.params);
    for (size_t order = 0; order < sizeof orders / sizeof *orders; order++) {
        packed_members(map, orders[order], 4, found);
        for (size_t i = 0; i < 4; i++) {
            one = packed_member(map, orders[order][i]);
            CU_ASSERT(found[i].at == one.at && found[i].end == one.end);
        }
    }
    packed_members(packed_member(map, "a"), orders[0], 4, found); /* no map */
    for (size_t i = 0; i < 4; i++) {
        CU_ASSERT_EQUAL(packed_kind_of(found[i]), PACKED_ABSENT);
    }
    packed_members(packed_root(slice_make("\x83\x07\x08\xa1k\x01\xa1k\x02", 9)), twice, 2, found);
    CU_ASSERT(packed_uint(found[1], &number) && number == 1);
    CU_ASSERT_EQUAL(packed_kind_of(found[0]), PACKED_ABSENT);
}

static const struct suite_case cases[] = {
    SUITE_CASE(scan__every_truncation_asks_for_more),
    SUITE_CASE(scan__resumed_at_every_split_agrees),
    SUITE_CASE(scan__byte_by_byte_never_asks_for_too_much),
    SUITE_CASE(scan__every_flipped_bit_is_read_or_refused),
    SUITE_CASE(scan__random_bytes_agree_with_msgpack),
    SUITE_CASE(scan__huge_claims_are_refused_at_their_head),
    SUITE_CASE(scan__largest_frame_is_taken_and_no_larger),
    SUITE_CASE(scan__depth_is_limited),
    SUITE_CASE(scan__the_byte_that_begins_nothing_is_refused),
    SUITE_CASE(scan__work_for_many_pieces_is_linear),
    SUITE_CASE(value__integers_in_every_width),
    SUITE_CASE(value__members_are_found),
    SUITE_CASE(walk__goes_into_arrays_and_out_again),
    SUITE_CASE(walk__the_last_in_an_array_ends_where_that_does),
    SUITE_CASE(walk__pairs_have_names_where_keys_are_text),
    SUITE_CASE(value__first_of_two_equal_keys_counts),
    SUITE_CASE(members__are_each_what_one_alone_is),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("packed", cases, argc, argv);
}
