/* JSON in place, references, capdata: what every byte from a vat or a chain goes through first. */
#include "tests/unit/suite.h"

#include "kernel/tables/transcript.h"
#include "kernel/text/capdata.h"
#include "kernel/text/json_text.h"
#include "kernel/text/refs.h"

static const char *problem_of(struct slice text)
{
    struct json_text t;
    struct slice raw;

    json_text_init(&t, text);
    if (json_text_value(&t, &raw)) (void)json_text_end(&t);
    return t.problem;
}

static void json_text__well_formed_values_are_taken(void)
{
    static const char *const good[] = {
        "null",
        "true",
        "false",
        "0",
        "-0",
        "10",
        "1.5",
        "1e5",
        "-1.25E-7",
        "\"\"",
        "\"a\\u00e9\"",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
        "[]",
        " [ ] ",
        "{}",
        "{\"a\":1}",
        "[1,[2],{\"b\":[]}]",
        "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"",
        "\"\x7f\"",
        "\n{ \"a\" : [ 1 , 2 ] }\r\t",
        "\"\\ud83d\\ude00\"",
    };

    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        CU_ASSERT_PTR_NULL(problem_of(slice_text(good[i])));
}

static void json_text__malformed_values_are_refused(void)
{
    static const char *const bad[] = {
        "",
        " ",
        "nul",
        "nulll",
        "True",
        "01",
        "-",
        "1.",
        ".5",
        "1e",
        "1e+",
        "+1",
        "0x1",
        "\"",
        "\"\\\"",
        "\"\\x\"",
        "\"\\u12g4\"",
        "\"\\u12\"",
        "\"\\ud800\"", /* half a surrogate pair */
        "\"\\udc00\"",
        "\"\\ud800\\ud800\"",
        "\"\\ud800x\"",
        "\"\\ud800\\u0041\"",
        "\"\n\"",
        "\"\x01\"",
        "[",
        "]",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{",
        "}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{1:1}",
        "[1}",
        "{\"a\":1]",
        "1 1",
        "[]]",
        "'a'",
        "NaN",
        "Infinity",
        "\"\xff\"",
        "\"\xc3\"",
        "\"\xc0\x80\"",
        "\"\xed\xa0\x80\"",
        "\"\xf4\x90\x80\x80\"",
        "\"\xe2\x82\"",
        "\"\x80\"",
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CU_ASSERT_PTR_NOT_NULL(problem_of(slice_text(bad[i])));
    CU_ASSERT_PTR_NOT_NULL(problem_of(slice_make("\"\0\"", 3)));
    CU_ASSERT_PTR_NOT_NULL(problem_of(slice_make("1\0", 2)));
}

static void json_text__every_truncation_is_refused(void)
{
    static const char whole[] = "{\"a\":[1.5e3,\"\\u00e9\xe2\x82\xac\",{\"b\":null}],\"c\":true}";

    CU_ASSERT_PTR_NULL(problem_of(slice_text(whole)));
    for (size_t len = 0; len < sizeof whole - 1; len++) {
        /* A copy of just that length, so that a read behind its end is seen. */
        char *copy = malloc(len + 1);

        CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
        memcpy(copy, whole, len);
        CU_ASSERT_PTR_NOT_NULL(problem_of(slice_make(copy, len)));
        free(copy);
    }
}

static void json_text__every_flipped_byte_is_taken_or_refused(void)
{
    static const char whole[] = "[\"\\ud83d\\ude00\",-1.5e+3,{\"k\":[true,null,\"\xe2\x82\xac\"]}]";
    char copy[sizeof whole];
    size_t refused = 0;

    for (size_t i = 0; i < sizeof whole - 1; i++) {
        for (int byte = 0; byte < 256; byte++) {
            struct buffer out = {0};
            struct json_printer j = json_printer_on(&out);

            memcpy(copy, whole, sizeof whole);
            copy[i] = (char)byte;
            capdata_print_json(&j, slice_make(copy, sizeof whole - 1));
            refused += json_print_end(&j) == HS_INVALID;
            CU_ASSERT_EQUAL(json_print_end(&j) == HS_INVALID,
                            problem_of(slice_make(copy, sizeof whole - 1)) != NULL);
            buffer_fini(&out);
        }
    }
    CU_ASSERT_TRUE(refused > 1000);
}

static void json_text__depth_is_bounded(void)
{
    struct buffer text = {0};

    for (int depth = HS_JSON_DEPTH_MAX - 1; depth <= HS_JSON_DEPTH_MAX + 1; depth++) {
        buffer_clear(&text);
        for (int i = 0; i < depth; i++)
            CU_ASSERT_EQUAL(buffer_append_text(&text, i % 2 ? "{\"a\":" : "["), HS_OK);
        CU_ASSERT_EQUAL(buffer_append_byte(&text, '1'), HS_OK);
        for (int i = depth; i > 0; i--)
            CU_ASSERT_EQUAL(buffer_append_byte(&text, i % 2 ? ']' : '}'), HS_OK);
        CU_ASSERT_EQUAL(problem_of(buffer_slice(&text)) == NULL, depth <= HS_JSON_DEPTH_MAX);
    }
    buffer_fini(&text);
}

static void json_text__strings_are_decoded_and_encoded(void)
{
    static const struct {
        const char *raw, *text, *again;
    } strings[] = {
        {"\"\"", "", "\"\""},
        {"\"plain\"", "plain", "\"plain\""},
        {"\"a\\/b\"", "a/b", "\"a/b\""},
        {"\"\\\"\\\\\"", "\"\\", "\"\\\"\\\\\""},
        {"\"\\b\\f\\n\\r\\t\"", "\b\f\n\r\t", "\"\\u0008\\u000c\\n\\u000d\\u0009\""},
        {"\"\\u0041\\u00e9\\u20ac\"", "A\xc3\xa9\xe2\x82\xac", "\"A\xc3\xa9\xe2\x82\xac\""},
        {"\"\\ud83d\\ude00x\"", "\xf0\x9f\x98\x80x", "\"\xf0\x9f\x98\x80x\""},
    };

    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
        struct buffer text = {0}, again = {0}, decoded = {0};
        struct slice content, raw = slice_text(strings[i].raw);

        CU_ASSERT_EQUAL(json_text_content(raw, &decoded, &content), HS_OK);
        CU_ASSERT(slice_equal(content, slice_text(strings[i].text)));
        CU_ASSERT_EQUAL(content.data == raw.data + 1, !strchr(strings[i].raw, '\\'));
        buffer_fini(&decoded);
        CU_ASSERT_EQUAL(json_text_decode(&text, slice_text(strings[i].raw)), HS_OK);
        CU_ASSERT_STRING_EQUAL(buffer_text(&text), strings[i].text);
        CU_ASSERT_EQUAL(json_text_encode(&again, buffer_slice(&text)), HS_OK);
        CU_ASSERT_STRING_EQUAL(buffer_text(&again), strings[i].again);
        buffer_fini(&text);
        buffer_fini(&again);
    }
}

static void json_printer__commas_come_by_themselves(void)
{
    struct buffer out = {0};
    struct json_printer j = json_printer_on(&out);

    json_print_open(&j, '{');
    json_print_key(&j, "list");
    json_print_open(&j, '[');
    json_print_open(&j, '[');
    json_print_close(&j, ']');
    json_print_raw(&j, slice_text(""));
    json_print_raw(&j, slice_text("1,true"));
    json_print_uint(&j, UINT64_MAX);
    json_print_close(&j, ']');
    json_print_string(&j, slice_text("k\n\""));
    json_print_colon(&j);
    json_print_word(&j, "v");
    json_print_close(&j, '}');
    CU_ASSERT_EQUAL(json_print_end(&j), HS_OK);
    CU_ASSERT_STRING_EQUAL(buffer_text(&out),
                           "{\"list\":[[],1,true,18446744073709551615],\"k\\n\\\"\":\"v\"}");
    buffer_fini(&out);
}

static void json_printer__first_failure_sticks(void)
{
    struct buffer out = {0};
    struct json_printer j = json_printer_on(&out);

    json_print_open(&j, '[');
    printer_note(&j.text, HS_TOO_LARGE);
    printer_note(&j.text, HS_NOMEM);
    json_print_string(&j, slice_text("never"));
    printer_format(&j.text, "%d", 1);
    json_print_close(&j, ']');
    CU_ASSERT_EQUAL(json_print_end(&j), HS_TOO_LARGE);
    CU_ASSERT_STRING_EQUAL(buffer_text(&out), "[");
    buffer_fini(&out);
}

/* --- references --- */

static enum ref_kind kind_of_vref(const char *text)
{
    struct ref r;

    return ref_make(slice_text(text), &r) == HS_OK ? vref_kind(&r) : REF_NONE;
}

static void refs__vrefs_are_told_apart(void)
{
    static const char *const objects[] = {"o+0", "o-50", "o+v3/7", "o+d10/3:1", "o+17"};
    static const char *const bad[] = {
        "",      "o",       "o+",       "o50",    "x+1",
        "o+01",  "o+1x",    "o-v3/7",   "o+v3",   "o+v/7",
        "o+v3/", "o+v3/7:", "o+v3/7:x", "p+v1/2", "o+9007199254740992",
        "kp40",  "o+1 ",
    };

    for (size_t i = 0; i < sizeof objects / sizeof *objects; i++)
        CU_ASSERT_EQUAL(kind_of_vref(objects[i]), REF_OBJECT);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CU_ASSERT_EQUAL(kind_of_vref(bad[i]), REF_NONE);
    CU_ASSERT_EQUAL(kind_of_vref("p-60"), REF_PROMISE);
    CU_ASSERT_EQUAL(kind_of_vref("d-70"), REF_DEVICE);
}

static void refs__lists_split_and_join(void)
{
    struct ref_list list = {0};
    struct buffer text = {0};
    struct json_printer j = json_printer_on(&text);

    CU_ASSERT_EQUAL(ref_list_split(&list, slice_text("")), HS_OK);
    CU_ASSERT_EQUAL(list.len, 0);
    CU_ASSERT_EQUAL(ref_list_split(&list, slice_text("ko20,kp40,ko21")), HS_OK);
    CU_ASSERT_EQUAL(list.len, 3);
    CU_ASSERT_EQUAL(ref_list_join(&list, &text), HS_OK);
    CU_ASSERT_STRING_EQUAL(buffer_text(&text), "ko20,kp40,ko21");
    buffer_clear(&text);
    ref_list_print(&list, &j);
    CU_ASSERT_EQUAL(json_print_end(&j), HS_OK);
    CU_ASSERT_STRING_EQUAL(buffer_text(&text), "[\"ko20\",\"kp40\",\"ko21\"]");
    CU_ASSERT_EQUAL(ref_list_split(&list, slice_text("ko20,,ko21")), HS_INVALID);
    ref_list_fini(&list);
    buffer_fini(&text);
}

/* --- capdata --- */

static void capdata__reading_refuses_every_other_shape(void)
{
    static const char *const bad[] = {
        "{}",
        "[]",
        "{\"body\":\"#1\"}",
        "{\"slots\":[]}",
        "{\"body\":1,\"slots\":[]}",
        "{\"body\":\"#1\",\"slots\":{}}",
        "{\"body\":\"#1\",\"slots\":[1]}",
        "{\"body\":\"#1\",\"slots\":[\"\"]}",
        "{\"body\":\"#1\",\"slots\":[\"a b\"]}",
        "{\"body\":\"#1\",\"slots\":[],\"x\":1}",
        "{\"body\":\"#1\",\"body\":\"#1\",\"slots\":[]}",
        "{\"body\":\"#1\",\"slots\":[\"o+1\"]",
    };
    struct capdata c = {0};
    struct json_text t;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        json_text_init(&t, slice_text(bad[i]));
        CU_ASSERT_EQUAL(capdata_read(&t, &c), HS_INVALID);
    }
    json_text_init(&t, slice_text("{\"slots\":[\"o+1\",\"p-60\"],\"body\":\"#[]\"}"));
    CU_ASSERT_EQUAL(capdata_read(&t, &c), HS_OK);
    CU_ASSERT_EQUAL(c.slots.len, 2);
    CU_ASSERT_TRUE(slice_equal(c.body, slice_text("\"#[]\"")));
    capdata_fini(&c);
}

