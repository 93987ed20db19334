/* Written lines: what is told are the lines that were written, each once. */
#include "tests/unit/suite.h"

#include "kernel/state/limits.h"
#include "kernel/vat/written_lines.h"

#include <sys/mman.h>

enum { LINES = 4096, LINE = HS_HEAP_LINE_BYTES };

struct written {
    char *all;       /* the map included */
    uint8_t *memory; /* LINES of it */
    bool told[LINES];
    size_t runs, next_min;
};

static void written_open(struct written *w)
{
    *w = (struct written){0};
    w->all = mmap(NULL, WRITTEN_LINES_BYTES + (size_t)LINES * LINE, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CU_ASSERT_FATAL(w->all != MAP_FAILED);
    w->memory = (uint8_t *)w->all + WRITTEN_LINES_BYTES;
}

static void written_close(struct written *w)
{
    CU_ASSERT_EQUAL(munmap(w->all, WRITTEN_LINES_BYTES + (size_t)LINES * LINE), 0);
}

static void told_note(void *data, size_t first, size_t len)
{
    struct written *w = data;

    CU_ASSERT(len > 0 && first >= w->next_min && first + len <= LINES);
    for (size_t i = first; i < first + len && i < LINES; i++) {
        w->told[i] = true;
    }
    w->next_min = first + len + 1; /* a run that touched this one would be part of it */
    w->runs++;
}

static void written_look(struct written *w, size_t lines)
{
    memset(w->told, 0, sizeof w->told);
    w->runs = w->next_min = 0;
    written_lines_take(w->memory, lines * LINE, told_note, w);
}

static void written_lines__told_are_those_that_were_written(void)
{
    struct written w;
    uint64_t random = suite_seed();

    written_open(&w);
    for (int look = 0; look < 300; look++) {
        bool wrote[LINES] = {0};

        for (size_t i = suite_random(&random) % 40; i > 0; i--) {
            size_t at = suite_random(&random) % ((size_t)LINES * LINE);

            written_map_store(w.memory, at);
            wrote[at / LINE] = true;
        }
        written_look(&w, LINES);
        CU_ASSERT_EQUAL(memcmp(w.told, wrote, sizeof wrote), 0);
    }
    written_look(&w, LINES);
    CU_ASSERT_EQUAL(w.runs, 0); /* told once */
    written_close(&w);
}

static void written_lines__noted_is_every_line_that_the_bytes_touch(void)
{
    struct written w;

    written_open(&w);
    written_lines_note(w.memory, 3 * LINE - 1, 2 * LINE + 2);
    written_lines_note(w.memory, 10 * LINE, LINE);
    written_lines_note(w.memory, 20 * LINE, 0);
    written_look(&w, LINES);
    CU_ASSERT_EQUAL(w.runs, 2);
    for (size_t i = 0; i < LINES; i++) {
        CU_ASSERT_EQUAL(w.told[i], (i >= 2 && i <= 5) || i == 10);
    }
    written_close(&w);
}

static void written_lines__behind_the_end_is_told_once_it_is_memory(void)
{
    struct written w;

    written_open(&w);
    written_map_store(w.memory, 100 * LINE);
    written_look(&w, 100);
    CU_ASSERT_EQUAL(w.runs, 0);
    written_look(&w, 101);
    CU_ASSERT_EQUAL(w.runs, 1);
    CU_ASSERT(w.told[100]);
    written_close(&w);
}

/* What a store names that will fault has its byte in the map, and not in the memory. */
static void written_lines__no_address_leads_out_of_the_map(void)
{
    struct written w;

    written_open(&w);
    written_map_store(w.memory, 2 * (uint64_t)UINT32_MAX);
    written_map_store(w.memory, 0);
    CU_ASSERT_EQUAL(w.memory[-1], 1);
    CU_ASSERT_EQUAL(w.all[0], 1);
    CU_ASSERT_EQUAL(w.memory[0], 0);
    written_close(&w);
}

static const struct suite_case cases[] = {
    SUITE_CASE(written_lines__told_are_those_that_were_written),
    SUITE_CASE(written_lines__noted_is_every_line_that_the_bytes_touch),
    SUITE_CASE(written_lines__behind_the_end_is_told_once_it_is_memory),
    SUITE_CASE(written_lines__no_address_leads_out_of_the_map),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("written lines", cases, argc, argv);
}
