/* Standing: where a kernel stands; what going back puts back besides store and heaps. */
#ifndef HEADSTART_KERNEL_STANDING_H
#define HEADSTART_KERNEL_STANDING_H

#include "kernel/state/position.h"
#include "kernel/tables/rules.h"

struct standing {
    struct position at;
    uint64_t height, time; /* of the last message's block; 0: none */
    bool in_block;         /* there was a message, so that the two are known */
    bool initialized;
    bool gc_pending, cleanup_pending, reap_pending; /* as kv_hashed has them */
    uint64_t queued;                                /* kernel.queued */
    struct kernel_rules rules;
};

#endif
