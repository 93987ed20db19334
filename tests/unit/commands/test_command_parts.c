/* The parts of the commands that need no daemon and no kernel. */
#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

#include "ipc/wire.h"
#include "kernel/state/limits.h"
#include "sidecar/commands/command.h"
#include "sidecar/commands/exported.h"
#include "sidecar/commands/line_reader.h"
#include "sidecar/commands/readable.h"
#include "sidecar/commands/status_screen.h"
#include "sidecar/commands/terminal.h"
#include "sidecar/report/wire_json.h"
#include "sidecar/settings/nearest_name.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* --- exported deliveries --- */

static const struct log_entry exported_entries[] = {
    {{.height = 1, .time = 1700000005, .text = {"{\"to\":\"x\"}", 10}}, {.seqnum = 1}},
    {{.height = 2, .limited = true, .ticks = 0, .text = {"", 0}}, {.seqnum = HS_UINT_MAX}},
    {{.limited = true, .ticks = HS_UINT_MAX, .control = true, .text = {"\0\n\"\\", 4}},
     {.seqnum = 3}},
    {{.skipped = true, .text = {"\xff\xfe not UTF-8", 12}}, {.seqnum = 4}},
    {{.height = HS_UINT_MAX, .time = HS_UINT_MAX, .text = {"\xf0\x9f\x8f\xa6", 4}}, {.seqnum = 5}},
};

static struct log_entry exported_entry(size_t i)
{
    struct log_entry e = exported_entries[i];

    memset(e.after.hash, 'c', sizeof e.after.hash - 1);
    return e;
}

static void exported__what_is_printed_is_read_again(void)
{
    struct buffer line = {0}, text = {0};

    for (size_t i = 0; i < sizeof exported_entries / sizeof *exported_entries; i++) {
        struct log_entry e = exported_entry(i), got;

        CU_ASSERT_EQUAL_FATAL(exported_print(&e, &line), HS_OK);
        CU_ASSERT_PTR_NULL(memchr(line.data, '\n', line.len));
        CU_ASSERT_EQUAL_FATAL(exported_read(buffer_slice(&line), &text, &got), HS_OK);
        CU_ASSERT(position_equal(&got.after, &e.after));
        CU_ASSERT(slice_equal(got.message.text, e.message.text));
        CU_ASSERT_EQUAL(got.message.height, e.message.height);
        CU_ASSERT_EQUAL(got.message.time, e.message.time);
        CU_ASSERT_EQUAL(got.message.limited, e.message.limited);
        CU_ASSERT_EQUAL(got.message.ticks, e.message.ticks);
        CU_ASSERT_EQUAL(got.message.control, e.message.control);
        CU_ASSERT_EQUAL(got.message.skipped, e.message.skipped);
        for (size_t len = 0; len < line.len; len++) { /* cut anywhere it is something else */
            CU_ASSERT_EQUAL(exported_read(slice_make(line.data, len), &text, &got), HS_INVALID);
        }
    }
    buffer_fini(&line);
    buffer_fini(&text);
}

static void exported__other_lines_are_something_else(void)
{
#define REST "\"height\":1,\"time\":2,\"ticks\":null,\"control\":false,\"skipped\":false,"
#define HASH "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
    static const char *const lines[] = {
        "",
        "run",
        "{\"to\":\"x\",\"method\":\"y\",\"args\":[]}",
        "{\"seqnum\":-1," REST "\"message\":\"\",\"hash\":\"" HASH "\"}",
        "{\"seqnum\":1," REST "\"message\":7,\"hash\":\"" HASH "\"}",
        "{\"seqnum\":1," REST "\"message_hex\":\"0\",\"hash\":\"" HASH "\"}",
        "{\"seqnum\":1," REST "\"message_hex\":\"0g\",\"hash\":\"" HASH "\"}",
        "{\"seqnum\":1," REST "\"message\":\"\",\"hash\":\"cc\"}",
        "{\"seqnum\":1," REST "\"message\":\"\",\"hash\":null}",
        "{\"seqnum\":1," REST "\"message\":\"\",\"hash\":\"" HASH "\",\"more\":1}",
        "{\"seqnum\":1," REST "\"message\":\"\",\"hash\":\"" HASH "\"} x",
    };
    struct buffer text = {0};
    struct log_entry got;

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        CU_ASSERT_EQUAL(exported_read(slice_text(lines[i]), &text, &got), HS_INVALID);
    }
    CU_ASSERT_EQUAL(exported_read(slice_text("{\"seqnum\":1," REST
                                             "\"message_hex\":\"00fF\",\"hash\":\"" HASH "\"}"),
                                  &text, &got),
                    HS_INVALID);
    buffer_fini(&text);
