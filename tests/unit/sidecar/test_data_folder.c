/* Data folder: made, locked, told apart. */
#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

#include "sidecar/data/data_folder.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char epoch_a[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
static const char epoch_b[] = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

static void data_folder__is_made_with_its_parents_and_parts(void)
{
    struct scratch_path scratch = scratch_make();
    struct scratch_path deep = scratch_join(scratch.text, "a/b");
    struct data_folder *f = NULL;
    struct data_folder_format format;
    struct stat info;

    CU_ASSERT_EQUAL_FATAL(data_folder_open(deep.text, "chain-1", &f, NULL), HS_OK);
    for (int part = 0; part < DATA_FOLDER_PART_COUNT; part++) {
        CU_ASSERT_EQUAL(stat(data_folder_path(f, (enum data_folder_part)part), &info), 0);
        CU_ASSERT_TRUE(S_ISDIR(info.st_mode));
        CU_ASSERT_EQUAL(info.st_mode & 0777, 0700);
    }
    CU_ASSERT_STRING_EQUAL(data_folder_format(f)->chain_id, "chain-1");
    data_folder_close(f);
    CU_ASSERT_EQUAL(data_folder_read_format(deep.text, &format, NULL), HS_OK);
    CU_ASSERT_EQUAL(format.version, DATA_FOLDER_VERSION);
    CU_ASSERT_STRING_EQUAL(format.chain_id, "chain-1");
    CU_ASSERT_STRING_EQUAL(format.epoch, "");
    scratch_remove(scratch);
}

/* The child's exit code is the status it got; flock counts per open file, so a process of its own
 * shows what a second daemon would see. */
static int status_in_child(const char *dir, const char *chain_id)
{
    pid_t child = fork();
    int status = 0;

    CU_ASSERT_FATAL(child >= 0);
    if (child == 0) {
        struct data_folder *f = NULL;
        enum hs_status st = data_folder_open(dir, chain_id, &f, NULL);

        data_folder_close(f);
        _exit((int)st);
    }
    CU_ASSERT_EQUAL_FATAL(waitpid(child, &status, 0), child);
    CU_ASSERT_TRUE_FATAL(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void data_folder__second_process_is_refused_until_the_first_closes(void)
{
    struct scratch_path scratch = scratch_make();
    struct data_folder *f = NULL, *again = NULL;
    struct hs_error err;
    char pid_text[32];
    uint64_t pid = 1;

    CU_ASSERT_EQUAL_FATAL(data_folder_open(scratch.text, "chain-1", &f, NULL), HS_OK);
    CU_ASSERT_EQUAL(status_in_child(scratch.text, "chain-1"), HS_LOCKED);
    CU_ASSERT_EQUAL(data_folder_open(scratch.text, "chain-1", &again, &err), HS_LOCKED);
    CU_ASSERT_PTR_NULL(again);
    (void)snprintf(pid_text, sizeof pid_text, "process %ld", (long)getpid());
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, pid_text));
    CU_ASSERT_EQUAL(data_folder_holder(scratch.text, &pid, NULL), HS_OK);
    CU_ASSERT_EQUAL(pid, (uint64_t)getpid());
    data_folder_close(f);
    CU_ASSERT_EQUAL(data_folder_holder(scratch.text, &pid, NULL), HS_OK);
    CU_ASSERT_EQUAL(pid, 0);
    CU_ASSERT_EQUAL(status_in_child(scratch.text, "chain-1"), HS_OK);
    scratch_remove(scratch);
}

static void data_folder__another_chain_is_refused_and_changes_nothing(void)
{
    struct scratch_path scratch = scratch_make();
    struct data_folder *f = NULL;
    struct hs_error err;

    CU_ASSERT_EQUAL_FATAL(data_folder_open(scratch.text, "chain-1", &f, NULL), HS_OK);
    data_folder_close(f);
    CU_ASSERT_EQUAL(data_folder_open(scratch.text, "chain-2", &f, &err), HS_WRONG_CHAIN);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "chain-1"));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "--data"));
    CU_ASSERT_EQUAL(data_folder_open(scratch.text, "chain-1", &f, NULL), HS_OK);
    data_folder_close(f);
    scratch_remove(scratch);
}

