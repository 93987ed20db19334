/* Vat terms: what a vat may spend, what it is handed, and who answers what it asks. */
#ifndef HEADSTART_KERNEL_VAT_VAT_TERMS_H
#define HEADSTART_KERNEL_VAT_VAT_TERMS_H

#include "kernel/state/bytes.h"

struct vat_limits {
    uint64_t ticks_max;      /* of one command; 0: no limit */
    uint32_t heap_bytes_max; /* linear memory; <= HS_HEAP_BYTES_MAX */
};
struct vat_limits vat_limits_default(void);
#define VAT_STEPS_UNLIMITED ((uint64_t)INT64_MAX)
/** ticks_max in steps. */
uint64_t vat_limits_steps(struct vat_limits limits);

/* A delivery ["message", vref, {"methargs":{"body","slots"},"result"}] in its parts, borrowed. */
struct vat_message {
    struct slice vref;
    struct slice body;   /* as UTF-8 */
    struct slice slots;  /* a JSON array; empty: of nothing */
    struct slice result; /* a vref; empty: nobody asked */
};

/** Answers `issueCommand(bytes)` while a command runs. An error ends the command: vat_command
 *  returns that status. The handler may not call the vat. */
typedef enum hs_status (*vat_host_fn)(void *data, struct slice request, struct buffer *reply,
                                      struct hs_error *err);

#endif
