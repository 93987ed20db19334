/* Standing: where a kernel stands; what going back puts back besides store and heaps. */
#ifndef HEADSTART_KERNEL_STANDING_H
#define HEADSTART_KERNEL_STANDING_H

#include "kernel/state/position.h"

struct standing {
    struct position at;
    uint64_t height, time; /* of the last message's block; 0: none */
    bool in_block;         /* there was a message, so that the two are known */
    bool initialized;
};

#endif
