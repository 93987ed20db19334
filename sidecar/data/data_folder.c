#include "sidecar/data/data_folder.h"

#include "kernel/state/decimal.h"
#include "kernel/state/position.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct data_folder {
    int lock_fd;
    struct buffer dir;
    struct buffer parts[DATA_FOLDER_PART_COUNT];
    struct data_folder_format format;
};

static const char *const part_names[DATA_FOLDER_PART_COUNT] = {
    [DATA_FOLDER_SNAPSHOT] = "snapshot",
    [DATA_FOLDER_LOG] = "log",
    [DATA_FOLDER_IMAGES] = "images",
    [DATA_FOLDER_QUARANTINE] = "quarantine",
};

static enum hs_status folder_join(const char *dir, const char *name, struct buffer *out,
                                  struct hs_error *err)
{
    buffer_clear(out);
    if (buffer_printf(out, "%s/%s", dir, name) != HS_OK) return hs_fail(err, HS_NOMEM, "%s", dir);
    return HS_OK;
}

enum hs_status data_folder_part_path(const char *dir, enum data_folder_part part,
                                     struct buffer *out, struct hs_error *err)
{
    assert(part < DATA_FOLDER_PART_COUNT);
    return folder_join(dir, part_names[part], out, err);
}

static enum hs_status folder_make(const char *path, struct hs_error *err)
{
    struct stat info;

    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        return hs_fail_errno(err, HS_IO, errno, "cannot create the data folder %s", path);
    }
    if (stat(path, &info) != 0) return hs_fail_errno(err, HS_IO, errno, "%s", path);
    if (!S_ISDIR(info.st_mode)) {
        return hs_fail(err, HS_IO, "%s is not a folder; name another with --data", path);
    }
    return HS_OK;
}

/* Parents are made too: a first start needs no preparation. */
static enum hs_status folder_make_all(const char *path, struct hs_error *err)
{
    char *copy = strdup(path);
    enum hs_status st = HS_OK;

    if (!copy) return hs_fail(err, HS_NOMEM, "%s", path);
    for (char *p = copy + 1; *p && st == HS_OK; p++) {
        if (*p != '/') continue;
        *p = '\0';
        st = folder_make(copy, err);
        *p = '/';
    }
    if (st == HS_OK) st = folder_make(copy, err);
    free(copy);
    return st;
}

/* --- the lock --- */

static uint64_t lock_read_pid(int fd)
{
    char text[32] = "";
    ssize_t len = pread(fd, text, sizeof text - 1, 0);
    uint64_t pid = 0;

    if (len <= 0) return 0;
    text[strcspn(text, "\n")] = '\0';
    return uint_parse(slice_text(text), &pid) == HS_OK ? pid : 0;
}

static enum hs_status folder_lock(const char *path, int *fd_out, struct hs_error *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    char text[32];
    int len;

    *fd_out = -1;
    if (fd < 0) return hs_fail_errno(err, HS_IO, errno, "cannot open %s", path);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        int errnum = errno;
        unsigned long long pid = lock_read_pid(fd);

        (void)close(fd);
        if (errnum != EWOULDBLOCK) return hs_fail_errno(err, HS_IO, errnum, "cannot lock %s", path);
        return hs_fail(err, HS_LOCKED,
                       "%s is held by process %llu; stop that one, or name another folder with "
                       "--data",
                       path, pid);
    }
    len = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    /* For people only: what locks is flock. */
    if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)len, 0) != len) {
        int errnum = errno;

        (void)close(fd);
        return hs_fail_errno(err, HS_IO, errnum, "cannot write %s", path);
    }
    *fd_out = fd;
    return HS_OK;
}

enum hs_status data_folder_holder(const char *dir, uint64_t *pid, struct hs_error *err)
{
    struct buffer path = {0};
    enum hs_status st = folder_join(dir, "LOCK", &path, err);
    int fd = -1;

    *pid = 0;
    if (st != HS_OK) goto out;
    fd = open(buffer_text(&path), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        st = hs_fail_errno(err, errno == ENOENT ? HS_NOT_FOUND : HS_IO, errno, "%s",
                           buffer_text(&path));
        goto out;
    }
    /* A shared lock asks without getting into the way of another reader; it ends with the close. */
    if (flock(fd, LOCK_SH | LOCK_NB) != 0) *pid = lock_read_pid(fd);
out:
    if (fd >= 0) (void)close(fd);
    buffer_fini(&path);
    return st;
}

/* --- small files --- */

enum hs_status data_folder_read_file(const char *dir, const char *name, struct buffer *out,
                                     struct hs_error *err)
{
    char bytes[DATA_FOLDER_FILE_BYTES_MAX];
    struct buffer path = {0};
    enum hs_status st = folder_join(dir, name, &path, err);
    ssize_t got;
    int fd;

