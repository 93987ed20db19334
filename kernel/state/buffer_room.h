/* A room for spare buffers: what a step writes its texts into is kept for the next step.
 *
 * A delivery composes some twenty texts, each gone when its step is over. Whoever owns the room
 * takes a buffer where a text begins and gives it back where it ends; after the first deliveries
 * none of them is allocated. What is large is not kept: one message of megabytes leaves nothing.
 *
 * Nothing hangs on the room: a buffer taken may be freed or handed on instead of given back, and
 * one that was never taken may be given. Not thread-safe.
 */
#ifndef HEADSTART_KERNEL_STATE_BUFFER_ROOM_H
#define HEADSTART_KERNEL_STATE_BUFFER_ROOM_H

#include "kernel/state/bytes.h"

enum { BUFFER_ROOM_SPARES = 16, BUFFER_ROOM_SPARE_BYTES = 64 << 10 };

/* All zero bytes is an empty one. */
struct buffer_room {
    struct buffer spares[BUFFER_ROOM_SPARES];
    size_t len;
};

void buffer_room_fini(struct buffer_room *r);
/** An empty buffer, with memory if one is spare. */
struct buffer buffer_room_take(struct buffer_room *r);
/** The buffer's content ends; *b is the empty buffer, without memory. */
void buffer_room_give(struct buffer_room *r, struct buffer *b);

#endif
