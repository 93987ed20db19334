/* Reference: pages of the help that are not about a command, written from the tables as Markdown.
 * docs/operations.md holds them too (scripts/reference puts them there). */
#ifndef HEADSTART_SIDECAR_COMMANDS_REFERENCE_H
#define HEADSTART_SIDECAR_COMMANDS_REFERENCE_H

#include "kernel/state/bytes.h"

struct reference {
    const char *name;                             /* "settings" */
    const char *summary;                          /* one line */
    enum hs_status (*render)(struct buffer *out); /* appends the page; HS_NOMEM */
};

/** All of them, ended by one without a name. */
const struct reference *reference_table(void);

#endif
