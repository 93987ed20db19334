/* Terminal: whether people are looking, and the bar that is drawn for them. */
#ifndef HEADSTART_SIDECAR_COMMANDS_TERMINAL_H
#define HEADSTART_SIDECAR_COMMANDS_TERMINAL_H

#include "kernel/state/bytes.h"

#include <stdio.h>

bool terminal_is(FILE *stream);
/** Colour is for terminals, unless NO_COLOR is set and not empty, or TERM is "dumb". */
bool terminal_has_colour(FILE *stream);

/** Append "[#####-----]" with `cells` cells, `percent` (0..100) of them filled. */
HS_MUST_CHECK enum hs_status terminal_bar(struct buffer *out, double percent, unsigned cells);

#endif
