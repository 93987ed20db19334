/* Outputs: what the bridge sent out during the message at hand. */
#ifndef HEADSTART_KERNEL_OUTPUTS_H
#define HEADSTART_KERNEL_OUTPUTS_H

#include "kernel/state/bytes.h"
#include "kernel/state/errors.h"

/* Texts in order, each JSON. All zero bytes is a valid empty list. */
struct outputs {
    struct buffer *items;
    size_t len;
    size_t capacity;
};

HS_MUST_CHECK enum hs_status outputs_add(struct outputs *o, struct slice json,
                                         struct hs_error *err);
/** Forget those behind the first `len`. */
void outputs_cut(struct outputs *o, size_t len);
void outputs_fini(struct outputs *o);

#endif