#undef REST
#undef HASH
}

/* --- nearest names --- */

static void name_distance__counts_each_kind_of_mistake(void)
{
    CU_ASSERT_EQUAL(name_distance("status", "status"), 0);
    CU_ASSERT_EQUAL(name_distance("statsu", "status"), 1); /* swapped */
    CU_ASSERT_EQUAL(name_distance("staus", "status"), 1);  /* left out */
    CU_ASSERT_EQUAL(name_distance("stattus", "status"), 1);
    CU_ASSERT_EQUAL(name_distance("stadus", "status"), 1);
    CU_ASSERT_EQUAL(name_distance("", "run"), 3);
    CU_ASSERT_EQUAL(name_distance("kitten", "sitting"), 3);
    CU_ASSERT_EQUAL(name_distance("ca", "abc"), 3); /* swapped letters are not touched again */
}

static void nearest_name__is_told_only_when_near(void)
{
    static const struct {
        const char *word, *name;
    } cases[] = {
        {"statsu", "status"},
        {"stat", "status"},
        {"ru", "run"},
        {"sol", "solo"},
        {"hlep", "help"},
        {"zzz", NULL},
        {"x", NULL},
        {"", NULL},
        {"doctor", NULL},
        {"versoin", "version"},
        {"complete", "completion"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct nearest_name nearest = nearest_name_of(cases[i].word);

        for (const struct command *const *c = command_table(); *c; c++) {
            nearest_name_offer(&nearest, (*c)->name);
        }
        if (cases[i].name) {
            CU_ASSERT_PTR_NOT_NULL_FATAL(nearest.name);
            CU_ASSERT_STRING_EQUAL(nearest.name, cases[i].name);
        } else {
            CU_ASSERT_PTR_NULL(nearest.name);
        }
    }
}

/* --- figures --- */

static void readable__counts_bytes_and_durations(void)
{
    char text[READABLE_BYTES_MAX];

    CU_ASSERT_STRING_EQUAL(readable_count(0, text), "0");
    CU_ASSERT_STRING_EQUAL(readable_count(999, text), "999");
    CU_ASSERT_STRING_EQUAL(readable_count(1000, text), "1,000");
    CU_ASSERT_STRING_EQUAL(readable_count(UINT64_MAX, text), "18,446,744,073,709,551,615");
    CU_ASSERT_STRING_EQUAL(readable_bytes(1023, text), "1023 B");
    CU_ASSERT_STRING_EQUAL(readable_bytes(1536, text), "1.5 KiB");
    CU_ASSERT_STRING_EQUAL(readable_bytes(UINT64_MAX, text), "16384.0 PiB");
    CU_ASSERT_STRING_EQUAL(readable_seconds(59, text), "59 s");
    CU_ASSERT_STRING_EQUAL(readable_seconds(60, text), "1 min 00 s");
    CU_ASSERT_STRING_EQUAL(readable_seconds(7384, text), "2 h 03 min");
    CU_ASSERT_STRING_EQUAL(readable_seconds(90000, text), "1 d 01 h");
    CU_ASSERT_STRING_EQUAL(readable_rate(12.34, text), "12.3");
    CU_ASSERT_STRING_EQUAL(readable_rate(1234.5, text), "1,234");
    CU_ASSERT_STRING_EQUAL(readable_rate(-1, text), "0.0");
}

/* --- exit codes --- */

static void exit_codes__are_those_of_the_contract(void)
{
    CU_ASSERT_EQUAL(exit_code_of(HS_OK, 0), 0);
    CU_ASSERT_EQUAL(exit_code_of(HS_NOT_FOUND, 0), 66);
    CU_ASSERT_EQUAL(exit_code_of(HS_CORRUPT, 0), 65);
    CU_ASSERT_EQUAL(exit_code_of(HS_UNAVAILABLE, 0), 69);
    CU_ASSERT_EQUAL(exit_code_of(HS_INTERNAL, 0), 70);
    CU_ASSERT_EQUAL(exit_code_of(HS_IO, 0), 74);
    CU_ASSERT_EQUAL(exit_code_of(HS_LOCKED, 0), 75);
    CU_ASSERT_EQUAL(exit_code_of(HS_IO, EACCES), 77);
    CU_ASSERT_EQUAL(exit_code_of(HS_UNSAFE, 0), 77);
    CU_ASSERT_EQUAL(exit_code_of(HS_INVALID, 0), 78);
    CU_ASSERT_EQUAL(exit_code_of(HS_WRONG_CHAIN, 0), 78);
    CU_ASSERT_EQUAL(exit_code_of(HS_CANCELLED, 0), 130);
    for (int st = HS_OK + 1; st < HS_STATUS_COUNT; st++) {
        CU_ASSERT(exit_code_of((enum hs_status)st, 0) != EXIT_CODE_OK);
    }
}

static void exit_codes__of_the_client_follow_its_words(void)
{
    struct headstart_error err = {.status = HEADSTART_UNREACHABLE};

    CU_ASSERT_EQUAL(exit_code_of_client(&err), 2);
    err = (struct headstart_error){.status = HEADSTART_REFUSED, .code = "wrong_chain"};
    CU_ASSERT_EQUAL(exit_code_of_client(&err), 78);
    err = (struct headstart_error){.status = HEADSTART_REFUSED, .code = "busy"};
    CU_ASSERT_EQUAL(exit_code_of_client(&err), 75);
    err = (struct headstart_error){.status = HEADSTART_REFUSED, .code = "from the future"};
    CU_ASSERT_EQUAL(exit_code_of_client(&err), 70);
    err = (struct headstart_error){.status = HEADSTART_PROTOCOL};
    CU_ASSERT_EQUAL(exit_code_of_client(&err), 69);
}

/* --- lines --- */

/* A reader over a pipe that nobody wrote to yet. */
static struct line_reader pipe_reader(int ends[2])
{
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    return (struct line_reader){.name = "pipe", .fd = ends[0]};
}

static void expect_line(struct line_reader *r, const char *text)
{
    struct slice line = {0};

    CU_ASSERT_EQUAL(line_reader_next(r, true, -1, &line, NULL), HS_OK);
    CU_ASSERT(slice_equal(line, slice_text(text)));
}

static void line_reader__lines_of_a_file_however_it_ends(void)
{
    static const char *const endings[] = {"", "\n", "\n\n\n"};
    struct scratch_path dir = scratch_make();
    struct scratch_path path = scratch_join(dir.text, "lines");

    for (size_t i = 0; i < 3; i++) {
        struct buffer text = {0};
        struct line_reader r;
        struct slice line;

        CU_ASSERT_EQUAL(buffer_printf(&text, "\none\n\n\ntwo\r\nthree%s", endings[i]), HS_OK);
        scratch_write(path.text, buffer_slice(&text));
        CU_ASSERT_EQUAL_FATAL(line_reader_open(&r, path.text, NULL), HS_OK);
        CU_ASSERT_EQUAL(r.size, text.len);
        expect_line(&r, "one");
        expect_line(&r, "two\r");
        expect_line(&r, "three");
        CU_ASSERT_EQUAL(r.lines, 3);
        CU_ASSERT_EQUAL(line_reader_next(&r, true, -1, &line, NULL), HS_NOT_FOUND);
        CU_ASSERT_EQUAL(line_reader_next(&r, false, -1, &line, NULL), HS_NOT_FOUND);
        CU_ASSERT_EQUAL(r.offset, text.len);
        line_reader_close(&r);
        buffer_fini(&text);
    }
    scratch_remove(dir);
}

static void line_reader__says_busy_instead_of_waiting(void)
{
    struct line_reader r;
    struct slice line;
    int ends[2], wake[2];

    r = pipe_reader(ends);
    CU_ASSERT_EQUAL_FATAL(pipe(wake), 0);
    CU_ASSERT_EQUAL(line_reader_next(&r, false, wake[0], &line, NULL), HS_BUSY);
    CU_ASSERT_EQUAL(write(ends[1], "half", 4), 4);
    CU_ASSERT_EQUAL(line_reader_next(&r, false, wake[0], &line, NULL), HS_BUSY);
    CU_ASSERT_EQUAL(write(ends[1], " a line\nnext", 12), 12);
    CU_ASSERT_EQUAL(line_reader_next(&r, false, wake[0], &line, NULL), HS_OK);
    CU_ASSERT(slice_equal(line, slice_text("half a line")));
    CU_ASSERT_EQUAL(write(wake[1], "!", 1), 1);
    CU_ASSERT_EQUAL(line_reader_next(&r, true, wake[0], &line, NULL), HS_CANCELLED);
    (void)close(ends[1]);
    CU_ASSERT_EQUAL(line_reader_next(&r, true, wake[0], &line, NULL), HS_OK);
    CU_ASSERT(slice_equal(line, slice_text("next")));
    CU_ASSERT_EQUAL(line_reader_next(&r, true, wake[0], &line, NULL), HS_NOT_FOUND);
    line_reader_close(&r);
    (void)close(ends[0]);
    (void)close(wake[0]);
    (void)close(wake[1]);
}

/* The largest message is taken, one byte more is refused before it is all in memory. */
static void line_reader__longest_line_and_one_longer(void)
{
    struct scratch_path dir = scratch_make();
    struct scratch_path path = scratch_join(dir.text, "lines");

    for (int more = 0; more < 2; more++) {
        int fd = open(path.text, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        struct hs_error err = {0};
        struct line_reader r;
        struct slice line = {0};
        enum hs_status st;

        CU_ASSERT_EQUAL_FATAL(ftruncate(fd, HS_MESSAGE_BYTES_MAX + more), 0);
        CU_ASSERT_EQUAL(pwrite(fd, "\nend", 4, HS_MESSAGE_BYTES_MAX + more), 4);
        (void)close(fd);
        CU_ASSERT_EQUAL_FATAL(line_reader_open(&r, path.text, NULL), HS_OK);
        st = line_reader_next(&r, true, -1, &line, &err);
        CU_ASSERT_EQUAL(st, more ? HS_TOO_LARGE : HS_OK);
        CU_ASSERT_EQUAL(more != 0, strstr(err.text, "line 1") != NULL);
        if (!more) {
            CU_ASSERT_EQUAL(line.len, (size_t)HS_MESSAGE_BYTES_MAX);
            expect_line(&r, "end");
        }
        line_reader_close(&r);
    }
    scratch_remove(dir);
}

static void line_reader__missing_file(void)
{
    struct hs_error err = {0};
    struct line_reader r;

    CU_ASSERT_EQUAL(line_reader_open(&r, "/nowhere/messages", &err), HS_NOT_FOUND);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "/nowhere/messages"));
}

