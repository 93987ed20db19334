#include "replaylog/log_file.h"

#include "kernel/state/fault.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEEP_TRIES_MAX = 10000 };

static enum hs_status fault_fail(int fault, const char *operation, struct hs_error *err)
{
    return hs_fail_errno(err, HS_IO, fault_errno(fault), "replay log: %s", operation);
}

static int make_dir(const char *path)
{
    char parent[PATH_MAX];
    char *slash;

    if (mkdir(path, 0700) == 0 || errno == EEXIST) return 0;
    if (errno != ENOENT || strlen(path) >= sizeof parent) return -1;
    (void)snprintf(parent, sizeof parent, "%s", path);
    slash = strrchr(parent, '/');
    if (!slash || slash == parent) return -1;
    *slash = '\0';
    if (mkdir(parent, 0700) != 0 && errno != EEXIST) return -1;
    return mkdir(path, 0700);
}

enum hs_status log_dir_open(const char *path, bool create, int *fd, struct hs_error *err)
{
    assert(path && fd);
    if (create && make_dir(path) != 0) {
        return hs_fail_errno(err, HS_IO, errno, "replay log: cannot make the folder %s", path);
    }
    *fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*fd >= 0) return HS_OK;
    return hs_fail_errno(err, errno == ENOENT ? HS_NOT_FOUND : HS_IO, errno,
                         "replay log: cannot open the folder %s", path);
}

enum hs_status log_dir_sync(int dir_fd, struct hs_error *err)
{
    int fault = FAULT("log.dir.sync");

    if (fault != FAULT_NONE) return fault_fail(fault, "syncing the folder", err);
    if (fsync(dir_fd) != 0) {
        return hs_fail_errno(err, HS_IO, errno, "replay log: syncing the folder");
    }
    return HS_OK;
}

enum hs_status log_file_create(int dir_fd, const char *name, int *fd, struct hs_error *err)
{
    int fault = FAULT("log.segment.create");

    if (fault != FAULT_NONE) return fault_fail(fault, "making a segment", err);
    *fd = openat(dir_fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (*fd >= 0) return HS_OK;
    return hs_fail_errno(err, errno == EEXIST ? HS_EXISTS : HS_IO, errno, "replay log: making %s",
                         name);
}

enum hs_status log_file_open(int dir_fd, const char *name, bool writable, int *fd,
                             struct hs_error *err)
{
    *fd = openat(dir_fd, name, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
    if (*fd >= 0) return HS_OK;
    return hs_fail_errno(err, errno == ENOENT ? HS_NOT_FOUND : HS_IO, errno,
                         "replay log: opening %s", name);
}

static enum hs_status write_all(int fd, uint64_t offset, struct slice bytes, struct hs_error *err)
{
    while (bytes.len > 0) {
        ssize_t put = pwrite(fd, bytes.data, bytes.len, (off_t)offset);

        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return hs_fail_errno(err, HS_IO, errno, "replay log: writing");
        if (put == 0) return hs_fail_errno(err, HS_IO, ENOSPC, "replay log: writing");
        offset += (uint64_t)put;
        bytes = slice_make(bytes.data + put, bytes.len - (size_t)put);
    }
    return HS_OK;
}

enum hs_status log_file_write(int fd, uint64_t offset, struct slice bytes, struct hs_error *err)
{
    int fault = FAULT("log.append.write");
    enum hs_status st;

    assert(fd >= 0 && bytes.len > 0);
    if (fault == FAULT_SHORT) {
        st = write_all(fd, offset, slice_make(bytes.data, bytes.len / 2), err);
        if (st != HS_OK) return st;
    }
    if (fault != FAULT_NONE) return fault_fail(fault, "writing", err);
    st = write_all(fd, offset, bytes, err);
    (void)FAULT("log.append.written"); /* a place to die; the write itself has happened */
    return st;
}

enum hs_status log_file_read(int fd, uint64_t offset, size_t len, struct buffer *out,
                             struct hs_error *err)
{
    int fault = FAULT("log.read");
    enum hs_status st;

    if (fault != FAULT_NONE) return fault_fail(fault, "reading", err);
    buffer_clear(out);
    st = buffer_reserve(out, len);
    if (st != HS_OK) return hs_fail(err, st, "replay log: no memory for %zu bytes", len);
    while (out->len < len) {
        ssize_t got = pread(fd, out->data + out->len, len - out->len, (off_t)(offset + out->len));

        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return hs_fail_errno(err, HS_IO, errno, "replay log: reading");
        if (got == 0) break;
        out->len += (size_t)got;
    }
    out->data[out->len] = '\0';
    return HS_OK;
}

enum hs_status log_file_size(int fd, uint64_t *bytes, struct hs_error *err)
{
    struct stat info;

    if (fstat(fd, &info) != 0) {
        return hs_fail_errno(err, HS_IO, errno, "replay log: looking at a segment");
    }
    *bytes = (uint64_t)info.st_size;
    return HS_OK;
}

enum hs_status log_file_sync(int fd, struct hs_error *err)
{
    int fault = FAULT("log.sync");

    if (fault != FAULT_NONE) return fault_fail(fault, "syncing", err);
    if (fdatasync(fd) != 0) return hs_fail_errno(err, HS_IO, errno, "replay log: syncing");
    return HS_OK;
}

enum hs_status log_file_truncate(int fd, uint64_t bytes, struct hs_error *err)
{
    int fault = FAULT("log.segment.truncate");
    int failed;

    if (fault != FAULT_NONE) return fault_fail(fault, "cutting", err);
    do {
        failed = ftruncate(fd, (off_t)bytes);
    } while (failed && errno == EINTR);
    if (failed) return hs_fail_errno(err, HS_IO, errno, "replay log: cutting");
    return HS_OK;
}

enum hs_status log_file_rename(int dir_fd, const char *from, const char *to, struct hs_error *err)
{
    int fault = FAULT("log.segment.rename");

    if (fault != FAULT_NONE) return fault_fail(fault, "renaming a segment", err);
    if (renameat(dir_fd, from, dir_fd, to) != 0) {
        return hs_fail_errno(err, HS_IO, errno, "replay log: renaming %s to %s", from, to);
    }
    return HS_OK;
}

enum hs_status log_file_remove(int dir_fd, const char *name, struct hs_error *err)
{
    int fault = FAULT("log.segment.remove");

    if (fault != FAULT_NONE) return fault_fail(fault, "removing a segment", err);
    if (unlinkat(dir_fd, name, 0) != 0 && errno != ENOENT) {
        return hs_fail_errno(err, HS_IO, errno, "replay log: removing %s", name);
    }
    return HS_OK;
}

enum hs_status log_file_keep(int dir_fd, const char *name, int to_dir_fd, struct hs_error *err)
{
    int fault = FAULT("log.segment.keep");
    char kept[LOG_NAME_BYTES_MAX];

    if (fault != FAULT_NONE) return fault_fail(fault, "moving a segment to quarantine", err);
    for (int i = 0; i < KEEP_TRIES_MAX; i++) {
        if (i == 0) {
            (void)snprintf(kept, sizeof kept, "log-%s", name);
        } else {
            (void)snprintf(kept, sizeof kept, "log-%s.%d", name, i);
        }
        if (linkat(dir_fd, name, to_dir_fd, kept, 0) == 0) return log_dir_sync(to_dir_fd, err);
        if (errno != EEXIST) break;
    }
    return hs_fail_errno(err, HS_IO, errno, "replay log: moving %s to quarantine", name);
}
