/* Open files of the disk room. */
#include "kernel/state/disk_call.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct disk_file {
    const struct disk *disk;
    const char *place;
    char *path;
    uint64_t end; /* where disk_append goes on; END_UNKNOWN before the first */
    atomic_uint holders;
    int file;
};

static const uint64_t END_UNKNOWN = UINT64_MAX;

static int call_open(const struct disk *disk, struct disk_call *c)
{
    return disk->operations->open(disk->self, c->path, (enum disk_open_kind)c->kind, &c->file);
}

static int call_read(const struct disk *disk, struct disk_call *c)
{
    return disk->operations->read(disk->self, c->file, c->offset, c->memory, c->len, &c->done);
}

static int call_write(const struct disk *disk, struct disk_call *c)
{
    return disk->operations->write(disk->self, c->file, c->offset, c->bytes, c->len, &c->done);
}

static int call_sync(const struct disk *disk, struct disk_call *c)
{
    return disk->operations->sync(disk->self, c->file);
}

static int call_truncate(const struct disk *disk, struct disk_call *c)
{
    return disk->operations->truncate(disk->self, c->file, c->offset);
}

static int call_size(const struct disk *disk, struct disk_call *c)
{
    return disk->operations->size(disk->self, c->file, c->out);
}

static int call_lock(const struct disk *disk, struct disk_call *c)
{
    return disk->operations->lock(disk->self, c->file, (enum disk_lock_mode)c->kind);
}

/* Opens, and gives the handle a name and an owner. */
static enum hs_status file_open(const struct disk *disk, const char *place, const char *path,
                                enum disk_open_kind kind, struct disk_file **out,
                                struct hs_error *err)
{
    struct disk_call call = {.path = path, .kind = kind};
    struct disk_file *f = calloc(1, sizeof *f);
    char *kept = strdup(path);
    int errnum = f && kept ? disk_run(disk, place, "open", call_open, &call) : ENOMEM;

    if (errnum) {
        free(kept);
        free(f);
        if (errnum != EEXIST) return disk_fail(err, errnum, "open", path);
        return hs_fail(err, HS_EXISTS, "%s is already there", path);
    }
    f->disk = disk;
    f->place = place;
    f->path = kept;
    f->end = END_UNKNOWN;
    f->file = call.file;
    atomic_init(&f->holders, 1);
    *out = f;
    return HS_OK;
}

static enum disk_open_kind kind_of(enum disk_mode mode)
{
    static const enum disk_open_kind kinds[] = {
        [DISK_READ] = DISK_OPEN_READ,     [DISK_WRITE] = DISK_OPEN_WRITE,
        [DISK_CREATE] = DISK_OPEN_CREATE, [DISK_CREATE_NEW] = DISK_OPEN_CREATE_NEW,
        [DISK_EMPTY] = DISK_OPEN_EMPTY,
    };

    assert(mode >= DISK_READ && mode <= DISK_EMPTY);
    return kinds[mode];
}

enum hs_status disk_open(const struct disk *disk, const char *place, const char *dir,
                         const char *name, enum disk_mode mode, struct disk_file **out,
                         struct hs_error *err)
{
    struct disk_path path;
    int errnum = disk_path_join(dir, name, &path);

    assert(name && out);
    if (errnum) return disk_fail(err, errnum, "open", path.text);
    return file_open(disk, place, path.text, kind_of(mode), out, err);
}

void disk_close(struct disk_file *f)
{
    if (!f || atomic_fetch_sub(&f->holders, 1) > 1) return;
    f->disk->operations->close(f->disk->self, f->file);
    free(f->path);
    free(f);
}

struct disk_file *disk_file_share(struct disk_file *f)
{
    unsigned before = atomic_fetch_add(&f->holders, 1);

    assert(before > 0);
    return f;
}

const char *disk_file_path(const struct disk_file *f)
{
    return f->path;
}

enum hs_status disk_read(const struct disk_file *f, uint64_t offset, void *memory, size_t len,
                         size_t *got, struct hs_error *err)
{
    assert(memory || len == 0);
    *got = 0;
    while (*got < len) {
        struct disk_call call = {.file = f->file,
                                 .offset = offset + *got,
                                 .memory = (char *)memory + *got,
                                 .len = len - *got};
        int errnum = disk_run(f->disk, f->place, "read", call_read, &call);

        if (errnum) return disk_fail(err, errnum, "read", f->path);
        if (call.done == 0) break;
        *got += call.done;
    }
    return HS_OK;
}

