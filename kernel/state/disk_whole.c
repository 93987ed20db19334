/* Whole files of the disk room: read, replaced, copied. */
#include "kernel/state/disk_call.h"

#include "kernel/state/limits.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { READ_BYTES_FIRST = 4 << 10, COPY_BYTES = 256 << 10, COPY_RANGE_BYTES = 16 << 20 };

static const char temporary_suffix[] = ".tmp";

/* The file to its end; a byte more than the bound shows that it is too long. */
static enum hs_status read_to_end(const struct disk_file *f, size_t bytes_max, struct buffer *out,
                                  struct hs_error *err)
{
    uint64_t size = 0;
    enum hs_status st = disk_size(f, &size, err);

    if (st != HS_OK) return st;
    for (;;) {
        size_t room = bytes_max + 1 - out->len, got;
        size_t wanted = out->len ? out->len : READ_BYTES_FIRST;

        if (size >= out->len && size - out->len < room) wanted = (size_t)(size - out->len) + 1;
        if (wanted > room) wanted = room;
        st = buffer_reserve(out, wanted);
        if (st != HS_OK) return hs_fail(err, st, "no memory to read %s", disk_file_path(f));
        st = disk_read(f, out->len, out->data + out->len, wanted, &got, err);
        if (st != HS_OK) return st;
        out->len += got;
        out->data[out->len] = '\0';
        if (out->len > bytes_max) {
            return hs_fail(err, HS_CORRUPT, "%s is larger than %zu bytes", disk_file_path(f),
                           bytes_max);
        }
        if (got < wanted) return HS_OK;
    }
}

enum hs_status disk_read_all(const struct disk *disk, const char *place, const char *dir,
                             const char *name, size_t bytes_max, struct buffer *out,
                             struct hs_error *err)
{
    struct disk_file *f = NULL;
    enum hs_status st;

    assert(bytes_max < HS_BUFFER_BYTES_MAX);
    buffer_clear(out);
    st = disk_open(disk, place, dir, name, DISK_READ, &f, err);
    if (st == HS_OK) st = read_to_end(f, bytes_max, out, err);
    disk_close(f);
    return st;
}

/* Processes may share a folder: each writes a temporary file of its own, the last rename wins. */
static int temporary_name(const char *name, struct disk_path *out)
{
    int len =
        snprintf(out->text, sizeof out->text, "%s.%ld%s", name, (long)getpid(), temporary_suffix);

    return len >= 0 && (size_t)len < sizeof out->text ? 0 : ENAMETOOLONG;
}

static enum hs_status write_synced(const struct disk *disk, const char *place, const char *dir,
                                   const char *name, struct slice bytes, struct hs_error *err)
{
    struct disk_file *f = NULL;
    enum hs_status st = disk_open(disk, place, dir, name, DISK_EMPTY, &f, err);

    if (st == HS_OK) st = disk_write(f, 0, bytes, err);
    if (st == HS_OK) st = disk_sync(f, err);
    disk_close(f);
    return st;
}

enum hs_status disk_replace(const struct disk *disk, const char *place, const char *dir,
                            const char *name, struct slice bytes, struct hs_error *err)
{
    struct disk_path temporary;
    int errnum = temporary_name(name, &temporary);
    enum hs_status st;

    assert(name);
    if (errnum) return disk_fail(err, errnum, "write", name);
    st = write_synced(disk, place, dir, temporary.text, bytes, err);
    if (st == HS_OK) st = disk_rename(disk, place, dir, temporary.text, dir, name, err);
    if (st != HS_OK) {
        (void)(disk_remove(disk, place, dir, temporary.text, NULL) == HS_OK);
        return st;
    }
    return dir ? disk_sync_folder(disk, place, dir, err) : disk_sync_parent(disk, place, name, err);
}

void disk_sweep(const struct disk *disk, const char *place, const char *dir)
{
    struct disk_listing names = {0};
    size_t suffix_len = strlen(temporary_suffix);

    (void)(disk_list(disk, place, dir, &names, NULL) == HS_OK);
    for (size_t i = 0; i < names.len; i++) {
        size_t len = strlen(names.names[i]);

        if (len <= suffix_len) continue;
        if (strcmp(names.names[i] + len - suffix_len, temporary_suffix) != 0) continue;
        (void)(disk_remove_folder(disk, place, dir, names.names[i], NULL) == HS_OK);
    }
    disk_listing_fini(&names);
}

static enum hs_status bytes_copy(const struct disk_file *from, struct disk_file *to,
                                 uint64_t offset, struct hs_error *err)
{
    char *bytes = malloc(COPY_BYTES);
    enum hs_status st = bytes ? HS_OK : hs_fail(err, HS_NOMEM, "no memory to copy a file");
    size_t got = COPY_BYTES;

    while (st == HS_OK && got == COPY_BYTES) {
        st = disk_read(from, offset, bytes, COPY_BYTES, &got, err);
        if (st == HS_OK) st = disk_write(to, offset, slice_make(bytes, got), err);
        offset += got;
    }
    free(bytes);
    return st;
}

enum hs_status disk_copy(const struct disk *disk, const char *place, const char *from_dir,
                         const char *from_name, const char *to_dir, const char *to_name,
                         enum disk_copy_mode mode, struct hs_error *err)
{
    struct disk_file *from = NULL, *to = NULL;
    uint64_t done = 0;
    enum hs_status st = disk_open(disk, place, from_dir, from_name, DISK_READ, &from, err);

    if (st == HS_OK) st = disk_open(disk, place, to_dir, to_name, DISK_EMPTY, &to, err);
    if (st == HS_OK) st = disk_blocks_copy(from, to, COPY_RANGE_BYTES, &done, err);
    /* Also behind what was shared: a file system may stop early, or say "nothing" and lie. */
    if (st == HS_OK) st = bytes_copy(from, to, done, err);
    if (st == HS_OK && mode == DISK_COPY_SYNCED) st = disk_sync(to, err);
    disk_close(to);
    disk_close(from);
    return st;
}
