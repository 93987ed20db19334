/* For LD_PRELOAD: writes down what a process does to the files below a folder, and when it syncs.
 *
 *   HEADSTART_POWERCUT_FOLDER=DIR   an absolute path
 *   HEADSTART_POWERCUT_TRACE=FILE   outside of it; records are appended (trace_format.h)
 *
 * From that, images are made of what a power cut at any moment may leave. One lock is held over
 * each operation and its record, so that the order in the file is the order in which they happened.
 */
#include "tests/powercut/trace_format.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PATH_BYTES = 4096, COPY_BYTES = 1 << 16 };

/* One process, one folder: what a preloaded library must keep. */
static pthread_mutex_t recorder_lock = PTHREAD_MUTEX_INITIALIZER;
static const char *folder;
static int trace_fd = -1;
static bool ready;

/* `real` is the function that this library stands before. dlsym's answer is a function, whatever C
 * says of such casts. */
#define REAL(result, name, ...)                                                                    \
    static result (*real)(__VA_ARGS__);                                                            \
    if (!real) *(void **)&real = dlsym(RTLD_NEXT, name)

static int real_open(const char *path, int flags, mode_t mode)
{
    REAL(int, "open", const char *, int, ...);
    return real(path, flags, mode);
}

static void recorder_ready(void)
{
    const char *path = getenv("HEADSTART_POWERCUT_TRACE");

    if (ready) return;
    ready = true;
    folder = getenv("HEADSTART_POWERCUT_FOLDER");
    if (!folder || !path) return;
    trace_fd = real_open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static bool path_below(const char *path)
{
    size_t len = folder ? strlen(folder) : 0;

    return trace_fd >= 0 && path && strncmp(path, folder, len) == 0 &&
           (path[len] == '/' || path[len] == '\0');
}

/* The whole path of `path` as seen from folder `dir`; false where it is none of ours. */
static bool path_whole(int dir, const char *path, char out[PATH_BYTES])
{
    char link[64];
    ssize_t len;

    if (!path) return false;
    if (path[0] == '/' || dir == AT_FDCWD) {
        (void)snprintf(out, PATH_BYTES, "%s", path);
        return path_below(out);
    }
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", dir);
    len = readlink(link, out, PATH_BYTES - 1);
    if (len < 0) return false;
    out[len] = '\0';
    (void)snprintf(out + len, (size_t)(PATH_BYTES - len), "/%s", path);
    return path_below(out);
}

static uint64_t path_inode(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0 ? (uint64_t)st.st_ino : 0;
}

static uint64_t fd_inode(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 ? (uint64_t)st.st_ino : 0;
}

/* The folder's inode, and where the name in it begins. */
static uint64_t path_dir(const char *path, const char **name)
{
    char dir[PATH_BYTES];
    const char *slash = strrchr(path, '/');

    *name = slash + 1;
    (void)snprintf(dir, sizeof dir, "%.*s", (int)(slash - path), path);
    return path_inode(dir);
}

/* One record, one write: a crash of the process leaves whole ones. */
static void record(struct trace_op op, const char *name, const void *data)
{
    REAL(ssize_t, "writev", int, const struct iovec *, int);
    struct iovec parts[] = {{&op, sizeof op},
                            {(void *)(uintptr_t)name, op.name_len},
                            {(void *)(uintptr_t)data, op.data_len}};
    int kept = errno;
    ssize_t len = real(trace_fd, parts, 3);

    if (len != (ssize_t)(sizeof op + op.name_len + op.data_len)) abort(); /* a trace with holes */
    errno = kept;
}

static void record_name(enum trace_kind kind, const char *path, uint64_t inode)
{
    const char *name;
    uint64_t dir = path_dir(path, &name);

    record(
        (struct trace_op){
            .kind = kind, .inode = inode, .dir = dir, .name_len = (uint32_t)strlen(name)},
        name, NULL);
}

/* Asked anew each time: descriptors are doubled and given again. */
static bool fd_watched(int fd)
{
    char link[64], path[PATH_BYTES];
    ssize_t len;

    if (trace_fd < 0) return false;
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    len = readlink(link, path, sizeof path - 1);
    if (len < 0) return false;
    path[len] = '\0';
    return path_below(path);
}

#define LOCK()   (void)pthread_mutex_lock(&recorder_lock), recorder_ready()
#define UNLOCK() (void)pthread_mutex_unlock(&recorder_lock)

/* --- files --- */

static int record_open(int dir, const char *path, int flags, mode_t mode)
{
    REAL(int, "openat", int, const char *, int, ...);
    char whole[PATH_BYTES];
    bool ours, present;
    int fd;

    LOCK();
    ours = path_whole(dir, path, whole);
    present = ours && path_inode(whole) != 0;
    fd = real(dir, path, flags, mode);
    if (fd >= 0 && ours && !present) record_name(TRACE_CREATE, whole, fd_inode(fd));
    if (fd >= 0 && ours && present && (flags & O_TRUNC)) {
        record((struct trace_op){.kind = TRACE_TRUNCATE, .inode = fd_inode(fd)}, NULL, NULL);
    }
    UNLOCK();
    return fd;
}

#define MODE(flags, mode)                                                                          \
    do {                                                                                           \
        va_list rest;                                                                              \
        va_start(rest, flags);                                                                     \
        mode = (flags)&O_CREAT ? va_arg(rest, mode_t) : 0;                                         \
        va_end(rest);                                                                              \
    } while (0)

int open(const char *path, int flags, ...)
{
    mode_t mode;

    MODE(flags, mode);
    return record_open(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    mode_t mode;

    MODE(flags, mode);
    return record_open(AT_FDCWD, path, flags, mode);
}

int openat(int dir, const char *path, int flags, ...)
{
    mode_t mode;

    MODE(flags, mode);
    return record_open(dir, path, flags, mode);
}

int openat64(int dir, const char *path, int flags, ...)
{
    mode_t mode;

    MODE(flags, mode);
    return record_open(dir, path, flags, mode);
}

static void record_write(int fd, off_t at, const void *data, ssize_t len)
{
    if (len <= 0) return;
    record((struct trace_op){.kind = TRACE_WRITE,
                             .inode = fd_inode(fd),
                             .offset = (uint64_t)at,
                             .data_len = (uint64_t)len},
           NULL, data);
}

ssize_t write(int fd, const void *data, size_t len)
{
    REAL(ssize_t, "write", int, const void *, size_t);
    struct stat st;
    ssize_t done;
    off_t at;

    if (!fd_watched(fd)) return real(fd, data, len);
    LOCK();
    at = fcntl(fd, F_GETFL) & O_APPEND && fstat(fd, &st) == 0 ? st.st_size : lseek(fd, 0, SEEK_CUR);
    done = real(fd, data, len);
    record_write(fd, at, data, done);
    UNLOCK();
    return done;
}

ssize_t pwrite64(int fd, const void *data, size_t len, off64_t at)
{
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
    ssize_t done;

    if (!fd_watched(fd)) return real(fd, data, len, at);
    LOCK();
    done = real(fd, data, len, at);
    record_write(fd, at, data, done);
    UNLOCK();
    return done;
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
    return pwrite64(fd, data, len, at);
}

/* What was copied is read back: the trace holds bytes. */
ssize_t copy_file_range(int in, off64_t *in_at, int out, off64_t *out_at, size_t len,
                        unsigned int flags)
{
    REAL(ssize_t, "copy_file_range", int, off64_t *, int, off64_t *, size_t, unsigned int);
    static char block[COPY_BYTES]; /* under the lock */
    ssize_t done, got;
    off_t at;

    if (!fd_watched(out)) return real(in, in_at, out, out_at, len, flags);
    LOCK();
    at = out_at ? *out_at : lseek(out, 0, SEEK_CUR);
    done = real(in, in_at, out, out_at, len, flags);
    for (ssize_t from = 0; from < done; from += got) {
        size_t room = (size_t)(done - from) < sizeof block ? (size_t)(done - from) : sizeof block;
        off_t in_from = in_at ? *in_at - done + from : lseek(in, 0, SEEK_CUR) - done + from;

        got = pread(in, block, room, in_from);
        if (got <= 0) abort(); /* a trace with holes */
        record_write(out, at + from, block, got);
    }
    UNLOCK();
    return done;
}

int ftruncate64(int fd, off64_t len)
{
    REAL(int, "ftruncate64", int, off64_t);
    int failed;

    if (!fd_watched(fd)) return real(fd, len);
    LOCK();
    failed = real(fd, len);
    if (!failed) {
        record((struct trace_op){.kind = TRACE_TRUNCATE,
                                 .inode = fd_inode(fd),
                                 .offset = (uint64_t)len},
               NULL, NULL);
    }
    UNLOCK();
    return failed;
}

int ftruncate(int fd, off_t len)
{
    return ftruncate64(fd, len);
}

static int record_sync(int fd, int (*sync)(int))
{
    int failed;

    if (!fd_watched(fd)) return sync(fd);
    LOCK();
    failed = sync(fd);
    if (!failed) {
        record((struct trace_op){.kind = TRACE_SYNC, .inode = fd_inode(fd)}, NULL, NULL);
    }
    UNLOCK();
    return failed;
}

int fsync(int fd)
{
    REAL(int, "fsync", int);
    return record_sync(fd, real);
}

int fdatasync(int fd)
{
    REAL(int, "fdatasync", int);
    return record_sync(fd, real);
}

/* --- names --- */

int renameat(int dir, const char *from, int to_dir, const char *to)
{
    REAL(int, "renameat", int, const char *, int, const char *);
    char whole[PATH_BYTES], to_whole[PATH_BYTES], names[PATH_BYTES];
    struct trace_op op = {.kind = TRACE_RENAME};
    const char *name, *to_name;
    int failed, len;
    bool ours;

    LOCK();
    ours = path_whole(dir, from, whole) && path_whole(to_dir, to, to_whole);
    if (ours) {
        op.inode = path_inode(whole);
        op.dir = path_dir(whole, &name);
        op.to_dir = path_dir(to_whole, &to_name);
        len = snprintf(names, sizeof names, "%s%c%s", name, 0, to_name);
        op.name_len = (uint32_t)len;
    }
    failed = real(dir, from, to_dir, to);
    if (!failed && ours) record(op, names, NULL);
    UNLOCK();
    return failed;
}

int rename(const char *from, const char *to)
{
    return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

static int record_unlink(int dir, const char *path, int flags)
{
    REAL(int, "unlinkat", int, const char *, int);
    char whole[PATH_BYTES];
    uint64_t inode = 0;
    bool ours;
    int failed;

    LOCK();
    ours = path_whole(dir, path, whole);
    if (ours) inode = path_inode(whole);
    failed = real(dir, path, flags);
    if (!failed && ours) record_name(TRACE_UNLINK, whole, inode);
    UNLOCK();
    return failed;
}

int unlinkat(int dir, const char *path, int flags)
{
    return record_unlink(dir, path, flags);
}

int unlink(const char *path)
{
    return record_unlink(AT_FDCWD, path, 0);
}

int rmdir(const char *path)
{
    return record_unlink(AT_FDCWD, path, AT_REMOVEDIR);
}

int mkdirat(int dir, const char *path, mode_t mode)
{
    REAL(int, "mkdirat", int, const char *, mode_t);
    char whole[PATH_BYTES];
    int failed;

    LOCK();
    failed = real(dir, path, mode);
    if (!failed && path_whole(dir, path, whole)) {
        record_name(TRACE_MKDIR, whole, path_inode(whole));
    }
    UNLOCK();
    return failed;
}

int mkdir(const char *path, mode_t mode)
{
    return mkdirat(AT_FDCWD, path, mode);
}

char *mkdtemp(char *path)
{
    REAL(char *, "mkdtemp", char *);
    char *made;

    LOCK();
    made = real(path);
    if (made && path_below(made)) record_name(TRACE_MKDIR, made, path_inode(made));
    UNLOCK();
    return made;
}

int linkat(int dir, const char *from, int to_dir, const char *to, int flags)
{
    REAL(int, "linkat", int, const char *, int, const char *, int);
    char whole[PATH_BYTES];
    int failed;

    LOCK();
    failed = real(dir, from, to_dir, to, flags);
    if (!failed && path_whole(to_dir, to, whole)) {
        record_name(TRACE_LINK, whole, path_inode(whole));
    }
    UNLOCK();
    return failed;
}

int link(const char *from, const char *to)
{
    return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}
