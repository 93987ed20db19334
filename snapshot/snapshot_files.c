#include "snapshot/snapshot_files.h"

#include "kernel/state/digest.h"
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

enum { SMALL_FILE_BYTES_MAX = 64 << 10, QUARANTINE_TRIES_MAX = 10000, NAME_DIGITS = 10 };

static const char name_prefix[] = "gen-";

enum hs_status snapshot_path_join(const char *dir, const char *name, struct snapshot_path *out,
                                  struct hs_error *err)
{
    int len = snprintf(out->text, sizeof out->text, "%s/%s", dir, name);

    if (len < 0 || (size_t)len >= sizeof out->text) {
        return hs_fail(err, HS_TOO_LARGE, "snapshot: the path %s/%s is too long", dir, name);
    }
    return HS_OK;
}

enum hs_status snapshot_dir_make(const char *path, struct hs_error *err)
{
    struct snapshot_path parent;
    char *slash;

    if (mkdir(path, 0700) == 0 || errno == EEXIST) return HS_OK;
    if (errno == ENOENT && strlen(path) < sizeof parent.text) {
        (void)snprintf(parent.text, sizeof parent.text, "%s", path);
        slash = strrchr(parent.text, '/');
        if (slash && slash != parent.text) {
            *slash = '\0';
            if (mkdir(parent.text, 0700) == 0 && mkdir(path, 0700) == 0) return HS_OK;
        }
    }
    return hs_fail_errno(err, HS_IO, errno, "snapshot: cannot make the folder %s", path);
}

enum hs_status snapshot_dir_sync(const char *path, struct hs_error *err)
{
    int fault = FAULT("snapshot.dir.sync");
    int fd, failed;

    if (fault != FAULT_NONE) {
        return hs_fail_errno(err, HS_IO, fault_errno(fault), "snapshot: syncing %s", path);
    }
    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return hs_fail_errno(err, HS_IO, errno, "snapshot: cannot open %s", path);
    failed = fsync(fd) != 0 ? errno : 0;
    (void)close(fd);
    if (failed) return hs_fail_errno(err, HS_IO, failed, "snapshot: syncing %s", path);
    return HS_OK;
}

enum hs_status snapshot_dir_lock(const char *dir, int *fd, struct hs_error *err)
{
    struct snapshot_path path;
    enum hs_status st = snapshot_path_join(dir, "LOCK", &path, err);

    if (st != HS_OK) return st;
    *fd = open(path.text, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*fd < 0) return hs_fail_errno(err, HS_IO, errno, "snapshot: cannot open %s", path.text);
    if (flock(*fd, LOCK_EX | LOCK_NB) == 0) return HS_OK;
    (void)close(*fd);
    *fd = -1;
    return hs_fail(err, HS_LOCKED, "snapshot: another process has %s", dir);
}

static enum hs_status write_synced(const char *path, struct slice content, struct hs_error *err)
{
    int fault = FAULT("snapshot.file.write");
    int fd, failed = 0;

    if (fault != FAULT_NONE) {
        return hs_fail_errno(err, HS_IO, fault_errno(fault), "snapshot: writing %s", path);
    }
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return hs_fail_errno(err, HS_IO, errno, "snapshot: writing %s", path);
    while (!failed && content.len > 0) {
        ssize_t put = write(fd, content.data, content.len);

        if (put < 0 && errno != EINTR) failed = errno;
        if (put > 0) content = slice_make(content.data + put, content.len - (size_t)put);
    }
    if (!failed && fsync(fd) != 0) failed = errno;
    if (close(fd) != 0 && !failed) failed = errno;
    if (failed) return hs_fail_errno(err, HS_IO, failed, "snapshot: writing %s", path);
    return HS_OK;
}

enum hs_status snapshot_file_write(const char *dir, const char *name, struct slice content,
                                   struct hs_error *err)
{
    struct snapshot_path path, temporary;
    int fault;
    enum hs_status st;

