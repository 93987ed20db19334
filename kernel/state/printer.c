#include "kernel/state/printer.h"

#include "kernel/state/decimal.h"

#include <assert.h>

struct printer printer_on(struct buffer *out)
{
    assert(out);
    return (struct printer){out, HS_OK};
}

void printer_uint(struct printer *p, uint64_t number)
{
    char text[UINT_TEXT_BYTES];

    printer_bytes(p, slice_make(text, uint_text(text, number)));
}

void printer_format(struct printer *p, const char *format, ...)
{
    va_list args;

    if (p->status != HS_OK) return;
    va_start(args, format);
    p->status = buffer_vprintf(p->out, format, args);
    va_end(args);
}

void printer_note(struct printer *p, enum hs_status st)
{
    if (p->status == HS_OK) p->status = st;
}

enum hs_status printer_end(const struct printer *p)
{
    return p->status;
}
