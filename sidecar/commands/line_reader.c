#include "sidecar/commands/line_reader.h"

#include "kernel/state/limits.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE_READ_BYTES = 256 << 10 };

enum hs_status line_reader_open(struct line_reader *r, const char *path, struct hs_error *err)
{
    struct stat about;

    *r = (struct line_reader){.name = path, .fd = STDIN_FILENO};
    if (strcmp(path, "-") == 0) {
        r->name = "standard input";
        return HS_OK;
    }
    r->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (r->fd < 0) {
        return hs_fail_errno(err, errno == ENOENT ? HS_NOT_FOUND : HS_IO, errno,
                             "cannot open the messages %s", path);
    }
    r->owned = true;
    if (fstat(r->fd, &about) == 0 && S_ISREG(about.st_mode)) r->size = (uint64_t)about.st_size;
    return HS_OK;
}

void line_reader_close(struct line_reader *r)
{
    if (r->owned) (void)close(r->fd);
    buffer_fini(&r->buffer);
    *r = (struct line_reader){.fd = -1};
}

/* HS_OK: reading will not block. */
static enum hs_status readable(const struct line_reader *r, bool wait, int wake_fd,
                               struct hs_error *err)
{
    struct pollfd polled[] = {{.fd = r->fd, .events = POLLIN}, {.fd = wake_fd, .events = POLLIN}};
    int ready;

    do {
        ready = poll(polled, 2, wait ? -1 : 0);
    } while (ready < 0 && errno == EINTR);
    if (ready < 0) return hs_fail_errno(err, HS_IO, errno, "cannot wait for %s", r->name);
    if (polled[0].revents) return HS_OK;
    return polled[1].revents ? HS_CANCELLED : HS_BUSY;
}

static enum hs_status line_too_long(const struct line_reader *r, struct hs_error *err)
{
    return hs_fail(err, HS_TOO_LARGE,
                   "%s: line %" PRIu64 " is longer than a message may be (%d MiB)", r->name,
                   r->lines + 1, HS_MESSAGE_BYTES_MAX >> 20);
}

static enum hs_status fill(struct line_reader *r, struct hs_error *err)
{
    enum hs_status st;
    ssize_t got;

    if (r->at > 0) { /* lines given out are thrown away before more is read */
        memmove(r->buffer.data, r->buffer.data + r->at, r->buffer.len - r->at);
        r->buffer.len -= r->at;
        r->scanned -= r->at;
        r->at = 0;
    }
    if (r->buffer.len > HS_MESSAGE_BYTES_MAX) {
        return line_too_long(r, err);
    }
    st = buffer_reserve(&r->buffer, LINE_READ_BYTES);
    if (st != HS_OK) return hs_fail(err, st, "%s: %s", r->name, hs_status_text(st));
    do {
        got = read(r->fd, r->buffer.data + r->buffer.len, LINE_READ_BYTES);
    } while (got < 0 && errno == EINTR);
    if (got < 0) return hs_fail_errno(err, HS_IO, errno, "cannot read %s", r->name);
    r->buffer.len += (size_t)got;
    r->ended = got == 0;
    return HS_OK;
}

/* The line that ends at `end`, `skip` bytes of ending behind it. */
static enum hs_status give(struct line_reader *r, size_t end, size_t skip, struct slice *line,
                           struct hs_error *err)
{
    assert(end >= r->at && end + skip <= r->buffer.len);
    if (end - r->at > HS_MESSAGE_BYTES_MAX) {
        return line_too_long(r, err);
    }
    *line = slice_make(r->buffer.data + r->at, end - r->at);
    r->offset += end + skip - r->at;
    r->at = r->scanned = end + skip;
    r->lines += line->len > 0;
    return HS_OK;
}

static enum hs_status next_even_empty(struct line_reader *r, bool wait, int wake_fd,
                                      struct slice *line, struct hs_error *err)
{
    for (;;) {
        size_t unscanned = r->buffer.len - r->scanned;
        const char *newline =
            unscanned > 0 ? memchr(r->buffer.data + r->scanned, '\n', unscanned) : NULL;
        enum hs_status st;

        if (newline) return give(r, (size_t)(newline - r->buffer.data), 1, line, err);
        r->scanned = r->buffer.len;
        if (r->ended && r->at == r->buffer.len) return HS_NOT_FOUND;
        if (r->ended) return give(r, r->buffer.len, 0, line, err);
        st = readable(r, wait, wake_fd, err);
        if (st == HS_OK) st = fill(r, err);
        if (st != HS_OK) return st;
    }
}

enum hs_status line_reader_next(struct line_reader *r, bool wait, int wake_fd, struct slice *line,
                                struct hs_error *err)
{
    enum hs_status st;

    do {
        st = next_even_empty(r, wait, wake_fd, line, err);
    } while (st == HS_OK && line->len == 0);
    return st;
}