    if (st != HS_OK) goto out;
    fd = open(buffer_text(&path), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        st = hs_fail_errno(err, errno == ENOENT ? HS_NOT_FOUND : HS_IO, errno, "%s",
                           buffer_text(&path));
        goto out;
    }
    got = read(fd, bytes, sizeof bytes);
    if (got < 0) st = hs_fail_errno(err, HS_IO, errno, "cannot read %s", buffer_text(&path));
    (void)close(fd);
    if (got >= 0) st = buffer_assign(out, slice_make(bytes, (size_t)got));
out:
    buffer_fini(&path);
    return st;
}

static enum hs_status folder_sync(const char *dir, struct hs_error *err)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int failed;

    if (fd < 0) return hs_fail_errno(err, HS_IO, errno, "cannot open %s", dir);
    failed = fsync(fd) != 0 ? errno : 0;
    (void)close(fd);
    return failed ? hs_fail_errno(err, HS_IO, failed, "cannot sync %s", dir) : HS_OK;
}

static enum hs_status file_write_synced(const char *path, const char *text, struct hs_error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    size_t len = strlen(text);
    int failed = 0;

    if (fd < 0) return hs_fail_errno(err, HS_IO, errno, "cannot create %s", path);
    errno = ENOSPC; /* what a short write means, which sets none */
    if (write(fd, text, len) != (ssize_t)len) failed = errno;
    if (!failed && fsync(fd) != 0) failed = errno;
    (void)close(fd);
    return failed ? hs_fail_errno(err, HS_IO, failed, "cannot write %s", path) : HS_OK;
}

enum hs_status data_folder_write_file(const char *dir, const char *name, const char *text,
                                      struct hs_error *err)
{
    struct buffer path = {0}, temp = {0};
    enum hs_status st = folder_join(dir, name, &path, err);

    assert(strlen(text) <= DATA_FOLDER_FILE_BYTES_MAX);
    if (st == HS_OK) st = buffer_assign(&temp, buffer_slice(&path));
    if (st == HS_OK) st = buffer_append_text(&temp, ".new");
    if (st == HS_OK) st = file_write_synced(buffer_text(&temp), text, err);
    if (st == HS_OK && rename(buffer_text(&temp), buffer_text(&path)) != 0) {
        st = hs_fail_errno(err, HS_IO, errno, "cannot rename %s", buffer_text(&temp));
    }
    if (st == HS_OK) st = folder_sync(dir, err);
    buffer_fini(&temp);
    buffer_fini(&path);
    return st;
}

/* --- FORMAT --- */

/* Bytes from disk: nothing is asserted, all is checked. */
static enum hs_status format_decode(const char *dir, struct slice text,
                                    struct data_folder_format *out, struct hs_error *err)
{
    json_t *root = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
    json_int_t version = 0;
    const char *chain_id = NULL, *epoch = NULL;
    enum hs_status st = HS_OK;

    *out = (struct data_folder_format){0};
    if (!root || json_unpack(root, "{s:I,s:s,s:s}", "version", &version, "chain_id", &chain_id,
                             "epoch", &epoch) != 0) {
        st = hs_fail(
            err, HS_CORRUPT,
            "%s/FORMAT cannot be read; move the data folder away, it is made again by replay", dir);
    } else if (version != DATA_FOLDER_VERSION) {
        st = hs_fail(
            err, HS_WRONG_EPOCH,
            "%s/FORMAT has format %lld, this program knows %d; use the program that wrote it, or "
            "another --data",
            dir, (long long)version, DATA_FOLDER_VERSION);
    } else if (chain_id[0] == '\0' || strlen(chain_id) > HS_CHAIN_ID_BYTES_MAX ||
               (epoch[0] != '\0' && !position_valid(1, slice_text(epoch)))) {
        st = hs_fail(err, HS_CORRUPT, "%s/FORMAT: chain id or epoch is not well-formed", dir);
    } else {
        out->version = (uint64_t)version;
        memcpy(out->chain_id, chain_id, strlen(chain_id) + 1);
        memcpy(out->epoch, epoch, strlen(epoch) + 1);
    }
    json_decref(root);
    return st;
}

static enum hs_status format_load(const char *dir, struct data_folder_format *out,
                                  struct hs_error *err)
{
    struct buffer text = {0};
    enum hs_status st = data_folder_read_file(dir, "FORMAT", &text, err);

    if (st == HS_OK) st = format_decode(dir, buffer_slice(&text), out, err);
    buffer_fini(&text);
    return st;
}

static enum hs_status format_store(const char *dir, const struct data_folder_format *format,
                                   struct hs_error *err)
{
    json_t *root = json_pack("{s:I,s:s,s:s}", "version", (json_int_t)format->version, "chain_id",
                             format->chain_id, "epoch", format->epoch);
    char *text = root ? json_dumps(root, JSON_INDENT(2)) : NULL;
    enum hs_status st = text ? data_folder_write_file(dir, "FORMAT", text, err)
                             : hs_fail(err, HS_INVALID, "the chain id is not UTF-8 text");

    free(text);
    json_decref(root);
    return st;
}