/* --- wire and JSON --- */

static void wire_json__comes_back_as_it_went(void)
{
    static const char *const texts[] = {
        "null",
        "true",
        "0",
        "9007199254740991",
        "1.5",
        "\"\"",
        "\"gr\\u00fc\\u00df\"",
        "[]",
        "{}",
        "[1,[2,[],{}],{\"a\":[null,false]},\"x\"]",
        "{\"z\":1,\"a\":{\"b\":{\"c\":[{\"d\":\"e\"}]}},\"last\":[[]]}",
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        json_t *before = json_loads(texts[i], JSON_DECODE_ANY, NULL), *after = NULL;
        struct buffer packed = {0};

        CU_ASSERT_PTR_NOT_NULL_FATAL(before);
        CU_ASSERT_EQUAL(wire_json_write(before, &packed, NULL), HS_OK);
        CU_ASSERT_EQUAL(wire_json_read(buffer_slice(&packed), &after, NULL), HS_OK);
        CU_ASSERT(json_equal(before, after));
        json_decref(before);
        json_decref(after);
        buffer_fini(&packed);
    }
}

static json_t *nested_arrays(int depth)
{
    json_t *v = json_array();

    for (int i = 1; i < depth; i++) {
        v = json_pack("[o]", v);
    }
    return v;
}

