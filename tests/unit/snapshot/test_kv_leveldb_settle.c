/* An open that settles later leaves the database as it was found until it is settled. */
#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

#include "kernel/state/fault.h"
#include "snapshot/kv_leveldb.h"

#include <errno.h>
#include <unistd.h>

enum { FIRST = 2000, SECOND = 500, OPENS = 5, POLL_US = 1000, POLLS_MAX = 20000 };

static const struct kv_leveldb_options create = {.create = true};
static const struct kv_leveldb_options later = {.settle_later = true};

static struct kv_leveldb *database_open(struct scratch_path dir,
                                        const struct kv_leveldb_options *options)
{
    struct kv_leveldb *db = NULL;

    CU_ASSERT_EQUAL_FATAL(kv_leveldb_open(dir.text, options, &db, NULL), HS_OK);
    return db;
}

static enum hs_status keys_write(struct kv_leveldb *db, int from, int count)
{
    struct kv_leveldb_batch *batch = NULL;
    enum hs_status st;
    char key[16];

    CU_ASSERT_EQUAL_FATAL(kv_leveldb_batch_open(&batch, NULL), HS_OK);
    for (int i = from; i < from + count; i++) {
        (void)snprintf(key, sizeof key, "%05d", i);
        kv_leveldb_batch_put(batch, slice_text(key), slice_text("a value of some length"));
    }
    st = kv_leveldb_write(db, batch, true, NULL);
    kv_leveldb_batch_close(batch);
    return st;
}

static int keys_count(struct kv_leveldb *db)
{
    struct kv_leveldb_cursor *cursor = NULL;
    struct slice key, value;
    enum hs_status st;
    int count = 0;

    CU_ASSERT_EQUAL_FATAL(kv_leveldb_cursor_open(db, slice_text(""), &cursor, NULL), HS_OK);
    while (kv_leveldb_cursor_next(cursor, &key, &value, &st, NULL)) {
        count++;
    }
    CU_ASSERT_EQUAL(st, HS_OK);
    kv_leveldb_cursor_close(cursor);
    return count;
}

static void check_reopened(struct scratch_path dir, int count)
{
    struct kv_leveldb *db = database_open(dir, &later);

    CU_ASSERT_EQUAL(keys_count(db), count);
    kv_leveldb_close(db);
}

/* Tables, and a log that the next open makes one of. */
static struct scratch_path database_make(void)
{
    struct scratch_path dir = scratch_make();
    struct kv_leveldb *db = database_open(dir, &create);

    CU_ASSERT_EQUAL(keys_write(db, 0, FIRST), HS_OK);
    kv_leveldb_flush(db);
    CU_ASSERT_EQUAL(keys_write(db, FIRST, SECOND), HS_OK);
    kv_leveldb_close(db);
    return dir;
}

/* The file that ends the name, or the only one of that kind. */
static struct scratch_path file_of(struct scratch_path dir, const char *kind)
{
    struct scratch_listing *files = malloc(sizeof *files);
    struct scratch_path found = {""};

    CU_ASSERT_PTR_NOT_NULL_FATAL(files);
    scratch_list(dir.text, files);
    for (size_t i = 0; i < files->len; i++) {
        if (!strstr(files->names[i], kind)) continue;
        CU_ASSERT_STRING_EQUAL(found.text, "");
        found = scratch_join(dir.text, files->names[i]);
    }
    free(files);
    return found;
}

/* Is all that is in `before` in `now`, byte for byte? */
static bool holds_all_of(struct scratch_path now, struct scratch_path before)
{
    struct scratch_listing *files = malloc(sizeof *files);
    struct buffer was = {0}, is = {0};
    bool all = true;

    CU_ASSERT_PTR_NOT_NULL_FATAL(files);
    scratch_list(before.text, files);
    for (size_t i = 0; all && i < files->len; i++) {
        all = scratch_exists(scratch_join(now.text, files->names[i]).text);
        if (!all) break;
        scratch_read(scratch_join(before.text, files->names[i]).text, &was);
        scratch_read(scratch_join(now.text, files->names[i]).text, &is);
        all = slice_equal(buffer_slice(&was), buffer_slice(&is));
    }
    buffer_fini(&was);
    buffer_fini(&is);
    free(files);
    return all;
}

static void settle__until_then_the_database_is_as_it_was_found(void)
{
    struct scratch_path dir = database_make(), parent = scratch_make();
    struct scratch_path found = scratch_join(parent.text, "found");
    struct kv_leveldb *db;
    size_t files = 0;

    scratch_copy(dir.text, found.text);
    for (int i = 0; i < OPENS; i++) {
        db = database_open(dir, &later);
        CU_ASSERT_EQUAL(keys_count(db), FIRST + SECOND);
        CU_ASSERT_TRUE(holds_all_of(dir, found));
        kv_leveldb_close(db);
        CU_ASSERT_TRUE(holds_all_of(dir, found));
        if (i == 0) files = scratch_count(dir.text);
        CU_ASSERT_EQUAL(scratch_count(dir.text), files); /* each tidies up after the one before */
    }
    db = database_open(dir, &create); /* any other open does what was left undone */
    CU_ASSERT_FALSE(holds_all_of(dir, found));
    CU_ASSERT_EQUAL(keys_count(db), FIRST + SECOND);
    kv_leveldb_close(db);
    scratch_remove(parent);
    scratch_remove(dir);
}

