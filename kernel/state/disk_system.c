/* The disk of this machine: one system call an operation. Files and folders are the owner's only;
 * nothing that is opened is inherited by another program. */
#include "kernel/state/disk_operations.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { FILE_MODE = 0600, FOLDER_MODE = 0700 };

static int result(int returned)
{
    return returned == 0 ? 0 : errno;
}

static int system_open(void *self, const char *path, enum disk_open_kind kind, int *file)
{
    static const int flags[] = {
        [DISK_OPEN_READ] = O_RDONLY,
        [DISK_OPEN_WRITE] = O_RDWR,
        [DISK_OPEN_CREATE] = O_RDWR | O_CREAT,
        [DISK_OPEN_CREATE_NEW] = O_RDWR | O_CREAT | O_EXCL,
        [DISK_OPEN_EMPTY] = O_RDWR | O_CREAT | O_TRUNC,
        [DISK_OPEN_FOLDER] = O_RDONLY | O_DIRECTORY,
    };

    (void)self;
    *file = open(path, flags[kind] | O_CLOEXEC, FILE_MODE);
    return *file >= 0 ? 0 : errno;
}

static void system_close(void *self, int file)
{
    (void)self;
    (void)close(file);
}

static int system_read(void *self, int file, uint64_t offset, void *memory, size_t len, size_t *got)
{
    ssize_t count = pread(file, memory, len, (off_t)offset);

    (void)self;
    if (count < 0 && errno == ESPIPE) count = read(file, memory, len);
    if (count < 0) return errno;
    *got = (size_t)count;
    return 0;
}

static int system_write(void *self, int file, uint64_t offset, const void *bytes, size_t len,
                        size_t *put)
{
    ssize_t count = pwrite(file, bytes, len, (off_t)offset);

    (void)self;
    if (count < 0) return errno;
    *put = (size_t)count;
    return 0;
}

static int system_sync(void *self, int file)
{
    (void)self;
    return result(fdatasync(file));
}

static int system_truncate(void *self, int file, uint64_t bytes)
{
    (void)self;
    return result(ftruncate(file, (off_t)bytes));
}

static int system_size(void *self, int file, uint64_t *bytes)
{
    struct stat about;

    (void)self;
    if (fstat(file, &about) != 0) return errno;
    *bytes = about.st_size > 0 ? (uint64_t)about.st_size : 0;
    return 0;
}

static int system_lock(void *self, int file, enum disk_lock_mode mode)
{
    (void)self;
    return result(flock(file, (mode == DISK_LOCK_SHARED ? LOCK_SH : LOCK_EX) | LOCK_NB));
}

static int system_copy(void *self, int from, int to, uint64_t offset, size_t len, size_t *done)
{
    off_t from_at = (off_t)offset, to_at = (off_t)offset;
    ssize_t count = copy_file_range(from, &from_at, to, &to_at, len, 0);

    (void)self;
    if (count < 0) {
        /* Between these two files it cannot; the words for that differ. */
        return errno == EXDEV || errno == EINVAL || errno == ENOSYS ? EOPNOTSUPP : errno;
    }
    *done = (size_t)count;
    return 0;
}

static void system_drop_cache(void *self, int file)
{
    (void)self;
    (void)posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
}

static int system_look(void *self, const char *path, struct disk_entry *out)
{
    struct stat about;

    (void)self;
    if (stat(path, &about) != 0) return errno;
    *out = (struct disk_entry){.kind = DISK_OTHER,
                               .written_s = about.st_mtime,
                               .owner = about.st_uid,
                               .others_may_write = (about.st_mode & (S_IWGRP | S_IWOTH)) != 0,
                               .sticky = (about.st_mode & S_ISVTX) != 0};
    if (S_ISDIR(about.st_mode)) out->kind = DISK_FOLDER;
    if (S_ISREG(about.st_mode)) {
        out->kind = DISK_FILE;
        out->bytes = (uint64_t)about.st_size;
    }
    return 0;
}

static int system_list(void *self, const char *path, disk_name_fn each, void *data)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    int errnum = 0;

    (void)self;
    if (!folder) return errno;
    while (!errnum && (errno = 0, entry = readdir(folder))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        errnum = each(data, entry->d_name);
    }
    if (!errnum && !entry) errnum = errno;
    (void)closedir(folder);
    return errnum;
}

static int system_make_folder(void *self, const char *path)
{
    (void)self;
    return result(mkdir(path, FOLDER_MODE));
}

/* fsync: of a folder, fdatasync promises less. */
static int system_sync_folder(void *self, const char *path)
{
    int file = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), errnum;

    (void)self;
    if (file < 0) return errno;
    errnum = result(fsync(file));
    (void)close(file);
    return errnum;
}

static int system_rename(void *self, const char *from, const char *to)
{
    (void)self;
    return result(rename(from, to));
}

static int system_link(void *self, const char *from, const char *to)
{
    (void)self;
    return result(link(from, to));
}

static int system_remove(void *self, const char *path)
{
    (void)self;
    return result(unlink(path));
}

static int system_remove_folder(void *self, const char *path)
{
    (void)self;
    return result(rmdir(path));
}

static int system_space(void *self, const char *path, struct disk_space *out)
{
    struct statvfs about;

    (void)self;
    if (statvfs(path, &about) != 0) return errno;
    out->bytes_free = (uint64_t)about.f_bavail * about.f_frsize;
    /* Btrfs and others count no inodes and say 0 of 0. */
    out->names_free = about.f_files ? (uint64_t)about.f_favail : UINT64_MAX;
    return 0;
}

static const struct disk_operations system_operations = {
    .open = system_open,
    .close = system_close,
    .read = system_read,
    .write = system_write,
    .sync = system_sync,
    .truncate = system_truncate,
    .size = system_size,
    .lock = system_lock,
    .copy = system_copy,
    .drop_cache = system_drop_cache,
    .look = system_look,
    .list = system_list,
    .make_folder = system_make_folder,
    .sync_folder = system_sync_folder,
    .rename = system_rename,
    .link = system_link,
    .remove = system_remove,
    .remove_folder = system_remove_folder,
    .space = system_space,
};

static const struct disk system_disk = {.operations = &system_operations};

const struct disk *disk_system(void)
{
    return &system_disk;
}
