/* The file of heap pages: what was put is got, free slots are used again, and nothing is got from
 * where the file does not reach. */
#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

#include "kernel/state/limits.h"
#include "snapshot/page_file.h"

#include <unistd.h>

enum { PAGE = HS_HEAP_PAGE_BYTES, SLOTS = 300 };

static struct page_file *file_open(struct scratch_path dir, enum page_file_mode mode,
                                   enum hs_status wanted)
{
    struct page_file *f = NULL;

    CU_ASSERT_EQUAL_FATAL(page_file_open(disk_system(), dir.text, mode, &f, NULL), wanted);
    return f;
}

static uint32_t page_put(struct page_file *f, int with)
{
    char page[PAGE];
    uint32_t slot = 0;

    memset(page, with, sizeof page);
    CU_ASSERT_EQUAL_FATAL(page_file_put(f, page, &slot, NULL), HS_OK);
    CU_ASSERT(slot > 0);
    return slot;
}

static void page_file__slots_are_their_own_until_released(void)
{
    struct scratch_path dir = scratch_make();
    struct page_file *f = file_open(dir, PAGE_FILE_NEW, HS_OK);
    bool used[2 * SLOTS] = {false};
    uint32_t slots[SLOTS];
    char page[PAGE];

    for (int i = 0; i < SLOTS; i++) {
        slots[i] = page_put(f, i % 251);
        CU_ASSERT_FATAL(slots[i] < 2 * SLOTS && !used[slots[i]]);
        used[slots[i]] = true;
    }
    for (int i = 0; i < SLOTS; i += 3) {
        page_file_release(f, slots[i]);
        used[slots[i]] = false;
    }
    for (int i = 0; i < SLOTS; i += 3) { /* what was released is used before the file grows */
        slots[i] = page_put(f, i % 251);
        CU_ASSERT_FATAL(slots[i] < SLOTS + 1 && !used[slots[i]]);
        used[slots[i]] = true;
    }
    for (int i = 0; i < SLOTS; i++) {
        CU_ASSERT_EQUAL(page_file_get(f, slots[i], 1, page, NULL), HS_OK);
        CU_ASSERT(page[0] == (char)(i % 251) && page[PAGE - 1] == (char)(i % 251));
    }
    page_file_close(f);
    scratch_remove(dir);
}

static void page_file__that_is_too_short_is_damaged(void)
{
    struct scratch_path dir = scratch_make(), path = scratch_join(dir.text, PAGE_FILE_NAME);
    struct page_file *f = file_open(dir, PAGE_FILE_NEW, HS_OK);
    uint32_t slot = page_put(f, 'a');
    char pages[2 * PAGE];

    CU_ASSERT_EQUAL(page_file_get(f, slot, 1, pages, NULL), HS_OK);
    CU_ASSERT_EQUAL(page_file_get(f, slot, 2, pages, NULL), HS_CORRUPT);
    CU_ASSERT_EQUAL(truncate(path.text, (off_t)(slot + 1) * PAGE - 1), 0);
    CU_ASSERT_EQUAL(page_file_get(f, slot, 1, pages, NULL), HS_CORRUPT);
    page_file_close(f);
    CU_ASSERT_EQUAL(truncate(path.text, 5), 0);
    (void)file_open(dir, PAGE_FILE_PRESENT, HS_CORRUPT);
    CU_ASSERT_EQUAL(unlink(path.text), 0);
    (void)file_open(dir, PAGE_FILE_PRESENT, HS_CORRUPT);
    (void)file_open(dir, PAGE_FILE_READ_ONLY, HS_CORRUPT);
    scratch_remove(dir);
}

static const struct suite_case cases[] = {
    SUITE_CASE(page_file__slots_are_their_own_until_released),
    SUITE_CASE(page_file__that_is_too_short_is_damaged),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("page file", cases, argc, argv);
}
