/* Data folder: made, locked, told apart. */
#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

#include "kernel/state/fault.h"
#include "sidecar/data/data_folder.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a folder that was opened told. */
static struct {
    size_t len;
    char last[2048];
} told;

static void tell(void *data, const char *words)
{
    (void)data;
    told.len++;
    (void)snprintf(told.last, sizeof told.last, "%s", words);
}

static enum hs_status folder_open(const char *dir, const char *chain_id, struct data_folder **out,
                                  struct hs_error *err)
{
    const struct data_folder_options options = {.dir = dir, .chain_id = chain_id, .told = tell};

    told.len = 0;
    return data_folder_open(&options, out, err);
}

static const char epoch_a[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
static const char epoch_b[] = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

static void data_folder__is_made_with_its_parents_and_parts(void)
{
    struct scratch_path scratch = scratch_make();
    struct scratch_path deep = scratch_join(scratch.text, "a/b");
    struct data_folder *f = NULL;
    struct data_folder_format format;
    struct stat info;

    CU_ASSERT_EQUAL_FATAL(folder_open(deep.text, "chain-1", &f, NULL), HS_OK);
    for (int part = 0; part <= DATA_FOLDER_QUARANTINE; part++) {
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
        enum hs_status st = folder_open(dir, chain_id, &f, NULL);

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

    CU_ASSERT_EQUAL_FATAL(folder_open(scratch.text, "chain-1", &f, NULL), HS_OK);
    CU_ASSERT_EQUAL(status_in_child(scratch.text, "chain-1"), HS_LOCKED);
    CU_ASSERT_EQUAL(folder_open(scratch.text, "chain-1", &again, &err), HS_LOCKED);
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

    CU_ASSERT_EQUAL_FATAL(folder_open(scratch.text, "chain-1", &f, NULL), HS_OK);
    data_folder_close(f);
    CU_ASSERT_EQUAL(folder_open(scratch.text, "chain-2", &f, &err), HS_WRONG_CHAIN);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "chain-1"));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "--data"));
    CU_ASSERT_EQUAL(folder_open(scratch.text, "chain-1", &f, NULL), HS_OK);
    data_folder_close(f);
    scratch_remove(scratch);
}

static void data_folder__epoch_is_adopted_and_kept(void)
{
    struct scratch_path scratch = scratch_make();
    struct data_folder *f = NULL;
    bool changed = true;

    CU_ASSERT_EQUAL_FATAL(folder_open(scratch.text, "chain-1", &f, NULL), HS_OK);
    CU_ASSERT_EQUAL(data_folder_adopt_epoch(f, epoch_a, &changed, NULL), HS_OK);
    CU_ASSERT_FALSE(changed); /* the first is no change */
    data_folder_close(f);
    CU_ASSERT_EQUAL_FATAL(folder_open(scratch.text, "chain-1", &f, NULL), HS_OK);
    CU_ASSERT_STRING_EQUAL(data_folder_format(f)->epoch, epoch_a);
    CU_ASSERT_EQUAL(data_folder_adopt_epoch(f, epoch_a, &changed, NULL), HS_OK);
    CU_ASSERT_FALSE(changed);
    CU_ASSERT_EQUAL(data_folder_adopt_epoch(f, epoch_b, &changed, NULL), HS_OK);
    CU_ASSERT_TRUE(changed);
    data_folder_close(f);
    scratch_remove(scratch);
}

/* Opens as chain-1 over `text` as FORMAT. */
static enum hs_status status_of_format(const char *dir, struct slice text)
{
    struct scratch_path path = scratch_join(dir, "FORMAT");
    struct data_folder *f = NULL;
    enum hs_status st;

    scratch_write(path.text, text);
    st = folder_open(dir, "chain-1", &f, NULL);
    data_folder_close(f);
    return st;
}

