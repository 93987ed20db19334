/* Whatever became of the files or of single entries: what is handed out is a snapshot that was
 * made, or an error that says otherwise. */
#include "tests/unit/snapshot/mark_model.h"
#include "tests/unit/suite.h"

#include "kernel/state/disk_operations.h"
#include "snapshot/opening_mark.h"

#include <fcntl.h>
#include <unistd.h>

enum { KEEP = 3, STEPS = 5, FLIPS_PER_FILE_MAX = 300, OPEN_TRIES = 2 };

static struct mark_model history[STEPS + 1];

/* A store with a few snapshots, as a process that is killed leaves it: some of it in tables, the
 * newest in LevelDB's log. */
static void specimen_make(struct model_store *store, const char *dir, uint64_t *random)
{
    struct scratch_path alive = scratch_make();
    struct model_store live;
    struct snapshot_db *db;

    model_store_init(store, dir, KEEP);
    model_store_init(&live, alive.text, KEEP);
    db = model_store_open(&live);
    history[0] = (struct mark_model){0};
    for (size_t i = 1; i <= STEPS; i++) {
        struct mark_model from = history[i - 1];

        history[i] = from;
        do {
            mark_model_step(&history[i], random);
        } while (!history[i].vats[0].alive);
        CU_ASSERT_EQUAL_FATAL(mark_model_put(&from, &history[i], db, NULL), HS_OK);
        if (i == 3) {
            snapshot_db_close(db);
            db = model_store_open(&live);
        }
    }
    snapshot_db_proven(db);
    scratch_copy(live.snapshot_dir.text, store->snapshot_dir.text);
    snapshot_db_close(db);
    scratch_remove(alive);
}

/* The model that a snapshot's record names; NULL: no snapshot like that was ever made. */
static const struct mark_model *model_of(const struct snapshot_record *record)
{
    for (size_t i = 1; i <= STEPS; i++) {
        struct position at = mark_model_position(&history[i]);

        if (position_equal(&at, &record->at)) return &history[i];
    }
    return NULL;
}

/* Every heap that loads must be right, whether or not the store was verified. */
static bool images_never_lie(const struct mark_model *m, struct snapshot_db *db)
{
    struct heap_image_source *source = snapshot_db_images(db);
    bool honest = true;

    for (size_t i = 0; source && honest && i < MODEL_VATS; i++) {
        honest = mark_model_vat_holds(m, i, source) != HS_DIVERGED;
    }
    return honest;
}

enum outcome { OUTCOME_HARMLESS, OUTCOME_OLDER, OUTCOME_DETECTED, OUTCOME_SILENT, OUTCOMES };

static enum outcome judge(struct snapshot_db *db)
{
    struct snapshot_record newest;
    const struct mark_model *m;

    if (snapshot_db_newest(db, &newest, NULL) != HS_OK) return OUTCOME_DETECTED;
    m = model_of(&newest);
    if (!m || !images_never_lie(m, db)) return OUTCOME_SILENT;
    if (snapshot_db_verify(db, NULL, NULL) != HS_OK) return OUTCOME_DETECTED;
    if (!mark_model_holds(m, db, true)) return OUTCOME_SILENT;
    return m == &history[STEPS] ? OUTCOME_HARMLESS : OUTCOME_OLDER;
}

static enum outcome open_and_judge(const struct model_store *store)
{
    struct snapshot_db_options options = store->options;
    struct snapshot_db *db = NULL;
    enum outcome outcome;

    options.read_only = true;
    if (snapshot_db_open(&options, &db, NULL) != HS_OK) return OUTCOME_DETECTED;
    outcome = judge(db);
    snapshot_db_close(db);
    return outcome;
}

static void flip_file(const struct model_store *store, const char *path, uint64_t *random,
                      size_t counts[OUTCOMES])
{
    struct buffer file = {0};
    size_t step;

    scratch_read(path, &file);
    step = file.len / FLIPS_PER_FILE_MAX + 1;
    for (size_t at = 0; at < file.len; at += 1 + suite_random(random) % (2 * step - 1)) {
        char bit = (char)(1 << suite_random(random) % 8);
        enum outcome outcome;

        file.data[at] ^= bit;
        scratch_write(path, buffer_slice(&file));
        outcome = open_and_judge(store);
        counts[outcome]++;
        if (outcome == OUTCOME_SILENT) (void)printf("\n    silent: %s at %zu\n", path, at);
        file.data[at] ^= bit;
    }
    scratch_write(path, buffer_slice(&file));
    buffer_fini(&file);
}

