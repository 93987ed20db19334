/* Copies of a database that a process may be writing to.
 *
 * Tables never change once written. LevelDB removes a file only after it has noted so in its
 * MANIFEST: if that is as long after the copy as before, every file that it needs was there
 * throughout. A log that grew meanwhile is copied as a prefix of itself, which reads as the same
 * log some writes earlier.
 *
 * Rejected: hard links instead of copies. A table that the other process is writing at this moment
 * is in no MANIFEST yet, so recovery in the copy may reuse its number, truncate it through the
 * link, and take the file from under the other process. File systems that can share blocks do so
 * by themselves (copy_file_range). */
#include "snapshot/page_file.h"
#include "snapshot/snapshot_files.h"

#include "kernel/state/fault.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    CLONE_TRIES_MAX = 20,
    CLONE_PAUSE_US = 500,
    COPY_BYTES = 64 << 10,
    COPY_RANGE_BYTES = 16 << 20
};

static const char reader_prefix[] = ".read-";

/* What must not change during a copy. */
struct clone_moment {
    char manifest[64];
    uint64_t manifest_bytes;
};

static bool clone_moment_take(int dir_fd, struct clone_moment *out)
{
    struct stat info;
    ssize_t len;
    int fd = openat(dir_fd, "CURRENT", O_RDONLY | O_CLOEXEC);

    if (fd < 0) return false;
    memset(out, 0, sizeof *out);
    len = read(fd, out->manifest, sizeof out->manifest - 1);
    (void)close(fd);
    if (len <= 1 || strchr(out->manifest, '/')) return false;
    out->manifest[strcspn(out->manifest, "\n")] = '\0';
    if (fstatat(dir_fd, out->manifest, &info, 0) != 0) return false;
    out->manifest_bytes = (uint64_t)info.st_size;
    return true;
}

/* Let the kernel copy, or share the blocks. False: it cannot between these two; nothing was done.
 */
static bool blocks_copy(int from, int to, int *failed)
{
    bool begun = false;

    for (;;) {
        ssize_t got = copy_file_range(from, NULL, to, NULL, COPY_RANGE_BYTES, 0);

        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && !begun) return false;
        *failed = got < 0 ? errno : 0;
        if (got <= 0) return begun; /* "nothing" at once may also be a file system that lies */
        begun = true;
    }
}

static int bytes_copy(int from, int to)
{
    char bytes[COPY_BYTES];
    int failed = 0;

    if (blocks_copy(from, to, &failed)) return failed;
    for (;;) {
        ssize_t got = read(from, bytes, sizeof bytes);

        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return got < 0 ? errno : 0;
        for (ssize_t done = 0; done < got;) {
            ssize_t put = write(to, bytes + done, (size_t)(got - done));

            if (put < 0 && errno != EINTR) return errno;
            if (put > 0) done += put;
        }
    }
}

