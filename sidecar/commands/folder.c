#include "sidecar/commands/folder.h"

#include "kernel/state/disk.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char place[] = "command.folder";

static enum exit_code tell(const char *path, const char *what, int errnum)
{
    bool forbidden = errnum == EACCES || errnum == EPERM;

    if (!what) return forbidden ? EXIT_CODE_PERMISSION : EXIT_CODE_CANNOT_CREATE;
    if (forbidden) {
        return failure_print(EXIT_CODE_PERMISSION,
                             "cannot create the %s %s: %s; create it for "
                             "this user, or name another",
                             what, path, strerror(errnum));
    }
    return failure_print(EXIT_CODE_CANNOT_CREATE, "cannot create the %s %s: %s; name another path",
                         what, path, strerror(errnum));
}

/* That it is there already is only a failure when it is no folder, or cannot be looked at. */
static enum hs_status make_one(const char *path, size_t *made, struct hs_error *err)
{
    struct disk_entry found;
    struct hs_error look_err = {.status = HS_OK};
    enum hs_status st = disk_make_folder_new(disk_system(), place, path, NULL, err), looked;

    if (st == HS_OK) {
        (*made)++;
        return HS_OK;
    }
    looked = disk_look(disk_system(), place, path, NULL, &found, &look_err);
    if (looked != HS_OK) {
        if (st == HS_EXISTS && looked != HS_NOT_FOUND) *err = look_err; /* not "File exists" */
        return st;
    }
    if (found.kind == DISK_FOLDER) return HS_OK;
    return hs_fail_errno(err, HS_IO, ENOTDIR, "%s", path);
}

enum exit_code folder_create(const char *path, const char *what, size_t *made)
{
    struct hs_error err = {.status = HS_OK};
    char *partial = strdup(path);
    enum hs_status st = HS_OK;
    size_t count = 0;

    assert(*path);
    if (!partial) return failure_report(HS_NOMEM, NULL);
    for (char *at = strchr(partial + 1, '/'); at && st == HS_OK; at = strchr(at + 1, '/')) {
        *at = '\0';
        st = make_one(partial, &count, &err);
        *at = '/';
    }
    if (st == HS_OK) st = make_one(path, &count, &err);
    free(partial);
    if (st != HS_OK) folder_remove_empty(path, count);
    if (made) *made = st == HS_OK ? count : 0;
    if (st == HS_OK) return EXIT_CODE_OK;
    return tell(path, what, err.errnum ? err.errnum : EEXIST);
}

/* NULL: here, or the root, which are there; or no memory. */
static char *parent_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash && slash != path ? strndup(path, (size_t)(slash - path)) : NULL;
}

enum exit_code folder_create_parent(const char *path, const char *what, size_t *made)
{
    char *parent = parent_of(path);
    enum exit_code code = EXIT_CODE_OK;

    if (made) *made = 0;
    if (parent) code = folder_create(parent, what, made);
    free(parent);
    return code;
}

void folder_remove_empty(const char *path, size_t made)
{
    char *partial = strdup(path);

    /* What holds something is left alone; what lies above that stays too. */
    while (partial && made > 0) {
        char *slash = strrchr(partial, '/');

        if (!slash || slash[1] != '\0') { /* "a/" is "a" */
            enum hs_status st = disk_remove_empty_folder(disk_system(), place, partial, NULL, NULL);

            if (st == HS_OK) {
                made--;
            } else if (st != HS_NOT_FOUND) {
                break;
            }
        }
        if (!slash || slash == partial) break;
        *slash = '\0';
    }
    free(partial);
}

void folder_remove_empty_parent(const char *path, size_t made)
{
    char *parent = parent_of(path);

    if (parent) folder_remove_empty(parent, made);
    free(parent);
}
