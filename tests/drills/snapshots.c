#include "tests/drills/snapshots.h"

#include "kernel/state/limits.h"
#include "tests/drills/folder.h"

#include <stdio.h>
#include <unistd.h>

enum hs_status snapshots_read(const char *data, bool verify, struct snapshot_record *out,
                              size_t max, size_t *len, struct hs_error *err)
{
    char dir[FOLDER_PATH_BYTES], quarantine[FOLDER_PATH_BYTES];
    /* The epoch only says whose images may be handed out; none are asked for. */
    struct snapshot_db_options options = {.dir = dir,
                                          .quarantine_dir = quarantine,
                                          .epoch = "drill",
                                          .keep = HS_SNAPSHOT_KEEP_MAX,
                                          .read_only = true};
    struct snapshot_db *db = NULL;
    enum hs_status st;

    (void)snprintf(dir, sizeof dir, "%s/snapshot", data);
    (void)snprintf(quarantine, sizeof quarantine, "%s/quarantine", data);
    *len = 0;
    if (access(dir, F_OK) != 0) return HS_OK;
    st = snapshot_db_open(&options, &db, err);
    if (st != HS_OK) return st;
    *len = snapshot_db_list(db, out, max);
    if (*len > max) *len = max;
    if (verify && *len > 0) st = snapshot_db_verify(db, NULL, err);
    snapshot_db_close(db);
    return st;
}
