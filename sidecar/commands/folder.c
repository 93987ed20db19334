#include "sidecar/commands/folder.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOLDER_MODE = 0700 };

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

/* 0, or an errno. That it is there already is only a failure when it is no folder. */
static int make_one(const char *path, size_t *made)
{
    struct stat about;
    int errnum = mkdir(path, FOLDER_MODE) == 0 ? 0 : errno;

    if (errnum == 0) {
        (*made)++;
        return 0;
    }
    if (stat(path, &about) != 0) return errnum == EEXIST ? errno : errnum;
    return S_ISDIR(about.st_mode) ? 0 : ENOTDIR;
}

enum exit_code folder_create(const char *path, const char *what, size_t *made)
{
    char *partial = strdup(path);
    size_t count = 0;
    int errnum = 0;

    assert(*path);
    if (!partial) return failure_report(HS_NOMEM, NULL);
    for (char *at = strchr(partial + 1, '/'); at && errnum == 0; at = strchr(at + 1, '/')) {
        *at = '\0';
        errnum = make_one(partial, &count);
        *at = '/';
    }
    if (errnum == 0) errnum = make_one(path, &count);
    free(partial);
    if (errnum != 0) folder_remove_empty(path, count);
    if (made) *made = errnum == 0 ? count : 0;
    return errnum == 0 ? EXIT_CODE_OK : tell(path, what, errnum);
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

    /* rmdir leaves alone what holds something; what lies above that stays too. */
    while (partial && made > 0) {
        char *slash = strrchr(partial, '/');

        if (!slash || slash[1] != '\0') { /* "a/" is "a" */
            if (rmdir(partial) == 0) {
                made--;
            } else if (errno != ENOENT) {
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
