/* Putting aside: what is damaged, or stands where it may not, keeps its content and loses its
 * place. A rename, so that it needs no space, and half of it cannot happen. */
#include "kernel/state/disk_call.h"

#include <assert.h>
#include <stdio.h>

enum { ASIDE_TRIES_MAX = 10000 };

/* `as`, or the first of as.1, as.2, … that nothing has. */
static enum hs_status free_name(const struct disk *disk, const char *place, const char *dir,
                                const char *as, struct disk_path *out, struct hs_error *err)
{
    enum hs_status st = HS_OK;

    for (int i = 0; st == HS_OK && i < ASIDE_TRIES_MAX; i++) {
        struct disk_entry ignored;
        int len = snprintf(out->text, sizeof out->text, i ? "%s.%d" : "%s", as, i);

        if (len < 0 || (size_t)len >= sizeof out->text) {
            return hs_fail(err, HS_IO, "the path %s is too long", as);
        }
        st = disk_look(disk, place, dir, out->text, &ignored, err);
    }
    if (st == HS_NOT_FOUND) return HS_OK;
    return st == HS_OK ? hs_fail(err, HS_IO, "there are too many %s", as) : st;
}

enum hs_status disk_put_aside(const struct disk *disk, const char *place, const char *dir,
                              const char *name, const char *aside_dir, const char *as,
                              struct hs_error *err)
{
    struct disk_path to;
    enum hs_status st = disk_make_folder(disk, place, aside_dir, NULL, err);

    assert(dir && name && as);
    if (st == HS_OK) st = free_name(disk, place, aside_dir, as, &to, err);
    if (st == HS_OK) st = disk_rename(disk, place, dir, name, aside_dir, to.text, err);
    if (st != HS_OK) return st;
    (void)(disk_sync_folder(disk, place, aside_dir, NULL) == HS_OK);
    (void)(disk_sync_folder(disk, place, dir, NULL) == HS_OK);
    return HS_OK;
}
