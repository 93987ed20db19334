/* The LevelDB door: it behaves as a store, writes whole batches, and fences itself. */
#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

#include "kernel/state/fault.h"
#include "kernel/state/kv_memory.h"
#include "kernel/state/unhurried_thread.h"
#include "snapshot/kv_leveldb.h"
#include "tests/unit/nice.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct kv_leveldb_options create_options = {.create = true};
static const struct kv_leveldb_options present_options = {.create = false};

static struct kv_leveldb *database_open(const char *dir)
{
    struct kv_leveldb *db = NULL;
    struct hs_error err = {0};

    CU_ASSERT_EQUAL_FATAL(kv_leveldb_open(dir, &create_options, &db, &err), HS_OK);
    return db;
}

static void batch_write_range(struct kv_leveldb *db, int from, int to, bool sync)
{
    struct kv_leveldb_batch *batch = NULL;
    struct hs_error err = {0};
    char key[32];

    CU_ASSERT_EQUAL_FATAL(kv_leveldb_batch_open(&batch, &err), HS_OK);
    for (int i = from; i < to; i++) {
        (void)snprintf(key, sizeof key, "key-%05d", i);
        kv_leveldb_batch_put(batch, slice_text(key), slice_text(key + 4));
    }
    CU_ASSERT_EQUAL(kv_leveldb_write(db, batch, sync, &err), HS_OK);
    kv_leveldb_batch_close(batch);
}

static void kv_leveldb__random_walk_equals_memory(void)
{
    struct scratch_path dir = scratch_make();
    struct kv_leveldb *db = database_open(dir.text);
    struct kv_memory *memory = NULL;
    struct kv_store *view = NULL;
    uint64_t random = suite_seed();
    uint64_t digest_a, digest_b, entries_a, entries_b;

    CU_ASSERT_EQUAL_FATAL(kv_memory_open(&memory, NULL), HS_OK);
    CU_ASSERT_EQUAL_FATAL(kv_leveldb_view_open(db, slice_text("s/"), &view, NULL), HS_OK);
    /* Neighbours on both sides that the view must not show. */
    CU_ASSERT_EQUAL(kv_store_set(kv_leveldb_store(db), slice_text("s."), slice_text("x"), NULL), 0);
    CU_ASSERT_EQUAL(kv_store_set(kv_leveldb_store(db), slice_text("s0"), slice_text("x"), NULL), 0);
    for (int i = 0; i < 2000; i++) {
        char key[16];
        char value[24];

        (void)snprintf(key, sizeof key, "%u", (unsigned)(suite_random(&random) % 200));
        (void)snprintf(value, sizeof value, "%llx", (unsigned long long)suite_random(&random));
        if (suite_random(&random) % 3 == 0) {
            CU_ASSERT_EQUAL(kv_store_delete(view, slice_text(key), NULL), HS_OK);
            CU_ASSERT_EQUAL(kv_store_delete(kv_memory_store(memory), slice_text(key), NULL), 0);
        } else {
            CU_ASSERT_EQUAL(kv_store_set(view, slice_text(key), slice_text(value), NULL), HS_OK);
            CU_ASSERT_EQUAL(
                kv_store_set(kv_memory_store(memory), slice_text(key), slice_text(value), NULL), 0);
        }
    }
    CU_ASSERT_EQUAL(kv_store_digest(view, &digest_a, &entries_a, NULL), HS_OK);
    CU_ASSERT_EQUAL(kv_store_digest(kv_memory_store(memory), &digest_b, &entries_b, NULL), HS_OK);
    CU_ASSERT_EQUAL(entries_a, entries_b);
    CU_ASSERT_EQUAL(digest_a, digest_b);
    kv_leveldb_view_close(view);
    kv_memory_close(memory);
    kv_leveldb_close(db);
    scratch_remove(dir);
}

