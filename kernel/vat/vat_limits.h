/* Vat limits: what a vat may spend. */
#ifndef HEADSTART_KERNEL_VAT_VAT_LIMITS_H
#define HEADSTART_KERNEL_VAT_VAT_LIMITS_H

#include <stdint.h>

struct vat_limits {
    uint64_t ticks_max;      /* of one command; 0: no limit */
    uint32_t heap_bytes_max; /* linear memory; <= HS_HEAP_BYTES_MAX */
};
struct vat_limits vat_limits_default(void);
#define VAT_STEPS_UNLIMITED ((uint64_t)INT64_MAX)
/** ticks_max in steps. */
uint64_t vat_limits_steps(struct vat_limits limits);

#endif
