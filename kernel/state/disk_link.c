/* A second name of a file, or a copy where there can be none. */
#include "kernel/state/disk_call.h"

#include <errno.h>

static int call_link(const struct disk *disk, struct disk_call *c)
{
    return disk->operations->link(disk->self, c->path, c->other_path);
}

/* File systems without links, or two of them. */
static bool links_impossible(int errnum)
{
    return errnum == EPERM || errnum == EXDEV || errnum == EMLINK || errnum == EOPNOTSUPP;
}

enum hs_status disk_link(const struct disk *disk, const char *place, const char *from_dir,
                         const char *from_name, const char *to_dir, const char *to_name,
                         struct hs_error *err)
{
    struct hs_error words = {.status = HS_OK};
    enum hs_status st = disk_run_names(disk, place, "link", call_link, from_dir, from_name, to_dir,
                                       to_name, &words);

    if (st == HS_OK) return st;
    if (words.errnum == EEXIST) {
        return hs_fail(err, HS_EXISTS, "%s/%s is already there", to_dir, to_name);
    }
    if (links_impossible(words.errnum)) {
        return disk_copy(disk, place, from_dir, from_name, to_dir, to_name, DISK_COPY_SYNCED, err);
    }
    if (err) *err = words;
    return st;
}