static void settle__in_the_background_is_what_an_open_does(void)
{
    struct scratch_path dir = database_make();
    struct scratch_path log = file_of(dir, ".log");
    struct kv_leveldb *db = database_open(dir, &later);

    CU_ASSERT_TRUE(scratch_exists(log.text));
    kv_leveldb_settle(db);
    kv_leveldb_settle(db);
    for (int i = 0; i < POLLS_MAX && scratch_exists(log.text); i++) {
        (void)usleep(POLL_US);
    }
    CU_ASSERT_FALSE(scratch_exists(log.text)); /* last of all */
    CU_ASSERT_EQUAL(keys_count(db), FIRST + SECOND);
    CU_ASSERT_EQUAL(keys_write(db, FIRST + SECOND, 1), HS_OK);
    kv_leveldb_close(db);
    check_reopened(dir, FIRST + SECOND + 1);
    scratch_remove(dir);
}

static void settle__comes_before_the_first_write(void)
{
    struct scratch_path dir = database_make();
    struct scratch_path log = file_of(dir, ".log");
    struct kv_leveldb *db = database_open(dir, &later);

    CU_ASSERT_EQUAL(keys_write(db, FIRST + SECOND, 1), HS_OK);
    CU_ASSERT_FALSE(scratch_exists(log.text));
    kv_leveldb_close(db);
    db = database_open(dir, &later);
    CU_ASSERT_EQUAL(keys_count(db), FIRST + SECOND + 1);
    kv_leveldb_flush(db); /* settles as well */
    kv_leveldb_close(db);
    check_reopened(dir, FIRST + SECOND + 1);
    scratch_remove(dir);
}

/* Wherever it fails: the write says so, nothing is lost, and another open is as the first was. */
static void settle__that_fails_fences_and_takes_nothing(void)
{
    static const char *const faults[] = {
        "leveldb.table.sync:1:EIO",          "leveldb.manifest.sync:1:EIO",
        "leveldb.current.sync:1:EIO",        "leveldb.current.rename:1:EIO",
        "leveldb.current.sync_folder:1:EIO", "leveldb.current.sync_folder:2:EIO",
    };

    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct scratch_path dir = database_make(), parent = scratch_make();
        struct scratch_path found = scratch_join(parent.text, "found");
        struct scratch_path log = file_of(dir, ".log");
        struct kv_leveldb *db;

        scratch_copy(dir.text, found.text);
        fault_arm(faults[i]);
        db = database_open(dir, &later);
        CU_ASSERT_EQUAL(keys_write(db, FIRST + SECOND, 1), HS_IO);
        fault_arm(NULL);
        CU_ASSERT_TRUE(kv_leveldb_fenced(db));
        CU_ASSERT_EQUAL(keys_write(db, FIRST + SECOND, 1), HS_IO);
        CU_ASSERT_EQUAL(keys_count(db), FIRST + SECOND);
        CU_ASSERT_TRUE(scratch_exists(log.text));
        if (strcmp(faults[i], "leveldb.current.sync_folder:2:EIO") != 0) {
            CU_ASSERT_TRUE(holds_all_of(dir, found));
        }
        kv_leveldb_close(db);
        check_reopened(dir, FIRST + SECOND);
        scratch_remove(parent);
        scratch_remove(dir);
    }
}

/* What the power then cut is the log that was found, not the empty one beside it. */
static void settle__undone_leaves_a_torn_tail_that_can_be_cut(void)
{
    struct scratch_path dir = database_make();
    struct scratch_path log = file_of(dir, ".log");
    struct buffer content = {0};
    struct kv_leveldb *db = database_open(dir, &later);

    CU_ASSERT_EQUAL(keys_write(db, FIRST + SECOND, 1), HS_OK);
    kv_leveldb_close(db);
    log = file_of(dir, ".log");
    db = database_open(dir, &later);
    kv_leveldb_close(db);
    scratch_read(log.text, &content);
    content.data[content.len - 1] ^= 1;
    scratch_write(log.text, buffer_slice(&content));
    check_reopened(dir, FIRST + SECOND);
    buffer_fini(&content);
    scratch_remove(dir);
}

static const struct suite_case cases[] = {
    SUITE_CASE(settle__until_then_the_database_is_as_it_was_found),
    SUITE_CASE(settle__in_the_background_is_what_an_open_does),
    SUITE_CASE(settle__comes_before_the_first_write),
    SUITE_CASE(settle__that_fails_fences_and_takes_nothing),
    SUITE_CASE(settle__undone_leaves_a_torn_tail_that_can_be_cut),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("LevelDB's settling", cases, argc, argv);
}
