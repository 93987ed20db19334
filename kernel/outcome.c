#include "kernel/outcome.h"

#include <stdlib.h>

bool kernel_event_is_end(struct slice event)
{
    return slice_starts_with(event, slice_text("{\"type\":\"vat_ended\","));
}

void kernel_outcome_fini(struct kernel_outcome *o)
{
    buffer_fini(&o->value);
    for (size_t i = 0; i < o->outputs_len; i++) {
        buffer_fini(&o->outputs[i]);
    }
    free(o->outputs);
    for (size_t i = 0; i < o->events_len; i++) {
        buffer_fini(&o->events[i]);
    }
    free(o->events);
    settlements_fini(&o->settled);
    *o = (struct kernel_outcome){0};
}