    st = snapshot_path_join(dir, name, &path, err);
    if (st == HS_OK) st = snapshot_path_join(dir, "write.tmp", &temporary, err);
    if (st == HS_OK) st = write_synced(temporary.text, content, err);
    if (st != HS_OK) return st;
    fault = FAULT("snapshot.file.rename");
    if (fault != FAULT_NONE) {
        return hs_fail_errno(err, HS_IO, fault_errno(fault), "snapshot: renaming %s", path.text);
    }
    if (rename(temporary.text, path.text) != 0) {
        return hs_fail_errno(err, HS_IO, errno, "snapshot: renaming %s", path.text);
    }
    return snapshot_dir_sync(dir, err);
}

enum hs_status snapshot_file_read(const char *dir, const char *name, struct buffer *out,
                                  struct hs_error *err)
{
    struct snapshot_path path;
    enum hs_status st = snapshot_path_join(dir, name, &path, err);
    ssize_t got = 1;
    int fd;

    buffer_clear(out);
    if (st == HS_OK) st = buffer_reserve(out, SMALL_FILE_BYTES_MAX);
    if (st != HS_OK) return st;
    fd = open(path.text, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        st = errno == ENOENT ? HS_NOT_FOUND : HS_IO;
        return hs_fail_errno(err, st, errno, "snapshot: cannot open %s", path.text);
    }
    while (got != 0 && out->len < SMALL_FILE_BYTES_MAX) {
        got = read(fd, out->data + out->len, SMALL_FILE_BYTES_MAX - out->len);
        if (got < 0 && errno != EINTR) break;
        if (got > 0) out->len += (size_t)got;
    }
    if (got < 0) st = hs_fail_errno(err, HS_IO, errno, "snapshot: reading %s", path.text);
    if (got > 0) st = hs_fail(err, HS_TOO_LARGE, "snapshot: %s is too large", path.text);
    out->data[out->len] = '\0';
    (void)close(fd);
    return st;
}

void generation_name(uint64_t number, char out[GENERATION_NAME_BYTES])
{
    (void)snprintf(out, GENERATION_NAME_BYTES, "%s%0*llu", name_prefix, NAME_DIGITS,
                   (unsigned long long)number);
}

/* 0: not a generation's name. */
static uint64_t generation_name_parse(struct slice name)
{
    size_t prefix_len = strlen(name_prefix);
    uint64_t number = 0;

    if (name.len != prefix_len + NAME_DIGITS) return 0;
    if (!slice_starts_with(name, slice_text(name_prefix))) return 0;
    for (size_t i = prefix_len; i < name.len; i++) {
        if (name.data[i] < '0' || name.data[i] > '9') return 0;
        number = number * 10 + (uint64_t)(name.data[i] - '0');
    }
    return number;
}

static int number_compare_descending(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return (*x < *y) - (*x > *y);
}

enum hs_status generation_list(const char *dir, uint64_t *out, size_t max, size_t *len,
                               struct hs_error *err)
{
    DIR *folder = opendir(dir);
    struct dirent *entry;

    *len = 0;
    if (!folder) {
        return hs_fail_errno(err, errno == ENOENT ? HS_NOT_FOUND : HS_IO, errno,
                             "snapshot: cannot list %s", dir);
    }
    while ((entry = readdir(folder)) && *len < max) {
        uint64_t number = generation_name_parse(slice_text(entry->d_name));

        if (number > 0) out[(*len)++] = number;
    }
    (void)closedir(folder);
    if (*len) qsort(out, *len, sizeof *out, number_compare_descending);
    return HS_OK;
}

enum hs_status generation_current_write(const char *dir, uint64_t number, struct hs_error *err)
{
    char name[GENERATION_NAME_BYTES], text[64];

    generation_name(number, name);
    (void)snprintf(text, sizeof text, "%s %016llx\n", name,
                   (unsigned long long)checksum64(slice_text(name)));
    return snapshot_file_write(dir, "CURRENT", slice_text(text), err);
}

uint64_t generation_current_read(const char *dir)
{
    struct buffer text = {0};
    uint64_t number = 0;
    struct slice name;
    char wanted[32];

    if (snapshot_file_read(dir, "CURRENT", &text, NULL) == HS_OK) {
        name = slice_make(text.data, strcspn(text.data, " "));
        (void)snprintf(wanted, sizeof wanted, " %016llx\n", (unsigned long long)checksum64(name));
        if (slice_equal(slice_make(text.data + name.len, text.len - name.len),
                        slice_text(wanted))) {
            number = generation_name_parse(name);
        }
    }
    buffer_fini(&text);
    return number;
}