static void kv_leveldb__view_takes_long_keys_and_empty_values(void)
{
    struct scratch_path dir = scratch_make();
    struct kv_leveldb *db = database_open(dir.text);
    struct kv_store *view = NULL;
    struct buffer value = {0}, key = {0};
    static char text[5000];
    bool found = false;

    memset(text, 'k', sizeof text - 1);
    CU_ASSERT_EQUAL_FATAL(kv_leveldb_view_open(db, slice_text("s/"), &view, NULL), HS_OK);
    CU_ASSERT_EQUAL(kv_store_set(view, slice_text(text), slice_text(""), NULL), HS_OK);
    CU_ASSERT_EQUAL(kv_store_get(view, slice_text(text), &value, NULL), HS_OK);
    CU_ASSERT_EQUAL(value.len, 0);
    CU_ASSERT_EQUAL(kv_store_has(view, slice_text(text), &found, NULL), HS_OK);
    CU_ASSERT(found);
    CU_ASSERT_EQUAL(kv_store_next(view, slice_text(""), &key, &value, NULL), HS_OK);
    CU_ASSERT(slice_equal(buffer_slice(&key), slice_text(text)));
    CU_ASSERT_EQUAL(kv_store_next(view, buffer_slice(&key), &key, &value, NULL), HS_NOT_FOUND);
    CU_ASSERT_EQUAL(kv_store_delete(view, slice_text(text), NULL), HS_OK);
    CU_ASSERT_EQUAL(kv_store_get(view, slice_text(text), &value, NULL), HS_NOT_FOUND);
    buffer_fini(&value);
    buffer_fini(&key);
    kv_leveldb_view_close(view);
    kv_leveldb_close(db);
    scratch_remove(dir);
}

static void kv_leveldb__absent_folder_is_not_found_and_not_made(void)
{
    struct scratch_path dir = scratch_make();
    struct scratch_path absent = scratch_join(dir.text, "absent");
    struct kv_leveldb *db = NULL;
    struct hs_error err = {0};

    CU_ASSERT_EQUAL(kv_leveldb_open(absent.text, &present_options, &db, &err), HS_NOT_FOUND);
    CU_ASSERT_PTR_NULL(db);
    CU_ASSERT(!scratch_exists(absent.text));
    CU_ASSERT(strstr(err.text, absent.text) != NULL);
    scratch_remove(dir);
}

/* No inodes are left, say: that is no damage. */
static void kv_leveldb__folder_that_cannot_be_made_is_no_damage(void)
{
    struct scratch_path scratch = scratch_make();
    struct kv_leveldb_options options = {.create = true};
    struct kv_leveldb *db = NULL;
    struct hs_error err = {0};

    fault_arm("*.*.make_folder:1+:ENOSPC");
    CU_ASSERT_EQUAL(kv_leveldb_open(scratch_join(scratch.text, "db").text, &options, &db, &err),
                    HS_IO);
    fault_arm(NULL);
    CU_ASSERT_EQUAL(err.errnum, ENOSPC);
    CU_ASSERT_PTR_NULL(db);
    scratch_remove(scratch);
}

static void kv_leveldb__second_process_is_locked_out(void)
{
    struct scratch_path dir = scratch_make();
    struct kv_leveldb *db = database_open(dir.text);
    struct kv_leveldb *second = NULL;
    int status = 0;
    pid_t pid;

    CU_ASSERT_EQUAL(kv_leveldb_open(dir.text, &create_options, &second, NULL), HS_LOCKED);
    pid = fork();
    if (pid == 0) {
        /* fork copies LevelDB's table of locked folders: a child must come from exec to be a
         * second process in its eyes, so only the result of the file lock is asked for here. */
        _exit(kv_leveldb_open(dir.text, &create_options, &second, NULL) == HS_LOCKED ? 0 : 1);
    }
    CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
    CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    kv_leveldb_close(db);
    CU_ASSERT_EQUAL_FATAL(kv_leveldb_open(dir.text, &create_options, &second, NULL), HS_OK);
    kv_leveldb_close(second);
    scratch_remove(dir);
}

static void kv_leveldb__cursor_sees_the_moment_it_was_opened(void)
{
    struct scratch_path dir = scratch_make();
    struct kv_leveldb *db = database_open(dir.text);
    struct kv_leveldb_cursor *cursor = NULL;
    struct slice key, value;
    enum hs_status st = HS_INTERNAL;
    int seen = 0;

    batch_write_range(db, 0, 100, false);
    CU_ASSERT_EQUAL_FATAL(kv_leveldb_cursor_open(db, slice_text("key-00040"), &cursor, NULL),
                          HS_OK);
    batch_write_range(db, 100, 200, false);
    while (kv_leveldb_cursor_next(cursor, &key, &value, &st, NULL)) {
        CU_ASSERT_EQUAL(key.len, 9);
        CU_ASSERT(slice_equal(slice_make(key.data + 4, 5), value));
        seen++;
    }
    CU_ASSERT_EQUAL(st, HS_OK);
    CU_ASSERT_EQUAL(seen, 60);
    kv_leveldb_cursor_close(cursor);
    kv_leveldb_close(db);
    scratch_remove(dir);
}