static void wire_json__write_refuses_what_the_wire_has_no_place_for(void)
{
    json_t *bad[] = {json_integer(-1), json_integer(INT64_C(9007199254740992)),
                     nested_arrays(HS_FRAME_DEPTH_MAX + 1)};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct buffer packed = {0};

        CU_ASSERT_EQUAL(wire_json_write(bad[i], &packed, NULL), HS_INVALID);
        buffer_fini(&packed);
        json_decref(bad[i]);
    }
}

static void wire_json__read_refuses_every_truncation_and_survives_every_flip(void)
{
    json_t *value =
        json_loads("{\"a\":[1,300,70000,\"text\",{\"b\":null}],\"c\":2.5,\"d\":true}", 0, NULL);
    struct buffer packed = {0};
    json_t *read = NULL;

    CU_ASSERT_EQUAL_FATAL(wire_json_write(value, &packed, NULL), HS_OK);
    for (size_t len = 0; len < packed.len; len++) {
        CU_ASSERT_EQUAL(wire_json_read(slice_make(packed.data, len), &read, NULL), HS_PROTOCOL);
        CU_ASSERT_PTR_NULL(read);
    }
    for (size_t bit = 0; bit < packed.len * 8; bit++) {
        packed.data[bit / 8] = (char)(packed.data[bit / 8] ^ (1 << bit % 8));
        if (wire_json_read(buffer_slice(&packed), &read, NULL) == HS_OK) {
            char *text = json_dumps(read, JSON_ENCODE_ANY);

            CU_ASSERT_PTR_NOT_NULL(text); /* whatever it says, it is a value */
            free(text);
        } else {
            CU_ASSERT_PTR_NULL(read);
        }
        json_decref(read);
        packed.data[bit / 8] = (char)(packed.data[bit / 8] ^ (1 << bit % 8));
    }
    buffer_fini(&packed);
    json_decref(value);
}

