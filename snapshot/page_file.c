#include "snapshot/page_file.h"

#include "kernel/state/array.h"
#include "kernel/state/little_endian.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { WORD_SLOTS = 64, SLOTS_MAX = 1 << 30 };

static const char place[] = "snapshot.pages";
static const char magic[8] = {'h', 's', '-', 'p', 'a', 'g', 'e', 's'};

struct page_file {
    struct disk_file *file;
    bool unsynced;
    uint64_t *taken; /* a bit a slot */
    size_t words;
    size_t full_words; /* no free slot before this word */
};

static void header_encode(char page[HS_HEAP_PAGE_BYTES])
{
    memset(page, 0, HS_HEAP_PAGE_BYTES);
    memcpy(page, magic, sizeof magic);
    u32_put(page + sizeof magic, PAGE_FILE_VERSION);
}

static enum hs_status header_write(struct disk_file *f, struct hs_error *err)
{
    char page[HS_HEAP_PAGE_BYTES];

    header_encode(page);
    return disk_write(f, 0, slice_make(page, sizeof page), err);
}

static enum hs_status header_check(const struct disk_file *f, struct hs_error *err)
{
    char page[HS_HEAP_PAGE_BYTES], wanted[HS_HEAP_PAGE_BYTES];
    size_t got;
    enum hs_status st = disk_read(f, 0, page, sizeof page, &got, err);

    if (st != HS_OK) return st;
    header_encode(wanted);
    if (got == sizeof page && memcmp(page, wanted, sizeof page) == 0) return HS_OK;
    return hs_fail(err, HS_CORRUPT, "snapshot: the file of heap pages is not one of ours");
}

static enum hs_status file_open(const struct disk *disk, const char *dir, enum page_file_mode mode,
                                struct disk_file **out, struct hs_error *err)
{
    enum disk_mode access = mode == PAGE_FILE_READ_ONLY ? DISK_READ : DISK_WRITE;
    enum hs_status st = disk_open(disk, place, dir, PAGE_FILE_NAME, access, out, err);

    if (st == HS_OK) return header_check(*out, err);
    if (st != HS_NOT_FOUND) return st;
    if (mode != PAGE_FILE_NEW) return hs_fail_prefix(err, HS_CORRUPT, "snapshot");
    st = disk_open(disk, place, dir, PAGE_FILE_NAME, DISK_CREATE_NEW, out, err);
    return st == HS_OK ? header_write(*out, err) : st;
}

enum hs_status page_file_open(const struct disk *disk, const char *dir, enum page_file_mode mode,
                              struct page_file **out, struct hs_error *err)
{
    struct page_file *f = calloc(1, sizeof *f);
    enum hs_status st;

    assert(dir && out);
    if (!f) return hs_fail(err, HS_NOMEM, "snapshot: no memory for heap pages");
    f->unsynced = mode == PAGE_FILE_NEW; /* its header */
    st = file_open(disk, dir, mode, &f->file, err);
    if (st != HS_OK) {
        page_file_close(f);
        return st;
    }
    *out = f;
    return HS_OK;
}

void page_file_close(struct page_file *f)
{
    if (!f) return;
    disk_close(f->file);
    free(f->taken);
    free(f);
}

static enum hs_status words_grow(struct page_file *f, size_t words, struct hs_error *err)
{
    size_t before = f->words;
    enum hs_status st = array_reserve(&f->taken, &f->words, words, sizeof *f->taken);

    if (st != HS_OK) return hs_fail(err, st, "snapshot: no memory to count %zu slots", words * 64);
    memset(f->taken + before, 0, (f->words - before) * sizeof *f->taken);
    f->taken[0] |= 1; /* slot 0 is the header */
    return HS_OK;
}

enum hs_status page_file_take(struct page_file *f, uint32_t slot, struct hs_error *err)
{
    size_t word = slot / WORD_SLOTS;
    enum hs_status st;

    if (slot == 0 || slot >= SLOTS_MAX) {
        return hs_fail(err, HS_CORRUPT, "snapshot: slot %u of heap pages is out of bounds", slot);
    }
    st = words_grow(f, word + 1, err);
    if (st != HS_OK) return st;
    f->taken[word] |= UINT64_C(1) << slot % WORD_SLOTS;
    return HS_OK;
}

void page_file_release(struct page_file *f, uint32_t slot)
{
    size_t word = slot / WORD_SLOTS;

    assert(slot > 0);
    if (word >= f->words) return;
    f->taken[word] &= ~(UINT64_C(1) << slot % WORD_SLOTS);
    if (word < f->full_words) f->full_words = word;
}

void page_file_release_all(struct page_file *f)
{
    if (f->words) memset(f->taken, 0, f->words * sizeof *f->taken);
    if (f->words) f->taken[0] = 1;
    f->full_words = 0;
}

/* The lowest free slot, so that the file stays short and new pages lie in a run. */
static enum hs_status slot_find(struct page_file *f, uint32_t *slot, struct hs_error *err)
{
    while (f->full_words < f->words && f->taken[f->full_words] == UINT64_MAX) {
        f->full_words++;
    }
    if (f->full_words == f->words) {
        *slot = f->words ? (uint32_t)(f->words * WORD_SLOTS) : 1;
        if (*slot >= SLOTS_MAX) {
            return hs_fail(err, HS_TOO_LARGE, "snapshot: no slot is left for a heap page");
        }
    } else {
        *slot = (uint32_t)(f->full_words * WORD_SLOTS) +
                (uint32_t)__builtin_ctzll(~f->taken[f->full_words]);
    }
    return page_file_take(f, *slot, err);
}

enum hs_status page_file_put(struct page_file *f, const char *page, uint32_t *slot,
                             struct hs_error *err)
{
    enum hs_status st = slot_find(f, slot, err);

    if (st != HS_OK) return st;
    f->unsynced = true;
    st = disk_write(f->file, (uint64_t)*slot * HS_HEAP_PAGE_BYTES,
                    slice_make(page, HS_HEAP_PAGE_BYTES), err);
    if (st != HS_OK) page_file_release(f, *slot);
    return st;
}

enum hs_status page_file_sync(struct page_file *f, struct hs_error *err)
{
    enum hs_status st = f->unsynced ? disk_sync(f->file, err) : HS_OK;

    if (st == HS_OK) f->unsynced = false;
    return st;
}

enum hs_status page_file_get(const struct page_file *f, uint32_t slot, uint32_t count, char *memory,
                             struct hs_error *err)
{
    size_t len = (size_t)count * HS_HEAP_PAGE_BYTES, got;
    enum hs_status st;

    assert(memory && count > 0);
    st = disk_read(f->file, (uint64_t)slot * HS_HEAP_PAGE_BYTES, memory, len, &got, err);
    if (st != HS_OK || got == len) return st;
    return hs_fail(err, HS_CORRUPT, "snapshot: the file of heap pages ends before slot %u",
                   slot + count - 1);
}
