#include "tests/unit/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FTW_FOLDERS_OPEN = 16 };

static void scratch_die(const char *what, const char *path)
{
    (void)fprintf(stderr, "scratch: %s %s: %s\n", what, path, strerror(errno));
    abort();
}

struct scratch_path scratch_make(void)
{
    /* In memory where there is room for that: tests ask what is in the files, not how long a disk
     * takes to sync them. */
    const char *usual = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    const char *parent = getenv("TMPDIR");
    struct scratch_path dir = scratch_join(parent ? parent : usual, "headstart-test-XXXXXX");

    if (!mkdtemp(dir.text)) scratch_die("cannot make", dir.text);
    return dir;
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *where)
{
    (void)info;
    (void)type;
    (void)where;
    return remove(path);
}

void scratch_remove(struct scratch_path dir)
{
    if (nftw(dir.text, remove_entry, FTW_FOLDERS_OPEN, FTW_DEPTH | FTW_PHYS) != 0 &&
        errno != ENOENT) {
        scratch_die("cannot remove", dir.text);
    }
}

struct scratch_path scratch_join(const char *dir, const char *name)
{
    struct scratch_path path;
    int len = snprintf(path.text, sizeof path.text, "%s/%s", dir, name);

    if (len < 0 || (size_t)len >= sizeof path.text) scratch_die("path too long below", dir);
    return path;
}

static int name_compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

void scratch_list(const char *dir, struct scratch_listing *out)
{
    DIR *folder = opendir(dir);
    struct dirent *entry;

    if (!folder) scratch_die("cannot list", dir);
    out->len = 0;
    while ((entry = readdir(folder))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        if (out->len == SCRATCH_FILES_MAX) scratch_die("too many files in", dir);
        (void)snprintf(out->names[out->len++], SCRATCH_PATH_BYTES_MAX, "%s", entry->d_name);
    }
    (void)closedir(folder);
    qsort(out->names, out->len, sizeof out->names[0], name_compare);
}

size_t scratch_count(const char *dir)
{
    struct scratch_listing *listing = malloc(sizeof *listing);
    size_t count = 0;

    if (!listing) scratch_die("no memory to list", dir);
    scratch_list(dir, listing);
    for (size_t i = 0; i < listing->len; i++) {
        struct scratch_path path = scratch_join(dir, listing->names[i]);
        struct stat info;

        if (lstat(path.text, &info) != 0) scratch_die("cannot look at", path.text);
        count += S_ISDIR(info.st_mode) ? scratch_count(path.text) : 1;
    }
    free(listing);
    return count;
}

bool scratch_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

void scratch_read(const char *path, struct buffer *content)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = 1;

    if (fd < 0) scratch_die("cannot open", path);
    buffer_clear(content);
    while (got > 0) {
        if (buffer_reserve(content, 1 << 16) != HS_OK) scratch_die("no memory for", path);
        got = read(fd, content->data + content->len, 1 << 16);
        if (got < 0) scratch_die("cannot read", path);
        content->len += (size_t)got;
    }
    content->data[content->len] = '\0';
    (void)close(fd);
}

void scratch_write(const char *path, struct slice content)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd < 0) scratch_die("cannot open", path);
    while (content.len > 0) {
        ssize_t put = write(fd, content.data, content.len);

        if (put <= 0) scratch_die("cannot write", path);
        content = slice_make(content.data + put, content.len - (size_t)put);
    }
    (void)close(fd);
}

void scratch_copy(const char *from, const char *to)
{
    struct scratch_listing *listing = malloc(sizeof *listing);
    struct buffer content = {0};

    if (!listing || mkdir(to, 0700) != 0) scratch_die("cannot make", to);
    scratch_list(from, listing);
    for (size_t i = 0; i < listing->len; i++) {
        struct scratch_path source = scratch_join(from, listing->names[i]);
        struct scratch_path target = scratch_join(to, listing->names[i]);
        struct stat info;

        if (lstat(source.text, &info) != 0) scratch_die("cannot look at", source.text);
        if (S_ISDIR(info.st_mode)) {
            scratch_copy(source.text, target.text);
        } else {
            scratch_read(source.text, &content);
            scratch_write(target.text, buffer_slice(&content));
        }
    }
    buffer_fini(&content);
    free(listing);
}
