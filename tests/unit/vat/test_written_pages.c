/* Written pages: what is told must hold every page that was written. */
#include "tests/unit/suite.h"

#include "kernel/state/limits.h"
#include "kernel/vat/written_pages.h"

#include <sys/mman.h>

enum { PAGES = 512, RESERVED = 1024, PAGE = HS_HEAP_PAGE_BYTES };

struct seen {
    bool page[RESERVED];
    size_t calls;
    size_t next_min;
};

static void seen_note(void *data, size_t first, size_t len)
{
    struct seen *s = data;

    CU_ASSERT(first >= s->next_min);
    CU_ASSERT(first + len <= RESERVED);
    for (size_t i = first; i < first + len && i < RESERVED; i++)
        s->page[i] = true;
    s->next_min = first + len;
    s->calls++;
}

struct faulted {
    char *all;       /* the bytes before the memory included */
    uint8_t *memory; /* PAGES of it */
    size_t faults;
};

static void faulted_open(struct faulted *f)
{
    *f = (struct faulted){0};
    f->all = mmap(NULL, WRITTEN_PAGES_BYTES + (size_t)PAGES * PAGE, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CU_ASSERT_FATAL(f->all != MAP_FAILED);
    f->memory = (uint8_t *)f->all + WRITTEN_PAGES_BYTES;
    written_pages_note(f->memory, 0, PAGES);
}

static void faulted_close(struct faulted *f)
{
    CU_ASSERT_EQUAL(munmap(f->all, WRITTEN_PAGES_BYTES + (size_t)PAGES * PAGE), 0);
}

/* The handler is asked before the write, whose fault would otherwise ask it. */
static void faulted_write(struct faulted *f, size_t page)
{
    f->faults += written_pages_fault(f->memory, (size_t)PAGES * PAGE, f->memory + page * PAGE);
    f->memory[page * PAGE]++;
}

static void faulted_look(struct faulted *f, struct seen *seen)
{
    memset(seen, 0, sizeof *seen);
    CU_ASSERT(written_pages_collect(f->memory, (size_t)PAGES * PAGE, true, seen_note, seen));
}

static void told_note(void *data, size_t first, size_t len)
{
    memset((bool *)data + first, true, len);
}

static size_t seen_pages(const struct seen *seen)
{
    size_t count = 0;

    for (size_t i = 0; i < RESERVED; i++)
        count += seen->page[i];
    return count;
}

static void written_pages__every_written_page_is_told(void)
{
    static struct seen seen;
    struct faulted f;
    uint64_t random = suite_seed();
    size_t told = 0, written = 0;

    faulted_open(&f);
    for (int look = 0; look < 300; look++) {
        bool wrote[PAGES] = {0};

        for (size_t i = suite_random(&random) % 40; i > 0; i--) {
            /* Some again and again, some once in a while. */
            size_t page = suite_random(&random) % (suite_random(&random) % 2 ? 20 : PAGES);

            faulted_write(&f, page);
            wrote[page] = true;
        }
        faulted_look(&f, &seen);
        for (size_t i = 0; i < PAGES; i++) {
            if (wrote[i]) CU_ASSERT(seen.page[i]);
            written += wrote[i];
        }
        told += seen_pages(&seen);
    }
    CU_ASSERT(told < 8 * written);
    faulted_close(&f);
}

static void written_pages__written_always_hardly_faults(void)
{
    enum { LOOKS = 320 };
    static struct seen seen;
    struct faulted f;

    faulted_open(&f);
    faulted_look(&f, &seen);
    for (int look = 0; look < LOOKS; look++) {
        faulted_write(&f, 7);
        faulted_look(&f, &seen);
        CU_ASSERT(seen.page[7]);
    }
    CU_ASSERT(f.faults < LOOKS / 16);
    faulted_close(&f);
}

static void written_pages__written_no_more_is_soon_not_told(void)
{
    static struct seen seen;
    struct faulted f;

    faulted_open(&f);
    for (int look = 0; look < 5; look++) {
        faulted_write(&f, 7);
        faulted_look(&f, &seen);
    }
    for (int look = 0; look < 64; look++)
        faulted_look(&f, &seen);
    CU_ASSERT_EQUAL(seen_pages(&seen), 0);
    f.faults = 0;
    faulted_write(&f, 7);
    CU_ASSERT_EQUAL(f.faults, 1);
    faulted_look(&f, &seen);
    CU_ASSERT(seen.page[7]);
    CU_ASSERT(seen_pages(&seen) < 4);
    faulted_close(&f);
}

/* Runs of open pages in the memory: each is a mapping. */
static size_t open_runs(const uint8_t *memory, size_t bytes)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    unsigned long from, to;
    char flags[8], line[512];
    size_t runs = 0;

    CU_ASSERT_FATAL(maps != NULL);
    while (fgets(line, sizeof line, maps)) {
        if (sscanf(line, "%lx-%lx %7s", &from, &to, flags) != 3) continue;
        runs += from >= (uintptr_t)memory && to <= (uintptr_t)memory + bytes && flags[1] == 'w';
    }
    (void)fclose(maps);
    return runs;
}

/* A vat that writes a word here and there leaves the process mappings for others. */
static void written_pages__scattered_writes_take_few_mappings(void)
{
    enum { MANY = 32768, APART = 4, RUNS_MOST = 1500 };
    const size_t bytes = (size_t)MANY * PAGE;
    char *all = mmap(NULL, WRITTEN_PAGES_BYTES + bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    uint8_t *memory = (uint8_t *)all + WRITTEN_PAGES_BYTES;
    static bool told[MANY];

    CU_ASSERT_FATAL(all != MAP_FAILED);
    written_pages_note(memory, 0, MANY);
    CU_ASSERT(written_pages_collect(memory, bytes, true, told_note, told));
    for (size_t look = 0; look < 12; look++) {
        for (size_t page = look; page < MANY; page += APART) {
            (void)written_pages_fault(memory, bytes, memory + page * PAGE);
            memory[page * PAGE]++;
        }
        CU_ASSERT(open_runs(memory, bytes) <= RUNS_MOST);
        memset(told, 0, sizeof told);
        CU_ASSERT(written_pages_collect(memory, bytes, true, told_note, told));
        for (size_t page = look; page < MANY; page += APART) {
            CU_ASSERT(told[page]);
        }
        CU_ASSERT(open_runs(memory, bytes) <= RUNS_MOST);
    }
    CU_ASSERT_EQUAL(munmap(all, WRITTEN_PAGES_BYTES + bytes), 0);
}

static const struct suite_case cases[] = {
    SUITE_CASE(written_pages__scattered_writes_take_few_mappings),
    SUITE_CASE(written_pages__every_written_page_is_told),
    SUITE_CASE(written_pages__written_always_hardly_faults),
    SUITE_CASE(written_pages__written_no_more_is_soon_not_told),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("written pages", cases, argc, argv);
}
