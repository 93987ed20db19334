/* Names and folders of the disk room. */
#include "kernel/state/disk_call.h"
#include "kernel/state/limits.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int call_look(const struct disk *disk, struct disk_call *c)
{
    return disk->operations->look(disk->self, c->path, c->out);
}

static int call_make_folder(const struct disk *disk, struct disk_call *c)
{
    return disk->operations->make_folder(disk->self, c->path);
}

static int call_rename(const struct disk *disk, struct disk_call *c)
{
    return disk->operations->rename(disk->self, c->path, c->other_path);
}

static int call_space(const struct disk *disk, struct disk_call *c)
{
    return disk->operations->space(disk->self, c->path, c->out);
}

static int call_sync_folder(const struct disk *disk, struct disk_call *c)
{
    return disk->operations->sync_folder(disk->self, c->path);
}

/* One call for one name. */
static int name_run(const struct disk *disk, const char *place, const char *operation,
                    disk_call_fn make, const char *dir, const char *name, void *out,
                    struct disk_path *path)
{
    struct disk_call call = {.path = path->text, .out = out};
    int errnum = disk_path_join(dir, name, path);

    return errnum ? errnum : disk_run(disk, place, operation, make, &call);
}

enum hs_status disk_look(const struct disk *disk, const char *place, const char *dir,
                         const char *name, struct disk_entry *out, struct hs_error *err)
{
    struct disk_path path;
    struct disk_entry entry = {.kind = DISK_OTHER};
    int errnum = name_run(disk, place, "look", call_look, dir, name, &entry, &path);

    if (errnum) return disk_fail(err, errnum, "look at", path.text);
    *out = entry;
    return HS_OK;
}

bool disk_exists(const struct disk *disk, const char *place, const char *dir, const char *name)
{
    struct disk_entry ignored;

    return disk_look(disk, place, dir, name, &ignored, NULL) != HS_NOT_FOUND;
}

bool disk_unreadable(const struct hs_error *err)
{
    return err->errnum == EIO || err->errnum == EACCES || err->errnum == EPERM;
}

enum hs_status disk_sync_folder(const struct disk *disk, const char *place, const char *dir,
                                struct hs_error *err)
{
    struct disk_path path;
    int errnum = name_run(disk, place, "sync_folder", call_sync_folder, dir, NULL, NULL, &path);

    return errnum ? disk_fail(err, errnum, "sync", path.text) : HS_OK;
}

enum hs_status disk_settle_folder(const struct disk *disk, const char *place, const char *dir,
                                  struct hs_error *err)
{
    struct hs_error why = {.status = HS_OK};
    enum hs_status st = disk_sync_folder(disk, place, dir, &why);

    if (st == HS_OK || why.errnum == EACCES || why.errnum == EROFS) return HS_OK;
    if (err) *err = why;
    return st;
}

/* Cut the path to its parent; "." for a plain name. False: it has none. */
static bool path_to_parent(struct disk_path *path)
{
    size_t len = strlen(path->text);

    while (len > 1 && path->text[len - 1] == '/') {
        len--;
    }
    while (len > 0 && path->text[len - 1] != '/') {
        len--;
    }
    while (len > 1 && path->text[len - 1] == '/') {
        len--;
    }
    if (len == 0) {
        if (strcmp(path->text, ".") == 0) return false;
        memcpy(path->text, ".", 2);
        return true;
    }
    if (path->text[len] == '\0') return false;
    path->text[len] = '\0';
    return true;
}

enum hs_status disk_sync_parent(const struct disk *disk, const char *place, const char *text,
                                struct hs_error *err)
{
    struct disk_path path;
    int errnum = disk_path_join(NULL, text, &path);

    if (errnum) return disk_fail(err, errnum, "sync the folder of", text);
    return path_to_parent(&path) ? disk_sync_folder(disk, place, path.text, err) : HS_OK;
}

static int name_found(void *data, const char *name)
{
    (void)name;
    *(bool *)data = true;
    return ECANCELED; /* one is enough */
}

static int call_list_one(const struct disk *disk, struct disk_call *c)
{
    return disk->operations->list(disk->self, c->path, name_found, c->out);
}

