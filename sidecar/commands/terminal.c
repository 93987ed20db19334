#include "sidecar/commands/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

bool terminal_is(FILE *stream)
{
    return isatty(fileno(stream)) == 1;
}

bool terminal_has_colour(FILE *stream)
{
    const char *no_colour = getenv("NO_COLOR");
    const char *kind = getenv("TERM");

    if (no_colour && *no_colour) return false;
    return terminal_is(stream) && kind && strcmp(kind, "dumb") != 0;
}

struct terminal_size terminal_size_of(FILE *stream)
{
    struct terminal_size size = {80, 24};
    struct winsize told = {0};

    if (ioctl(fileno(stream), TIOCGWINSZ, &told) != 0) return size;
    if (told.ws_col > 0) size.columns = told.ws_col;
    if (told.ws_row > 0) size.rows = told.ws_row;
    return size;
}

/* Bytes of the line's beginning that fill at most `columns`: an escape sequence fills none, and a
 * character's later bytes none of their own. */
static size_t line_fit(struct slice line, unsigned columns)
{
    unsigned used = 0;

    for (size_t i = 0; i < line.len; i++) {
        if (line.data[i] == '\033') {
            while (i < line.len && line.data[i] != 'm') {
                i++;
            }
        } else if (((unsigned char)line.data[i] & 0xc0) != 0x80 && ++used > columns) {
            return i;
        }
    }
    return line.len;
}

static size_t line_count(struct slice text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++) {
        count += text.data[i] == '\n';
    }
    return count;
}

enum hs_status terminal_fit(struct slice text, struct terminal_size size, struct buffer *out)
{
    size_t lines = line_count(text);
    /* The cursor stands on the row below the last line. */
    size_t room = size.rows > 2 ? size.rows - 1 : 1;
    size_t shown = lines > room ? room - 1 : lines;
    struct printer to = printer_on(out);

    for (size_t i = 0; i < shown; i++) {
        const char *end = memchr(text.data, '\n', text.len);
        size_t len = (size_t)(end - text.data);
        size_t fitting = line_fit(slice_make(text.data, len), size.columns);

        printer_bytes(&to, slice_make(text.data, fitting));
        printer_text(&to, "\n");
        text = slice_make(end + 1, text.len - len - 1);
    }
    if (shown < lines) printer_format(&to, "(%zu more lines)\n", lines - shown);
    return printer_end(&to);
}

void terminal_bar(struct printer *to, double percent, unsigned cells)
{
    unsigned filled;

    if (!(percent >= 0)) percent = 0;
    if (percent > 100) percent = 100;
    filled = (unsigned)(percent * cells / 100);
    printer_text(to, "[");
    for (unsigned i = 0; i < cells; i++) {
        printer_text(to, i < filled ? "#" : "-");
    }
    printer_text(to, "]");
}