/* --- the status screen --- */

static const char full_status[] =
    "{\"schema\":1,\"version\":\"0.1.0\",\"phase\":\"rolling\",\"ready\":false,"
    "\"chain_id\":\"chain-1\",\"uptime_s\":7384,\"seqnum\":2466,\"hash\":\"0123456789abcdef0123\","
    "\"height\":124,\"floor\":2446,"
    "\"snapshot\":{\"newest\":2400,\"count\":8,\"bytes\":1536,\"age_s\":14},"
    "\"log\":{\"first\":2301,\"last\":2466,\"entries\":166,\"bytes\":2048},"
    "\"vats\":[{\"name\":\"ledger\",\"heap_bytes\":4194304,\"deliveries\":66,"
    "\"transcript_entries\":2467}],"
    "\"replay\":{\"phase\":\"rolling\",\"at\":1200,\"target\":2400,\"percent\":50,\"rate\":1400.5,"
    "\"eta_s\":3.2},"
    "\"node\":{\"connected\":true,\"client\":\"headstart-node 0.1.0\",\"path\":\"catch_up\","
    "\"replayed\":66,\"attach_ms\":1.5},"
    "\"counters\":{\"fulfilled\":2466,\"attaches\":{\"swap\":1,\"catch_up\":2},\"last\":7}}";

