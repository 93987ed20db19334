/* Printer: a text composed piece by piece, in a buffer.
 *
 * The first failure sticks and makes the rest do nothing, so that a text reads as the list of its
 * pieces and is asked once, at its end, whether all of it is there.
 */
#ifndef HEADSTART_KERNEL_STATE_PRINTER_H
#define HEADSTART_KERNEL_STATE_PRINTER_H

#include "kernel/state/bytes.h"

/* Plain value; borrows the buffer. */
struct printer {
    struct buffer *out;
    enum hs_status status;
};

/** A printer that appends to `out`. */
struct printer printer_on(struct buffer *out);
static inline void printer_bytes(struct printer *p, struct slice s)
{
    if (p->status == HS_OK) p->status = buffer_append(p->out, s);
}

static inline void printer_byte(struct printer *p, char byte)
{
    if (p->status == HS_OK) p->status = buffer_append_byte(p->out, byte);
}

static inline void printer_text(struct printer *p, const char *text)
{
    printer_bytes(p, slice_text(text));
}

void printer_uint(struct printer *p, uint64_t number);
void printer_format(struct printer *p, const char *format, ...) HS_PRINTF(2, 3);
/** Take over the status of a piece that was appended in another way. */
void printer_note(struct printer *p, enum hs_status st);
/** HS_OK: all of it is in the buffer. HS_NOMEM, HS_TOO_LARGE, or what was noted. */
HS_MUST_CHECK enum hs_status printer_end(const struct printer *p);

#endif
