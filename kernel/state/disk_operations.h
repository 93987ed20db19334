/* What lies under the disk room: a table of operations, one system call each.
 *
 * For those who implement a disk: the system's is disk_system.c; a test's keeps its files in
 * memory. Everybody else includes disk.h.
 *
 * Every operation returns 0 or an errno value and does nothing else on failure. It may return EINTR
 * and read or write less than it was asked for; the room tries again and goes on. Paths are those
 * that the room's callers gave, joined by one slash; "." is the current folder. Meanings are
 * POSIX's, and the errno values that the room tells apart are:
 *
 *   ENOENT              not there (also a parent)
 *   EEXIST              open CREATE_NEW, make_folder, link: the name is taken
 *   EISDIR              open, remove: it is a folder
 *   ENOTDIR             open of a folder, list, make_folder, …: a file stands where a folder should
 *   EWOULDBLOCK         lock: another open file holds it
 *   EOPNOTSUPP          copy: read and write instead
 *
 * Threads: any number at once.
 */
#ifndef HEADSTART_KERNEL_STATE_DISK_OPERATIONS_H
#define HEADSTART_KERNEL_STATE_DISK_OPERATIONS_H

#include "kernel/state/disk.h"

enum disk_open_kind {
    DISK_OPEN_READ = 1,
    DISK_OPEN_WRITE,
    DISK_OPEN_CREATE,
    DISK_OPEN_CREATE_NEW,
    DISK_OPEN_EMPTY,
    DISK_OPEN_FOLDER, /* to be locked */
};

/* Handed each name of a folder; not 0: an errno value, stop and return it. */
typedef int (*disk_name_fn)(void *data, const char *name);

struct disk_operations {
    /* *file is >= 0. */
    int (*open)(void *self, const char *path, enum disk_open_kind kind, int *file);
    void (*close)(void *self, int file); /* ends its locks */
    int (*read)(void *self, int file, uint64_t offset, void *memory, size_t len, size_t *got);
    int (*write)(void *self, int file, uint64_t offset, const void *bytes, size_t len, size_t *put);
    int (*sync)(void *self, int file);
    int (*truncate)(void *self, int file, uint64_t bytes);
    int (*size)(void *self, int file, uint64_t *bytes);
    int (*lock)(void *self, int file, enum disk_lock_mode mode); /* does not wait */
    /* Append up to `len` bytes of `from`, beginning at `offset`, to `to` at the same offset. *done
     * 0: the end. May be NULL. */
    int (*copy)(void *self, int from, int to, uint64_t offset, size_t len, size_t *done);
    void (*drop_cache)(void *self, int file); /* may be NULL */

    int (*look)(void *self, const char *path, struct disk_entry *out); /* follows links */
    int (*list)(void *self, const char *path, disk_name_fn each, void *data);
    int (*make_folder)(void *self, const char *path);
    int (*sync_folder)(void *self, const char *path); /* its names */
    int (*rename)(void *self, const char *from, const char *to);
    int (*link)(void *self, const char *from, const char *to);
    int (*remove)(void *self, const char *path);        /* not a folder */
    int (*remove_folder)(void *self, const char *path); /* an empty one */
    int (*space)(void *self, const char *path, struct disk_space *out);
};

struct disk {
    const struct disk_operations *operations;
    void *self; /* the operations' first argument */
};

#endif
