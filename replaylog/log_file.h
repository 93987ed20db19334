/* The file calls of the log, each at a fault point and with its error in words.
 *
 * Nothing here knows records. Names are relative to an open folder. EINTR is retried, a short
 * write continued; every other failure is returned, and what it left is for the caller to judge.
 */
#ifndef HEADSTART_REPLAYLOG_LOG_FILE_H
#define HEADSTART_REPLAYLOG_LOG_FILE_H

#include "kernel/state/bytes.h"

enum { LOG_NAME_BYTES_MAX = 96 };

/** Open the folder, made (with one missing parent) if `create`. HS_NOT_FOUND. */
HS_MUST_CHECK enum hs_status log_dir_open(const char *path, bool create, int *fd,
                                          struct hs_error *err);
/** Make creations, renames and removals in the folder durable. */
HS_MUST_CHECK enum hs_status log_dir_sync(int dir_fd, struct hs_error *err);

/** A new, empty file; HS_EXISTS. */
HS_MUST_CHECK enum hs_status log_file_create(int dir_fd, const char *name, int *fd,
                                             struct hs_error *err);
/** HS_NOT_FOUND when it is absent. */
HS_MUST_CHECK enum hs_status log_file_open(int dir_fd, const char *name, bool writable, int *fd,
                                           struct hs_error *err);
/** All of `bytes` at `offset`, in one write() unless the system cuts it short. */
HS_MUST_CHECK enum hs_status log_file_write(int fd, uint64_t offset, struct slice bytes,
                                            struct hs_error *err);
/** Up to `len` bytes at `offset` into *out (replaced); fewer only at the end of the file. */
HS_MUST_CHECK enum hs_status log_file_read(int fd, uint64_t offset, size_t len, struct buffer *out,
                                           struct hs_error *err);
HS_MUST_CHECK enum hs_status log_file_size(int fd, uint64_t *bytes, struct hs_error *err);
HS_MUST_CHECK enum hs_status log_file_sync(int fd, struct hs_error *err);
HS_MUST_CHECK enum hs_status log_file_truncate(int fd, uint64_t bytes, struct hs_error *err);
HS_MUST_CHECK enum hs_status log_file_rename(int dir_fd, const char *from, const char *to,
                                             struct hs_error *err);
/** Removing an absent file is HS_OK. */
HS_MUST_CHECK enum hs_status log_file_remove(int dir_fd, const char *name, struct hs_error *err);
/** Keep the file's content in another folder, under the first free of "name", "name.1", …, durably;
 *  the file itself stays. */
HS_MUST_CHECK enum hs_status log_file_keep(int dir_fd, const char *name, int to_dir_fd,
                                           struct hs_error *err);

#endif
