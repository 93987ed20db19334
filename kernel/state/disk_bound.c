/* A folder that only ever gets more, held within bounds: what was written last stays. */
#include "kernel/state/disk_call.h"
#include "kernel/state/limits.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const char place[] = "quarantine";

struct kept {
    const char *name;
    int64_t written_s;
    uint64_t bytes; /* with everything in it */
};

/* Bytes of the files in a folder, at any depth. `folders` are those still to be looked into, each
 * with its NUL; in front of them those that were. */
static enum hs_status folders_add(const struct disk *disk, struct buffer *folders, uint64_t *bytes)
{
    enum hs_status st = HS_OK;

    for (size_t at = 0; st == HS_OK && at < folders->len;) {
        struct disk_path folder, path;
        struct disk_listing l = {0};
        struct disk_entry entry;

        if (disk_path_join(folders->data + at, NULL, &folder) != 0) return HS_IO;
        at += strlen(folders->data + at) + 1;
        st = disk_list(disk, place, folder.text, &l, NULL);
        for (size_t i = 0; st == HS_OK && i < l.len; i++) {
            if (disk_path_join(folder.text, l.names[i], &path) != 0) st = HS_IO;
            if (st == HS_OK) st = disk_look(disk, place, path.text, NULL, &entry, NULL);
            if (st != HS_OK) break;
            *bytes += entry.bytes;
            if (entry.kind != DISK_FOLDER) continue;
            st = buffer_append(folders, slice_make(path.text, strlen(path.text) + 1));
        }
        disk_listing_fini(&l);
    }
    return st;
}

static void kept_look(const struct disk *disk, const char *dir, struct kept *k)
{
    struct disk_entry entry = {.kind = DISK_OTHER};
    struct buffer folders = {0};
    struct disk_path path;

    if (disk_look(disk, place, dir, k->name, &entry, NULL) != HS_OK) return;
    k->written_s = entry.written_s;
    k->bytes = entry.bytes;
    if (entry.kind != DISK_FOLDER || disk_path_join(dir, k->name, &path) != 0) return;
    /* What cannot be looked into counts as far as it was. */
    if (buffer_append(&folders, slice_make(path.text, strlen(path.text) + 1)) == HS_OK) {
        (void)(folders_add(disk, &folders, &k->bytes) == HS_OK);
    }
    buffer_fini(&folders);
}

/* Newest first. */
static int kept_compare(const void *a, const void *b)
{
    const struct kept *x = a, *y = b;

    if (x->written_s != y->written_s) return x->written_s > y->written_s ? -1 : 1;
    return strcmp(y->name, x->name);
}

void disk_bound(const struct disk *disk, const char *dir, size_t names_max, uint64_t bytes_max)
{
    struct disk_listing l = {0};
    struct kept *all = NULL;
    uint64_t bytes = 0;

    assert(names_max > 0);
    if (disk_list(disk, place, dir, &l, NULL) == HS_OK) all = calloc(l.len + 1, sizeof *all);
    for (size_t i = 0; all && i < l.len; i++) {
        all[i].name = l.names[i];
        kept_look(disk, dir, &all[i]);
    }
    if (all) qsort(all, l.len, sizeof *all, kept_compare);
    for (size_t i = 0; all && i < l.len; i++) {
        bytes += all[i].bytes;
        if (i == 0 || (i < names_max && bytes <= bytes_max)) continue;
        (void)(disk_remove_folder(disk, place, dir, all[i].name, NULL) == HS_OK);
    }
    free(all);
    disk_listing_fini(&l);
}