/* Is it put aside, told, and written anew, so that the next start finds nothing wrong? */
static void expect_format_mended(const char *dir, struct slice text)
{
    struct scratch_path kept = scratch_join(dir, "quarantine/FORMAT");
    struct data_folder_format format;
    struct data_folder *f = NULL;

    CU_ASSERT_EQUAL_FATAL(status_of_format(dir, text), HS_OK);
    CU_ASSERT_EQUAL(told.len, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(told.last, "quarantine"));
    CU_ASSERT_TRUE(scratch_exists(kept.text));
    CU_ASSERT_EQUAL(unlink(kept.text), 0);
    CU_ASSERT_EQUAL(data_folder_read_format(dir, &format, NULL), HS_OK);
    CU_ASSERT_STRING_EQUAL(format.chain_id, "chain-1");
    CU_ASSERT_EQUAL(folder_open(dir, "chain-1", &f, NULL), HS_OK);
    CU_ASSERT_EQUAL(told.len, 0);
    data_folder_close(f);
}

static void data_folder__damaged_format_is_put_aside_at_every_cut_and_flip(void)
{
    struct scratch_path scratch = scratch_make();
    struct buffer good = {0}, bad = {0};
    struct data_folder *f = NULL;

    CU_ASSERT_EQUAL_FATAL(folder_open(scratch.text, "chain-1", &f, NULL), HS_OK);
    data_folder_close(f);
    scratch_read(scratch_join(scratch.text, "FORMAT").text, &good);
    for (size_t cut = 0; cut < good.len; cut++) {
        expect_format_mended(scratch.text, slice_make(good.data, cut));
    }
    for (size_t i = 0; i < good.len; i++) {
        CU_ASSERT_EQUAL_FATAL(buffer_assign(&bad, buffer_slice(&good)), HS_OK);
        bad.data[i] = (char)(bad.data[i] ^ 1);
        expect_format_mended(scratch.text, buffer_slice(&bad));
    }
    expect_format_mended(scratch.text, slice_text("{\"version\":2,\"chain_id\":\"chain-1\","
                                                  "\"epoch\":\"\"}"));
    buffer_fini(&good);
    buffer_fini(&bad);
    scratch_remove(scratch);
}

static void format_of(struct buffer *out, const char *json)
{
    CU_ASSERT_EQUAL_FATAL(
        buffer_printf(out, "%s\n%016llx\n", json, (unsigned long long)checksum64(slice_text(json))),
        HS_OK);
}

static void data_folder__another_version_is_kept_until_it_is_dropped(void)
{
    struct scratch_path scratch = scratch_make();
    struct scratch_path log = scratch_join(scratch.text, "log");
    struct scratch_path former = scratch_join(scratch.text, "former-9");
    struct buffer text = {0};
    struct data_folder *f = NULL;

    CU_ASSERT_EQUAL_FATAL(folder_open(scratch.text, "chain-1", &f, NULL), HS_OK);
    data_folder_close(f);
    scratch_write(scratch_join(log.text, "theirs").text, slice_text("x"));
    format_of(&text, "{\"version\":9,\"whatever\":[]}");
    scratch_write(scratch_join(scratch.text, "FORMAT").text, buffer_slice(&text));
    for (int start = 0; start < 2; start++) {
        CU_ASSERT_EQUAL_FATAL(folder_open(scratch.text, "chain-1", &f, NULL), HS_OK);
        CU_ASSERT_EQUAL(told.len, start == 0);
        CU_ASSERT_EQUAL(scratch_count(log.text), 0);
        CU_ASSERT_TRUE(scratch_exists(scratch_join(former.text, "log/theirs").text));
        CU_ASSERT_TRUE(scratch_exists(scratch_join(former.text, "FORMAT").text));
        if (start == 1) data_folder_drop_former(f);
        data_folder_close(f);
    }
    CU_ASSERT_FALSE(scratch_exists(former.text));
    buffer_clear(&text);
    format_of(&text, "{\"version\":9,\"chain_id\":\"chain-2\",\"epoch\":\"\"}");
    CU_ASSERT_EQUAL(status_of_format(scratch.text, buffer_slice(&text)), HS_WRONG_CHAIN);
    buffer_fini(&text);
    scratch_remove(scratch);
}

/* Whatever stands in a name's place. */
enum obstacle { OBSTACLE_FILE, OBSTACLE_FOLDER, OBSTACLE_DANGLING, OBSTACLE_LOOP, OBSTACLE_COUNT };

