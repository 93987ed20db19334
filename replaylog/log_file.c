#include "replaylog/log_file.h"

#include "kernel/state/limits.h"

#include <assert.h>
#include <stdio.h>

enum { KEEP_TRIES_MAX = 10000 };

enum hs_status log_file_open(const struct log_folder *folder, const char *name,
                             struct disk_file **out, struct hs_error *err)
{
    return disk_open(folder->disk, "log.reading", folder->dir, name, DISK_READ, out, err);
}

enum hs_status log_file_read(const struct disk_file *f, uint64_t offset, size_t len,
                             struct buffer *out, struct hs_error *err)
{
    enum hs_status st;
    size_t got = 0;

    buffer_clear(out);
    st = buffer_reserve(out, len);
    if (st != HS_OK) return hs_fail(err, st, "replay log: no memory for %zu bytes", len);
    st = disk_read(f, offset, out->data, len, &got, err);
    out->len = st == HS_OK ? got : 0;
    out->data[out->len] = '\0';
    return st;
}

enum hs_status log_file_remove(const struct log_folder *folder, const char *name,
                               struct hs_error *err)
{
    return disk_remove(folder->disk, "log.segment", folder->dir, name, err);
}

enum hs_status log_folder_sync(const struct log_folder *folder, struct hs_error *err)
{
    return disk_sync_folder(folder->disk, "log.folder", folder->dir, err);
}

enum hs_status log_file_keep(const struct log_folder *folder, const char *name,
                             const char *quarantine_dir, struct hs_error *err)
{
    static const char place[] = "log.quarantine";
    const struct disk *disk = folder->disk;
    char kept[LOG_NAME_BYTES_MAX];
    enum hs_status st = disk_make_folder(disk, place, quarantine_dir, NULL, err);

    if (st != HS_OK) return st;
    st = HS_EXISTS;
    for (int i = 0; st == HS_EXISTS && i < KEEP_TRIES_MAX; i++) {
        (void)snprintf(kept, sizeof kept, i ? "log-%s.%d" : "log-%s", name, i);
        st = disk_link(disk, place, folder->dir, name, quarantine_dir, kept, err);
    }
    if (st == HS_OK) {
        disk_bound(disk, quarantine_dir, HS_QUARANTINE_NAMES_MAX, HS_QUARANTINE_BYTES_MAX);
        return disk_sync_folder(disk, place, quarantine_dir, err);
    }
    return hs_fail_prefix(err, st, "replay log: moving %s to quarantine", name);
}