enum hs_status data_folder_read_format(const char *dir, struct data_folder_format *out,
                                       struct hs_error *err)
{
    enum hs_status st = format_load(dir, out, err);

    if (st != HS_NOT_FOUND) return st;
    return hs_fail(err, st, "%s is no data folder; name one with --data", dir);
}

static enum hs_status folder_claim(struct data_folder *f, const char *chain_id,
                                   struct hs_error *err)
{
    const char *dir = buffer_text(&f->dir);
    enum hs_status st = format_load(dir, &f->format, err);

    if (st == HS_NOT_FOUND) {
        f->format = (struct data_folder_format){.version = DATA_FOLDER_VERSION};
        memcpy(f->format.chain_id, chain_id, strlen(chain_id) + 1);
        return format_store(dir, &f->format, err);
    }
    if (st != HS_OK) return st;
    if (strcmp(f->format.chain_id, chain_id) != 0) {
        return hs_fail(err, HS_WRONG_CHAIN,
                       "the data folder %s belongs to chain \"%s\", not \"%s\"; name another with "
                       "--data, or the right --chain-id",
                       dir, f->format.chain_id, chain_id);
    }
    return HS_OK;
}

/* Who may write here may make us start from anything. */
static enum hs_status folder_check_private(const char *dir, struct hs_error *err)
{
    struct stat info;

    if (stat(dir, &info) != 0) return hs_fail_errno(err, HS_IO, errno, "%s", dir);
    if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return hs_fail(err, HS_PERMISSION,
                       "others may write to the data folder %s; take that away: chmod go-w %s", dir,
                       dir);
    }
    if (info.st_uid != geteuid() && info.st_uid != 0 && geteuid() != 0) {
        return hs_fail(err, HS_PERMISSION,
                       "the data folder %s belongs to user %lu; run as that user, or give it away "
                       "with chown",
                       dir, (unsigned long)info.st_uid);
    }
    return HS_OK;
}

enum hs_status data_folder_open(const char *dir, const char *chain_id, struct data_folder **out,
                                struct hs_error *err)
{
    struct data_folder *f = NULL;
    struct buffer lock_path = {0};
    enum hs_status st;

    *out = NULL;
    if (chain_id[0] == '\0' || strlen(chain_id) > HS_CHAIN_ID_BYTES_MAX) {
        return hs_fail(err, HS_INVALID, "--chain-id must have 1 to %d bytes",
                       HS_CHAIN_ID_BYTES_MAX);
    }
    f = calloc(1, sizeof *f);
    if (!f) return hs_fail(err, HS_NOMEM, "data folder");
    f->lock_fd = -1;
    st = folder_make_all(dir, err);
    if (st == HS_OK) st = folder_check_private(dir, err);
    if (st == HS_OK && buffer_append_text(&f->dir, dir) != HS_OK)
        st = hs_fail(err, HS_NOMEM, "%s", dir);
    if (st == HS_OK) st = folder_join(dir, "LOCK", &lock_path, err);
    if (st == HS_OK) st = folder_lock(buffer_text(&lock_path), &f->lock_fd, err);
    if (st == HS_OK) st = folder_claim(f, chain_id, err);
    for (int part = 0; part < DATA_FOLDER_PART_COUNT && st == HS_OK; part++) {
        st = folder_join(dir, part_names[part], &f->parts[part], err);
        if (st == HS_OK) st = folder_make(buffer_text(&f->parts[part]), err);
    }
    buffer_fini(&lock_path);
    if (st != HS_OK) {
        data_folder_close(f);
        return st;
    }
    *out = f;
    return HS_OK;
}

void data_folder_close(struct data_folder *f)
{
    if (!f) return;
    if (f->lock_fd >= 0) (void)close(f->lock_fd); /* ends the lock */
    for (int part = 0; part < DATA_FOLDER_PART_COUNT; part++) {
        buffer_fini(&f->parts[part]);
    }
    buffer_fini(&f->dir);
    free(f);
}

const char *data_folder_path(const struct data_folder *f, enum data_folder_part part)
{
    assert(part < DATA_FOLDER_PART_COUNT);
    return buffer_text(&f->parts[part]);
}

const struct data_folder_format *data_folder_format(const struct data_folder *f)
{
    return &f->format;
}

enum hs_status data_folder_adopt_epoch(struct data_folder *f, const char *epoch, bool *changed,
                                       struct hs_error *err)
{
    struct data_folder_format next = f->format;
    enum hs_status st;

    assert(strlen(epoch) == SHA256_HEX_BYTES - 1);
    *changed = false;
    if (strcmp(epoch, f->format.epoch) == 0) return HS_OK;
    memcpy(next.epoch, epoch, SHA256_HEX_BYTES);
    st = format_store(buffer_text(&f->dir), &next, err);
    if (st != HS_OK) return st;
    *changed = f->format.epoch[0] != '\0';
    f->format = next;
    return HS_OK;
}