static void data_folder__epoch_is_adopted_and_kept(void)
{
    struct scratch_path scratch = scratch_make();
    struct data_folder *f = NULL;
    bool changed = true;

    CU_ASSERT_EQUAL_FATAL(data_folder_open(scratch.text, "chain-1", &f, NULL), HS_OK);
    CU_ASSERT_EQUAL(data_folder_adopt_epoch(f, epoch_a, &changed, NULL), HS_OK);
    CU_ASSERT_FALSE(changed); /* the first is no change */
    data_folder_close(f);
    CU_ASSERT_EQUAL_FATAL(data_folder_open(scratch.text, "chain-1", &f, NULL), HS_OK);
    CU_ASSERT_STRING_EQUAL(data_folder_format(f)->epoch, epoch_a);
    CU_ASSERT_EQUAL(data_folder_adopt_epoch(f, epoch_a, &changed, NULL), HS_OK);
    CU_ASSERT_FALSE(changed);
    CU_ASSERT_EQUAL(data_folder_adopt_epoch(f, epoch_b, &changed, NULL), HS_OK);
    CU_ASSERT_TRUE(changed);
    data_folder_close(f);
    scratch_remove(scratch);
}

static enum hs_status status_of_format(const char *dir, struct slice text)
{
    struct scratch_path path = scratch_join(dir, "FORMAT");
    struct data_folder *f = NULL;
    enum hs_status st;

    scratch_write(path.text, text);
    st = data_folder_open(dir, "chain-1", &f, NULL);
    data_folder_close(f);
    return st;
}

static void data_folder__damaged_format_is_told_at_every_cut_and_flip(void)
{
    struct scratch_path scratch = scratch_make();
    struct buffer good = {0}, bad = {0};
    struct data_folder *f = NULL;

    CU_ASSERT_EQUAL_FATAL(data_folder_open(scratch.text, "chain-1", &f, NULL), HS_OK);
    data_folder_close(f);
    scratch_read(scratch_join(scratch.text, "FORMAT").text, &good);
    for (size_t cut = 0; cut + 1 < good.len; cut++) {
        CU_ASSERT_EQUAL(status_of_format(scratch.text, slice_make(good.data, cut)), HS_CORRUPT);
    }
    for (size_t i = 0; i < good.len; i++) {
        enum hs_status st;

        CU_ASSERT_EQUAL_FATAL(buffer_assign(&bad, buffer_slice(&good)), HS_OK);
        bad.data[i] = (char)(bad.data[i] ^ 1);
        st = status_of_format(scratch.text, buffer_slice(&bad));
        /* Another digit or letter is another version or chain; white space may change freely. */
        CU_ASSERT(st == HS_CORRUPT || st == HS_WRONG_EPOCH || st == HS_WRONG_CHAIN || st == HS_OK);
        CU_ASSERT(st != HS_OK || good.data[i] == '\n' || good.data[i] == ' ');
    }
    CU_ASSERT_EQUAL(
        status_of_format(scratch.text, slice_text("{\"version\":1,\"chain_id\":\"chain-1\","
                                                  "\"epoch\":\"\"}")),
        HS_WRONG_EPOCH);
    buffer_fini(&good);
    buffer_fini(&bad);
    scratch_remove(scratch);
}

static void data_folder__bad_names_and_missing_folders_are_told(void)
{
    struct scratch_path scratch = scratch_make();
    struct scratch_path file = scratch_join(scratch.text, "file");
    struct data_folder_format format;
    struct data_folder *f = NULL;
    char long_id[HS_CHAIN_ID_BYTES_MAX + 2];
    uint64_t pid;

    memset(long_id, 'x', sizeof long_id - 1);
    long_id[sizeof long_id - 1] = '\0';
    CU_ASSERT_EQUAL(data_folder_open(scratch.text, "", &f, NULL), HS_INVALID);
    CU_ASSERT_EQUAL(data_folder_open(scratch.text, long_id, &f, NULL), HS_INVALID);
    scratch_write(file.text, slice_text("x"));
    CU_ASSERT_EQUAL(data_folder_open(file.text, "chain-1", &f, NULL), HS_IO);
    CU_ASSERT_EQUAL(data_folder_read_format(scratch.text, &format, NULL), HS_NOT_FOUND);
    CU_ASSERT_EQUAL(data_folder_holder(scratch.text, &pid, NULL), HS_NOT_FOUND);
    scratch_remove(scratch);
}

static const struct suite_case cases[] = {
    SUITE_CASE(data_folder__is_made_with_its_parents_and_parts),
    SUITE_CASE(data_folder__second_process_is_refused_until_the_first_closes),
    SUITE_CASE(data_folder__another_chain_is_refused_and_changes_nothing),
    SUITE_CASE(data_folder__epoch_is_adopted_and_kept),
    SUITE_CASE(data_folder__damaged_format_is_told_at_every_cut_and_flip),
    SUITE_CASE(data_folder__bad_names_and_missing_folders_are_told),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("data_folder", cases, argc, argv);
}
