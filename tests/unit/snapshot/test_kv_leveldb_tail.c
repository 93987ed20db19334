/* The torn tail of LevelDB's log is cut, and nothing else is. */
#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

#include "snapshot/kv_leveldb.h"
#include "snapshot/kv_leveldb_tail.h"

enum { BATCHES = 6, VALUE_BYTES = 20000 };

/* A database of some batches, the last of them over several blocks, and where each ends in its
 * log. */
struct written {
    struct scratch_path dir, log;
    uint64_t ends[BATCHES];
    struct buffer content;
};

static struct kv_leveldb *database_open(const struct written *w, enum hs_status wanted)
{
    struct kv_leveldb_options options = {.create = true};
    struct kv_leveldb *db = NULL;
    struct hs_error err = {0};

    CU_ASSERT_EQUAL_FATAL(kv_leveldb_open(w->dir.text, &options, &db, &err), wanted);
    return db;
}

static void batch_write(struct kv_leveldb *db, int number)
{
    struct kv_leveldb_batch *batch = NULL;
    char key[16], value[VALUE_BYTES];

    memset(value, 'a' + number, sizeof value);
    CU_ASSERT_EQUAL_FATAL(kv_leveldb_batch_open(&batch, NULL), HS_OK);
    for (int i = 0; i <= number; i++) {
        (void)snprintf(key, sizeof key, "%d.%d", number, i);
        kv_leveldb_batch_put(batch, slice_text(key), slice_make(value, sizeof value));
    }
    CU_ASSERT_EQUAL_FATAL(kv_leveldb_write(db, batch, true, NULL), HS_OK);
    kv_leveldb_batch_close(batch);
}

static void written_make(struct written *w)
{
    struct scratch_listing *files = malloc(sizeof *files);
    struct kv_leveldb *db;

    *w = (struct written){.dir = scratch_make()};
    db = database_open(w, HS_OK);
    CU_ASSERT_PTR_NOT_NULL_FATAL(files);
    scratch_list(w->dir.text, files);
    for (size_t i = 0; i < files->len; i++) {
        if (strstr(files->names[i], ".log")) w->log = scratch_join(w->dir.text, files->names[i]);
    }
    for (int i = 0; i < BATCHES; i++) {
        batch_write(db, i);
        scratch_read(w->log.text, &w->content);
        w->ends[i] = w->content.len;
    }
    kv_leveldb_close(db);
    free(files);
}

static void written_fini(struct written *w)
{
    scratch_remove(w->dir);
    buffer_fini(&w->content);
}

static void tail__of_a_whole_log_is_its_end(void)
{
    struct written w;

    written_make(&w);
    CU_ASSERT_EQUAL(kv_leveldb_tail_find(buffer_slice(&w.content)), w.content.len);
    CU_ASSERT_EQUAL(kv_leveldb_tail_find(slice_make(NULL, 0)), 0);
    written_fini(&w);
}

static void tail__that_is_cut_or_torn_begins_behind_the_last_whole_batch(void)
{
    struct written w;
    uint64_t begin;

    written_make(&w);
    begin = w.ends[BATCHES - 2];
    for (uint64_t at = begin + 1; at < w.content.len; at += 997) {
        uint64_t len = w.content.len - at < 512 ? w.content.len - at : 512;
        char kept[512];

        CU_ASSERT_EQUAL(kv_leveldb_tail_find(slice_make(w.content.data, at)), begin);
        memcpy(kept, w.content.data + at, len);
        memset(w.content.data + at, 0, len); /* a sector that did not get there */
        CU_ASSERT_EQUAL(kv_leveldb_tail_find(buffer_slice(&w.content)), begin);
        memcpy(w.content.data + at, kept, len);
    }
    written_fini(&w);
}

static void tail__damage_before_it_is_not_passed_over(void)
{
    struct written w;

    written_make(&w);
    for (uint64_t at = 0; at < w.ends[BATCHES - 2]; at += 613) {
        w.content.data[at] ^= 0x40;
        CU_ASSERT_EQUAL(kv_leveldb_tail_find(buffer_slice(&w.content)), UINT64_MAX);
        w.content.data[at] ^= 0x40;
    }
    written_fini(&w);
}

static void leveldb__opens_without_a_torn_batch_and_not_with_damage(void)
{
    struct written w;
    struct kv_leveldb *db;
    struct buffer value = {0};

    written_make(&w);
    w.content.data[w.ends[BATCHES - 2] + 100] ^= 1;
    scratch_write(w.log.text, buffer_slice(&w.content));
    db = database_open(&w, HS_OK);
    CU_ASSERT_EQUAL(kv_store_get(kv_leveldb_store(db), slice_text("4.4"), &value, NULL), HS_OK);
    CU_ASSERT_EQUAL(kv_store_get(kv_leveldb_store(db), slice_text("5.0"), &value, NULL),
                    HS_NOT_FOUND);
    kv_leveldb_close(db);
    written_fini(&w);
    written_make(&w);
    w.content.data[w.ends[BATCHES - 3] + 100] ^= 1;
    scratch_write(w.log.text, buffer_slice(&w.content));
    (void)database_open(&w, HS_CORRUPT);
    buffer_fini(&value);
    written_fini(&w);
}

static const struct suite_case cases[] = {
    SUITE_CASE(tail__of_a_whole_log_is_its_end),
    SUITE_CASE(tail__that_is_cut_or_torn_begins_behind_the_last_whole_batch),
    SUITE_CASE(tail__damage_before_it_is_not_passed_over),
    SUITE_CASE(leveldb__opens_without_a_torn_batch_and_not_with_damage),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("LevelDB's tail", cases, argc, argv);
}
