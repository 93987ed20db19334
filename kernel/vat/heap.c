#include "kernel/vat/heap.h"

#include "kernel/vat/address_space.h"
#include "kernel/vat/written_lines.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

enum {
    PAGE = HS_HEAP_PAGE_BYTES,
    PAGES_MAX = HS_HEAP_BYTES_MAX / HS_HEAP_PAGE_BYTES,
    LINE = HS_HEAP_LINE_BYTES,
    LINES_MAX = HS_HEAP_BYTES_MAX / HS_HEAP_LINE_BYTES,
    DIRTY_BYTES = LINES_MAX / 8, /* of these and the next, a heap's own are used */
    UNTAKEN_BYTES = PAGES_MAX / 8,
    CHECKED_LINES_MAX = (4 << 20) / HS_HEAP_LINE_BYTES, /* with HS_INVARIANTS */
};

static char *live_page(const struct heap *h, uint32_t page)
{
    return (char *)h->memory->data + (size_t)page * PAGE;
}

static char *mark_page(const struct heap *h, uint32_t page)
{
    return h->mark + (size_t)page * PAGE;
}

static uint32_t live_pages(const struct heap *h)
{
    return h->memory->size / PAGE;
}

static char *live_line(const struct heap *h, uint32_t line)
{
    return (char *)h->memory->data + (size_t)line * LINE;
}

static char *mark_line(const struct heap *h, uint32_t line)
{
    return h->mark + (size_t)line * LINE;
}

static uint32_t live_lines(const struct heap *h)
{
    return h->memory->size / LINE;
}

static bool untaken_get(const struct heap *h, uint32_t page)
{
    return (h->untaken[page / 8] >> (page % 8)) & 1;
}

static void untaken_set(struct heap *h, uint32_t page)
{
    if (untaken_get(h, page)) return;
    h->untaken[page / 8] = (uint8_t)(h->untaken[page / 8] | 1U << (page % 8));
    h->untaken_len++;
}

static void untaken_clear(struct heap *h)
{
    memset(h->untaken, 0, (h->mark_bytes / PAGE + 7) / 8); /* there are none behind the mark */
    h->untaken_len = 0;
    h->untaken_whole = false;
}

/* --- open to close --- */

enum hs_status heap_init(struct heap *h, wasm_rt_memory_t *memory, uint32_t *stack_pointer,
                         bool watched, struct hs_error *err)
{
    void *mark;

    *h = (struct heap){.memory = memory,
                       .stack_pointer = stack_pointer,
                       .watched = watched,
                       .untaken_whole = true};
    mark = address_space_reserve(0, HS_HEAP_BYTES_MAX);
    if (!mark) return hs_fail_errno(err, HS_NOMEM, errno, "reserve a mark image");
    h->mark = mark;
    if (mprotect(mark, HS_HEAP_BYTES_MAX, PROT_READ | PROT_WRITE) != 0) {
        heap_fini(h);
        return hs_fail_errno(err, HS_NOMEM, errno, "open a mark image");
    }
    h->dirty = address_space_zeros(DIRTY_BYTES + UNTAKEN_BYTES);
    if (!h->dirty) {
        heap_fini(h);
        return hs_fail(err, HS_NOMEM, "no memory for a heap's page and line bits");
    }
    h->untaken = (uint8_t *)h->dirty + DIRTY_BYTES;
    return HS_OK;
}

void heap_fini(struct heap *h)
{
    if (h->mark) (void)munmap(h->mark, HS_HEAP_BYTES_MAX);
    if (h->dirty) (void)munmap(h->dirty, DIRTY_BYTES + UNTAKEN_BYTES);
    line_versions_fini(&h->versions);
    *h = (struct heap){0};
}

/* --- the lines that may differ --- */

static void dirty_set(struct heap *h, uint32_t line)
{
    h->dirty[line / 64] |= UINT64_C(1) << (line % 64);
}

static void dirty_note_dropped(void *data, uint32_t line)
{
    dirty_set(data, line);
}

