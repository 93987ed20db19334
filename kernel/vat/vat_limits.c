#include "kernel/vat/vat_limits.h"

#include "kernel/state/limits.h"

#include <stdbool.h>

enum {
    TICKS_MAX_DEFAULT = 50000, /* 500 million steps: some seconds, whatever they are spent on */
};

struct vat_limits vat_limits_default(void)
{
    return (struct vat_limits){.ticks_max = TICKS_MAX_DEFAULT,
                               .heap_bytes_max = HS_HEAP_BYTES_DEFAULT};
}

uint64_t vat_limits_steps(struct vat_limits limits)
{
    bool bounded = limits.ticks_max != 0 && limits.ticks_max < VAT_STEPS_UNLIMITED / HS_TICK_STEPS;

    return bounded ? limits.ticks_max * HS_TICK_STEPS : VAT_STEPS_UNLIMITED;
}
