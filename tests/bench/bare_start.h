/* Bare start: from the start of a process to a kernel that waits, against the least that can be: an
 * empty program with the same libraries that reads as many bytes as the heap images have.
 *
 *   spawn ──► sidecar is ready                        ready_ms
 *   spawn ──► empty program has ended                 empty_ms  ┐ in turns
 *   spawn ──► … that read the images' bytes, ended    empty_ms + read_ms
 *
 * Nothing is left to catch up with: the newest snapshot holds all but a message. */
#ifndef HEADSTART_TESTS_BENCH_BARE_START_H
#define HEADSTART_TESTS_BENCH_BARE_START_H

#include "tests/bench/bench_chain.h"
#include "tests/bench/bench_sidecar.h"
#include "tests/bench/spread.h"

struct bare_start {
    struct spread ready_ms, empty_ms, read_ms;
    struct spread ratio; /* ready ÷ (empty + read), of neighbours */
    uint64_t heap_bytes; /* at the end of the messages */
    uint64_t read_bytes; /* of the images */
};

/** Deliver until a snapshot holds all but a message, then measure `repeats` times. The sidecar runs
 *  before, and is dead after; `settings` as bench_sidecar_start's. */
HS_MUST_CHECK enum hs_status bare_start_measure(struct bare_start *b, struct bench_sidecar *sidecar,
                                                struct bench_chain *chain,
                                                const char *const *settings, uint64_t repeats,
                                                struct hs_error *err);

#endif
