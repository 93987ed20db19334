/* The simulated disk itself: it keeps what was synced, and loses the rest in every way it says. */
#include "tests/simdisk/history.h"
#include "tests/unit/suite.h"

#include <errno.h>

enum { TRIES = 400, PAGE = 4096 };

static struct disk_file *file_make(struct simdisk *s, const char *name, size_t len, char with)
{
    struct disk_file *f = NULL;
    char bytes[3 * PAGE];

    memset(bytes, with, len);
    CU_ASSERT_EQUAL_FATAL(disk_open(simdisk_disk(s), "t.f", "/d", name, DISK_CREATE, &f, NULL),
                          HS_OK);
    CU_ASSERT_EQUAL_FATAL(disk_write(f, 0, slice_make(bytes, len), NULL), HS_OK);
    return f;
}

static struct simdisk *disk_make(uint64_t seed)
{
    struct simdisk *s = simdisk_open(seed);

    CU_ASSERT_EQUAL_FATAL(disk_make_folder(simdisk_disk(s), "t.d", "/d", NULL, NULL), HS_OK);
    return s;
}

static void simdisk__what_was_synced_is_there(void)
{
    uint64_t random = suite_seed();

    for (int i = 0; i < TRIES; i++) {
        struct simdisk *s = disk_make(suite_random(&random));
        struct disk_file *f = file_make(s, "f", 2 * PAGE + 7, 'a');
        struct buffer content = {0};

        CU_ASSERT_EQUAL_FATAL(disk_sync(f, NULL), HS_OK);
        CU_ASSERT_EQUAL_FATAL(disk_sync_folder(simdisk_disk(s), "t.d", "/d", NULL), HS_OK);
        disk_close(f);
        disk_close(file_make(s, "g", PAGE, 'b'));
        simdisk_restart(s);
        CU_ASSERT_EQUAL_FATAL(
            disk_read_all(simdisk_disk(s), "t.f", "/d", "f", 9 * PAGE, &content, NULL), HS_OK);
        CU_ASSERT_EQUAL(content.len, 2 * PAGE + 7);
        for (size_t k = 0; k < content.len; k++) {
            if (content.data[k] != 'a') CU_FAIL("another byte");
        }
        buffer_fini(&content);
        simdisk_close(s);
    }
}

/* Whoever made it may have died before its name was durable. */
static void simdisk__folder_that_is_there_is_made_durable(void)
{
    uint64_t random = suite_seed();

    for (int i = 0; i < TRIES; i++) {
        struct simdisk *s = disk_make(suite_random(&random));

        CU_ASSERT_EQUAL(disk_make_folder_new(simdisk_disk(s), "t.d", "/d", "e", NULL), HS_OK);
        CU_ASSERT_EQUAL(disk_make_folder(simdisk_disk(s), "t.d", "/d", "e", NULL), HS_OK);
        simdisk_restart(s);
        CU_ASSERT(disk_exists(simdisk_disk(s), "t.d", "/d", "e"));
        simdisk_close(s);
    }
}

/* One whose name a sync left to chance gets nothing into it before that is made good. */
static void simdisk__folder_is_made_in_durable_ones(void)
{
    uint64_t random = suite_seed();

    for (int i = 0; i < TRIES; i++) {
        struct simdisk *s = disk_make(suite_random(&random));

        simdisk_refuse(s, SIMDISK_SYNC_FOLDER, EIO, 0, false);
        CU_ASSERT_EQUAL(disk_make_folder(simdisk_disk(s), "t.d", "/d/e/f", "g", NULL), HS_IO);
        CU_ASSERT_EQUAL(disk_make_folder(simdisk_disk(s), "t.d", "/d/e/f", "g", NULL), HS_OK);
        simdisk_restart(s);
        CU_ASSERT(disk_exists(simdisk_disk(s), "t.d", "/d/e/f", "g"));
        simdisk_close(s);
    }
}