static void obstacle_make(const char *path, enum obstacle obstacle)
{
    switch (obstacle) {
    case OBSTACLE_FILE: scratch_write(path, slice_text("noise")); break;
    case OBSTACLE_FOLDER:
        CU_ASSERT_EQUAL_FATAL(mkdir(path, 0700), 0);
        scratch_write(scratch_join(path, "inside").text, slice_text("x"));
        break;
    case OBSTACLE_DANGLING: CU_ASSERT_EQUAL_FATAL(symlink("no/such/thing", path), 0); break;
    case OBSTACLE_LOOP: CU_ASSERT_EQUAL_FATAL(symlink(path, path), 0); break;
    case OBSTACLE_COUNT: break;
    }
}

static void expect_opens_beside(const char *name, enum obstacle obstacle)
{
    struct scratch_path scratch = scratch_make();
    struct data_folder *f = NULL;
    struct data_folder_format format;
    uint64_t pid = 0;

    obstacle_make(scratch_join(scratch.text, name).text, obstacle);
    for (int start = 0; start < 2; start++) {
        CU_ASSERT_EQUAL_FATAL(folder_open(scratch.text, "chain-1", &f, NULL), HS_OK);
        for (int part = 0; part < DATA_FOLDER_PART_COUNT; part++) {
            CU_ASSERT_TRUE(data_folder_has(f, (enum data_folder_part)part));
        }
        CU_ASSERT(start == 0 || told.len == 0);
        CU_ASSERT_EQUAL(data_folder_holder(scratch.text, &pid, NULL), HS_OK);
        CU_ASSERT_EQUAL(pid, (uint64_t)getpid());
        CU_ASSERT_EQUAL(status_in_child(scratch.text, "chain-1"), HS_LOCKED);
        data_folder_close(f);
    }
    CU_ASSERT_EQUAL(data_folder_read_format(scratch.text, &format, NULL), HS_OK);
    scratch_remove(scratch);
}

static void data_folder__opens_whatever_stands_in_a_names_place(void)
{
    static const char *const names[] = {"LOCK", "FORMAT", "RATES",     "snapshot",
                                        "log",  "images", "quarantine"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        for (enum obstacle o = OBSTACLE_FILE; o < OBSTACLE_COUNT; o++) {
            expect_opens_beside(names[i], o);
        }
    }
}

/* The k-th operation fails, once or from then on: it opens, and what it does not have it told. */
static void data_folder__opens_whatever_the_disk_refuses(void)
{
    static const char *const errors[] = {"EIO", "ENOSPC", "EROFS", "EACCES", "EMFILE", "EDQUOT"};
    bool reached = true;

    for (int k = 1; reached; k++) {
        for (size_t i = 0; i < 2 * (sizeof errors / sizeof errors[0]); i++) {
            struct scratch_path scratch = scratch_make();
            struct scratch_path dir = scratch_join(scratch.text, "a/b");
            struct data_folder *f = NULL;
            char fault[64];

            (void)snprintf(fault, sizeof fault, "data.*.*:%d%s:%s", k, i % 2 ? "+" : "",
                           errors[i / 2]);
            fault_arm(fault);
            CU_ASSERT_EQUAL_FATAL(folder_open(dir.text, "chain-1", &f, NULL), HS_OK);
            reached = FAULT("data.x.y") != FAULT_NONE || i % 2 == 0;
            fault_arm(NULL);
            for (int part = 0; part < DATA_FOLDER_PART_COUNT; part++) {
                CU_ASSERT(data_folder_has(f, (enum data_folder_part)part) || told.len > 0);
            }
            CU_ASSERT_EQUAL(data_folder_mend(f, NULL), HS_OK);
            CU_ASSERT_TRUE(data_folder_has(f, DATA_FOLDER_LOG));
            data_folder_close(f);
            CU_ASSERT_EQUAL(folder_open(dir.text, "chain-1", &f, NULL), HS_OK);
            CU_ASSERT_TRUE(data_folder_has(f, DATA_FOLDER_LOG));
            CU_ASSERT_EQUAL(told.len, 0);
            data_folder_close(f);
            scratch_remove(scratch);
        }
        CU_ASSERT_FATAL(k < 1000);
    }
}