static bool folder_holds_something(const struct disk *disk, const char *place, const char *path)
{
    bool found = false;
    struct disk_call call = {.path = path, .out = &found};

    (void)disk_run(disk, place, "list", call_list_one, &call); /* unreadable: nothing is known */
    return found;
}

/* Make it, and its name durable. HS_NOT_FOUND: its parent is missing. Who made a present one may
 * have died before its name was durable, but then nothing is in it: it was not used yet. */
static enum hs_status folder_make(const struct disk *disk, const char *place, const char *text,
                                  struct hs_error *err)
{
    struct disk_path path;
    struct disk_entry found;
    int errnum = name_run(disk, place, "make_folder", call_make_folder, text, NULL, NULL, &path);
    bool present = errnum == EEXIST;
    enum hs_status st;

    if (errnum == EEXIST) {
        st = disk_look(disk, place, path.text, NULL, &found, err);
        if (st != HS_OK && st != HS_NOT_FOUND) return st;
        /* Not found: a link to nowhere. */
        errnum = st == HS_OK && found.kind == DISK_FOLDER ? 0 : ENOTDIR;
    }
    if (errnum) return disk_fail(err, errnum, "make the folder", path.text);
    if (present && folder_holds_something(disk, place, path.text)) return HS_OK;
    if (!path_to_parent(&path)) return HS_OK;
    return present ? disk_settle_folder(disk, place, path.text, err)
                   : disk_sync_folder(disk, place, path.text, err);
}

/* Each is made in one whose name is durable, from the nearest that there is on: who finds a folder
 * need not ask for those that it lies in. */
enum hs_status disk_make_folder(const struct disk *disk, const char *place, const char *dir,
                                const char *name, struct hs_error *err)
{
    struct disk_path path, above;
    struct disk_entry ignored;
    int errnum = disk_path_join(dir, name, &path), missing = 0;
    enum hs_status st = HS_OK;

    if (errnum) return disk_fail(err, errnum, "make the folder", path.text);
    above = path;
    while (missing < HS_FOLDER_DEPTH_MAX &&
           disk_look(disk, place, above.text, NULL, &ignored, NULL) == HS_NOT_FOUND &&
           path_to_parent(&above)) {
        missing++;
    }
    for (; st == HS_OK && missing >= 0; missing--) {
        above = path;
        for (int i = 0; i < missing; i++) {
            (void)path_to_parent(&above);
        }
        st = folder_make(disk, place, above.text, err);
    }
    return st;
}

enum hs_status disk_have_folder(const struct disk *disk, const char *place, const char *dir,
                                const char *name, struct hs_error *err)
{
    struct disk_entry found;

    if (disk_look(disk, place, dir, name, &found, NULL) == HS_OK && found.kind == DISK_FOLDER) {
        return HS_OK;
    }
    return disk_make_folder(disk, place, dir, name, err);
}

enum hs_status disk_make_folder_new(const struct disk *disk, const char *place, const char *dir,
                                    const char *name, struct hs_error *err)
{
    struct disk_path path;
    int errnum = name_run(disk, place, "make_folder", call_make_folder, dir, name, NULL, &path);

    if (errnum == EEXIST) return hs_fail(err, HS_EXISTS, "%s is already there", path.text);
    return errnum ? disk_fail(err, errnum, "make the folder", path.text) : HS_OK;
}

enum hs_status disk_rename(const struct disk *disk, const char *place, const char *from_dir,
                           const char *from_name, const char *to_dir, const char *to_name,
                           struct hs_error *err)
{
    return disk_run_names(disk, place, "rename", call_rename, from_dir, from_name, to_dir, to_name,
                          err);
}

enum hs_status disk_space(const struct disk *disk, const char *place, const char *dir,
                          struct disk_space *out, struct hs_error *err)
{
    struct disk_path path;
    struct disk_space space = {0};
    int errnum = name_run(disk, place, "space", call_space, dir, NULL, &space, &path);

    if (errnum) return disk_fail(err, errnum, "ask for the free space of", path.text);
    *out = space;
    return HS_OK;
}