static void kv_leveldb__failed_write_fences_until_reopened(void)
{
    struct scratch_path dir = scratch_make();
    struct kv_leveldb *db = database_open(dir.text);
    struct kv_leveldb_batch *batch = NULL;
    struct buffer value = {0};
    struct hs_error err = {0};

    batch_write_range(db, 0, 10, true);
    CU_ASSERT_EQUAL_FATAL(kv_leveldb_batch_open(&batch, NULL), HS_OK);
    kv_leveldb_batch_put(batch, slice_text("a"), slice_text("1"));
    fault_arm("leveldb.log.write:1:ENOSPC");
    CU_ASSERT_EQUAL(kv_leveldb_write(db, batch, true, &err), HS_IO);
    CU_ASSERT(strstr(err.text, "No space left") != NULL);
    CU_ASSERT(kv_leveldb_fenced(db));
    CU_ASSERT_EQUAL(kv_leveldb_write(db, batch, true, &err), HS_IO);
    fault_arm(NULL);
    CU_ASSERT_EQUAL(kv_store_get_text(kv_leveldb_store(db), "key-00009", &value, NULL), HS_OK);
    kv_leveldb_close(db);
    db = database_open(dir.text);
    CU_ASSERT_EQUAL(kv_leveldb_write(db, batch, true, &err), HS_OK);
    CU_ASSERT_EQUAL(kv_store_get_text(kv_leveldb_store(db), "a", &value, NULL), HS_OK);
    kv_leveldb_batch_close(batch);
    kv_leveldb_close(db);
    buffer_fini(&value);
    scratch_remove(dir);
}

/* A real short write: the file size limit cuts a batch in the middle. LevelDB itself would go on
 * appending behind the cut record and lose what it acknowledged after that. */
static void child_fills_the_disk(const char *dir)
{
    struct kv_leveldb *db = database_open(dir);
    const struct rlimit limit = {40000, 40000};
    struct kv_leveldb_batch *batch = NULL;
    size_t value_len = 1000;
    int written = 0;

    (void)signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(100);
    if (kv_leveldb_batch_open(&batch, NULL) != HS_OK) _exit(101);
    for (int i = 0; i < 90; i++) {
        char key[16];
        char value[1000] = {0};

        (void)snprintf(key, sizeof key, "%03d", i);
        kv_leveldb_batch_clear(batch);
        kv_leveldb_batch_put(batch, slice_text(key), slice_make(value, value_len));
        if (kv_leveldb_write(db, batch, true, NULL) == HS_OK) {
            written++;
        } else {
            value_len = 10; /* fits in what is left */
        }
    }
    _exit(written);
}

static void kv_leveldb__nothing_acknowledged_is_lost_on_a_full_disk(void)
{
    struct scratch_path dir = scratch_make();
    struct kv_leveldb *db;
    struct buffer key = {0};
    int status = 0, found = 0;
    pid_t pid = fork();

    if (pid == 0) child_fills_the_disk(dir.text);
    CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
    CU_ASSERT_FATAL(WIFEXITED(status) && WEXITSTATUS(status) > 10 && WEXITSTATUS(status) < 60);
    db = database_open(dir.text);
    while (kv_store_next(kv_leveldb_store(db), buffer_slice(&key), &key, NULL, NULL) == HS_OK) {
        found++;
    }
    CU_ASSERT(found == WEXITSTATUS(status) || found == WEXITSTATUS(status) + 1);
    buffer_fini(&key);
    kv_leveldb_close(db);
    scratch_remove(dir);
}

static void kv_leveldb__killed_around_a_write_leaves_all_or_nothing(void)
{
    static const char *const points[] = {"leveldb.log.write:1:kill",
                                         "leveldb.log.sync.after:1:kill"};
    static const enum hs_status expected[] = {HS_NOT_FOUND, HS_OK};

    for (size_t i = 0; i < 2; i++) {
        struct scratch_path dir = scratch_make();
        struct buffer value = {0};
        struct kv_leveldb *db;
        int status = 0;
        pid_t pid = fork();

        if (pid == 0) {
            db = database_open(dir.text);
            fault_arm(points[i]);
            batch_write_range(db, 0, 50, true);
            _exit(1);
        }
        CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
        CU_ASSERT(WIFSIGNALED(status));
        db = database_open(dir.text);
        CU_ASSERT_EQUAL(kv_store_get_text(kv_leveldb_store(db), "key-00000", &value, NULL),
                        expected[i]);
        CU_ASSERT_EQUAL(kv_store_get_text(kv_leveldb_store(db), "key-00049", &value, NULL),
                        expected[i]);
        kv_leveldb_close(db);
        buffer_fini(&value);
        scratch_remove(dir);
    }
}