/* What fails about the folder that a part lies in blames no part: what is whole stays. */
static void data_folder__no_part_pays_for_the_folder_it_lies_in(void)
{
    static const char *const operations[] = {"make_folder", "sync_folder"};

    for (int k = 1; k < 24; k++) {
        struct scratch_path scratch = scratch_make();
        struct scratch_path kept;
        struct data_folder *f = NULL;
        char fault[64];

        CU_ASSERT_EQUAL_FATAL(folder_open(scratch.text, "chain-1", &f, NULL), HS_OK);
        kept = scratch_join(data_folder_path(f, DATA_FOLDER_LOG), "segment");
        data_folder_close(f);
        scratch_write(kept.text, slice_text("x"));
        (void)snprintf(fault, sizeof fault, "data.folder.%s:%d:EIO", operations[k % 2], k / 2 + 1);
        fault_arm(fault);
        CU_ASSERT_EQUAL_FATAL(folder_open(scratch.text, "chain-1", &f, NULL), HS_OK);
        fault_arm(NULL);
        CU_ASSERT_TRUE(scratch_exists(kept.text));
        CU_ASSERT_EQUAL(data_folder_mend(f, NULL), HS_OK);
        CU_ASSERT_TRUE(data_folder_has(f, DATA_FOLDER_LOG));
        CU_ASSERT_TRUE(scratch_exists(kept.text));
        data_folder_close(f);
        scratch_remove(scratch);
    }
}

/* It may be another chain's, so it is not written over; and it is evidence. */
static void data_folder__format_that_cannot_be_put_aside_stays(void)
{
    struct scratch_path scratch = scratch_make();
    struct scratch_path format = scratch_join(scratch.text, "FORMAT");
    struct buffer text = {0};
    struct data_folder *f = NULL;

    scratch_write(format.text, slice_text("damaged"));
    fault_arm("data.folder.rename:1+:ENOSPC");
    CU_ASSERT_EQUAL_FATAL(folder_open(scratch.text, "chain-1", &f, NULL), HS_OK);
    CU_ASSERT_FALSE(data_folder_has(f, DATA_FOLDER_LOG));
    CU_ASSERT_EQUAL(data_folder_mend(f, NULL), HS_IO);
    fault_arm(NULL);
    scratch_read(format.text, &text);
    CU_ASSERT_STRING_EQUAL(buffer_text(&text), "damaged");
    CU_ASSERT_EQUAL(data_folder_mend(f, NULL), HS_OK);
    CU_ASSERT_TRUE(data_folder_has(f, DATA_FOLDER_LOG));
    scratch_read(scratch_join(data_folder_path(f, DATA_FOLDER_QUARANTINE), "FORMAT").text, &text);
    CU_ASSERT_STRING_EQUAL(buffer_text(&text), "damaged");
    data_folder_close(f);
    buffer_fini(&text);
    scratch_remove(scratch);
}

/* Each got but one of the two locks. */
static void data_folder__is_had_by_one_whatever_locks_fail(void)
{
    static const char *const faults[] = {
        "data.lock.open:1:EIO", "data.lock.open:1:EMFILE", "data.lock.open:2:EACCES",
        "data.lock.lock:1:EIO", "data.lock.lock:1:EACCES", "data.lock.lock:2:EIO",
    };
    enum { FAULTS = sizeof faults / sizeof faults[0] };

    for (size_t i = 0; i < (size_t)FAULTS * FAULTS; i++) {
        struct scratch_path scratch = scratch_make();
        struct data_folder *f = NULL, *second = NULL;

        fault_arm(faults[i / FAULTS]);
        CU_ASSERT_EQUAL_FATAL(folder_open(scratch.text, "chain-1", &f, NULL), HS_OK);
        fault_arm(faults[i % FAULTS]);
        (void)(folder_open(scratch.text, "chain-1", &second, NULL) == HS_OK);
        fault_arm(NULL);
        CU_ASSERT(!second || !data_folder_has(f, DATA_FOLDER_LOG) ||
                  !data_folder_has(second, DATA_FOLDER_LOG));
        data_folder_close(second);
        data_folder_close(f);
        scratch_remove(scratch);
    }
}

