/* Writing, envelopes and words: golden bytes of every frame of the protocol. */
#include "tests/unit/suite.h"

#include "ipc/printable.h"
#include "ipc/rpc.h"

/* --- writing --- */

static void expect_bytes(struct buffer *out, struct wire_writer *w, const char *expected,
                         size_t len)
{
    size_t frame_len = 0;

    CU_ASSERT_EQUAL(wire_end(w), HS_OK);
    CU_ASSERT(slice_equal(buffer_slice(out), slice_make(expected, len)));
    CU_ASSERT_EQUAL(packed_scan_whole(buffer_slice(out), &frame_len, NULL, NULL), HS_OK);
    CU_ASSERT_EQUAL(frame_len, len);
    buffer_clear(out);
    wire_begin(w, out);
}

#define EXPECT_BYTES(out, w, text) expect_bytes(out, w, text, sizeof(text) - 1)

static void writer__envelopes_are_as_published(void)
{
    struct buffer out = {0};
    struct wire_writer w;

    wire_begin(&w, &out);
    rpc_put_request(&w, 5, "store.get");
    wire_put_map(&w, 1);
    wire_put_text(&w, slice_text("key"));
    wire_put_text(&w, slice_text("a.b"));
    EXPECT_BYTES(&out, &w,
                 "\x94\x00\x05\xa9store.get\x91\x81\xa3key\xa3"
                 "a.b");
    rpc_put_notification(&w, "commit");
    wire_put_map(&w, 1);
    wire_put_text(&w, slice_text("height"));
    wire_put_uint(&w, 65536);
    EXPECT_BYTES(&out, &w,
                 "\x93\x02\xa6"
                 "commit\x91\x81\xa6height\xce\x00\x01\x00\x00");
    rpc_put_result(&w, 300);
    wire_put_map(&w, 0);
    EXPECT_BYTES(&out, &w, "\x94\x01\xcd\x01\x2c\xc0\x80");
    rpc_put_error(&w, 0, "busy", "another\nnode");
    EXPECT_BYTES(&out, &w,
                 "\x94\x01\x00\xb2"
                 "busy: another?node\xc0");
    buffer_fini(&out);
}

static void writer__values_are_as_published(void)
{
    struct buffer out = {0};
    struct wire_writer w;

    wire_begin(&w, &out);
    wire_put_array(&w, 6);
    wire_put_nil(&w);
    wire_put_bool(&w, true);
    wire_put_bool(&w, false);
    wire_put_uint(&w, HS_UINT_MAX);
    wire_put_double(&w, 1.5);
    wire_put_text(&w, slice_make(NULL, 0));
    EXPECT_BYTES(&out, &w,
                 "\x96\xc0\xc3\xc2\xcf\x00\x1f\xff\xff\xff\xff\xff\xff"
                 "\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00\xa0");
    wire_put_text(&w, slice_text("0123456789abcdef0123456789abcdef")); /* str 8, never bin */
    EXPECT_BYTES(&out, &w,
                 "\xd9\x20"
                 "0123456789abcdef0123456789abcdef");
    buffer_fini(&out);
}

static void writer__too_large_a_text_sticks(void)
{
    struct buffer out = {0};
    struct wire_writer w;

    wire_begin(&w, &out);
    wire_put_text_head(&w, HS_FRAME_BYTES_MAX + 1);
    wire_put_nil(&w);
    CU_ASSERT_EQUAL(wire_end(&w), HS_TOO_LARGE);
    buffer_fini(&out);
}

/* --- envelopes --- */

static void expect_rpc(const char *bytes, size_t len, enum rpc_kind kind, uint64_t msgid)
{
    struct rpc_frame rpc;
    size_t frame_len = 0;
    const char *why;

    CU_ASSERT_EQUAL_FATAL(packed_scan_whole(slice_make(bytes, len), &frame_len, NULL, NULL), HS_OK);
    why = rpc_parse(slice_make(bytes, frame_len), &rpc);
    CU_ASSERT_EQUAL(why == NULL, kind != RPC_NONE);
    if (kind != RPC_NONE) CU_ASSERT_EQUAL(rpc.kind, kind);
    CU_ASSERT_EQUAL(rpc.msgid, msgid);
}