/* errno value, 0 when done. */
static int file_copy(int from_dir, int to_dir, const char *name)
{
    int from = openat(from_dir, name, O_RDONLY | O_CLOEXEC);
    int to, failed;

    if (from < 0) return errno;
    to = openat(to_dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (to < 0) {
        failed = errno;
        (void)close(from);
        return failed;
    }
    failed = bytes_copy(from, to);
    (void)close(from);
    if (close(to) != 0 && !failed) failed = errno;
    return failed;
}

static bool name_ends(const char *name, const char *end)
{
    size_t len = strlen(name), end_len = strlen(end);

    return len > end_len && strcmp(name + len - end_len, end) == 0;
}

static int file_clone(int from_dir, int to_dir, const char *name, const struct clone_moment *moment)
{
    if (strcmp(name, "CURRENT") == 0 || strcmp(name, moment->manifest) == 0 ||
        name_ends(name, ".log") || name_ends(name, ".ldb") || name_ends(name, ".sst")) {
        return file_copy(from_dir, to_dir, name);
    }
    return 0;
}

/* The folder's file names, each with its NUL. All are taken before any file is copied: a log in the
 * list that is not the newest in it is then complete. */
static int names_list(DIR *folder, struct buffer *names)
{
    struct dirent *entry;

    while ((entry = readdir(folder))) {
        if (buffer_append(names, slice_make(entry->d_name, strlen(entry->d_name) + 1)) != HS_OK) {
            return ENOMEM;
        }
    }
    return 0;
}

/* After the database: a slot that its copy refers to is not reused before another snapshot was
 * made, which shows in the MANIFEST. */
static int pages_clone(int from_dir, int to_dir, enum clone_pages pages)
{
    if (pages == CLONE_PAGES_COPIED) return file_copy(from_dir, to_dir, PAGE_FILE_NAME);
    return linkat(from_dir, PAGE_FILE_NAME, to_dir, PAGE_FILE_NAME, 0) == 0 ? 0 : errno;
}

/* EAGAIN: the database changed meanwhile. */
static int clone_once(const char *from, int to_dir, enum clone_pages pages)
{
    struct clone_moment before, after;
    struct buffer names = {0};
    DIR *folder = opendir(from);
    int failed;

    if (!folder) return errno;
    failed = clone_moment_take(dirfd(folder), &before) ? names_list(folder, &names) : EAGAIN;
    for (size_t at = 0; !failed && at < names.len; at += strlen(names.data + at) + 1) {
        failed = file_clone(dirfd(folder), to_dir, names.data + at, &before);
    }
    if (!failed) failed = pages_clone(dirfd(folder), to_dir, pages);
    if (!failed && (!clone_moment_take(dirfd(folder), &after) ||
                    memcmp(&before, &after, sizeof before) != 0)) {
        failed = EAGAIN;
    }
    buffer_fini(&names);
    (void)closedir(folder);
    return failed == ENOENT ? EAGAIN : failed;
}

static void dir_empty(int dir_fd)
{
    int fd = fcntl(dir_fd, F_DUPFD_CLOEXEC, 0);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;

    if (!folder) {
        if (fd >= 0) (void)close(fd);
        return;
    }
    rewinddir(folder);
    while ((entry = readdir(folder))) {
        (void)unlinkat(dir_fd, entry->d_name, 0);
    }
    (void)closedir(folder);
}

enum hs_status database_clone(const char *from, const char *to, enum clone_pages pages,
                              struct hs_error *err)
{
    int fault = FAULT("snapshot.clone");
    int failed = EAGAIN, to_dir;

    if (fault != FAULT_NONE) {
        return hs_fail_errno(err, HS_IO, fault_errno(fault), "snapshot: copying %s", from);
    }
    if (mkdir(to, 0700) != 0 && errno != EEXIST) {
        return hs_fail_errno(err, HS_IO, errno, "snapshot: cannot make %s", to);
    }
    to_dir = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (to_dir < 0) return hs_fail_errno(err, HS_IO, errno, "snapshot: cannot open %s", to);
    for (int i = 0; failed == EAGAIN && i < CLONE_TRIES_MAX; i++) {
        if (i > 0) (void)usleep(CLONE_PAUSE_US);
        dir_empty(to_dir);
        failed = clone_once(from, to_dir, pages);
    }
    (void)close(to_dir);
    if (failed == EAGAIN) {
        return hs_fail(err, HS_CORRUPT, "snapshot: %s lacks the files that it names", from);
    }
    if (failed) return hs_fail_errno(err, HS_IO, failed, "snapshot: copying %s", from);
    return HS_OK;
}

/* A folder of our own below `parent`, locked; NULL-terminated path in *out. */
static bool reader_dir_make_in(const char *parent, struct snapshot_path *out, int *lock_fd)
{
    char name[32];

    (void)snprintf(name, sizeof name, "%sXXXXXX", reader_prefix);
    if (snapshot_path_join(parent, name, out, NULL) != HS_OK) return false;
    if (!mkdtemp(out->text)) return false;
    *lock_fd = open(out->text, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *lock_fd >= 0 && flock(*lock_fd, LOCK_EX | LOCK_NB) == 0;
}

enum hs_status reader_dir_make(const char *dir, struct snapshot_path *out, int *lock_fd,
                               struct hs_error *err)
{
    const char *temporary = getenv("TMPDIR");

    *lock_fd = -1;
    if (reader_dir_make_in(dir, out, lock_fd)) return HS_OK;
    if (reader_dir_make_in(temporary ? temporary : "/tmp", out, lock_fd)) return HS_OK;
    return hs_fail_errno(err, HS_IO, errno, "snapshot: cannot make a folder for a copy");
}

void reader_dir_remove(const struct snapshot_path *path, int lock_fd)
{
    if (lock_fd < 0) return;
    dir_empty(lock_fd);
    (void)rmdir(path->text);
    (void)close(lock_fd);
}

void reader_dirs_sweep(const char *dir)
{
    DIR *folder = opendir(dir);
    struct dirent *entry;

    while (folder && (entry = readdir(folder))) {
        struct snapshot_path path;
        int fd;

        if (strncmp(entry->d_name, reader_prefix, strlen(reader_prefix)) != 0) continue;
        if (snapshot_path_join(dir, entry->d_name, &path, NULL) != HS_OK) continue;
        fd = open(path.text, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0) continue;
        if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
            reader_dir_remove(&path, fd);
        } else {
            (void)close(fd);
        }
    }
    if (folder) (void)closedir(folder);
}
