/* Undo ratios: what transactions cost that fail at the node after they were executed, and what it
 * costs to be ready for them, in the kernel alone.
 *
 * Three kernels take the same slices in turns, so that a machine that slows down slows all down:
 * one that keeps no savepoints, one that does and of which nothing fails, and one whose messages
 * fail. A ratio is of one slice's messages, since those of the real ledger differ in what they do.
 * Measured are messages executed in a second of processor time, those that fail included.
 */
#ifndef HEADSTART_TESTS_BENCH_UNDO_RATIOS_H
#define HEADSTART_TESTS_BENCH_UNDO_RATIOS_H

#include "tests/bench/bench_kernel.h"
#include "tests/bench/spread.h"

struct undo_ratios {
    struct spread cost;                  /* time with savepoints ÷ without, nothing fails */
    struct spread ratios[FAILING_COUNT]; /* messages a second, failing ÷ none; NONE: empty */
    struct spread ready_per_s;
};

/** As JSON names them: "second", "first", … */
const char *bench_failing_name(enum bench_failing failing);

/** Of each way to fail `slices` of so many messages, made up to whole blocks of `block`, and one
 *  before that does not count. Needs a thread with a vat's stack. */
HS_MUST_CHECK enum hs_status undo_ratios_measure(struct vat_engine *engine,
                                                 const struct workload *w, uint64_t messages,
                                                 uint64_t block, uint64_t slices,
                                                 struct undo_ratios *out, struct hs_error *err);

#endif
