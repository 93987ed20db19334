/* The log's files, as far as they are not about records: names, reading, keeping for people.
 *
 * Fault points: log.folder (the folder), log.segment (files being written, moved, removed),
 * log.reading (files being read), log.quarantine.
 */
#ifndef HEADSTART_REPLAYLOG_LOG_FILE_H
#define HEADSTART_REPLAYLOG_LOG_FILE_H

#include "kernel/state/disk.h"

enum { LOG_NAME_BYTES_MAX = 96 };

/* Plain value; both are borrowed. */
struct log_folder {
    const struct disk *disk;
    const char *dir;
};

/** Open a segment to be read. HS_NOT_FOUND when it is absent. */
HS_MUST_CHECK enum hs_status log_file_open(const struct log_folder *folder, const char *name,
                                           struct disk_file **out, struct hs_error *err);
/** Up to `len` bytes at `offset` into *out (replaced); fewer only at the end of the file. */
HS_MUST_CHECK enum hs_status log_file_read(const struct disk_file *f, uint64_t offset, size_t len,
                                           struct buffer *out, struct hs_error *err);
/** Removing an absent file is HS_OK. */
HS_MUST_CHECK enum hs_status log_file_remove(const struct log_folder *folder, const char *name,
                                             struct hs_error *err);
/** Make creations, renames and removals in the folder durable. */
HS_MUST_CHECK enum hs_status log_folder_sync(const struct log_folder *folder, struct hs_error *err);
/** Keep the file's content in another folder, made if missing, under the first free of "log-name",
 *  "log-name.1", …, durably; the file itself stays. */
HS_MUST_CHECK enum hs_status log_file_keep(const struct log_folder *folder, const char *name,
                                           const char *quarantine_dir, struct hs_error *err);

#endif