static void snapshot_db__no_flipped_byte_is_silent(void)
{
    struct scratch_path dir = scratch_make();
    struct scratch_path generation;
    struct scratch_listing files;
    size_t counts[OUTCOMES] = {0};
    uint64_t random = suite_seed();
    struct model_store store;

    specimen_make(&store, dir.text, &random);
    generation = scratch_join(store.snapshot_dir.text, "gen-0000000001");
    scratch_list(generation.text, &files);
    for (size_t i = 0; i < files.len; i++) {
        if (strncmp(files.names[i], "LOG", 3) == 0 || strcmp(files.names[i], "LOCK") == 0) continue;
        flip_file(&store, scratch_join(generation.text, files.names[i]).text, &random, counts);
    }
    flip_file(&store, scratch_join(store.snapshot_dir.text, "CURRENT").text, &random, counts);
    (void)printf("\n    flips: detected %zu, older %zu, harmless %zu, silent %zu\n",
                 counts[OUTCOME_DETECTED], counts[OUTCOME_OLDER], counts[OUTCOME_HARMLESS],
                 counts[OUTCOME_SILENT]);
    CU_ASSERT_EQUAL(counts[OUTCOME_SILENT], 0);
    CU_ASSERT(counts[OUTCOME_DETECTED] > counts[OUTCOME_HARMLESS]);
    CU_ASSERT_EQUAL(open_and_judge(&store), OUTCOME_HARMLESS); /* all put back */
    scratch_remove(dir);
}

/* Cut and zero-fill each file at some offsets: a prefix of the snapshots, or damage told. */
static void snapshot_db__no_torn_file_is_silent(void)
{
    struct scratch_path dir = scratch_make();
    struct scratch_path generation;
    struct scratch_listing files;
    size_t counts[OUTCOMES] = {0};
    uint64_t random = suite_seed();
    struct buffer file = {0}, torn = {0};
    struct model_store store;

    specimen_make(&store, dir.text, &random);
    generation = scratch_join(store.snapshot_dir.text, "gen-0000000001");
    scratch_list(generation.text, &files);
    for (size_t i = 0; i < files.len; i++) {
        struct scratch_path path = scratch_join(generation.text, files.names[i]);

        if (strncmp(files.names[i], "LOG", 3) == 0 || strcmp(files.names[i], "LOCK") == 0) continue;
        scratch_read(path.text, &file);
        for (size_t n = 0; n < 2 * 60; n++) {
            size_t cut = file.len > 60 ? suite_random(&random) % file.len : n / 2 % (file.len + 1);

            CU_ASSERT_EQUAL(buffer_assign(&torn, buffer_slice(&file)), HS_OK);
            if (n % 2) {
                memset(torn.data + cut, 0, torn.len - cut);
            } else {
                torn.len = cut;
            }
            scratch_write(path.text, buffer_slice(&torn));
            counts[open_and_judge(&store)]++;
        }
        scratch_write(path.text, buffer_slice(&file));
    }
    (void)printf("\n    torn: detected %zu, older %zu, harmless %zu, silent %zu\n",
                 counts[OUTCOME_DETECTED], counts[OUTCOME_OLDER], counts[OUTCOME_HARMLESS],
                 counts[OUTCOME_SILENT]);
    CU_ASSERT_EQUAL(counts[OUTCOME_SILENT], 0);
    CU_ASSERT(counts[OUTCOME_DETECTED] > counts[OUTCOME_HARMLESS]);
    buffer_fini(&file);
    buffer_fini(&torn);
    scratch_remove(dir);
}

static struct kv_leveldb *raw_open(const struct model_store *store)
{
    struct scratch_path path = scratch_join(store->snapshot_dir.text, "gen-0000000001");
    struct kv_leveldb_options options = {0};
    struct kv_leveldb *db = NULL;

    CU_ASSERT_EQUAL_FATAL(kv_leveldb_open(path.text, &options, &db, NULL), HS_OK);
    return db;
}

static void raw_set(const struct model_store *store, struct slice key, struct slice value)
{
    struct kv_leveldb *db = raw_open(store);

    CU_ASSERT_EQUAL_FATAL(kv_store_set(kv_leveldb_store(db), key, value, NULL), HS_OK);
    kv_leveldb_close(db);
}

