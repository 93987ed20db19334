/* Delivery: what one vat was handed, while it runs. */
#ifndef HEADSTART_KERNEL_DELIVERY_H
#define HEADSTART_KERNEL_DELIVERY_H

#include "kernel/kernel_core.h"

struct delivery {
    struct kernel *kernel;
    struct ref vat;
    struct buffer syscalls;     /* the transcript's list so far */
    uint64_t let_go;            /* references that its syscalls dropped or retired */
    bool exits;                 /* the vat asked to end with this delivery, */
    bool exit_failed;           /* which failed, */
    struct buffer exit_why;     /* for this reason: decoded body, */
    struct ref_list exit_slots; /* and what it names */
};

void delivery_fini(struct delivery *d);

/** Words for people about what was handed over as `text`: its kind, and a message's method. */
void delivery_words(struct slice text, char words[KERNEL_HANDED_BYTES]);

#endif
