#include "snapshot/snapshot_files.h"

#include "kernel/state/decimal.h"
#include "kernel/state/digest.h"
#include "kernel/state/limits.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SMALL_FILE_BYTES_MAX = 64 << 10, NAME_DIGITS = 10 };

/* Fault points: the folder of generations, small files in it, a generation's folder. */
static const char folder_place[] = "snapshot.folder";
static const char file_place[] = "snapshot.file";
static const char generation_place[] = "snapshot.generation";
static const char quarantine_place[] = "snapshot.quarantine";

static const char name_prefix[] = "gen-";

enum hs_status snapshot_path_join(const char *dir, const char *name, struct snapshot_path *out,
                                  struct hs_error *err)
{
    int len = snprintf(out->text, sizeof out->text, "%s/%s", dir, name);

    if (len < 0 || (size_t)len >= sizeof out->text) {
        return hs_fail(err, HS_TOO_LARGE, "snapshot: the path %s/%s is too long", dir, name);
    }
    return HS_OK;
}

void generation_name(uint64_t number, char out[GENERATION_NAME_BYTES])
{
    (void)snprintf(out, GENERATION_NAME_BYTES, "%s%0*llu", name_prefix, NAME_DIGITS,
                   (unsigned long long)number);
}

/* 0: not a generation's name. */
static uint64_t generation_name_parse(struct slice name)
{
    size_t prefix_len = strlen(name_prefix);
    uint64_t number;

    if (name.len != prefix_len + NAME_DIGITS) return 0;
    if (!slice_starts_with(name, slice_text(name_prefix))) return 0;
    name = slice_make(name.data + prefix_len, NAME_DIGITS);
    return uint_parse_padded(name, &number) == HS_OK ? number : 0;
}

enum hs_status generation_list(const struct disk *disk, const char *dir, uint64_t *out, size_t max,
                               size_t *len, struct hs_error *err)
{
    struct disk_listing names = {0};
    enum hs_status st = disk_list(disk, folder_place, dir, &names, err);

    *len = 0;
    /* Numbers of one length sort as their names do. */
    for (size_t i = names.len; i > 0 && *len < max; i--) {
        uint64_t number = generation_name_parse(slice_text(names.names[i - 1]));

        if (number > 0) out[(*len)++] = number;
    }
    disk_listing_fini(&names);
    return st;
}

enum hs_status generation_current_write(const struct disk *disk, const char *dir, uint64_t number,
                                        struct hs_error *err)
{
    char name[GENERATION_NAME_BYTES], text[64];

    generation_name(number, name);
    (void)snprintf(text, sizeof text, "%s %016llx\n", name,
                   (unsigned long long)checksum64(slice_text(name)));
    return disk_replace(disk, file_place, dir, "CURRENT", slice_text(text), err);
}

uint64_t generation_current_read(const struct disk *disk, const char *dir)
{
    struct buffer text = {0};
    uint64_t number = 0;
    struct slice name;
    char wanted[32];

    if (disk_read_all(disk, file_place, dir, "CURRENT", SMALL_FILE_BYTES_MAX, &text, NULL) ==
        HS_OK) {
        name = slice_make(text.data, strcspn(text.data, " "));
        (void)snprintf(wanted, sizeof wanted, " %016llx\n", (unsigned long long)checksum64(name));
        if (slice_equal(slice_make(text.data + name.len, text.len - name.len),
                        slice_text(wanted))) {
            number = generation_name_parse(name);
        }
    }
    buffer_fini(&text);
    return number;
}

static enum hs_status generation_path(const char *dir, uint64_t number, struct snapshot_path *out,
                                      struct hs_error *err)
{
    char name[GENERATION_NAME_BYTES];

    generation_name(number, name);
    return snapshot_path_join(dir, name, out, err);
}

bool generation_rejected(const struct disk *disk, const char *dir, uint64_t number)
{
    struct disk_entry ignored;
    struct snapshot_path path;

    return generation_path(dir, number, &path, NULL) == HS_OK &&
           disk_look(disk, generation_place, path.text, "REJECTED", &ignored, NULL) == HS_OK;
}

enum hs_status generation_reject(const struct disk *disk, const char *dir, uint64_t number,
                                 const char *reason, struct hs_error *err)
{
    struct snapshot_path path;
    enum hs_status st = generation_path(dir, number, &path, err);

    if (st != HS_OK) return st;
    return disk_replace(disk, file_place, path.text, "REJECTED", slice_text(reason), err);
}

enum hs_status generation_remove(const struct disk *disk, const char *dir, uint64_t number,
                                 struct hs_error *err)
{
    char name[GENERATION_NAME_BYTES], gone[GENERATION_NAME_BYTES + 8];
    enum hs_status st;

    /* It leaves at once: half of one would look like damage. disk_sweep takes what stays. */
    generation_name(number, name);
    (void)snprintf(gone, sizeof gone, "%s.tmp", name);
    st = disk_remove_folder(disk, generation_place, dir, gone, err);
    if (st == HS_OK) st = disk_rename(disk, generation_place, dir, name, dir, gone, err);
    if (st == HS_NOT_FOUND) return HS_OK;
    return st == HS_OK ? disk_remove_folder(disk, generation_place, dir, gone, err) : st;
}

void generation_discard(const struct disk *disk, const char *dir, uint64_t number)
{
    (void)(generation_remove(disk, dir, number, NULL) == HS_OK);
}

enum hs_status generation_quarantine(const struct disk *disk, const char *dir, uint64_t number,
                                     const char *quarantine_dir, struct hs_error *err)
{
    char name[GENERATION_NAME_BYTES], as[64];
    enum hs_status st;

    generation_name(number, name);
    (void)snprintf(as, sizeof as, "snapshot-%llu", (unsigned long long)number);
    st = disk_put_aside(disk, quarantine_place, dir, name, quarantine_dir, as, err);
    if (st == HS_OK) {
        disk_bound(disk, quarantine_dir, HS_QUARANTINE_NAMES_MAX, HS_QUARANTINE_BYTES_MAX);
    }
    return st;
}

uint64_t generation_bytes(const struct disk *disk, const char *dir, uint64_t number)
{
    struct disk_listing names = {0};
    struct snapshot_path path;
    struct disk_entry entry;
    uint64_t bytes = 0;

    if (generation_path(dir, number, &path, NULL) != HS_OK) return 0;
    (void)(disk_list(disk, generation_place, path.text, &names, NULL) == HS_OK);
    for (size_t i = 0; i < names.len; i++) {
        if (disk_look(disk, generation_place, path.text, names.names[i], &entry, NULL) == HS_OK) {
            bytes += entry.bytes;
        }
    }
    disk_listing_fini(&names);
    return bytes;
}
