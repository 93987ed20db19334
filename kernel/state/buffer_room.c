#include "kernel/state/buffer_room.h"

void buffer_room_fini(struct buffer_room *r)
{
    while (r->len > 0) {
        buffer_fini(&r->spares[--r->len]);
    }
}

struct buffer buffer_room_take(struct buffer_room *r)
{
    return r->len > 0 ? r->spares[--r->len] : (struct buffer){0};
}

void buffer_room_give(struct buffer_room *r, struct buffer *b)
{
    if (r->len == BUFFER_ROOM_SPARES || b->capacity == 0 || b->capacity > BUFFER_ROOM_SPARE_BYTES) {
        buffer_fini(b);
        return;
    }
    buffer_clear(b);
    r->spares[r->len++] = *b;
    *b = (struct buffer){0};
}
