/* Vat console: what a vat's program printed, as one bounded text. */
#ifndef HEADSTART_SIDECAR_REPORT_VAT_CONSOLE_H
#define HEADSTART_SIDECAR_REPORT_VAT_CONSOLE_H

#include "kernel/state/bytes.h"

enum { VAT_CONSOLE_BYTES_MAX = 4096 }; /* of a line; what comes after is left out */

struct vat_console {
    char level[16];     /* "debug", "log", "info", "warn", "error"; "": another, or none */
    struct buffer text; /* what was printed, blanks between; UTF-8 */
};

/** Read a vat's request that is no syscall. HS_INVALID: it is nothing of its console. */
HS_MUST_CHECK enum hs_status vat_console_read(struct slice request, struct vat_console *out);
void vat_console_fini(struct vat_console *c);

#endif