static void snapshot_db__no_changed_or_missing_entry_is_silent(void)
{
    struct scratch_path dir = scratch_make();
    uint64_t random = suite_seed();
    struct buffer key = {0}, value = {0};
    size_t counts[OUTCOMES] = {0};
    struct model_store store;
    size_t entries = 0;

    specimen_make(&store, dir.text, &random);
    for (;;) {
        struct kv_leveldb *db = raw_open(&store);
        enum hs_status st =
            kv_store_next(kv_leveldb_store(db), buffer_slice(&key), &key, &value, NULL);
        enum outcome outcome;

        if (st == HS_OK) {
            CU_ASSERT_EQUAL(kv_store_delete(kv_leveldb_store(db), buffer_slice(&key), NULL), HS_OK);
        }
        kv_leveldb_close(db);
        if (st != HS_OK) break;
        entries++;
        outcome = open_and_judge(&store);
        counts[outcome]++;
        if (outcome != OUTCOME_DETECTED)
            (void)printf("\n    missing %.2s: %d\n", key.data, outcome);
        if (value.len > 0) {
            size_t at = suite_random(&random) % value.len;

            value.data[at] ^= 4;
            raw_set(&store, buffer_slice(&key), buffer_slice(&value));
            outcome = open_and_judge(&store);
            counts[outcome]++;
            if (outcome != OUTCOME_DETECTED) {
                (void)printf("\n    changed %.2s at %zu: %d\n", key.data, at, outcome);
            }
            value.data[at] ^= 4;
        }
        raw_set(&store, buffer_slice(&key), buffer_slice(&value));
    }
    (void)printf("\n    entries %zu: detected %zu, older %zu, harmless %zu, silent %zu\n", entries,
                 counts[OUTCOME_DETECTED], counts[OUTCOME_OLDER], counts[OUTCOME_HARMLESS],
                 counts[OUTCOME_SILENT]);
    CU_ASSERT_EQUAL(counts[OUTCOME_SILENT], 0);
    CU_ASSERT(counts[OUTCOME_DETECTED] > entries);
    /* Without the oldest record there is one snapshot less to return to: as if it were pruned. */
    CU_ASSERT(counts[OUTCOME_HARMLESS] <= 1);
    CU_ASSERT_EQUAL(open_and_judge(&store), OUTCOME_HARMLESS);
    buffer_fini(&key);
    buffer_fini(&value);
    scratch_remove(dir);
}

/* A page that is right in itself but not the one that belongs there: its checksum cannot tell. */
static void snapshot_db__misplaced_page_is_detected_when_loaded(void)
{
    struct scratch_path dir = scratch_make();
    uint64_t random = suite_seed();
    struct buffer key = {0}, other = {0}, value = {0};
    struct heap_image_source *source;
    struct heap_image_info info = {0};
    struct model_store store;
    struct snapshot_db *db;
    struct kv_leveldb *raw;
    char vat_id[3] = {0};
    char *memory;

    specimen_make(&store, dir.text, &random);
    raw = raw_open(&store);
    CU_ASSERT_EQUAL(kv_store_next(kv_leveldb_store(raw), slice_text("h/"), &key, NULL, NULL), 0);
    CU_ASSERT_EQUAL(kv_store_next(kv_leveldb_store(raw), buffer_slice(&key), &other, &value, NULL),
                    0);
    CU_ASSERT_FATAL(slice_starts_with(buffer_slice(&other), slice_text("h/")));
    CU_ASSERT_EQUAL(
        kv_store_set(kv_leveldb_store(raw), buffer_slice(&key), buffer_slice(&value), NULL), 0);
    kv_leveldb_close(raw);
    memcpy(vat_id, key.data + 2, 2);
    db = model_store_open(&store);
    source = snapshot_db_images(db);
    CU_ASSERT_PTR_NOT_NULL_FATAL(source);
    CU_ASSERT_EQUAL(source->ops->find(source, vat_id, &info, NULL), HS_OK);
    memory = calloc(info.page_count, HS_HEAP_PAGE_BYTES);
    CU_ASSERT_PTR_NOT_NULL_FATAL(memory);
    CU_ASSERT_EQUAL(source->ops->load(source, &info, memory, NULL), HS_CORRUPT);
    free(memory);
    snapshot_db_close(db);
    buffer_fini(&key);
    buffer_fini(&other);
    buffer_fini(&value);
    scratch_remove(dir);
}