static void capdata__calls_escape_what_smallcaps_would_read(void)
{
    struct buffer_room room = {.len = 0};
    struct buffer out = {0};

    CU_ASSERT_EQUAL(
        capdata_call(&out, slice_text("!do"), slice_text("[\"#x\", {\"-k\":\"z\\\"\"}]"), &room),
        HS_OK);
    buffer_room_fini(&room);
    CU_ASSERT_STRING_EQUAL(buffer_text(&out),
                           "\"#[\\\"!!do\\\",[\\\"!#x\\\", {\\\"!-k\\\":\\\"z\\\\\\\"\\\"}]]\"");
    buffer_fini(&out);
}

static void capdata__values_become_plain_json(void)
{
    static const struct {
        const char *body, *json;
    } values[] = {
        {"#1", "1"},
        {"#\"!#x\"", "\"#x\""},
        {"#\"#undefined\"", "null"},
        {"#[\"+12\",\"-3\",\"#NaN\"]", "[\"12\",\"-3\",null]"},
        {"#\"$0.Alleged: a \\\"b\\\"\"", "{\"@ref\":\"Alleged: a \\\"b\\\"\"}"},
        {"#\"$0\"", "{\"@ref\":\"\"}"},
        {"#[\"&1\",\"%foo\"]", "[{\"@promise\":\"1\"},{\"@symbol\":\"foo\"}]"},
        {"#{\"!-k\":{\"#tag\":\"t\",\"payload\":\"!!\"}}",
         "{\"-k\":{\"@tag\":\"t\",\"payload\":\"!\"}}"},
        {"#{\"#error\":\"no\",\"name\":\"TypeError\"}",
         "{\"@error\":\"no\",\"name\":\"TypeError\"}"},
        {"#{\"@ref\":\"x\",\"\\u0040promise\":\"0\",\"y\":\"@ref\"}",
         "{\"@@ref\":\"x\",\"@\\u0040promise\":\"0\",\"y\":\"@ref\"}"},
        {"1", "{\"@unreadable\":\"no smallcaps\"}"},
        {"#", "{\"@unreadable\":\"no smallcaps\"}"},
        {"#[\"x\"", "{\"@unreadable\":\"unexpected end\"}"},
    };

    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct buffer out = {0};

        CU_ASSERT_EQUAL(capdata_to_json(&out, slice_text(values[i].body)), HS_OK);
        CU_ASSERT_STRING_EQUAL(buffer_text(&out), values[i].json);
        buffer_fini(&out);
    }
}