static void rpc__frames_are_told_apart(void)
{
    expect_rpc("\x94\x00\x09\xa1m\x90", 6, RPC_REQUEST, 9);
    expect_rpc("\x94\x00\x09\xc4\x01m\x90", 7, RPC_REQUEST, 9); /* pynvim types the method bin */
    expect_rpc("\x94\x01\x09\xc0\x80", 5, RPC_RESPONSE, 9);
    expect_rpc("\x93\x02\xa1m\x91\x80", 6, RPC_NOTIFICATION, 0);
    expect_rpc("\x94\x00\x09\xa1m\x80", 6, RPC_NONE, 9); /* params a map */
    expect_rpc("\x94\x00\x09\x05\x90", 5, RPC_NONE, 9);  /* method a number */
    expect_rpc("\x94\x00\xff\xa1m\x90", 6, RPC_NONE, 0); /* msgid -1 */
    expect_rpc("\x94\x00\xcf\x00\x20\x00\x00\x00\x00\x00\x00\xa1m\x90", 14, RPC_NONE, 0);
    expect_rpc("\x93\x00\x09\xa1m", 5, RPC_NONE, 0);     /* a request of three */
    expect_rpc("\x94\x02\xa1m\x90\x90", 6, RPC_NONE, 0); /* a notification of four */
    expect_rpc("\x94\x01\xff\xc0\xc0", 5, RPC_NONE, 0);  /* a response to -1 */
    expect_rpc("\x94\x03\x09\xa1m\x90", 6, RPC_NONE, 0); /* no such type */
    expect_rpc("\x90", 1, RPC_NONE, 0);
    expect_rpc("\x07", 1, RPC_NONE, 0);
    expect_rpc("\x80", 1, RPC_NONE, 0);
}

static void rpc__params_hold_exactly_one_map(void)
{
    CU_ASSERT_PTR_NOT_NULL(rpc_params_map(packed_root(slice_make("\x91\x80", 2))).at);
    CU_ASSERT_PTR_NULL(rpc_params_map(packed_root(slice_make("\x90", 1))).at);
    CU_ASSERT_PTR_NULL(rpc_params_map(packed_root(slice_make("\x91\x90", 2))).at);
    CU_ASSERT_PTR_NULL(rpc_params_map(packed_root(slice_make("\x92\x80\x80", 3))).at);
    CU_ASSERT_PTR_NULL(rpc_params_map(packed_root(slice_make("\x81\x80\x80", 3))).at);
}

static void rpc__msgid_of_unreadable_request_is_found(void)
{
    static const char request[] = "\x94\x00\xcd\x01\x02\xa1m\xdd\xff\xff\xff\xff";

    CU_ASSERT_EQUAL(rpc_msgid_peek(slice_make(request, sizeof request - 1)), 0x102);
    CU_ASSERT_EQUAL(rpc_msgid_peek(slice_make("\xdc\x00\x04\x00\x07", 5)), 7);
    CU_ASSERT_EQUAL(rpc_msgid_peek(slice_make("\xdd\x00\x00\x00\x04\x00\x07", 7)), 7);
    CU_ASSERT_EQUAL(rpc_msgid_peek(slice_make("\x94\x01\x07", 3)), 0); /* a response */
    CU_ASSERT_EQUAL(rpc_msgid_peek(slice_make("GET /", 5)), 0);
    for (size_t cut = 0; cut < 5; cut++) {
        CU_ASSERT_EQUAL(rpc_msgid_peek(slice_make(request, cut)), 0);
    }
}

/* --- words --- */

static void text__copy_is_printable_and_cut_between_characters(void)
{
    char out[8];

    CU_ASSERT_EQUAL(printable_copy(out, sizeof out,
                                   slice_text("a\nb\xff"
                                              "c\x7f\xc2\x85")),
                    7);
    CU_ASSERT_STRING_EQUAL(out, "a?b?c??");
    CU_ASSERT_EQUAL(printable_copy(out, sizeof out, slice_text("123456\xe2\x82\xac")), 6);
    CU_ASSERT_STRING_EQUAL(out, "123456");
    CU_ASSERT_EQUAL(printable_copy(out, sizeof out, slice_text("\xe2\x82\xac")), 3);
    CU_ASSERT_EQUAL(printable_copy(out, 1, slice_text("x")), 0);
}

static const struct suite_case cases[] = {
    SUITE_CASE(writer__envelopes_are_as_published),
    SUITE_CASE(writer__values_are_as_published),
    SUITE_CASE(writer__too_large_a_text_sticks),
    SUITE_CASE(rpc__frames_are_told_apart),
    SUITE_CASE(rpc__params_hold_exactly_one_map),
    SUITE_CASE(rpc__msgid_of_unreadable_request_is_found),
    SUITE_CASE(text__copy_is_printable_and_cut_between_characters),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("rpc", cases, argc, argv);
}