static void expect_screen(const char *json, const char *const *words, size_t words_len)
{
    json_t *status = json_loads(json, 0, NULL);
    struct buffer screen = {0};

    CU_ASSERT_PTR_NOT_NULL_FATAL(status);
    CU_ASSERT_EQUAL(status_screen_render(status, false, &screen), HS_OK);
    for (size_t i = 0; i < words_len; i++) {
        if (!strstr(buffer_text(&screen), words[i])) {
            (void)printf("\n    '%s' is not in\n%s", words[i], buffer_text(&screen));
            CU_FAIL("a word is missing on the screen");
        }
    }
    CU_ASSERT_PTR_NULL(strchr(buffer_text(&screen), '\033'));
    buffer_fini(&screen);
    json_decref(status);
}

static void status_screen__shows_everything_once(void)
{
    static const char *const words[] = {
        "rolling, not ready",
        "chain-1, up 2 h 03 min",
        "seqnum 2,466, height 124, hash 0123456789abcdef…",
        "floor      2,446",
        "newest 2,400, 8 kept, 1.5 KiB, made 14 s ago",
        "2,301 to 2,466, 166 entries, 2.0 KiB",
        "connected, headstart-node 0.1.0, path catch_up, 66 replayed, attached in 1.5 ms",
        "[############------------] 50 %  rolling, 1,200 of 2,400, 1,400/s, 3 s left",
        "ledger                        4.0 MiB           66        2,467",
        "fulfilled",
        "attaches catch_up",
    };

    expect_screen(full_status, words, sizeof words / sizeof *words);
}

static void status_screen__survives_a_status_of_another_version(void)
{
    static const char *const empty_words[] = {"chain      -, up -", "none yet", "empty",
                                              "not connected"};
    static const char *const words[] = {"-, not ready"};

    expect_screen("{}", empty_words, 4);
    expect_screen("{\"phase\":7,\"seqnum\":\"x\",\"vats\":{},\"replay\":[],\"node\":null,"
                  "\"log\":5,\"counters\":[],\"hash\":null,\"uptime_s\":-1}",
                  words, 1);
}

static void status_screen__any_disk_is_survived(void)
{
    static const char *const words[] = {"disk       log fenced\n", "gone without log\n"};
    static const char *const odd_words[] = {"log fenced since seqnum -3"};

    expect_screen("{\"disk\":{\"log_fenced\":true,\"log_fenced_since\":null,\"without\":"
                  "[1,null,\"log\"],\"snapshots_failing_since\":\"x\"}}",
                  words, 2);
    expect_screen("{\"disk\":{\"log_fenced\":true,\"log_fenced_since\":-3,\"without\":{},"
                  "\"snapshots_failing_since\":9223372036854775807}}",
                  odd_words, 1);
    expect_screen("{\"disk\":[]}", NULL, 0);
}

static void status_screen__colour_only_where_wanted(void)
{
    json_t *status = json_loads(full_status, 0, NULL);
    struct buffer screen = {0};

    CU_ASSERT_EQUAL(status_screen_render(status, true, &screen), HS_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&screen), "\033[0m"));
    buffer_fini(&screen);
    json_decref(status);
}

static void status_screen__an_unknown_target_is_no_percent(void)
{
    static const char *const words[] = {"full_replay, 1,200 so far, 40.0/s"};

    expect_screen("{\"replay\":{\"phase\":\"full_replay\",\"at\":1200,\"target\":null,"
                  "\"percent\":null,\"rate\":40,\"eta_s\":null}}",
                  words, 1);
}