static void capdata__rejections_become_one_text(void)
{
    static const struct {
        const char *body, *json;
    } values[] = {
        {"#{\"#error\":\"!-5\",\"name\":\"RangeError\"}", "{\"error\":\"RangeError: -5\"}"},
        {"#{\"#error\":\"x\",\"name\":\"Error\",\"errorId\":\"error:1\"}",
         "{\"error\":\"Error: x\"}"},
        {"#{\"name\":\"Error\"}", "{\"error\":\"{\\\"name\\\":\\\"Error\\\"}\"}"},
        {"#\"plain\"", "{\"error\":\"plain\"}"},
        {"#\"#undefined\"", "{\"error\":\"null\"}"},
        {"#17", "{\"error\":\"17\"}"},
    };

    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct buffer out = {0};

        CU_ASSERT_EQUAL(capdata_rejection_to_json(&out, slice_text(values[i].body)), HS_OK);
        CU_ASSERT_STRING_EQUAL(buffer_text(&out), values[i].json);
        buffer_fini(&out);
    }
}

static void capdata__a_lone_slot_is_recognised(void)
{
    CU_ASSERT_TRUE(capdata_is_slot(slice_text("#\"$0\"")));
    CU_ASSERT_TRUE(capdata_is_slot(slice_text("#\"$0.Alleged: x\"")));
    CU_ASSERT_TRUE(capdata_is_slot(slice_text("#\"&0\"")));
    CU_ASSERT_FALSE(capdata_is_slot(slice_text("#\"$1\"")));
    CU_ASSERT_FALSE(capdata_is_slot(slice_text("#\"$01\"")));
    CU_ASSERT_FALSE(capdata_is_slot(slice_text("#[\"$0\"]")));
    CU_ASSERT_FALSE(capdata_is_slot(slice_text("#\"!$0\"")));
}

