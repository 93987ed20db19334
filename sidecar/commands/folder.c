#include "sidecar/commands/folder.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FOLDER_MODE = 0700 };

static enum exit_code tell(const char *path, const char *what, int errnum)
{
    if (errnum == EACCES || errnum == EPERM) {
        return failure_print(EXIT_CODE_PERMISSION,
                             "cannot create the %s %s: %s; create it for "
                             "this user, or name another",
                             what, path, strerror(errnum));
    }
    return failure_print(EXIT_CODE_CANNOT_CREATE, "cannot create the %s %s: %s; name another path",
                         what, path, strerror(errnum));
}

/* 0, or an errno. That it is there already is only a failure when it is no folder. */
static int make_one(const char *path)
{
    struct stat about;
    int errnum = mkdir(path, FOLDER_MODE) == 0 ? 0 : errno;

    if (errnum == 0) return 0;
    if (stat(path, &about) != 0) return errnum == EEXIST ? errno : errnum;
    return S_ISDIR(about.st_mode) ? 0 : ENOTDIR;
}

enum exit_code folder_create(const char *path, const char *what)
{
    char *partial = strdup(path);
    int errnum = 0;

    assert(*path);
    if (!partial) return failure_report(HS_NOMEM, NULL);
    for (char *at = strchr(partial + 1, '/'); at && errnum == 0; at = strchr(at + 1, '/')) {
        *at = '\0';
        errnum = make_one(partial);
        *at = '/';
    }
    if (errnum == 0) errnum = make_one(path);
    free(partial);
    return errnum == 0 ? EXIT_CODE_OK : tell(path, what, errnum);
}

enum exit_code folder_create_parent(const char *path, const char *what)
{
    const char *slash = strrchr(path, '/');
    enum exit_code code;
    char *parent;

    if (!slash || slash == path) return EXIT_CODE_OK; /* here, or the root: they are there */
    parent = strndup(path, (size_t)(slash - path));
    if (!parent) return failure_report(HS_NOMEM, NULL);
    code = folder_create(parent, what);
    free(parent);
    return code;
}
