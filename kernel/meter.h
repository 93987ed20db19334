/* Meter: what the message at hand has cost, and where it must end.
 *
 *   a vat's steps + what the kernel did for it, at the rules' prices ─► steps; 10,000 are a tick
 *
 * Three limits look at it. The crank's: past it the vat that runs ends. The run policy's: between
 * cranks, it leaves what is left in the queue. The caller's ticks: past them the whole call is to
 * be undone (HS_SPENT). metering.h works with it.
 */
#ifndef HEADSTART_KERNEL_METER_H
#define HEADSTART_KERNEL_METER_H

#include <stdbool.h>
#include <stdint.h>

struct meter {
    /* of the message */
    uint64_t steps;   /* of cranks that ended, also of those that failed */
    uint64_t cranks;  /* that were handed to a vat */
    uint64_t bytes;   /* of an answer, of the cranks that were committed */
    uint64_t allowed; /* steps at which the caller's limit lies; UINT64_MAX: none */
    uint64_t policy_ticks;
    /* of the crank at hand */
    uint64_t vat_steps, syscalls;
    uint64_t loading_steps; /* of a program that was loaded for it */
    uint64_t moved_bytes;   /* passed between kernel and vat */
    uint64_t answer_bytes;  /* of outputs, events, and what was settled */
    bool unbounded;         /* a vat collects, which none of its own code can prolong */
    uint64_t noted_bytes;   /* of syscalls that are still to be written to the transcript */
};

#endif