static void kv_leveldb__damaged_table_is_told_not_skipped(void)
{
    struct scratch_path dir = scratch_make();
    struct kv_leveldb *db = database_open(dir.text);
    struct scratch_listing *files = malloc(sizeof *files);
    struct kv_leveldb_cursor *cursor = NULL;
    struct buffer content = {0};
    struct slice key, value;
    enum hs_status st = HS_OK;

    CU_ASSERT_PTR_NOT_NULL_FATAL(files);
    batch_write_range(db, 0, 5000, true);
    kv_leveldb_flush(db);
    kv_leveldb_close(db);
    scratch_list(dir.text, files);
    for (size_t i = 0; i < files->len; i++) {
        struct scratch_path path = scratch_join(dir.text, files->names[i]);

        if (!strstr(files->names[i], ".ldb")) continue;
        scratch_read(path.text, &content);
        content.data[content.len / 2] ^= 1;
        scratch_write(path.text, buffer_slice(&content));
    }
    CU_ASSERT_FATAL(content.len > 10000);
    db = database_open(dir.text);
    CU_ASSERT_EQUAL_FATAL(kv_leveldb_cursor_open(db, slice_text(""), &cursor, NULL), HS_OK);
    while (kv_leveldb_cursor_next(cursor, &key, &value, &st, NULL)) {
    }
    CU_ASSERT_EQUAL(st, HS_CORRUPT);
    kv_leveldb_cursor_close(cursor);
    kv_leveldb_close(db);
    buffer_fini(&content);
    free(files);
    scratch_remove(dir);
}

static void tables_cut(const char *dir, off_t bytes)
{
    struct scratch_listing *files = malloc(sizeof *files);
    size_t cut = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(files);
    scratch_list(dir, files);
    for (size_t i = 0; i < files->len; i++) {
        struct scratch_path path = scratch_join(dir, files->names[i]);

        if (!strstr(files->names[i], ".ldb")) continue;
        CU_ASSERT_EQUAL(truncate(path.text, bytes), 0);
        cut++;
    }
    CU_ASSERT(cut > 0);
    free(files);
}

/* A mapped table would end the process here, by SIGBUS. */
static void kv_leveldb__table_cut_while_open_is_an_error_value(void)
{
    static const off_t lengths[] = {4096, 0};

    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct scratch_path dir = scratch_make();
        struct kv_leveldb *db = database_open(dir.text);
        struct buffer value = {0};
        struct hs_error err = {0};

        batch_write_range(db, 0, 5000, true);
        kv_leveldb_flush(db);
        CU_ASSERT_EQUAL(kv_store_get_text(kv_leveldb_store(db), "key-00001", &value, NULL), HS_OK);
        tables_cut(dir.text, lengths[i]);
        CU_ASSERT_EQUAL(kv_store_get_text(kv_leveldb_store(db), "key-04999", &value, &err),
                        HS_CORRUPT);
        kv_leveldb_close(db);
        buffer_fini(&value);
        scratch_remove(dir);
    }
}

/* Everything that LevelDB asks of the disk passes through the disk room. */
static void kv_leveldb__each_of_its_calls_is_a_fault_point(void)
{
    static const char *const faults[] = {
        "leveldb.lock.open:1+:EMFILE",     "leveldb.manifest.write:1+:ENOSPC",
        "leveldb.current.write:1+:EIO",    "leveldb.current.rename:1+:EROFS",
        "leveldb.current.sync:1+:EDQUOT",  "leveldb.log.open:1+:EACCES",
        "leveldb.manifest.open:1+:ENOSPC",
    };
    static const int errnums[] = {EMFILE, ENOSPC, EIO, EROFS, EDQUOT, EACCES, ENOSPC};

    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct scratch_path dir = scratch_make();
        struct kv_leveldb *db = NULL;
        struct hs_error err = {0};

        fault_arm(faults[i]);
        CU_ASSERT_EQUAL(kv_leveldb_open(dir.text, &create_options, &db, &err), HS_IO);
        fault_arm(NULL);
        CU_ASSERT_EQUAL(err.errnum, errnums[i]);
        db = database_open(dir.text); /* a passing failure: nothing is wrong with the folder */
        batch_write_range(db, 0, 10, true);
        kv_leveldb_close(db);
        scratch_remove(dir);
    }
}

