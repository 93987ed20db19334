/* Terminal: whether people are looking, and the bar that is drawn for them. */
#ifndef HEADSTART_SIDECAR_COMMANDS_TERMINAL_H
#define HEADSTART_SIDECAR_COMMANDS_TERMINAL_H

#include "kernel/state/printer.h"

#include <stdio.h>

bool terminal_is(FILE *stream);
/** Colour is for terminals, unless NO_COLOR is set and not empty, or TERM is "dumb". */
bool terminal_has_colour(FILE *stream);

/* What a terminal has room for; 80 by 24 when it does not say. */
struct terminal_size {
    unsigned columns, rows;
};
struct terminal_size terminal_size_of(FILE *stream);

/** Append as much of `text` as `size` has room for: long lines are cut, and when there are more
 *  lines than rows the last one says how many are left out. Colours take no room. HS_NOMEM */
HS_MUST_CHECK enum hs_status terminal_fit(struct slice text, struct terminal_size size,
                                          struct buffer *out);

/** "[#####-----]" with `cells` cells, `percent` (0..100) of them filled. */
void terminal_bar(struct printer *to, double percent, unsigned cells);

#endif
