#include "tests/drills/folder.h"

#include "tests/drills/dice.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COPY_BYTES = 1 << 16, ZERO_BYTES = 4096, NOISE_BYTES = 64 };

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *walk)
{
    (void)st;
    (void)walk;
    if (kind == FTW_DNR || kind == FTW_D) (void)chmod(path, 0700);
    return kind == FTW_D ? 0 : remove(path) != 0 && errno != ENOENT;
}

static int remove_after(const char *path, const struct stat *st, int kind, struct FTW *walk)
{
    (void)st;
    (void)kind;
    (void)walk;
    return remove(path) != 0 && errno != ENOENT;
}

void folder_remove(const char *path)
{
    if (nftw(path, remove_after, 16, FTW_DEPTH | FTW_PHYS) == 0) return;
    (void)nftw(path, remove_one, 16, FTW_PHYS); /* folders without rights first get them */
    (void)nftw(path, remove_after, 16, FTW_DEPTH | FTW_PHYS);
}

static int copy_content(int from, int to)
{
    static const char zeros[COPY_BYTES];
    char block[COPY_BYTES];
    off_t at = 0;
    ssize_t len;

    while ((len = read(from, block, sizeof block)) > 0) {
        if (memcmp(block, zeros, (size_t)len) != 0 && pwrite(to, block, (size_t)len, at) != len) {
            return -1;
        }
        at += len;
    }
    return len < 0 ? -1 : ftruncate(to, at);
}

static enum hs_status copy_file(const char *from, const char *to, mode_t mode, struct hs_error *err)
{
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode & 0777);
    int bad = in < 0 || out < 0 || copy_content(in, out) != 0;
    int cause = errno;

    if (in >= 0) (void)close(in);
    if (out >= 0) (void)close(out);
    return bad ? hs_fail_errno(err, HS_IO, cause, "copying %s", from) : HS_OK;
}

enum hs_status file_copy(const char *from, const char *to, struct hs_error *err)
{
    return copy_file(from, to, 0600, err);
}

static enum hs_status copy_entry(const char *from, const char *to, struct hs_error *err)
{
    struct stat st;

    if (lstat(from, &st) != 0) return hs_fail_errno(err, HS_IO, errno, "%s", from);
    if (S_ISDIR(st.st_mode)) return folder_copy(from, to, err);
    return S_ISREG(st.st_mode) ? copy_file(from, to, st.st_mode, err) : HS_OK;
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

enum hs_status folder_copy(const char *from, const char *to, struct hs_error *err)
{
    DIR *dir = opendir(from);
    enum hs_status st = HS_OK;
    const struct dirent *entry;

    if (!dir) return hs_fail_errno(err, HS_IO, errno, "%s", from);
    if (mkdir(to, 0700) != 0 && errno != EEXIST) {
        st = hs_fail_errno(err, HS_IO, errno, "%s", to);
    }
    while (st == HS_OK && (entry = readdir(dir)) != NULL) {
        char a[FOLDER_PATH_BYTES], b[FOLDER_PATH_BYTES];

        if (is_dots(entry->d_name)) continue;
        (void)snprintf(a, sizeof a, "%s/%s", from, entry->d_name);
        (void)snprintf(b, sizeof b, "%s/%s", to, entry->d_name);
        st = copy_entry(a, b, err);
    }
    (void)closedir(dir);
    return st;
}

static enum hs_status list_into(const char *root, const char *below, struct folder_list *out,
                                struct hs_error *err);

static enum hs_status list_entry(const char *root, const char *name, struct folder_list *out,
                                 struct hs_error *err)
{
    char path[FOLDER_PATH_BYTES];
    struct folder_file *file;
    struct stat st;

    (void)snprintf(path, sizeof path, "%s/%s", root, name);
    if (lstat(path, &st) != 0) return HS_OK; /* gone meanwhile */
    if (S_ISDIR(st.st_mode)) return list_into(root, name, out, err);
    if (!S_ISREG(st.st_mode)) return HS_OK;
    if (out->len == FOLDER_FILES_MAX || strlen(name) >= sizeof file->name) {
        return hs_fail(err, HS_TOO_LARGE, "%s holds more files than a drill expects", root);
    }
    file = &out->files[out->len++];
    (void)snprintf(file->name, sizeof file->name, "%s", name);
    file->bytes = (uint64_t)st.st_size;
    return HS_OK;
}

static enum hs_status list_into(const char *root, const char *below, struct folder_list *out,
                                struct hs_error *err)
{
    char path[FOLDER_PATH_BYTES], name[FOLDER_PATH_BYTES];
    enum hs_status st = HS_OK;
    const struct dirent *entry;
    DIR *dir;

    (void)snprintf(path, sizeof path, "%s/%s", root, below);
    dir = opendir(path);
    if (!dir) return below[0] ? HS_OK : hs_fail_errno(err, HS_IO, errno, "%s", root);
    while (st == HS_OK && (entry = readdir(dir)) != NULL) {
        if (is_dots(entry->d_name)) continue;
        (void)snprintf(name, sizeof name, "%s%s%s", below, below[0] ? "/" : "", entry->d_name);
        st = list_entry(root, name, out, err);
    }
    (void)closedir(dir);
    return st;
}

static int file_compare(const void *a, const void *b)
{
    const struct folder_file *left = a, *right = b;

    return strcmp(left->name, right->name);
}

enum hs_status folder_files(const char *path, struct folder_list *out, struct hs_error *err)
{
    enum hs_status st;