/* What is left of a file of two pages that was written over, without a sync: how often what. */
static void simdisk__what_was_not_is_lost_in_every_way(void)
{
    size_t absent = 0, old = 0, new = 0, mixed = 0, torn = 0;
    uint64_t random = suite_seed();

    for (int i = 0; i < TRIES; i++) {
        struct simdisk *s = disk_make(suite_random(&random));
        struct disk_file *f = file_make(s, "f", 2 * PAGE, 'a');
        struct buffer c = {0};

        CU_ASSERT_EQUAL_FATAL(disk_sync(f, NULL), HS_OK);
        if (i % 2) CU_ASSERT_EQUAL(disk_sync_folder(simdisk_disk(s), "t.d", "/d", NULL), HS_OK);
        disk_close(f);
        disk_close(file_make(s, "f", 2 * PAGE, 'b'));
        simdisk_restart(s);
        if (disk_read_all(simdisk_disk(s), "t.f", "/d", "f", 9 * PAGE, &c, NULL) != HS_OK) {
            CU_ASSERT_EQUAL(i % 2, 0);
            absent++;
        } else if (c.data[0] == c.data[PAGE - 1] && c.data[PAGE] == c.data[2 * PAGE - 1]) {
            old += c.data[0] == 'a' && c.data[PAGE] == 'a';
            new += c.data[0] == 'b' && c.data[PAGE] == 'b';
            mixed += c.data[0] != c.data[PAGE];
        } else {
            torn++;
        }
        buffer_fini(&c);
        simdisk_close(s);
    }
    CU_ASSERT(absent > 0 && old > 0 && new > 0 && mixed > 0 && torn > 0);
}

/* A failed sync has lost what it should have written, and the next one does not write it. */
static void simdisk__failed_sync_is_not_made_good_by_the_next(void)
{
    uint64_t random = suite_seed(), lost = 0;

    for (int i = 0; i < TRIES; i++) {
        struct simdisk *s = disk_make(suite_random(&random));
        struct disk_file *f = file_make(s, "f", PAGE, 'a');
        struct buffer content = {0};

        CU_ASSERT_EQUAL(disk_sync_folder(simdisk_disk(s), "t.d", "/d", NULL), HS_OK);
        simdisk_refuse(s, SIMDISK_SYNC, EIO, 0, false);
        CU_ASSERT_EQUAL(disk_sync(f, NULL), HS_IO);
        CU_ASSERT_EQUAL(disk_sync(f, NULL), HS_OK);
        disk_close(f);
        simdisk_restart(s);
        CU_ASSERT_EQUAL_FATAL(
            disk_read_all(simdisk_disk(s), "t.f", "/d", "f", 9 * PAGE, &content, NULL), HS_OK);
        lost += content.len < PAGE || content.data[0] != 'a';
        buffer_fini(&content);
        simdisk_close(s);
    }
    CU_ASSERT(lost > 0);
}

/* disk_replace: the old one or the new one, whole, whenever the power goes. */
static bool replace_history(uint64_t seed, struct simdisk_facts *facts)
{
    struct simdisk *s = disk_make(seed);
    const struct disk *disk = simdisk_disk(s);
    uint64_t random = seed, durable = 0, begun = 0, found = 0;
    struct buffer content = {0};
    bool fine = true;
    char text[32];

    for (int life = 0; life < 6 && fine; life++) {
        disk_sweep(disk, "t.f", "/d");
        simdisk_cut_after(s, SIMDISK_CALL_COUNT, suite_random(&random) % 30);
        while (!simdisk_is_cut(s)) {
            if (suite_random(&random) % 4 == 0) history_disturb(s, &random);
            (void)snprintf(text, sizeof text, "%llu!", (unsigned long long)++begun);
            if (disk_replace(disk, "t.f", "/d", "f", slice_text(text), NULL) == HS_OK) {
                durable = begun;
            }
        }
        simdisk_restart(s);
        found = 0;
        if (disk_read_all(disk, "t.f", "/d", "f", sizeof text, &content, NULL) == HS_OK) {
            fine = sscanf(buffer_text(&content), "%llu!", (unsigned long long *)&found) == 1 &&
                   content.data[content.len - 1] == '!';
        }
        fine = fine && found >= durable && found <= begun;
        durable = found;
    }
    buffer_fini(&content);
    *facts = simdisk_facts(s);
    simdisk_close(s);
    return fine;
}

static void disk_replace__is_the_old_one_or_a_new_one(void)
{
    CU_ASSERT_EQUAL(history_many(replace_history, 1000), 0);
}

static const struct suite_case cases[] = {
    SUITE_CASE(simdisk__what_was_synced_is_there),
    SUITE_CASE(simdisk__folder_that_is_there_is_made_durable),
    SUITE_CASE(simdisk__folder_is_made_in_durable_ones),
    SUITE_CASE(simdisk__what_was_not_is_lost_in_every_way),
    SUITE_CASE(simdisk__failed_sync_is_not_made_good_by_the_next),
    SUITE_CASE(disk_replace__is_the_old_one_or_a_new_one),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("simulated disk", cases, argc, argv);
}