/* EIO while a table is read blames nothing; the same read succeeds later. */
static void kv_leveldb__passing_read_failure_is_no_damage(void)
{
    struct scratch_path dir = scratch_make();
    struct kv_leveldb *db = database_open(dir.text);
    struct buffer value = {0};
    struct hs_error err = {0};

    batch_write_range(db, 0, 5000, true);
    kv_leveldb_flush(db);
    fault_arm("leveldb.table.read:1:EIO");
    CU_ASSERT_EQUAL(kv_store_get_text(kv_leveldb_store(db), "key-02500", &value, &err), HS_IO);
    CU_ASSERT_EQUAL(err.errnum, EIO);
    fault_arm(NULL);
    CU_ASSERT_EQUAL(kv_store_get_text(kv_leveldb_store(db), "key-02500", &value, &err), HS_OK);
    kv_leveldb_close(db);
    buffer_fini(&value);
    scratch_remove(dir);
}

static bool is_there_a_thread_of_less_weight(void)
{
    DIR *tasks = opendir("/proc/self/task");
    int own = getpriority(PRIO_PROCESS, 0);
    struct dirent *task;
    bool found = false;

    CU_ASSERT_PTR_NOT_NULL_FATAL(tasks);
    while ((task = readdir(tasks))) {
        id_t tid = (id_t)strtoul(task->d_name, NULL, 10);

        found = found || (tid > 0 && getpriority(PRIO_PROCESS, tid) > own);
    }
    (void)closedir(tasks);
    return found;
}

/* LevelDB's own work gives way to who is woken, but not while a store is filled, nor while somebody
 * waits for it. */
static void kv_leveldb__works_unhurried_when_it_is_told(void)
{
    struct scratch_path dir;
    struct kv_leveldb *db;

    if (!nice_or_skip()) return;
    dir = scratch_make();
    db = database_open(dir.text);
    batch_write_range(db, 0, 1000, false);
    kv_leveldb_flush(db);
    CU_ASSERT_FALSE(is_there_a_thread_of_less_weight());
    kv_leveldb_unhurry(db);
    batch_write_range(db, 0, 1000, false);
    kv_leveldb_flush(db);
    CU_ASSERT_TRUE(is_there_a_thread_of_less_weight());
    unhurried_threads_hurry();
    CU_ASSERT_FALSE(is_there_a_thread_of_less_weight());
    unhurried_threads_relax();
    CU_ASSERT_TRUE(is_there_a_thread_of_less_weight());
    kv_leveldb_close(db);
    scratch_remove(dir);
}

static void *open_unhurried(void *dir)
{
    struct kv_leveldb *db;

    unhurried_thread_begin();
    db = database_open(dir);
    unhurried_thread_end();
    return db;
}

/* A thread has the weight of the one that made it. */
static void kv_leveldb__opened_by_an_unhurried_thread_hurries(void)
{
    struct scratch_path dir;
    struct kv_leveldb *db = NULL;
    pthread_t thread;

    if (!nice_or_skip()) return;
    dir = scratch_make();
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, open_unhurried, dir.text), 0);
    CU_ASSERT_EQUAL(pthread_join(thread, (void **)&db), 0);
    batch_write_range(db, 0, 1000, false);
    kv_leveldb_flush(db); /* its own thread has run by then */
    CU_ASSERT_FALSE(is_there_a_thread_of_less_weight());
    kv_leveldb_close(db);
    scratch_remove(dir);
}

static const struct suite_case cases[] = {
    SUITE_CASE(kv_leveldb__random_walk_equals_memory),
    SUITE_CASE(kv_leveldb__view_takes_long_keys_and_empty_values),
    SUITE_CASE(kv_leveldb__absent_folder_is_not_found_and_not_made),
    SUITE_CASE(kv_leveldb__folder_that_cannot_be_made_is_no_damage),
    SUITE_CASE(kv_leveldb__second_process_is_locked_out),
    SUITE_CASE(kv_leveldb__cursor_sees_the_moment_it_was_opened),
    SUITE_CASE(kv_leveldb__failed_write_fences_until_reopened),
    SUITE_CASE(kv_leveldb__nothing_acknowledged_is_lost_on_a_full_disk),
    SUITE_CASE(kv_leveldb__killed_around_a_write_leaves_all_or_nothing),
    SUITE_CASE(kv_leveldb__damaged_table_is_told_not_skipped),
    SUITE_CASE(kv_leveldb__table_cut_while_open_is_an_error_value),
    SUITE_CASE(kv_leveldb__each_of_its_calls_is_a_fault_point),
    SUITE_CASE(kv_leveldb__passing_read_failure_is_no_damage),
    SUITE_CASE(kv_leveldb__works_unhurried_when_it_is_told),
    SUITE_CASE(kv_leveldb__opened_by_an_unhurried_thread_hurries),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("kv_leveldb", cases, argc, argv);
}