    out->len = 0;
    st = list_into(path, "", out, err);
    qsort(out->files, out->len, sizeof out->files[0], file_compare);
    return st;
}

uint64_t folder_bytes(const char *path)
{
    struct folder_list *list = calloc(1, sizeof *list);
    uint64_t bytes = 0;

    if (list && folder_files(path, list, NULL) == HS_OK) {
        for (size_t i = 0; i < list->len; i++) {
            bytes += list->files[i].bytes;
        }
    }
    free(list);
    return bytes;
}

enum hs_status file_read(const char *path, struct buffer *out, struct hs_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char block[COPY_BYTES];
    enum hs_status st = HS_OK;
    ssize_t len = -1;

    buffer_clear(out);
    while (fd >= 0 && st == HS_OK && (len = read(fd, block, sizeof block)) > 0) {
        st = buffer_append(out, slice_make(block, (size_t)len));
    }
    if (len < 0) st = hs_fail_errno(err, HS_IO, errno, "reading %s", path);
    if (fd >= 0) (void)close(fd);
    return st;
}

enum hs_status file_write(const char *path, struct slice content, struct hs_error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    bool bad = fd < 0 || pwrite(fd, content.data, content.len, 0) != (ssize_t)content.len ||
               ftruncate(fd, (off_t)content.len) != 0;
    int cause = errno;

    if (fd >= 0) (void)close(fd);
    return bad ? hs_fail_errno(err, HS_IO, cause, "writing %s", path) : HS_OK;
}

/* --- damage --- */

const char *damage_name(enum damage damage)
{
    static const char *const names[DAMAGE_ALL] = {
        [DAMAGE_FLIP] = "flip",         [DAMAGE_CUT] = "cut",         [DAMAGE_ZERO] = "zero",
        [DAMAGE_REMOVE] = "remove",     [DAMAGE_EMPTY] = "empty",     [DAMAGE_NOISE] = "noise",
        [DAMAGE_LONGER] = "longer",     [DAMAGE_FOLDER] = "folder",   [DAMAGE_LINK] = "link",
        [DAMAGE_NOREAD] = "unreadable", [DAMAGE_ANOTHER] = "another",
    };

    assert(damage < DAMAGE_ALL);
    return names[damage];
}

static void noise_fill(char *to, size_t len, uint64_t seed)
{
    struct dice dice = {.state = seed};

    for (size_t i = 0; i < len; i++) {
        to[i] = (char)dice_next(&dice);
    }
}

/* Bytes changed inside the file, without another file in its place. */
static bool damage_in_place(int fd, enum damage damage, uint64_t offset, uint64_t seed)
{
    char block[ZERO_BYTES] = {0};
    struct stat st;
    off_t at = (off_t)offset;
    size_t room;

    if (fstat(fd, &st) != 0) return false;
    switch (damage) {
    case DAMAGE_FLIP:
        if (pread(fd, block, 1, at) != 1) return false;
        block[0] = (char)(block[0] ^ (1 << (seed & 7)));
        return pwrite(fd, block, 1, at) == 1;
    case DAMAGE_CUT: return ftruncate(fd, at) == 0;
    case DAMAGE_ZERO:
        room = st.st_size - at < ZERO_BYTES ? (size_t)(st.st_size - at) : ZERO_BYTES;
        return pwrite(fd, block, room, at) == (ssize_t)room;
    case DAMAGE_EMPTY: return ftruncate(fd, 0) == 0;
    case DAMAGE_LONGER:
        noise_fill(block, NOISE_BYTES, seed);
        return pwrite(fd, block, NOISE_BYTES, st.st_size) == NOISE_BYTES;
    case DAMAGE_NOISE:
        for (off_t done = 0; done < st.st_size; done += ZERO_BYTES) {
            room = st.st_size - done < ZERO_BYTES ? (size_t)(st.st_size - done) : ZERO_BYTES;
            noise_fill(block, room, seed + (uint64_t)done);
            if (pwrite(fd, block, room, done) != (ssize_t)room) return false;
        }
        return true;
    default: return false;
    }
}

static enum hs_status damage_bytes(const char *path, enum damage damage, uint64_t offset,
                                   uint64_t seed, struct hs_error *err)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    bool done = fd >= 0 && damage_in_place(fd, damage, offset, seed);
    int cause = errno;

    if (fd >= 0) (void)close(fd);
    return done ? HS_OK : hs_fail_errno(err, HS_IO, cause, "damaging %s", path);
}

/* The bytes of another file, drawn. */
static enum hs_status damage_another(const char *dir, const char *path, uint64_t seed,
                                     struct hs_error *err)
{
    struct folder_list *list = calloc(1, sizeof *list);
    struct buffer content = {0};
    char other[FOLDER_PATH_BYTES];
    enum hs_status st = list ? folder_files(dir, list, err) : HS_NOMEM;

    if (st == HS_OK) {
        (void)snprintf(other, sizeof other, "%s/%s", dir, list->files[seed % list->len].name);
        st = file_read(other, &content, err);
    }
    if (st == HS_OK) st = file_write(path, buffer_slice(&content), err);
    buffer_fini(&content);
    free(list);
    return st;
}

enum hs_status folder_damage(const char *dir, const char *name, enum damage damage, uint64_t offset,
                             uint64_t dice, struct hs_error *err)
{
    char path[FOLDER_PATH_BYTES];
    bool done;

    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    switch (damage) {
    case DAMAGE_REMOVE: done = unlink(path) == 0; break;
    case DAMAGE_FOLDER: done = unlink(path) == 0 && mkdir(path, 0700) == 0; break;
    case DAMAGE_LINK: done = unlink(path) == 0 && symlink("nowhere", path) == 0; break;
    case DAMAGE_NOREAD: done = chmod(path, 0) == 0; break;
    case DAMAGE_ANOTHER: return damage_another(dir, path, dice, err);
    default: return damage_bytes(path, damage, offset, dice, err);
    }
    return done ? HS_OK : hs_fail_errno(err, HS_IO, errno, "damaging %s", path);
}
