/* Vat message: a delivery of a call in its parts:
 *   ["message", vref, {"methargs":{"body","slots"},"result"}]
 */
#ifndef HEADSTART_KERNEL_VAT_VAT_MESSAGE_H
#define HEADSTART_KERNEL_VAT_VAT_MESSAGE_H

#include "kernel/state/bytes.h"

/* All borrowed. */
struct vat_message {
    struct slice vref;
    struct slice body;   /* as UTF-8 */
    struct slice slots;  /* a JSON array; empty: of nothing */
    struct slice result; /* a vref; empty: nobody asked */
};

#endif