static enum hs_status generation_path(const char *dir, uint64_t number, struct snapshot_path *out,
                                      struct hs_error *err)
{
    char name[GENERATION_NAME_BYTES];

    generation_name(number, name);
    return snapshot_path_join(dir, name, out, err);
}

bool generation_rejected(const char *dir, uint64_t number)
{
    struct snapshot_path path, marker;

    return generation_path(dir, number, &path, NULL) == HS_OK &&
           snapshot_path_join(path.text, "REJECTED", &marker, NULL) == HS_OK &&
           access(marker.text, F_OK) == 0;
}

enum hs_status generation_reject(const char *dir, uint64_t number, const char *reason,
                                 struct hs_error *err)
{
    struct snapshot_path path;
    enum hs_status st = generation_path(dir, number, &path, err);

    if (st != HS_OK) return st;
    return snapshot_file_write(path.text, "REJECTED", slice_text(reason), err);
}

/* Remove a folder that holds no folders. */
static enum hs_status flat_dir_remove(const char *path, struct hs_error *err)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    int failed = 0;

    if (!folder && errno == ENOENT) return HS_OK;
    if (!folder) return hs_fail_errno(err, HS_IO, errno, "snapshot: cannot list %s", path);
    while ((entry = readdir(folder))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        if (unlinkat(dirfd(folder), entry->d_name, 0) != 0 && errno != ENOENT) failed = errno;
    }
    (void)closedir(folder);
    if (!failed && rmdir(path) != 0 && errno != ENOENT) failed = errno;
    if (failed) return hs_fail_errno(err, HS_IO, failed, "snapshot: cannot remove %s", path);
    return HS_OK;
}

enum hs_status generation_remove(const char *dir, uint64_t number, struct hs_error *err)
{
    int fault = FAULT("snapshot.generation.remove");
    struct snapshot_path path;
    enum hs_status st = generation_path(dir, number, &path, err);

    if (st != HS_OK) return st;
    if (fault != FAULT_NONE) {
        return hs_fail_errno(err, HS_IO, fault_errno(fault), "snapshot: removing %s", path.text);
    }
    return flat_dir_remove(path.text, err);
}

void generation_discard(const char *dir, uint64_t number)
{
    enum hs_status st = generation_remove(dir, number, NULL);

    (void)st;
}

enum hs_status generation_quarantine(const char *dir, uint64_t number, const char *quarantine_dir,
                                     struct hs_error *err)
{
    int fault = FAULT("snapshot.generation.quarantine");
    struct snapshot_path from, to;
    char name[64];
    enum hs_status st;

    if (fault != FAULT_NONE) {
        return hs_fail_errno(err, HS_IO, fault_errno(fault), "snapshot: moving to quarantine");
    }
    st = generation_path(dir, number, &from, err);
    if (st == HS_OK) st = snapshot_dir_make(quarantine_dir, err);
    for (int i = 0; st == HS_OK && i < QUARANTINE_TRIES_MAX; i++) {
        (void)snprintf(name, sizeof name, "snapshot-%llu.%d", (unsigned long long)number, i);
        st = snapshot_path_join(quarantine_dir, name, &to, err);
        if (st != HS_OK || access(to.text, F_OK) == 0) continue;
        if (rename(from.text, to.text) != 0) break;
        st = snapshot_dir_sync(quarantine_dir, err);
        return st == HS_OK ? snapshot_dir_sync(dir, err) : st;
    }
    if (st != HS_OK) return st;
    return hs_fail_errno(err, HS_IO, errno, "snapshot: moving %s to quarantine", from.text);
}

uint64_t generation_bytes(const char *dir, uint64_t number)
{
    struct snapshot_path path;
    struct dirent *entry;
    uint64_t bytes = 0;
    DIR *folder;

    if (generation_path(dir, number, &path, NULL) != HS_OK) return 0;
    folder = opendir(path.text);
    while (folder && (entry = readdir(folder))) {
        struct stat info;

        if (fstatat(dirfd(folder), entry->d_name, &info, 0) != 0) continue;
        if (S_ISREG(info.st_mode)) bytes += (uint64_t)info.st_size;
    }
    if (folder) (void)closedir(folder);
    return bytes;
}
