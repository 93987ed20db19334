#include "snapshot/page_file.h"

#include "kernel/state/fault.h"
#include "kernel/state/little_endian.h"
#include "snapshot/snapshot_files.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORD_SLOTS = 64, WORDS_FIRST = 64, SLOTS_MAX = 1 << 30 };

static const char magic[8] = {'h', 's', '-', 'p', 'a', 'g', 'e', 's'};

struct page_file {
    int fd;
    bool unsynced;
    uint64_t *taken; /* a bit a slot */
    size_t words;
    size_t full_words; /* no free slot before this word */
};

static enum hs_status header_write(int fd, struct hs_error *err)
{
    char page[HS_HEAP_PAGE_BYTES] = {0};

    memcpy(page, magic, sizeof magic);
    u32_put(page + sizeof magic, PAGE_FILE_VERSION);
    if (pwrite(fd, page, sizeof page, 0) != (ssize_t)sizeof page) {
        return hs_fail_errno(err, HS_IO, errno ? errno : ENOSPC, "snapshot: writing heap pages");
    }
    return HS_OK;
}

static enum hs_status header_check(int fd, struct hs_error *err)
{
    char page[HS_HEAP_PAGE_BYTES], wanted[HS_HEAP_PAGE_BYTES] = {0};

    memcpy(wanted, magic, sizeof magic);
    u32_put(wanted + sizeof magic, PAGE_FILE_VERSION);
    if (pread(fd, page, sizeof page, 0) != (ssize_t)sizeof page ||
        memcmp(page, wanted, sizeof page) != 0) {
        return hs_fail(err, HS_CORRUPT, "snapshot: the file of heap pages is not one of ours");
    }
    return HS_OK;
}

static enum hs_status file_open(const char *dir, enum page_file_mode mode, int *fd,
                                struct hs_error *err)
{
    int flags = mode == PAGE_FILE_READ_ONLY ? O_RDONLY : O_RDWR;
    struct snapshot_path path;
    enum hs_status st = snapshot_path_join(dir, PAGE_FILE_NAME, &path, err);

    if (st != HS_OK) return st;
    *fd = open(path.text, flags | O_CLOEXEC);
    if (*fd >= 0) return header_check(*fd, err);
    if (errno == ENOENT && mode == PAGE_FILE_NEW) {
        *fd = open(path.text, flags | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (*fd >= 0) return header_write(*fd, err);
    }
    st = errno == ENOENT ? HS_CORRUPT : HS_IO;
    return hs_fail_errno(err, st, errno, "snapshot: opening %s", path.text);
}

enum hs_status page_file_open(const char *dir, enum page_file_mode mode, struct page_file **out,
                              struct hs_error *err)
{
    struct page_file *f = calloc(1, sizeof *f);
    enum hs_status st;

    assert(dir && out);
    if (!f) return hs_fail(err, HS_NOMEM, "snapshot: no memory for heap pages");
    f->fd = -1;
    f->unsynced = mode == PAGE_FILE_NEW; /* its header */
    st = file_open(dir, mode, &f->fd, err);
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
    if (f->fd >= 0) (void)close(f->fd);
    free(f->taken);
    free(f);
}

static enum hs_status words_grow(struct page_file *f, size_t words, struct hs_error *err)
{
    uint64_t *taken = realloc(f->taken, words * sizeof *taken);

    assert(words > f->words);
    if (!taken) return hs_fail(err, HS_NOMEM, "snapshot: no memory to count %zu slots", words * 64);
    memset(taken + f->words, 0, (words - f->words) * sizeof *taken);
    f->taken = taken;
    f->words = words;
    f->taken[0] |= 1; /* slot 0 is the header */
    return HS_OK;
}

enum hs_status page_file_take(struct page_file *f, uint32_t slot, struct hs_error *err)
{
    size_t word = slot / WORD_SLOTS;
    size_t words = f->words ? f->words : WORDS_FIRST;

    if (slot == 0 || slot >= SLOTS_MAX) {
        return hs_fail(err, HS_CORRUPT, "snapshot: slot %u of heap pages is out of bounds", slot);
    }
    while (words <= word) {
        words *= 2;
    }
    if (words > f->words) {
        enum hs_status st = words_grow(f, words, err);

        if (st != HS_OK) return st;
    }
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

static int page_write(int fd, const char *bytes, size_t len, off_t at)
{
    while (len > 0) {
        ssize_t put = pwrite(fd, bytes, len, at);

        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return put < 0 ? errno : ENOSPC;
        bytes += put;
        len -= (size_t)put;
        at += put;
    }
    return 0;
}

enum hs_status page_file_put(struct page_file *f, const char *page, uint32_t *slot,
                             struct hs_error *err)
{
    int fault = FAULT("snapshot.pages.write");
    enum hs_status st = slot_find(f, slot, err);
    int failed = fault == FAULT_NONE ? 0 : fault_errno(fault);

    if (st != HS_OK) return st;
    f->unsynced = true;
    if (!failed) {
        failed = page_write(f->fd, page, HS_HEAP_PAGE_BYTES, (off_t)*slot * HS_HEAP_PAGE_BYTES);
    }
    if (!failed) return HS_OK;
    page_file_release(f, *slot);
    return hs_fail_errno(err, HS_IO, failed, "snapshot: writing a heap page");
}

enum hs_status page_file_sync(struct page_file *f, struct hs_error *err)
{
    int fault;

    if (!f->unsynced) return HS_OK;
    fault = FAULT("snapshot.pages.sync");
    if (fault != FAULT_NONE) {
        return hs_fail_errno(err, HS_IO, fault_errno(fault), "snapshot: syncing heap pages");
    }
    if (fdatasync(f->fd) != 0) {
        return hs_fail_errno(err, HS_IO, errno, "snapshot: syncing heap pages");
    }
    f->unsynced = false;
    return HS_OK;
}

enum hs_status page_file_get(const struct page_file *f, uint32_t slot, uint32_t count, char *memory,
                             struct hs_error *err)
{
    size_t len = (size_t)count * HS_HEAP_PAGE_BYTES;
    off_t at = (off_t)slot * HS_HEAP_PAGE_BYTES;

    assert(memory && count > 0);
    while (len > 0) {
        ssize_t got = pread(f->fd, memory, len, at);

        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return hs_fail_errno(err, HS_IO, errno, "snapshot: reading heap pages");
        if (got == 0) {
            return hs_fail(err, HS_CORRUPT, "snapshot: the file of heap pages ends before slot %u",
                           slot + count - 1);
        }
        memory += got;
        len -= (size_t)got;
        at += got;
    }
    return HS_OK;
}