static void snapshot_db__damaged_undo_leaves_the_newest_alone(void)
{
    struct scratch_path dir = scratch_make();
    uint64_t random = suite_seed();
    struct buffer value = {0};
    struct snapshot_key key;
    struct kv_leveldb *raw;
    struct model_store store;
    struct snapshot_db *db;

    specimen_make(&store, dir.text, &random);
    key = key_undo(history[STEPS].seqnum, 0);
    raw = raw_open(&store);
    CU_ASSERT_EQUAL_FATAL(
        kv_store_get(kv_leveldb_store(raw), snapshot_key_slice(&key), &value, NULL), HS_OK);
    kv_leveldb_close(raw);
    value.data[value.len - 1] ^= 1;
    raw_set(&store, snapshot_key_slice(&key), buffer_slice(&value));
    db = model_store_open(&store);
    CU_ASSERT_EQUAL(snapshot_db_return_to(db, history[STEPS - 1].seqnum, NULL), HS_CORRUPT);
    CU_ASSERT(mark_model_holds(&history[STEPS], db, true));
    CU_ASSERT_EQUAL(snapshot_db_verify(db, NULL, NULL), HS_CORRUPT);
    snapshot_db_close(db);
    buffer_fini(&value);
    scratch_remove(dir);
}

static void damage_manifest(const struct model_store *store, const char *generation)
{
    struct scratch_path dir = scratch_join(store->snapshot_dir.text, generation), path;
    struct scratch_listing files;
    struct buffer file = {0};

    scratch_list(dir.text, &files);
    for (size_t i = 0; i < files.len; i++) {
        if (strncmp(files.names[i], "MANIFEST", 8) != 0) continue;
        path = scratch_join(dir.text, files.names[i]);
        scratch_read(path.text, &file);
        file.data[12] ^= 1;
        scratch_write(path.text, buffer_slice(&file));
    }
    buffer_fini(&file);
}

/* A specimen whose opening came to no end so often. */
static struct snapshot_db *open_marked(struct model_store *store, const char *dir, uint64_t *random,
                                       const char *mark)
{
    specimen_make(store, dir, random);
    scratch_write(scratch_join(store->snapshot_dir.text, "OPENING").text, slice_text(mark));
    return model_store_open(store);
}

static void snapshot_db__kill_in_opening_is_no_damage(void)
{
    struct scratch_path dir = scratch_make();
    uint64_t random = suite_seed();
    struct model_store store;
    struct snapshot_db *db = open_marked(&store, dir.text, &random, "1 1\n");
    struct scratch_path mark = scratch_join(store.snapshot_dir.text, "OPENING");
    struct buffer text = {0};

    CU_ASSERT(mark_model_holds(&history[STEPS], db, true));
    scratch_read(mark.text, &text);
    CU_ASSERT_STRING_EQUAL(buffer_text(&text), "1 2\n");
    snapshot_db_proven(db);
    CU_ASSERT_FALSE(scratch_exists(mark.text));
    snapshot_db_close(db);
    db = model_store_open(&store);
    CU_ASSERT_TRUE(scratch_exists(mark.text));
    snapshot_db_close(db); /* an orderly end */
    CU_ASSERT_FALSE(scratch_exists(mark.text));
    buffer_fini(&text);
    scratch_remove(dir);
}

static void snapshot_db__opening_that_ends_the_process_twice_is_damage(void)
{
    struct scratch_path dir = scratch_make();
    uint64_t random = suite_seed();
    struct mark_model empty = {0};
    struct model_store store;
    struct snapshot_db *db = open_marked(&store, dir.text, &random, "1 2\n");

    CU_ASSERT(mark_model_holds(&empty, db, false));
    CU_ASSERT(scratch_exists(scratch_join(store.quarantine_dir.text, "snapshot-1").text));
    snapshot_db_close(db);
    scratch_remove(dir);
}

/* A reader says what the next start will find, and changes nothing; the mark of one that is at work
 * on the store is none. */
