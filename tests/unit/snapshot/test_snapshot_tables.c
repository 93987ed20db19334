/* Where a snapshot's entries lie: in LevelDB's log first, in its tables once there are many; and
 * that who copies the store beside a writer has all of one moment wherever they lie. */
#include "tests/unit/snapshot/mark_model.h"
#include "tests/unit/suite.h"

#include "kernel/state/disk_operations.h"
#include "snapshot/generation.h"

#include <string.h>
#include <sys/stat.h>

enum { KEEP = 4, STEPS = 12 };

static const char generation[] = "gen-0000000001";

/* How many of the generation's files end so, and their bytes. */
static size_t files_ending(const struct model_store *store, const char *end, size_t *bytes)
{
    struct scratch_path folder = scratch_join(store->snapshot_dir.text, generation);
    struct scratch_listing files;
    size_t count = 0;

    *bytes = 0;
    scratch_list(folder.text, &files);
    for (size_t i = 0; i < files.len; i++) {
        size_t len = strlen(files.names[i]);
        struct stat found;

        if (len < strlen(end) || strcmp(files.names[i] + len - strlen(end), end) != 0) continue;
        CU_ASSERT_EQUAL_FATAL(stat(scratch_join(folder.text, files.names[i]).text, &found), 0);
        *bytes += (size_t)found.st_size;
        count++;
    }
    return count;
}

static void put_steps(struct mark_model *m, struct snapshot_db *db, int steps, uint64_t *random)
{
    struct mark_model from = *m;

    for (int i = 0; i < steps; i++) {
        mark_model_step(m, random);
        CU_ASSERT_EQUAL_FATAL(mark_model_put(&from, m, db, NULL), HS_OK);
    }
}

/* More than may lie in the log. */
static void put_large(const struct mark_model *m, struct snapshot_db *db)
{
    static const char value[GENERATION_UNFLUSHED_BYTES_MAX] = "zeros";
    struct mark_model next = *m;
    struct mark_changes changes;
    const struct kv_map *none;
    struct kv_map *keys = NULL;

    next.seqnum++;
    mark_model_changes(m, &next, false, &changes);
    CU_ASSERT_EQUAL_FATAL(kv_map_open(&keys, NULL), HS_OK);
    CU_ASSERT_EQUAL_FATAL(
        kv_map_put(keys, slice_text("large"), slice_make(value, sizeof value), false, NULL), HS_OK);
    none = changes.keys;
    changes.keys = keys;
    CU_ASSERT_EQUAL(snapshot_db_put(db, &changes, NULL, NULL), HS_OK);
    kv_map_close(keys);
    changes.keys = none;
    mark_model_changes_fini(&changes);
}

static void snapshot_tables__are_made_of_many_snapshots_each(void)
{
    struct scratch_path dir = scratch_make();
    uint64_t random = suite_seed();
    struct mark_model m = {0};
    struct model_store store;
    struct snapshot_db *db;
    size_t tables, bytes;

    model_store_init(&store, dir.text, KEEP);
    db = model_store_open(&store);
    put_steps(&m, db, 1, &random);
    tables = files_ending(&store, ".ldb", &bytes);
    put_steps(&m, db, STEPS, &random);
    CU_ASSERT_EQUAL(files_ending(&store, ".ldb", &bytes), tables);
    (void)files_ending(&store, ".log", &bytes);
    CU_ASSERT(bytes > 0);
    put_large(&m, db);
    CU_ASSERT(files_ending(&store, ".ldb", &bytes) > tables);
    (void)files_ending(&store, ".log", &bytes);
    CU_ASSERT_EQUAL(bytes, 0);
    snapshot_db_close(db);
    scratch_remove(dir);
}

static void snapshot_tables__hold_all_after_an_orderly_end(void)
{
    struct scratch_path dir = scratch_make();
    uint64_t random = suite_seed();
    struct mark_model m = {0};
    struct model_store store;
    struct snapshot_db *db;
    size_t bytes;

    model_store_init(&store, dir.text, KEEP);
    db = model_store_open(&store);
    put_steps(&m, db, STEPS, &random);
    snapshot_db_close(db);
    (void)files_ending(&store, ".log", &bytes);
    CU_ASSERT_EQUAL(bytes, 0);
    db = model_store_open(&store);
    CU_ASSERT(mark_model_holds(&m, db, true));
    snapshot_db_close(db);
    scratch_remove(dir);
}

/* Values so large that few of them fill a piece of undo entries. */
static void put_values(struct snapshot_db *db, uint64_t seqnum, char byte)
{
    struct mark_model at = {.seqnum = seqnum};
    struct mark_changes changes = {.at = mark_model_position(&at)};
    char value[20 << 10], name[] = "key 0";
    struct kv_map *keys = NULL;

    memset(value, byte, sizeof value);
    CU_ASSERT_EQUAL_FATAL(kv_map_open(&keys, NULL), HS_OK);
    for (; name[4] < '9'; name[4]++) {
        CU_ASSERT_EQUAL(
            kv_map_put(keys, slice_text(name), slice_make(value, sizeof value), false, NULL),
            HS_OK);
    }
    changes.keys = keys;
    CU_ASSERT_EQUAL_FATAL(snapshot_db_put(db, &changes, NULL, NULL), HS_OK);
    kv_map_close(keys);
}