/* Those behind the live memory's end stay, for when it grows. */
static void dirty_clear(struct heap *h)
{
    memset(h->dirty, 0, (live_lines(h) + 63) / 64 * sizeof *h->dirty);
}

/* The first dirty line from `line` on; the live memory's end if there is none. */
static uint32_t dirty_next(const struct heap *h, uint32_t line)
{
    uint32_t end = live_lines(h);

    while (line < end) {
        uint64_t word = h->dirty[line / 64] >> (line % 64);

        if (word != 0) {
            line += (uint32_t)__builtin_ctzll(word);
            break;
        }
        line = (line / 64 + 1) * 64;
    }
    return line < end ? line : end;
}

/* What the line was at the newest version, or in the mark. */
static const char *kept_line(const struct heap *h, uint32_t line)
{
    const char *version = line_versions_line(&h->versions, line);

    return version ? version : mark_line(h, line);
}

static bool line_differs(const struct heap *h, uint32_t line)
{
    return memcmp(live_line(h, line), kept_line(h, line), LINE) != 0;
}

static void dirty_note_written(void *data, size_t first, size_t len)
{
    struct heap *h = data;
    uint32_t behind = (uint32_t)(first + len);

    for (uint32_t i = (uint32_t)first; i < behind; i++) {
        dirty_set(h, i);
    }
    if (behind == live_lines(h)) return;
    if (memcmp(live_line(h, behind), kept_line(h, behind), WRITTEN_LINES_OVERLAP) == 0) return;
    dirty_set(h, behind);
}

/* All others are what they were: a write that nobody told of would stay where a heap goes back, and
 * stay out of its image. Small heaps only, since each look compares all of them. */
static void dirty_are_all(const struct heap *h)
{
#ifdef HS_INVARIANTS
    for (uint32_t i = 0; i < live_lines(h) && live_lines(h) <= CHECKED_LINES_MAX; i++) {
        bool dirty = (h->dirty[i / 64] >> (i % 64)) & 1;

        assert(dirty || !line_differs(h, i));
    }
#else
    (void)h;
#endif
}

/* What was written since the last look joins what is known to be dirty. */
static void dirty_gather(struct heap *h)
{
    if (h->watched) {
        written_lines_take(h->memory->data, h->memory->size, dirty_note_written, h);
    } else {
        dirty_note_written(h, 0, live_lines(h));
    }
    dirty_are_all(h);
}

static void lines_ignore(void *data, size_t first, size_t len)
{
    (void)data;
    (void)first;
    (void)len;
}

/* From here on, what is written is written since the mark. */
static void heap_watch_anew(struct heap *h)
{
    written_lines_take(h->memory->data, h->memory->size, lines_ignore, NULL);
}

/* --- images in --- */

/* First page from `page` on that is zero, or is not if `zero` is false; the end if there is none.
 */
static uint32_t live_page_until(const struct heap *h, uint32_t page, bool zero)
{
    while (page < live_pages(h) && heap_page_is_zero(live_page(h, page)) != zero) {
        page++;
    }
    return page;
}

/* The mark becomes a copy of the live memory; both were all zero past the live size. Pages of zeros
 * cost the mark nothing, so only the runs between them are copied. */
static void mark_adopt_live(struct heap *h, bool taken)
{
    uint32_t begin = live_page_until(h, 0, false);

    assert(h->mark_bytes == 0); /* a fresh mark */
    while (begin < live_pages(h)) {
        uint32_t end = live_page_until(h, begin, true);
        size_t bytes = (size_t)(end - begin) * PAGE;

        address_space_populate(mark_page(h, begin), bytes);
        memcpy(mark_page(h, begin), live_page(h, begin), bytes);
        begin = live_page_until(h, end, false);
    }
    h->mark_bytes = h->memory->size;
    h->mark_stack_pointer = *h->stack_pointer;
    h->untaken_whole = !taken;
    heap_watch_anew(h);
}

