#include "kernel/vat/boot_image.h"

#include "kernel/state/digest.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
    MAGIC_BYTES = 8,
    FUNCTION_BYTES = 4 + 8,
    ENTRY_AT = MAGIC_BYTES + 2 * 4,
    LEN_AT = ENTRY_AT + 3 * FUNCTION_BYTES,
    HEADER_BYTES = LEN_AT + 4,
    CHECKSUM_BYTES = 8,
    PAGE = HS_HEAP_PAGE_BYTES,
    PAGES_MAX = 16384, /* 64 MiB: a booted supervisor is far below */
    FILE_BYTES_MAX = HEADER_BYTES + PAGES_MAX * (4 + HS_HEAP_PAGE_BYTES) + CHECKSUM_BYTES,
};

static const char place[] = "vat.boot_image";
static const char magic[MAGIC_BYTES + 1] = "hsboot3\n";

_Static_assert((int)FILE_BYTES_MAX < (int)HS_BUFFER_BYTES_MAX, "a boot image must fit a buffer");

/* --- bytes --- */

static enum hs_status integer_append(struct buffer *out, uint64_t value, size_t bytes_len)
{
    enum hs_status st = HS_OK;

    for (size_t i = 0; i < bytes_len && st == HS_OK; i++) {
        st = buffer_append_byte(out, (char)(value >> (8 * i) & 0xff));
    }
    return st;
}

static uint64_t integer_at(const char *bytes, size_t bytes_len)
{
    uint64_t value = 0;

    for (size_t i = 0; i < bytes_len; i++)
        value |= (uint64_t)(uint8_t)bytes[i] << (8 * i);
    return value;
}

static enum hs_status function_append(struct buffer *out, const struct vat_function *f)
{
    enum hs_status st = integer_append(out, f->handle, 4);

    return st == HS_OK ? integer_append(out, f->value, 8) : st;
}

static struct vat_function function_at(const char *bytes)
{
    return (struct vat_function){.handle = (uint32_t)integer_at(bytes, 4),
                                 .value = integer_at(bytes + 4, 8)};
}

enum hs_status boot_image_encode(const struct boot_image *image, struct buffer *out)
{
    const struct heap_changes *heap = &image->heap;
    enum hs_status st;

    assert(heap->whole);
    if (heap->len > PAGES_MAX) return HS_TOO_LARGE;
    buffer_clear(out);
    st = buffer_append(out, slice_make(magic, MAGIC_BYTES));
    if (st == HS_OK) st = integer_append(out, heap->info.page_count, 4);
    if (st == HS_OK) st = integer_append(out, heap->info.stack_pointer, 4);
    if (st == HS_OK) st = function_append(out, &image->entry.command);
    if (st == HS_OK) st = function_append(out, &image->entry.message);
    if (st == HS_OK) st = function_append(out, &image->entry.turn);
    if (st == HS_OK) st = integer_append(out, heap->len, 4);
    for (size_t i = 0; i < heap->len && st == HS_OK; i++) {
        st = integer_append(out, heap->numbers[i], 4);
    }
    if (st == HS_OK) st = buffer_append(out, slice_make(heap->pages, heap->len * PAGE));
    if (st == HS_OK) st = integer_append(out, checksum64(buffer_slice(out)), CHECKSUM_BYTES);
    return st;
}

/* The checksum held, so these are our bytes; numbers are checked all the same before they are
 * used as places in memory. */
static enum hs_status pages_decode(struct slice bytes, struct heap_changes *out,
                                   struct hs_error *err)
{
    const char *numbers = bytes.data + HEADER_BYTES;
    size_t len = (size_t)integer_at(bytes.data + LEN_AT, 4);
    uint32_t next_min = 0;
    enum hs_status st;

    if (len > PAGES_MAX || bytes.len != HEADER_BYTES + len * (4 + PAGE) + CHECKSUM_BYTES) {
        return hs_fail(err, HS_CORRUPT, "boot image: %zu pages in %zu bytes", len, bytes.len);
    }
    st = heap_changes_reserve(out, len, true, err);
    if (st != HS_OK) return st;
    for (size_t i = 0; i < len; i++) {
        out->numbers[i] = (uint32_t)integer_at(numbers + i * 4, 4);
        if (out->numbers[i] < next_min || out->numbers[i] >= out->info.page_count) {
            return hs_fail(err, HS_CORRUPT, "boot image: page number %u", out->numbers[i]);
        }
        next_min = out->numbers[i] + 1;
    }
    memcpy(out->pages, numbers + len * 4, len * PAGE);
    out->len = len;
    return HS_OK;
}

enum hs_status boot_image_decode(struct slice bytes, struct boot_image *out, struct hs_error *err)
{
    size_t covered;
    enum hs_status st;

    *out = (struct boot_image){0};
    if (bytes.len < HEADER_BYTES + CHECKSUM_BYTES || memcmp(bytes.data, magic, MAGIC_BYTES) != 0) {
        return hs_fail(err, HS_CORRUPT, "not a boot image");
    }
    covered = bytes.len - CHECKSUM_BYTES;
    if (checksum64(slice_make(bytes.data, covered)) !=
        integer_at(bytes.data + covered, CHECKSUM_BYTES)) {
        return hs_fail(err, HS_CORRUPT, "boot image: checksum");
    }
    out->heap.info.page_count = (uint32_t)integer_at(bytes.data + MAGIC_BYTES, 4);
    out->heap.info.stack_pointer = (uint32_t)integer_at(bytes.data + MAGIC_BYTES + 4, 4);
    out->entry.command = function_at(bytes.data + ENTRY_AT);
    out->entry.message = function_at(bytes.data + ENTRY_AT + FUNCTION_BYTES);
    out->entry.turn = function_at(bytes.data + ENTRY_AT + 2 * FUNCTION_BYTES);
    st = pages_decode(bytes, &out->heap, err);
    if (st != HS_OK) boot_image_fini(out);
    return st;
}

void boot_image_fini(struct boot_image *image)
{
    heap_changes_fini(&image->heap);
}

/* --- files --- */

enum hs_status boot_image_read(const struct disk *disk, const char *dir, const char *name,
                               struct boot_image *out, struct hs_error *err)
{
    struct buffer bytes = {0};
    enum hs_status st;

    *out = (struct boot_image){0};
    st = disk_read_all(disk, place, dir, name, FILE_BYTES_MAX, &bytes, err);
    if (st == HS_OK) st = boot_image_decode(buffer_slice(&bytes), out, err);
    buffer_fini(&bytes);
    return st;
}

enum hs_status boot_image_write(const struct disk *disk, const char *dir, const char *name,
                                const struct boot_image *image, struct hs_error *err)
{
    struct buffer bytes = {0};
    enum hs_status st = boot_image_encode(image, &bytes);

    if (st != HS_OK) {
        (void)hs_fail(err, st, "encode a boot image");
    } else {
        st = disk_replace(disk, place, dir, name, buffer_slice(&bytes), err);
    }
    buffer_fini(&bytes);
    return st;
}
