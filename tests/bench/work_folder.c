#include "tests/bench/work_folder.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

enum { OPEN_FOLDERS_MAX = 16 };

enum hs_status work_folder_make(char path[WORK_FOLDER_BYTES], struct hs_error *err)
{
    const char *base = getenv("TMPDIR");

    (void)snprintf(path, WORK_FOLDER_BYTES, "%s/headstart-bench-XXXXXX", base ? base : "/tmp");
    if (mkdtemp(path)) return HS_OK;
    return hs_fail_errno(err, HS_IO, errno, "bench: making %s", path);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *walk)
{
    (void)st;
    (void)kind;
    (void)walk;
    return remove(path);
}

void work_folder_remove(const char *path)
{
    (void)nftw(path, remove_one, OPEN_FOLDERS_MAX, FTW_DEPTH | FTW_PHYS);
}