static enum hs_status live_prepare(struct heap *h, const struct heap_image_info *info,
                                   struct hs_error *err)
{
    uint64_t bytes = (uint64_t)info->page_count * PAGE;

    if (bytes == 0 || bytes > HS_HEAP_BYTES_MAX || bytes % HS_WASM_PAGE_BYTES != 0) {
        return hs_fail(err, HS_CORRUPT, "a heap image of %llu bytes", (unsigned long long)bytes);
    }
    if (info->stack_pointer == 0 || info->stack_pointer > bytes) {
        return hs_fail(err, HS_CORRUPT, "a heap image with its stack pointer at %u",
                       (unsigned)info->stack_pointer);
    }
    wasm_memory_zero(h->memory);
    *h->stack_pointer = info->stack_pointer;
    return wasm_memory_resize(h->memory, (uint32_t)bytes, err);
}

enum hs_status heap_restore(struct heap *h, const struct heap_changes *image, bool taken,
                            struct hs_error *err)
{
    enum hs_status st;

    assert(image->whole);
    st = live_prepare(h, &image->info, err);
    if (st != HS_OK) return st;
    for (size_t i = 0; i < image->len; i++) {
        assert(image->numbers[i] < image->info.page_count);
        memcpy(live_page(h, image->numbers[i]), image->pages + i * PAGE, PAGE);
    }
    mark_adopt_live(h, taken);
    return HS_OK;
}

enum hs_status heap_load(struct heap *h, struct heap_image_source *source,
                         const struct heap_image_info *info, struct hs_error *err)
{
    enum hs_status st = live_prepare(h, info, err);

    if (st != HS_OK) return st;
    address_space_populate(h->memory->data, h->memory->size);
    st = source->ops->load(source, info, (char *)h->memory->data, err);
    if (st != HS_OK) return st;
    mark_adopt_live(h, true);
    return HS_OK;
}

/* --- the mark --- */

void heap_mark(struct heap *h)
{
    assert(h->memory->size >= h->mark_bytes); /* only going back shrinks, and then to the mark */
    line_versions_clear(&h->versions, dirty_note_dropped, h);
    dirty_gather(h);
    for (uint32_t i = dirty_next(h, 0); i < live_lines(h); i = dirty_next(h, i + 1)) {
        if (!line_differs(h, i)) continue;
        memcpy(mark_line(h, i), live_line(h, i), LINE);
        untaken_set(h, i / (PAGE / LINE));
    }
    dirty_clear(h);
    h->mark_bytes = h->memory->size;
    h->mark_stack_pointer = *h->stack_pointer;
}

/* The live memory becomes what the newest version, or the mark, keeps. */
static void heap_return(struct heap *h, uint32_t bytes, uint32_t stack_pointer)
{
    enum hs_status st = wasm_memory_resize(h->memory, bytes, NULL);

    assert(st == HS_OK); /* it only shrinks */
    dirty_gather(h);
    for (uint32_t i = dirty_next(h, 0); i < live_lines(h); i = dirty_next(h, i + 1)) {
        if (!line_differs(h, i)) continue;
        memcpy(live_line(h, i), kept_line(h, i), LINE);
    }
    dirty_clear(h);
    *h->stack_pointer = stack_pointer;
}

void heap_back_to_mark(struct heap *h)
{
    line_versions_clear(&h->versions, dirty_note_dropped, h);
    heap_return(h, h->mark_bytes, h->mark_stack_pointer);
}

/* --- savepoints --- */

enum hs_status heap_savepoint(struct heap *h, uint64_t id, uint64_t transcript_entries,
                              struct hs_error *err)
{
    const struct heap_extent extent = {.bytes = h->memory->size,
                                       .stack_pointer = *h->stack_pointer,
                                       .transcript_entries = transcript_entries};
    enum hs_status st = line_versions_begin(&h->versions, id, &extent, err);