enum hs_status disk_write(struct disk_file *f, uint64_t offset, struct slice bytes,
                          struct hs_error *err)
{
    while (bytes.len > 0) {
        struct disk_call call = {
            .file = f->file, .offset = offset, .bytes = bytes.data, .len = bytes.len};
        int errnum = disk_run(f->disk, f->place, "write", call_write, &call);

        if (!errnum && call.done == 0) errnum = ENOSPC;
        if (errnum) return disk_fail(err, errnum, "write", f->path);
        offset += call.done;
        bytes = slice_make(bytes.data + call.done, bytes.len - call.done);
    }
    return HS_OK;
}

enum hs_status disk_append(struct disk_file *f, struct slice bytes, struct hs_error *err)
{
    enum hs_status st = f->end == END_UNKNOWN ? disk_size(f, &f->end, err) : HS_OK;

    if (st == HS_OK) st = disk_write(f, f->end, bytes, err);
    if (st == HS_OK) f->end += bytes.len;
    return st;
}

enum hs_status disk_sync(struct disk_file *f, struct hs_error *err)
{
    struct disk_call call = {.file = f->file};
    int errnum = disk_run(f->disk, f->place, "sync", call_sync, &call);

    return errnum ? disk_fail(err, errnum, "sync", f->path) : HS_OK;
}

enum hs_status disk_truncate(struct disk_file *f, uint64_t bytes, struct hs_error *err)
{
    struct disk_call call = {.file = f->file, .offset = bytes};
    int errnum = disk_run(f->disk, f->place, "truncate", call_truncate, &call);

    if (errnum) return disk_fail(err, errnum, "cut", f->path);
    if (f->end != END_UNKNOWN) f->end = bytes;
    return HS_OK;
}

enum hs_status disk_size(const struct disk_file *f, uint64_t *bytes, struct hs_error *err)
{
    uint64_t size = 0;
    struct disk_call call = {.file = f->file, .out = &size};
    int errnum = disk_run(f->disk, f->place, "size", call_size, &call);

    if (errnum) return disk_fail(err, errnum, "look at", f->path);
    *bytes = size;
    return HS_OK;
}

void disk_drop_cache(const struct disk_file *f)
{
    if (f->disk->operations->drop_cache) f->disk->operations->drop_cache(f->disk->self, f->file);
}

static int call_copy(const struct disk *disk, struct disk_call *c)
{
    return disk->operations->copy(disk->self, c->file, c->other_file, c->offset, c->len, &c->done);
}

enum hs_status disk_blocks_copy(const struct disk_file *from, struct disk_file *to, size_t len,
                                uint64_t *done, struct hs_error *err)
{
    *done = 0;
    if (!to->disk->operations->copy) return HS_OK;
    for (;;) {
        struct disk_call call = {
            .file = from->file, .other_file = to->file, .offset = *done, .len = len};
        int errnum = disk_run(to->disk, to->place, "copy", call_copy, &call);

        if (errnum == EOPNOTSUPP) return HS_OK;
        if (errnum) return disk_fail(err, errnum, "write", to->path);
        if (call.done == 0) return HS_OK;
        *done += call.done;
    }
}

enum hs_status disk_lock_file(struct disk_file *f, enum disk_lock_mode mode, struct hs_error *err)
{
    struct disk_call call = {.file = f->file, .kind = mode};
    int errnum = disk_run(f->disk, f->place, "lock", call_lock, &call);

    if (errnum == EWOULDBLOCK) return hs_fail(err, HS_LOCKED, "another process has %s", f->path);
    return errnum ? disk_fail(err, errnum, "lock", f->path) : HS_OK;
}

enum hs_status disk_lock(const struct disk *disk, const char *place, const char *dir,
                         const char *name, struct disk_file **out, struct hs_error *err)
{
    enum disk_open_kind kind = name ? DISK_OPEN_CREATE : DISK_OPEN_FOLDER;
    struct disk_file *f = NULL;
    struct disk_path path;
    int errnum = disk_path_join(dir, name, &path);
    enum hs_status st;

    if (errnum) return disk_fail(err, errnum, "open", path.text);
    st = file_open(disk, place, path.text, kind, &f, err);
    if (st == HS_OK) st = disk_lock_file(f, DISK_LOCK_EXCLUSIVE, err);
    if (st == HS_OK) {
        *out = f;
    } else {
        disk_close(f);
    }
    return st;
}