static void transcript__sameness_is_that_of_json(void)
{
    CU_ASSERT_TRUE(
        transcript_same(slice_text("[1,{\"a\":1,\"b\":2}]"), slice_text("[1, {\"b\":2,\"a\":1}]")));
    CU_ASSERT_TRUE(transcript_same(slice_text("\"\\u0041\""), slice_text("\"A\"")));
    CU_ASSERT_FALSE(transcript_same(slice_text("[1]"), slice_text("[1,1]")));
    CU_ASSERT_FALSE(transcript_same(slice_text("[1"), slice_text("[2")));
    CU_ASSERT_TRUE(transcript_same(slice_text("not JSON"), slice_text("not JSON")));
}

int main(int argc, char **argv)
{
    static const struct suite_case cases[] = {
        SUITE_CASE(json_text__well_formed_values_are_taken),
        SUITE_CASE(json_text__malformed_values_are_refused),
        SUITE_CASE(json_text__every_truncation_is_refused),
        SUITE_CASE(json_text__every_flipped_byte_is_taken_or_refused),
        SUITE_CASE(json_text__depth_is_bounded),
        SUITE_CASE(json_text__strings_are_decoded_and_encoded),
        SUITE_CASE(json_printer__commas_come_by_themselves),
        SUITE_CASE(json_printer__first_failure_sticks),
        SUITE_CASE(refs__vrefs_are_told_apart),
        SUITE_CASE(refs__lists_split_and_join),
        SUITE_CASE(capdata__reading_refuses_every_other_shape),
        SUITE_CASE(capdata__calls_escape_what_smallcaps_would_read),
        SUITE_CASE(capdata__values_become_plain_json),
        SUITE_CASE(capdata__rejections_become_one_text),
        SUITE_CASE(capdata__a_lone_slot_is_recognised),
        SUITE_CASE(transcript__sameness_is_that_of_json),
    };

    return SUITE_RUN("kernel_text", cases, argc, argv);
}
