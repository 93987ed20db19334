/* The slog: lines are JSON whatever vats say, and a file that cannot be written, or was moved away,
 * costs lines, never a message. */
#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

#include "kernel/state/fault.h"
#include "kernel/text/json_text.h"
#include "sidecar/report/slog.h"
#include "sidecar/report/vat_console.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bench {
    struct scratch_path dir, path;
    struct logger logger;
    struct slog *slog;
    struct buffer text;
};

static const struct vat_name bank = {.name = "bank", .id = {"v1"}, .number = 1};

static void bench_open(struct bench *b)
{
    struct slog_options options = {
        .disk = disk_system(), .clock = clock_system(), .logger = &b->logger};

    *b = (struct bench){.dir = scratch_make()};
    b->path = scratch_join(b->dir.text, "slog");
    options.path = b->path.text;
    logger_init(&b->logger, open("/dev/null", O_WRONLY), LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
    CU_ASSERT_EQUAL_FATAL(slog_open(&options, &b->slog, NULL), HS_OK);
}

static void bench_close(struct bench *b)
{
    slog_close(b->slog);
    buffer_fini(&b->text);
    scratch_remove(b->dir);
}

static void begin(struct bench *b, const char *text)
{
    struct message m = {.height = 5, .time = 60, .text = slice_text(text)};

    slog_write(b->slog, &(struct witnessed){.kind = WITNESS_MESSAGE, .seqnum = 7, .message = &m},
               true);
}

static void done(struct bench *b)
{
    slog_write(b->slog,
               &(struct witnessed){
                   .kind = WITNESS_DONE, .seqnum = 7, .status = HS_IO, .words = "it \"broke\"\n"},
               false);
}

/* How many lines there are; each must be one JSON object. */
static size_t lines(struct bench *b, const char *path)
{
    size_t count = 0;
    char *at, *end;

    scratch_read(path, &b->text);
    at = b->text.data;
    for (; at && *at; at = end + 1, count++) {
        end = strchr(at, '\n');
        CU_ASSERT_PTR_NOT_NULL_FATAL(end);
        CU_ASSERT(json_text_is_value(slice_make(at, (size_t)(end - at))));
        CU_ASSERT_EQUAL(*at, '{');
    }
    return count;
}

static void slog__lines_are_json_whatever_is_told(void)
{
    static const char *const hostile[] = {
        "",          "{",        "[1,\n\t2]\r\n", "\xff\xfe\"",         "\"\\ud800\"",
        "nul\x01\"", "[[[[[[[[", "{\"a\":1}{",    "\xe2\x82\"\xf0\x9f", "\"\x7f\\u0000\"",
    };
    struct bench b;

    bench_open(&b);
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        struct witnessed w = {.vat = &bank,
                              .seqnum = 7,
                              .text = slice_text(hostile[i]),
                              .answer = slice_text(hostile[i]),
                              .words = hostile[i]};

        begin(&b, hostile[i]);
        w.kind = WITNESS_DELIVERY;
        slog_write(b.slog, &w, true);
        w.kind = WITNESS_SYSCALL;
        slog_write(b.slog, &w, true);
        w.status = HS_VAT_FAILED;
        slog_write(b.slog, &w, true);
        w.kind = WITNESS_DELIVERED;
        slog_write(b.slog, &w, false);
        done(&b);
    }
    CU_ASSERT_EQUAL(lines(&b, b.path.text), 6 * sizeof hostile / sizeof hostile[0]);
    CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&b.text), "\"vsc\":[1, \t2]"));
    CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&b.text), "\"replay\":true,\"vatID\":\"v1\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&b.text), "\"problem\":\"it \\\"broke\\\"\\n\""));
    bench_close(&b);
}

static void slog__file_that_was_moved_or_cut_is_begun_anew(void)
{
    struct bench b;
    struct scratch_path old;

    bench_open(&b);
    old = scratch_join(b.dir.text, "slog.1");
    begin(&b, "1");
    done(&b);
    CU_ASSERT_EQUAL(rename(b.path.text, old.text), 0);
    begin(&b, "2");
    done(&b);
    begin(&b, "3");
    done(&b);
    CU_ASSERT_EQUAL(lines(&b, old.text), 2);
    CU_ASSERT_EQUAL(lines(&b, b.path.text), 4);
    scratch_write(b.path.text, slice_text("{}\n")); /* as after a rotation that makes a new one */
    begin(&b, "4");
    done(&b);
    CU_ASSERT_EQUAL(lines(&b, b.path.text), 3);
    bench_close(&b);
}

static void slog__failing_disk_costs_lines_alone(void)
{
    struct bench b;

    bench_open(&b);
    begin(&b, "1");
    done(&b);
    fault_arm("slog.file.write:1:ENOSPC");
    begin(&b, "2");
    done(&b);
    fault_arm("slog.file.open:1:EACCES");
    begin(&b, "3");
    done(&b);
    fault_arm(NULL);
    begin(&b, "4");
    done(&b);
    CU_ASSERT_EQUAL(lines(&b, b.path.text), 4);
    CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&b.text), "\"message\":4"));
    CU_ASSERT_PTR_NULL(strstr(buffer_text(&b.text), "\"message\":3"));
    bench_close(&b);
}

static void console__is_bounded_text(void)
{
    struct buffer request = {0};
    struct vat_console c;

    CU_ASSERT_EQUAL(
        vat_console_read(slice_text("[\"sourcedConsole\",\"v1\",\"warn\",\"a\\u0000\",\"b\\n\"]"),
                         &c),
        HS_OK);
    CU_ASSERT_STRING_EQUAL(c.level, "warn");
    CU_ASSERT_STRING_EQUAL(buffer_text(&c.text), "a  b\n");
    vat_console_fini(&c);
    for (size_t len = VAT_CONSOLE_BYTES_MAX / 2; len < 3 * VAT_CONSOLE_BYTES_MAX; len += 997) {
        buffer_clear(&request);
        CU_ASSERT_EQUAL(buffer_append_text(&request, "[\"sourcedConsole\",\"v1\",\"no such\",\"x\","
                                                     "\""),
                        HS_OK);
        for (size_t i = 0; i < len; i++)
            CU_ASSERT_EQUAL(buffer_append_text(&request, "\xe2\x82\xac"), HS_OK);
        CU_ASSERT_EQUAL(buffer_append_text(&request, "\"]"), HS_OK);
        CU_ASSERT_EQUAL(vat_console_read(buffer_slice(&request), &c), HS_OK);
        CU_ASSERT_STRING_EQUAL(c.level, "");
        CU_ASSERT(c.text.len <= VAT_CONSOLE_BYTES_MAX);
        CU_ASSERT_EQUAL(c.text.len % 3, 2); /* "x " and whole characters */
        vat_console_fini(&c);
    }
    CU_ASSERT_EQUAL(vat_console_read(slice_text("[\"other\",\"v1\",\"log\"]"), &c), HS_INVALID);
    CU_ASSERT_EQUAL(vat_console_read(slice_text("{"), &c), HS_INVALID);
    buffer_fini(&request);
}

static const struct suite_case cases[] = {
    SUITE_CASE(slog__lines_are_json_whatever_is_told),
    SUITE_CASE(slog__file_that_was_moved_or_cut_is_begun_anew),
    SUITE_CASE(slog__failing_disk_costs_lines_alone),
    SUITE_CASE(console__is_bounded_text),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("slog", cases, argc, argv);
}
