#include "kernel/state/limits.h"
#include "tests/node/latency.h"
#include "tests/node/message_file.h"
#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

static struct scratch_path folder;

static struct message_file *file_open(const char *content, uint64_t offset)
{
    struct scratch_path path = scratch_join(folder.text, "messages");
    struct message_file *f = NULL;
    struct hs_error err = {0};

    scratch_write(path.text, slice_text(content));
    CU_ASSERT_EQUAL_FATAL(message_file_open(path.text, offset, &f, &err), HS_OK);
    return f;
}

static void expect_next(struct message_file *f, const char *text, uint64_t offset)
{
    struct buffer line = {0};
    struct hs_error err = {0};

    CU_ASSERT_EQUAL(message_file_next(f, &line, &err), HS_OK);
    CU_ASSERT_STRING_EQUAL(buffer_text(&line), text);
    CU_ASSERT_EQUAL(message_file_offset(f), offset);
    buffer_fini(&line);
}

static void expect_end(struct message_file *f)
{
    struct buffer line = {0};
    struct hs_error err = {0};

    CU_ASSERT_EQUAL(message_file_next(f, &line, &err), HS_NOT_FOUND);
    CU_ASSERT_STRING_EQUAL(err.text, "");
    buffer_fini(&line);
}

static void message_file__lines_come_in_order_with_their_offsets(void)
{
    struct message_file *f = file_open("one\ntwo\r\nthree", 0);

    CU_ASSERT_EQUAL(message_file_bytes(f), 14);
    expect_next(f, "one", 4);
    expect_next(f, "two\r", 9);
    expect_next(f, "three", 14);
    expect_end(f);
    expect_end(f);
    message_file_close(f);
}

static void message_file__goes_on_from_an_offset(void)
{
    struct message_file *f = file_open("one\ntwo\nthree\n", 4);

    expect_next(f, "two", 8);
    expect_next(f, "three", 14);
    expect_end(f);
    message_file_close(f);
}

static void message_file__empty_lines_are_passed_over(void)
{
    struct message_file *f = file_open("\n\none\n\n\ntwo\n\n", 0);

    expect_next(f, "one", 6);
    expect_next(f, "two", 12);
    expect_end(f);
    message_file_close(f);
}

static void message_file__offset_past_the_end_is_another_file(void)
{
    struct scratch_path path = scratch_join(folder.text, "messages");
    struct message_file *f = NULL;
    struct hs_error err = {0};

    scratch_write(path.text, slice_text("one\n"));
    CU_ASSERT_EQUAL(message_file_open(path.text, 5, &f, &err), HS_INVALID);
    CU_ASSERT_PTR_NULL(f);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "already read 5"));
}

static void message_file__missing_file_is_not_found(void)
{
    struct scratch_path path = scratch_join(folder.text, "none");
    struct message_file *f = NULL;
    struct hs_error err = {0};

    CU_ASSERT_EQUAL(message_file_open(path.text, 0, &f, &err), HS_NOT_FOUND);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, path.text));
}

static void message_file__line_over_the_limit_is_refused(void)
{
    struct scratch_path path = scratch_join(folder.text, "messages");
    struct buffer content = {0};
    struct buffer line = {0};
    struct message_file *f = NULL;
    struct hs_error err = {0};

    CU_ASSERT_EQUAL_FATAL(buffer_reserve(&content, (size_t)HS_MESSAGE_BYTES_MAX + 1), HS_OK);
    memset(content.data, 'x', (size_t)HS_MESSAGE_BYTES_MAX + 1);
    content.len = (size_t)HS_MESSAGE_BYTES_MAX + 1;
    scratch_write(path.text, buffer_slice(&content));
    CU_ASSERT_EQUAL_FATAL(message_file_open(path.text, 0, &f, &err), HS_OK);
    CU_ASSERT_EQUAL(message_file_next(f, &line, &err), HS_TOO_LARGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "byte 0"));
    message_file_close(f);
    buffer_fini(&line);
    buffer_fini(&content);
}

static void latency__quantiles_are_nearest_ranks(void)
{
    struct latency l = {0};

    CU_ASSERT_EQUAL(latency_quantile(&l, 500), 0);
    for (uint64_t us = 1000; us >= 1; us--) {
        CU_ASSERT_EQUAL_FATAL(latency_add(&l, us, NULL), HS_OK);
    }
    CU_ASSERT_EQUAL(latency_quantile(&l, 1), 1);
    CU_ASSERT_EQUAL(latency_quantile(&l, 500), 500);
    CU_ASSERT_EQUAL(latency_quantile(&l, 990), 990);
    CU_ASSERT_EQUAL(latency_quantile(&l, 999), 999);
    CU_ASSERT_EQUAL(latency_quantile(&l, 1000), 1000);
    latency_fini(&l);
}

static void latency__samples_past_32_bits_count_as_the_largest(void)
{
    struct latency l = {0};

    CU_ASSERT_EQUAL_FATAL(latency_add(&l, UINT64_C(1) << 40, NULL), HS_OK);
    CU_ASSERT_EQUAL(latency_quantile(&l, 500), UINT32_MAX);
    latency_fini(&l);
}

static const struct suite_case cases[] = {
    SUITE_CASE(message_file__lines_come_in_order_with_their_offsets),
    SUITE_CASE(message_file__goes_on_from_an_offset),
    SUITE_CASE(message_file__empty_lines_are_passed_over),
    SUITE_CASE(message_file__offset_past_the_end_is_another_file),
    SUITE_CASE(message_file__missing_file_is_not_found),
    SUITE_CASE(message_file__line_over_the_limit_is_refused),
    SUITE_CASE(latency__quantiles_are_nearest_ranks),
    SUITE_CASE(latency__samples_past_32_bits_count_as_the_largest),
};

int main(int argc, char **argv)
{
    int code;

    folder = scratch_make();
    code = SUITE_RUN("node input", cases, argc, argv);
    scratch_remove(folder);
    return code;
}