static uint64_t digest_of(struct snapshot_db *db)
{
    uint64_t digest = 0, keys = 0;

    CU_ASSERT_EQUAL(kv_store_digest(snapshot_db_base(db), &digest, &keys, NULL), HS_OK);
    return digest;
}

static void snapshot_tables__are_made_of_less_while_it_is_quiet(void)
{
    struct scratch_path dir = scratch_make();
    size_t tables, bytes;
    struct model_store store;
    struct snapshot_db *db;
    uint64_t digest;

    model_store_init(&store, dir.text, KEEP);
    db = model_store_open(&store);
    put_values(db, 1, 'a');
    CU_ASSERT_FALSE(snapshot_db_flush_due(db));
    put_values(db, 2, 'b'); /* and its undo entries */
    tables = files_ending(&store, ".ldb", &bytes);
    (void)files_ending(&store, ".log", &bytes);
    CU_ASSERT(bytes > GENERATION_UNFLUSHED_BYTES_QUIET);
    CU_ASSERT_TRUE(snapshot_db_flush_due(db));
    snapshot_db_flush(db);
    CU_ASSERT_FALSE(snapshot_db_flush_due(db));
    CU_ASSERT(files_ending(&store, ".ldb", &bytes) > tables);
    (void)files_ending(&store, ".log", &bytes);
    CU_ASSERT_EQUAL(bytes, 0);
    digest = digest_of(db);
    snapshot_db_close(db);
    db = model_store_open(&store);
    CU_ASSERT_EQUAL(digest_of(db), digest);
    CU_ASSERT_FALSE(snapshot_db_flush_due(db));
    snapshot_db_close(db);
    scratch_remove(dir);
}

static void snapshot_tables__undo_in_several_pieces_leads_back(void)
{
    struct scratch_path dir = scratch_make();
    uint64_t digests[KEEP + 3] = {0};
    struct model_store store;
    struct snapshot_db *db;

    model_store_init(&store, dir.text, KEEP);
    db = model_store_open(&store);
    for (uint64_t seqnum = 1; seqnum < KEEP + 3; seqnum++) { /* the first two are not kept */
        put_values(db, seqnum, (char)('a' + seqnum));
        digests[seqnum] = digest_of(db);
    }
    CU_ASSERT_EQUAL(snapshot_db_verify(db, NULL, NULL), HS_OK);
    for (uint64_t seqnum = KEEP + 2; seqnum >= 3; seqnum--) {
        CU_ASSERT_EQUAL(snapshot_db_return_to(db, seqnum, NULL), HS_OK);
        CU_ASSERT_EQUAL(digest_of(db), digests[seqnum]);
        CU_ASSERT_EQUAL(snapshot_db_verify(db, NULL, NULL), HS_OK);
    }
    snapshot_db_close(db);
    scratch_remove(dir);
}

/* A writer that goes on just when a reader has copied the database and comes to the pages. */
struct late_writer {
    struct disk_operations operations;
    struct disk disk;
    struct snapshot_db *db;
    struct mark_model m;
    uint64_t random;
    bool armed;
};

static int open_late(void *self, const char *path, enum disk_open_kind kind, int *file)
{
    struct late_writer *w = self;
    const char *name = strrchr(path, '/');

    if (w->armed && kind == DISK_OPEN_READ && strcmp(name, "/pages") == 0) {
        w->armed = false;
        put_steps(&w->m, w->db, STEPS, &w->random);
    }
    return disk_system()->operations->open(disk_system()->self, path, kind, file);
}

static void snapshot_tables__reader_has_pages_and_entries_of_one_moment(void)
{
    struct scratch_path dir = scratch_make();
    struct late_writer w = {.operations = *disk_system()->operations, .random = suite_seed()};
    struct model_store store, reading;
    struct snapshot_db *reader = NULL;

    model_store_init(&store, dir.text, 1);
    w.operations.open = open_late;
    w.disk = (struct disk){.operations = &w.operations, .self = &w};
    reading = store;
    reading.options.disk = &w.disk;
    reading.options.dir = store.snapshot_dir.text;
    reading.options.read_only = true;
    w.db = model_store_open(&store);
    put_steps(&w.m, w.db, STEPS, &w.random);
    w.armed = true;
    CU_ASSERT_EQUAL_FATAL(snapshot_db_open(&reading.options, &reader, NULL), HS_OK);
    CU_ASSERT(!w.armed);
    CU_ASSERT_EQUAL(snapshot_db_verify(reader, NULL, NULL), HS_OK);
    CU_ASSERT(mark_model_holds(&w.m, reader, true));
    snapshot_db_close(reader);
    snapshot_db_close(w.db);
    scratch_remove(dir);
}

static const struct suite_case cases[] = {
    SUITE_CASE(snapshot_tables__are_made_of_many_snapshots_each),
    SUITE_CASE(snapshot_tables__hold_all_after_an_orderly_end),
    SUITE_CASE(snapshot_tables__are_made_of_less_while_it_is_quiet),
    SUITE_CASE(snapshot_tables__undo_in_several_pieces_leads_back),
    SUITE_CASE(snapshot_tables__reader_has_pages_and_entries_of_one_moment),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("snapshot tables", cases, argc, argv);
}
