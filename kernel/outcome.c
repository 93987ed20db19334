#include "kernel/outcome.h"

#include <stdlib.h>

bool kernel_event_is_end(struct slice event)
{
    return slice_starts_with(event, slice_text("{\"type\":\"vat_ended\","));
}

bool kernel_event_is_undone(struct slice event)
{
    return slice_starts_with(event, slice_text("{\"type\":\"crank_undone\","));
}

static uint64_t texts_bytes(const struct buffer *texts, size_t len)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < len; i++) {
        bytes += texts[i].len;
    }
    return bytes;
}

uint64_t kernel_outcome_bytes(const struct kernel_outcome *o)
{
    uint64_t bytes = o->value.len + (o->writes ? kv_map_bytes(o->writes) : 0);

    bytes += texts_bytes(o->outputs, o->outputs_len) + texts_bytes(o->events, o->events_len);
    for (size_t i = 0; i < o->settled.len; i++) {
        bytes += o->settled.items[i].value.len;
    }
    return bytes;
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
