#include "sidecar/commands/terminal.h"

#include <stdlib.h>
#include <string.h>
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

enum hs_status terminal_bar(struct buffer *out, double percent, unsigned cells)
{
    unsigned filled;
    enum hs_status st;

    if (!(percent >= 0)) percent = 0;
    if (percent > 100) percent = 100;
    filled = (unsigned)(percent * cells / 100);
    st = buffer_append_byte(out, '[');
    for (unsigned i = 0; i < cells && st == HS_OK; i++) {
        st = buffer_append_byte(out, i < filled ? '#' : '-');
    }
    return st == HS_OK ? buffer_append_byte(out, ']') : st;
}