static void snapshot_db__reader_sees_what_a_mark_of_opening_costs(void)
{
    struct scratch_path dir = scratch_make();
    uint64_t random = suite_seed();
    struct model_store store;
    struct snapshot_db *db = open_marked(&store, dir.text, &random, ""), *reader = NULL;
    struct snapshot_db_options options = {
        .dir = store.snapshot_dir.text, .keep = KEEP, .read_only = true};
    struct scratch_path mark = scratch_join(store.snapshot_dir.text, "OPENING");
    struct buffer text = {0};

    for (int count = 1; count <= 2; count++) {
        scratch_write(mark.text, slice_text(count == 1 ? "1 1\n" : "1 2\n"));
        CU_ASSERT_EQUAL_FATAL(snapshot_db_open(&options, &reader, NULL), HS_OK);
        CU_ASSERT(snapshot_db_list(reader, NULL, 0) > 0); /* beside db */
        snapshot_db_close(reader);
    }
    snapshot_db_close(db);
    for (int count = 1; count <= 2; count++) {
        const char *said = count == 1 ? "1 1\n" : "1 2\n";

        scratch_write(mark.text, slice_text(said));
        CU_ASSERT_EQUAL_FATAL(snapshot_db_open(&options, &reader, NULL), HS_OK);
        CU_ASSERT_EQUAL(snapshot_db_list(reader, NULL, 0) > 0, count == 1);
        snapshot_db_close(reader);
        scratch_read(mark.text, &text);
        CU_ASSERT_STRING_EQUAL(buffer_text(&text), said);
    }
    buffer_fini(&text);
    scratch_remove(dir);
}

/* Of what the mark says only a number of ours counts. */
static void snapshot_db__damaged_opening_mark_counts_for_nothing(void)
{
    static const char *const marks[] = {
        "", "\n", "1", "1 ", "1 x\n", "2 2\n", "1 9\n", " 2\n", "99999999999999999999 2\n"};

    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        struct scratch_path dir = scratch_make();
        uint64_t random = suite_seed();
        struct model_store store;
        struct snapshot_db *db = open_marked(&store, dir.text, &random, marks[i]);

        CU_ASSERT(mark_model_holds(&history[STEPS], db, true));
        snapshot_db_close(db);
        scratch_remove(dir);
    }
}

static struct {
    pid_t parent;
    int held; /* a file that the parent has open, as its locks and sockets are */
} family;

/* A child that finds it open ends badly, as its exit code tells. */
static int open_without_heirs(void *self, const char *path, enum disk_open_kind kind, int *file)
{
    if (getpid() != family.parent && fcntl(family.held, F_GETFD) >= 0) _exit(1);
    return disk_system()->operations->open(self, path, kind, file);
}

/* If its parent is killed meanwhile, a child that held locks and sockets would refuse the next
 * start, and keep the node waiting. */
static void snapshot_db__opening_is_tried_by_a_child_that_inherits_nothing(void)
{
    struct disk_operations operations = *disk_system()->operations;
    struct disk disk = {.operations = &operations, .self = disk_system()->self};
    struct scratch_path dir = scratch_make(), generation;
    uint64_t random = suite_seed();
    struct model_store store;
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    specimen_make(&store, dir.text, &random);
    generation = scratch_join(store.snapshot_dir.text, "gen-0000000001");
    operations.open = open_without_heirs;
    family.parent = getpid();
    family.held = fcntl(null, F_DUPFD_CLOEXEC, 100);
    CU_ASSERT_TRUE(family.held >= 100);
    CU_ASSERT_TRUE(opening_survived(&disk, generation.text, 1, GENERATION_PRESENT));
    CU_ASSERT_TRUE(fcntl(family.held, F_GETFD) >= 0); /* and its parent keeps all */
    (void)close(family.held);
    (void)close(null);
    scratch_remove(dir);
}

/* LevelDB asserts that no entry comes twice: where its own log holds its batches twice, opening it
 * ends the process, so that it is tried in a child. */
static void snapshot_db__log_with_its_batches_twice_is_put_aside(void)
{
    struct scratch_path dir = scratch_make(), generation;
    uint64_t random = suite_seed();
    struct model_store store;
    struct snapshot_db *db;
    struct scratch_listing names;
    struct buffer log = {0};

    specimen_make(&store, dir.text, &random);
    generation = scratch_join(store.snapshot_dir.text, "gen-0000000001");
    scratch_list(generation.text, &names);
    for (size_t i = 0; i < names.len; i++) {
        struct scratch_path path = scratch_join(generation.text, names.names[i]);
        size_t len;

        if (!strstr(names.names[i], ".log")) continue;
        scratch_read(path.text, &log);
        len = log.len;
        CU_ASSERT_EQUAL_FATAL(buffer_reserve(&log, len), HS_OK);
        CU_ASSERT_EQUAL(buffer_append(&log, slice_make(log.data, len)), HS_OK);
        scratch_write(path.text, buffer_slice(&log));
    }
    CU_ASSERT_FATAL(log.len > 0);
    scratch_write(scratch_join(store.snapshot_dir.text, "OPENING").text, slice_text("1 1\n"));
    db = model_store_open(&store);
    CU_ASSERT(scratch_exists(scratch_join(store.quarantine_dir.text, "snapshot-1").text) ||
              mark_model_holds(&history[STEPS], db, true));
    snapshot_db_close(db);
    buffer_fini(&log);
    scratch_remove(dir);
}