/* Gone without at the start, and had when what stood there is gone; never while it is another's. */
static void data_folder__mends_without_touching_anothers(void)
{
    struct scratch_path scratch = scratch_make();
    struct scratch_path dir = scratch_join(scratch.text, "data");
    struct data_folder *f = NULL, *other = NULL;
    struct data_folder_format format;
    struct hs_error err = {0};

    scratch_write(dir.text, slice_text("x"));
    CU_ASSERT_EQUAL_FATAL(folder_open(dir.text, "chain-1", &f, NULL), HS_OK);
    CU_ASSERT_EQUAL(data_folder_mend(f, &err), HS_IO);
    CU_ASSERT(err.text[0] != '\0');
    CU_ASSERT_EQUAL(told.len, 1);
    CU_ASSERT_EQUAL_FATAL(unlink(dir.text), 0);

    CU_ASSERT_EQUAL_FATAL(folder_open(dir.text, "chain-2", &other, NULL), HS_OK);
    CU_ASSERT_EQUAL(data_folder_mend(f, &err), HS_WRONG_CHAIN);
    data_folder_close(other);
    CU_ASSERT_EQUAL(data_folder_mend(f, &err), HS_WRONG_CHAIN);
    CU_ASSERT_EQUAL(data_folder_read_format(dir.text, &format, NULL), HS_OK);
    CU_ASSERT_STRING_EQUAL(format.chain_id, "chain-2");
    CU_ASSERT_EQUAL_FATAL(folder_open(dir.text, "chain-2", &other, NULL), HS_OK); /* not locked */
    data_folder_close(other);
    CU_ASSERT_EQUAL_FATAL(unlink(scratch_join(dir.text, "FORMAT").text), 0);

    CU_ASSERT_EQUAL_FATAL(folder_open(dir.text, "chain-1", &other, NULL), HS_OK);
    CU_ASSERT_EQUAL(data_folder_mend(f, &err), HS_LOCKED);
    CU_ASSERT_FALSE(data_folder_has(f, DATA_FOLDER_LOG));
    data_folder_close(other);
    CU_ASSERT_EQUAL(data_folder_mend(f, &err), HS_OK);
    for (int part = 0; part < DATA_FOLDER_PART_COUNT; part++) {
        CU_ASSERT_TRUE(data_folder_has(f, (enum data_folder_part)part));
    }
    CU_ASSERT_STRING_EQUAL(data_folder_format(f)->chain_id, "chain-1");
    CU_ASSERT_EQUAL(status_in_child(dir.text, "chain-1"), HS_LOCKED);
    data_folder_close(f);
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
    CU_ASSERT_EQUAL(folder_open(scratch.text, "", &f, NULL), HS_INVALID);
    CU_ASSERT_EQUAL(folder_open(scratch.text, long_id, &f, NULL), HS_INVALID);
    scratch_write(file.text, slice_text("x"));
    CU_ASSERT_EQUAL(folder_open(scratch.text, "\xff", &f, NULL), HS_INVALID);
    /* A file stands there: from memory, then. */
    CU_ASSERT_EQUAL_FATAL(folder_open(file.text, "chain-1", &f, NULL), HS_OK);
    CU_ASSERT_FALSE(data_folder_has(f, DATA_FOLDER_SNAPSHOT));
    CU_ASSERT_EQUAL(told.len, 1);
    data_folder_close(f);
    CU_ASSERT_EQUAL(data_folder_read_format(scratch.text, &format, NULL), HS_NOT_FOUND);
    CU_ASSERT_EQUAL(data_folder_holder(scratch.text, &pid, NULL), HS_NOT_FOUND);
    scratch_remove(scratch);
}

static const struct suite_case cases[] = {
    SUITE_CASE(data_folder__is_made_with_its_parents_and_parts),
    SUITE_CASE(data_folder__second_process_is_refused_until_the_first_closes),
    SUITE_CASE(data_folder__another_chain_is_refused_and_changes_nothing),
    SUITE_CASE(data_folder__epoch_is_adopted_and_kept),
    SUITE_CASE(data_folder__damaged_format_is_put_aside_at_every_cut_and_flip),
    SUITE_CASE(data_folder__another_version_is_kept_until_it_is_dropped),
    SUITE_CASE(data_folder__opens_whatever_stands_in_a_names_place),
    SUITE_CASE(data_folder__opens_whatever_the_disk_refuses),
    SUITE_CASE(data_folder__no_part_pays_for_the_folder_it_lies_in),
    SUITE_CASE(data_folder__format_that_cannot_be_put_aside_stays),
    SUITE_CASE(data_folder__is_had_by_one_whatever_locks_fail),
    SUITE_CASE(data_folder__mends_without_touching_anothers),
    SUITE_CASE(data_folder__bad_names_and_missing_folders_are_told),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("data_folder", cases, argc, argv);
}
