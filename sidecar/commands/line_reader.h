/* Lines of a file or of standard input, byte for byte, without waiting where that matters.
 *
 * A line ends with a newline, which is not part of it; what stands behind the last newline is a
 * line too. Empty lines are left out, as the reference node does. A line is at most
 * HS_MESSAGE_BYTES_MAX.
 */
#ifndef HEADSTART_SIDECAR_COMMANDS_LINE_READER_H
#define HEADSTART_SIDECAR_COMMANDS_LINE_READER_H

#include "kernel/state/bytes.h"

struct line_reader {
    const char *name; /* borrowed, for errors */
    int fd;
    bool owned, ended;      /* ended: the file was read to its end */
    struct buffer buffer;   /* what was read and not yet thrown away */
    size_t at, scanned;     /* the next line begins at `at`; no newline before `scanned` */
    uint64_t lines, offset; /* given out so far; bytes up to the end of the last of them */
    uint64_t size;          /* of a regular file; 0: not known */
};

/** path "-": standard input. HS_NOT_FOUND, HS_IO */
HS_MUST_CHECK enum hs_status line_reader_open(struct line_reader *r, const char *path,
                                              struct hs_error *err);
void line_reader_close(struct line_reader *r);

/** The next line, valid until the next call.
 *
 *  In:      wait     false: only what is there already; true: until there is one
 *           wake_fd  waiting ends once this is readable
 *  Returns: HS_OK, HS_NOT_FOUND at the end, HS_BUSY when it would have to wait, HS_CANCELLED when
 *           wake_fd ended the waiting, HS_TOO_LARGE, HS_IO, HS_NOMEM */
HS_MUST_CHECK enum hs_status line_reader_next(struct line_reader *r, bool wait, int wake_fd,
                                              struct slice *line, struct hs_error *err);

#endif
