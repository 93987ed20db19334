/* What a folder of the disk room holds: listed and removed. */
#include "kernel/state/disk_call.h"

#include "kernel/state/limits.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct names {
    struct buffer bytes; /* each with its NUL */
    size_t len;
};

static int name_add(void *data, const char *name)
{
    struct names *names = data;

    if (names->len == HS_FOLDER_NAMES_MAX) return E2BIG;
    names->len++;
    return buffer_append(&names->bytes, slice_make(name, strlen(name) + 1)) == HS_OK ? 0 : ENOMEM;
}

static int call_list(const struct disk *disk, struct disk_call *c)
{
    struct names *names = c->out;

    buffer_clear(&names->bytes); /* an interrupted try may have left some */
    names->len = 0;
    return disk->operations->list(disk->self, c->path, name_add, names);
}

static int name_compare(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;

    return strcmp(*x, *y);
}

/* In byte order: nothing may depend on the order that a file system gives. */
static enum hs_status listing_make(struct names *names, struct disk_listing *out)
{
    char *next = names->bytes.data;
    char **pointers = calloc(names->len + 1, sizeof *pointers);

    if (!pointers) return HS_NOMEM;
    for (size_t i = 0; i < names->len; i++) {
        pointers[i] = next;
        next += strlen(next) + 1;
    }
    if (names->len) qsort(pointers, names->len, sizeof *pointers, name_compare);
    out->names = pointers;
    out->len = names->len;
    buffer_take(&out->bytes, &names->bytes);
    return HS_OK;
}

enum hs_status disk_list(const struct disk *disk, const char *place, const char *dir,
                         struct disk_listing *out, struct hs_error *err)
{
    struct names names = {0};
    struct disk_call call = {.path = dir, .out = &names};
    int errnum = disk_run(disk, place, "list", call_list, &call);
    enum hs_status st = HS_OK;

    disk_listing_fini(out);
    if (errnum == E2BIG) {
        st = hs_fail(err, HS_CORRUPT, "%s holds more than %d names", dir, HS_FOLDER_NAMES_MAX);
    } else if (errnum) {
        st = disk_fail(err, errnum, "list", dir);
    } else if (listing_make(&names, out) != HS_OK) {
        st = hs_fail(err, HS_NOMEM, "no memory to list %s", dir);
    }
    buffer_fini(&names.bytes);
    return st;
}

void disk_listing_fini(struct disk_listing *l)
{
    free(l->names);
    buffer_fini(&l->bytes);
    *l = (struct disk_listing){0};
}

static int call_remove(const struct disk *disk, struct disk_call *c)
{
    return disk->operations->remove(disk->self, c->path);
}

static int call_remove_folder(const struct disk *disk, struct disk_call *c)
{
    return disk->operations->remove_folder(disk->self, c->path);
}

enum hs_status disk_remove(const struct disk *disk, const char *place, const char *dir,
                           const char *name, struct hs_error *err)
{
    struct disk_path path;
    struct disk_call call = {.path = path.text};
    int errnum = disk_path_join(dir, name, &path);

    if (!errnum) errnum = disk_run(disk, place, "remove", call_remove, &call);
    if (errnum == ENOENT) return HS_OK;
    return errnum ? disk_fail(err, errnum, "remove", path.text) : HS_OK;
}

enum hs_status disk_remove_empty_folder(const struct disk *disk, const char *place, const char *dir,
                                        const char *name, struct hs_error *err)
{
    struct disk_path path;
    struct disk_call call = {.path = path.text};
    int errnum = disk_path_join(dir, name, &path);

    if (!errnum) errnum = disk_run(disk, place, "remove_folder", call_remove_folder, &call);
    return errnum ? disk_fail(err, errnum, "remove", path.text) : HS_OK;
}

/* Remove the files in `dir`. A folder in there stops it: its name is appended to `dir`. */
static enum hs_status files_remove(const struct disk *disk, const char *place,
                                   struct disk_path *dir, bool *deeper, struct hs_error *err)
{
    struct disk_listing names = {0};
    struct disk_path path;
    enum hs_status st = disk_list(disk, place, dir->text, &names, err);
    int errnum = 0;

    *deeper = false;
    for (size_t i = 0; st == HS_OK && !*deeper && i < names.len; i++) {
        struct disk_call call = {.path = path.text};

        errnum = disk_path_join(dir->text, names.names[i], &path);
        if (!errnum) errnum = disk_run(disk, place, "remove", call_remove, &call);
        if (errnum == EISDIR) {
            *dir = path;
            *deeper = true;
        } else if (errnum && errnum != ENOENT) {
            st = disk_fail(err, errnum, "remove", path.text);
        }
    }
    disk_listing_fini(&names);
    return st;
}

/* Remove the first folder below `top` that holds none, or `top` itself. */
static enum hs_status deepest_remove(const struct disk *disk, const char *place, const char *top,
                                     bool *was_top, struct hs_error *err)
{
    struct disk_path dir;
    struct disk_call call = {.path = dir.text};
    bool deeper = true;
    enum hs_status st = HS_OK;
    int errnum = disk_path_join(top, NULL, &dir), depth;

    assert(!errnum);
    for (depth = 0; st == HS_OK && deeper && depth < HS_FOLDER_DEPTH_MAX; depth++) {
        st = files_remove(disk, place, &dir, &deeper, err);
    }
    *was_top = depth == 1;
    if (st != HS_OK) return st;
    if (deeper) return hs_fail(err, HS_CORRUPT, "%s: folders too deep in each other", top);
    errnum = disk_run(disk, place, "remove_folder", call_remove_folder, &call);
    return errnum && errnum != ENOENT ? disk_fail(err, errnum, "remove", dir.text) : HS_OK;
}

enum hs_status disk_remove_folder(const struct disk *disk, const char *place, const char *dir,
                                  const char *name, struct hs_error *err)
{
    struct disk_path top;
    struct disk_call call = {.path = top.text};
    int errnum = disk_path_join(dir, name, &top);
    enum hs_status st = HS_OK;
    bool was_top = false;

    if (!errnum) errnum = disk_run(disk, place, "remove", call_remove, &call);
    if (!errnum || errnum == ENOENT) return HS_OK;
    if (errnum != EISDIR) return disk_fail(err, errnum, "remove", top.text);
    while (st == HS_OK && !was_top) {
        st = deepest_remove(disk, place, top.text, &was_top, err);
    }
    return st == HS_NOT_FOUND ? HS_OK : st;
}
