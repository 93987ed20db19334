/* Vat entry: what a command enters a supervisor by, the same in all heaps made from one boot. */
#ifndef HEADSTART_KERNEL_VAT_VAT_ENTRY_H
#define HEADSTART_KERNEL_VAT_VAT_ENTRY_H

#include <stdint.h>

/* A function of the supervisor's. */
struct vat_function {
    uint32_t handle; /* its address in the linear memory */
    uint64_t value;  /* what lies there: the engine's own word for the function */
};

/* The supervisor's end of the protocol with vat_command. */
struct vat_entry {
    struct vat_function command; /* command(text): take one command; its answer's text, to be taken
                                    when promise jobs have run dry; undefined: ask for it */
    struct vat_function
        message;              /* message(vref, body, slots, result): likewise a delivery's parts */
    struct vat_function turn; /* turn(): once promise jobs have run dry, the answer's text */
};

#endif