static void snapshot_db__damaged_generation_goes_to_quarantine(void)
{
    struct scratch_path dir = scratch_make();
    uint64_t random = suite_seed();
    struct mark_model from = {0}, to = {0}, empty = {0};
    struct model_store store;
    struct snapshot_db *db;

    specimen_make(&store, dir.text, &random);
    db = model_store_open(&store);
    CU_ASSERT_EQUAL(snapshot_db_begin_anew(db, NULL), HS_OK);
    mark_model_step(&to, &random);
    CU_ASSERT_EQUAL(mark_model_put(&from, &to, db, NULL), HS_OK);
    snapshot_db_close(db);
    damage_manifest(&store, "gen-0000000002"); /* not yet verified: the one before is there */
    db = model_store_open(&store);
    CU_ASSERT(mark_model_holds(&history[STEPS], db, true));
    CU_ASSERT(scratch_exists(scratch_join(store.quarantine_dir.text, "snapshot-2").text));
    snapshot_db_close(db);
    damage_manifest(&store, "gen-0000000001"); /* and now none is left */
    db = model_store_open(&store);
    CU_ASSERT(mark_model_holds(&empty, db, false));
    CU_ASSERT_EQUAL(snapshot_db_list(db, NULL, 0), 0);
    CU_ASSERT(scratch_exists(scratch_join(store.quarantine_dir.text, "snapshot-1").text));
    from = to = empty;
    mark_model_step(&to, &random);
    CU_ASSERT_EQUAL(mark_model_put(&from, &to, db, NULL), HS_OK);
    snapshot_db_close(db);
    db = model_store_open(&store);
    CU_ASSERT(mark_model_holds(&to, db, true));
    snapshot_db_close(db);
    scratch_remove(dir);
}

static void snapshot_db__damaged_pointer_is_found_without(void)
{
    struct scratch_path dir = scratch_make();
    uint64_t random = suite_seed();
    struct scratch_path current;
    struct model_store store;
    struct snapshot_db *db;

    specimen_make(&store, dir.text, &random);
    current = scratch_join(store.snapshot_dir.text, "CURRENT");
    for (int i = 0; i < OPEN_TRIES; i++) {
        if (i == 0) CU_ASSERT_EQUAL(unlink(current.text), 0);
        if (i == 1) scratch_write(current.text, slice_text("gen-0000000009 0123456789abcdef\n"));
        db = model_store_open(&store);
        CU_ASSERT(mark_model_holds(&history[STEPS], db, true));
        CU_ASSERT_EQUAL(snapshot_db_list(db, NULL, 0), KEEP);
        CU_ASSERT(!scratch_exists(store.quarantine_dir.text));
        snapshot_db_close(db);
    }
    scratch_remove(dir);
}

static const struct suite_case cases[] = {
    SUITE_CASE(snapshot_db__no_flipped_byte_is_silent),
    SUITE_CASE(snapshot_db__no_torn_file_is_silent),
    SUITE_CASE(snapshot_db__no_changed_or_missing_entry_is_silent),
    SUITE_CASE(snapshot_db__misplaced_page_is_detected_when_loaded),
    SUITE_CASE(snapshot_db__damaged_undo_leaves_the_newest_alone),
    SUITE_CASE(snapshot_db__kill_in_opening_is_no_damage),
    SUITE_CASE(snapshot_db__opening_that_ends_the_process_twice_is_damage),
    SUITE_CASE(snapshot_db__reader_sees_what_a_mark_of_opening_costs),
    SUITE_CASE(snapshot_db__damaged_opening_mark_counts_for_nothing),
    SUITE_CASE(snapshot_db__opening_is_tried_by_a_child_that_inherits_nothing),
    SUITE_CASE(snapshot_db__log_with_its_batches_twice_is_put_aside),
    SUITE_CASE(snapshot_db__damaged_generation_goes_to_quarantine),
    SUITE_CASE(snapshot_db__damaged_pointer_is_found_without),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("snapshot_damage", cases, argc, argv);
}
