#include "tests/node/message_file.h"

#include "kernel/state/limits.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct message_file {
    FILE *stream;
    uint64_t offset;
    uint64_t bytes;
};

static enum hs_status message_file_seek(struct message_file *f, const char *path, uint64_t offset,
                                        struct hs_error *err)
{
    off_t end;

    if (fseeko(f->stream, 0, SEEK_END) != 0) goto failed;
    end = ftello(f->stream);
    if (end < 0) goto failed;
    f->bytes = (uint64_t)end;
    if (offset > f->bytes) {
        return hs_fail(err, HS_INVALID,
                       "%s has %llu bytes, but this chain has already read %llu: give it the "
                       "file that it was started with",
                       path, (unsigned long long)f->bytes, (unsigned long long)offset);
    }
    if (fseeko(f->stream, (off_t)offset, SEEK_SET) != 0) goto failed;
    f->offset = offset;
    return HS_OK;
failed:
    return hs_fail_errno(err, HS_IO, errno, "reading %s", path);
}

enum hs_status message_file_open(const char *path, uint64_t offset, struct message_file **out,
                                 struct hs_error *err)
{
    struct message_file *f = NULL;
    enum hs_status st = HS_OK;

    assert(path != NULL);
    assert(out != NULL);
    *out = NULL;
    f = calloc(1, sizeof *f);
    if (f == NULL) return hs_fail(err, HS_NOMEM, "opening %s", path);
    f->stream = fopen(path, "rbe");
    if (f->stream == NULL) {
        st = hs_fail_errno(err, errno == ENOENT ? HS_NOT_FOUND : HS_IO, errno,
                           "the message file %s cannot be read", path);
        goto out;
    }
    st = message_file_seek(f, path, offset, err);
    if (st != HS_OK) goto out;
    *out = f;
    f = NULL;
out:
    message_file_close(f);
    return st;
}

void message_file_close(struct message_file *f)
{
    if (f == NULL) return;
    if (f->stream != NULL) (void)fclose(f->stream); /* read only: nothing to lose */
    free(f);
}

/* One line without its newline; HS_NOT_FOUND at the end of the file. */
static enum hs_status message_file_line(struct message_file *f, struct buffer *text,
                                        struct hs_error *err)
{
    enum hs_status st;
    int byte;

    buffer_clear(text);
    while ((byte = getc_unlocked(f->stream)) != EOF) {
        f->offset++;
        if (byte == '\n') return HS_OK;
        if (text->len == HS_MESSAGE_BYTES_MAX) {
            return hs_fail(err, HS_TOO_LARGE, "the message at byte %llu has more than %d bytes",
                           (unsigned long long)(f->offset - 1 - text->len), HS_MESSAGE_BYTES_MAX);
        }
        st = buffer_append_byte(text, (char)byte);
        if (st != HS_OK) return hs_fail(err, st, "reading a message");
    }
    if (ferror(f->stream)) return hs_fail_errno(err, HS_IO, errno, "reading the message file");
    return text->len > 0 ? HS_OK : HS_NOT_FOUND;
}

enum hs_status message_file_next(struct message_file *f, struct buffer *text, struct hs_error *err)
{
    enum hs_status st;

    assert(f != NULL);
    assert(text != NULL);
    do {
        st = message_file_line(f, text, err);
    } while (st == HS_OK && text->len == 0);
    return st;
}

uint64_t message_file_offset(const struct message_file *f)
{
    return f->offset;
}

uint64_t message_file_bytes(const struct message_file *f)
{
    return f->bytes;
}
