/* Budget: where the time of a delivery goes inside the kernel.
 *
 * The kernel has no clock, and gets none for this. The linker leads this program's calls of some
 * functions of the kernel's (budget_doors.c) through doors that look at the clock. What is done
 * behind a door counts for the item that the door belongs to, less what is behind doors inside; the
 * rest is the kernel's own. What the doors themselves take is measured, and taken off.
 */
#ifndef HEADSTART_TESTS_BENCH_BUDGET_H
#define HEADSTART_TESTS_BENCH_BUDGET_H

#include "tests/bench/bench_kernel.h"
#include "tests/bench/spread.h"

enum budget_item {
    BUDGET_KERNEL,     /* what is behind no door: tables, queue, crank */
    BUDGET_ENGINE,     /* the vat's code, faults of its pages included, syscalls not */
    BUDGET_JSON,       /* texts read and printed, capdata */
    BUDGET_STORE,      /* reads and writes of the kernel's store */
    BUDGET_TRANSCRIPT, /* items composed */
    BUDGET_HASH,       /* SHA-256 */
    BUDGET_SAVEPOINTS, /* marks and savepoints of heaps */
    BUDGET_ITEMS
};
const char *budget_item_name(enum budget_item item);

/* Microseconds of processor time a message, of slices. All zero bytes before it is measured. */
struct budget {
    struct spread whole; /* without doors; the items are its parts */
    struct spread items[BUDGET_ITEMS];
};

/** A kernel of its own; `slices` of so many messages, through doors and without, in turns. Needs a
 *  thread with a vat's stack. */
HS_MUST_CHECK enum hs_status budget_measure(struct vat_engine *engine, const struct workload *w,
                                            uint64_t messages, uint64_t slices, struct budget *out,
                                            struct hs_error *err);

/* --- for the doors --- */

void budget_enter(enum budget_item item);
void budget_leave(void);

#endif