    if (st != HS_OK) return st;
    dirty_gather(h);
    for (uint32_t i = dirty_next(h, 0); i < live_lines(h); i = dirty_next(h, i + 1)) {
        if (!line_differs(h, i)) continue;
        st = line_versions_put(&h->versions, i, live_line(h, i), err);
        if (st == HS_OK) continue;
        line_versions_drop_after(&h->versions, id - 1, dirty_note_dropped, h);
        return st; /* what was gathered stays dirty */
    }
    dirty_clear(h);
    return HS_OK;
}

const struct line_version *heap_back_to(struct heap *h, uint64_t id)
{
    const struct line_version *to;

    line_versions_drop_after(&h->versions, id, dirty_note_dropped, h);
    to = line_versions_last(&h->versions);
    if (to) {
        heap_return(h, to->extent.bytes, to->extent.stack_pointer);
    } else {
        heap_return(h, h->mark_bytes, h->mark_stack_pointer);
    }
    return to;
}

void heap_savepoint_drop(struct heap *h)
{
    const struct line_version *last = line_versions_last(&h->versions);

    assert(last);
    line_versions_drop_after(&h->versions, last->id - 1, dirty_note_dropped, h);
}

void heap_savepoints_end(struct heap *h)
{
    line_versions_clear(&h->versions, dirty_note_dropped, h);
}

/* --- changes --- */

static void changes_add(struct heap_changes *out, uint32_t number, const char *page)
{
    out->numbers[out->len] = number;
    memcpy(out->pages + out->len * PAGE, page, PAGE);
    out->len++;
}

/* Every page of `memory` that is not zero. */
static enum hs_status changes_whole(struct heap_changes *out, const char *memory,
                                    struct hs_error *err)
{
    uint32_t page_count = out->info.page_count;
    size_t used = 0;
    enum hs_status st;

    for (uint32_t i = 0; i < page_count; i++)
        used += !heap_page_is_zero(memory + (size_t)i * PAGE);
    st = heap_changes_reserve(out, used, true, err);
    if (st != HS_OK) return st;
    for (uint32_t i = 0; i < page_count; i++) {
        const char *page = memory + (size_t)i * PAGE;

        if (!heap_page_is_zero(page)) changes_add(out, i, page);
    }
    assert(out->len == used);
    return HS_OK;
}

enum hs_status heap_copy_whole(const struct heap *h, struct heap_changes *out, struct hs_error *err)
{
    *out = (struct heap_changes){
        .info = {.page_count = live_pages(h), .stack_pointer = *h->stack_pointer}};
    return changes_whole(out, (const char *)h->memory->data, err);
}

enum hs_status heap_changes_take(struct heap *h, struct heap_changes *out, struct hs_error *err)
{
    enum hs_status st;

    *out = (struct heap_changes){
        .info = {.page_count = h->mark_bytes / PAGE, .stack_pointer = h->mark_stack_pointer}};
    if (h->untaken_whole) {
        st = changes_whole(out, h->mark, err);
    } else {
        st = heap_changes_reserve(out, h->untaken_len, false, err);
        for (uint32_t i = 0; st == HS_OK && i < out->info.page_count; i++) {
            if (untaken_get(h, i)) changes_add(out, i, mark_page(h, i));
        }
    }
    if (st == HS_OK) untaken_clear(h);
    return st;
}

void heap_changes_give_back(struct heap *h, const struct heap_changes *changes)
{
    if (changes->whole) {
        h->untaken_whole = true;
        return;
    }
    for (size_t i = 0; i < changes->len; i++) {
        assert(changes->numbers[i] < h->mark_bytes / PAGE);
        untaken_set(h, changes->numbers[i]);
    }
}

void heap_changes_forget(struct heap *h)
{
    h->untaken_whole = true;
}

uint64_t heap_occupied_bytes(const struct heap *h)
{
    const uint32_t lines = live_lines(h);
    const uint32_t map_bytes = lines; /* written_map.h: a byte a line, looked at or not */

    return (uint64_t)h->memory->size + map_bytes + h->mark_bytes + UNTAKEN_BYTES + DIRTY_BYTES +
           line_versions_bytes(&h->versions) + line_versions_index_bytes(&h->versions, lines);
}