static void terminal__text_is_cut_to_the_room(void)
{
    static const struct {
        const char *text;
        struct terminal_size size;
        const char *shown;
    } cases[] = {
        {"one\ntwo\n", {80, 24}, "one\ntwo\n"},
        {"one\ntwo\nthree\n", {3, 4}, "one\ntwo\nthr\n"},
        {"1\n2\n3\n4\n", {80, 4}, "1\n2\n(2 more lines)\n"},
        {"\033[1;32mabc\033[0mdef\n", {4, 24}, "\033[1;32mabc\033[0md\n"},
        {"a…bcd\n", {3, 24}, "a…b\n"},
        {"", {80, 24}, ""},
        {"1\n2\n", {1, 1}, "(2 more lines)\n"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer out = {0};

        CU_ASSERT_EQUAL(terminal_fit(slice_text(cases[i].text), cases[i].size, &out), HS_OK);
        CU_ASSERT_STRING_EQUAL(buffer_text(&out), cases[i].shown);
        buffer_fini(&out);
    }
}

/* --- help --- */

static void help__shows_every_command_and_every_setting_it_takes(void)
{
    for (const struct command *const *table = command_table(); *table; table++) {
        const struct command *c = *table;
        struct buffer text = {0};

        CU_ASSERT_EQUAL(help_render(NULL, c, &text), HS_OK);
        CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&text), c->name));
        CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&text), c->summary));
        for (size_t i = 0; i < SETTING_COUNT; i++) {
            char flag[64];

            (void)snprintf(flag, sizeof flag, "--%s", setting_at((enum setting_id)i)->name);
            if (c->settings & SETTING_BIT(i)) {
                CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&text), flag));
            }
        }
        buffer_fini(&text);
    }
}

/* A command must be able to run, or to name what can. */
static void command_table__is_well_formed(void)
{
    for (const struct command *const *table = command_table(); *table; table++) {
        const struct command *c = *table;

        CU_ASSERT_EQUAL(c->run == NULL, c->subcommands != NULL);
        CU_ASSERT(c->arguments_min <= c->arguments_max);
        CU_ASSERT_EQUAL(c->required & ~(c->settings | SETTINGS_OF_ALL), 0);
        CU_ASSERT_EQUAL(c->settings & SETTINGS_OF_ALL, 0);
        for (const struct command *const *inner = c->subcommands; inner && *inner; inner++) {
            CU_ASSERT_PTR_NOT_NULL((*inner)->run);
            CU_ASSERT_PTR_NULL((*inner)->subcommands);
        }
    }
}

static const struct suite_case cases[] = {
    SUITE_CASE(exported__what_is_printed_is_read_again),
    SUITE_CASE(exported__other_lines_are_something_else),
    SUITE_CASE(name_distance__counts_each_kind_of_mistake),
    SUITE_CASE(nearest_name__is_told_only_when_near),
    SUITE_CASE(readable__counts_bytes_and_durations),
    SUITE_CASE(exit_codes__are_those_of_the_contract),
    SUITE_CASE(exit_codes__of_the_client_follow_its_words),
    SUITE_CASE(line_reader__lines_of_a_file_however_it_ends),
    SUITE_CASE(line_reader__says_busy_instead_of_waiting),
    SUITE_CASE(line_reader__longest_line_and_one_longer),
    SUITE_CASE(line_reader__missing_file),
    SUITE_CASE(wire_json__comes_back_as_it_went),
    SUITE_CASE(wire_json__write_refuses_what_the_wire_has_no_place_for),
    SUITE_CASE(wire_json__read_refuses_every_truncation_and_survives_every_flip),
    SUITE_CASE(status_screen__shows_everything_once),
    SUITE_CASE(status_screen__survives_a_status_of_another_version),
    SUITE_CASE(status_screen__any_disk_is_survived),
    SUITE_CASE(status_screen__colour_only_where_wanted),
    SUITE_CASE(status_screen__an_unknown_target_is_no_percent),
    SUITE_CASE(terminal__text_is_cut_to_the_room),
    SUITE_CASE(help__shows_every_command_and_every_setting_it_takes),
    SUITE_CASE(command_table__is_well_formed),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("command_parts", cases, argc, argv);
}
