/* headstart-bench: what the targets of docs/benchmarks.md are measured with.
 *
 * Real processes, ratios within one run, min, median and max. Each benchmark prints one JSON
 * document (docs/benchmarks.md names the keys) or a table for people.
 */
#ifndef HEADSTART_TESTS_BENCH_BENCH_H
#define HEADSTART_TESTS_BENCH_BENCH_H

#include "kernel/state/errors.h"
#include "sidecar/commands/progress_bar.h"
#include "tests/bench/machine.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BENCH_COUNTS_MAX = 16 };

struct bench_options {
    uint64_t messages[BENCH_COUNTS_MAX]; /* --messages N[,N…] */
    size_t messages_len;
    uint64_t every[BENCH_COUNTS_MAX]; /* --every N[,N…]: a snapshot once in N messages */
    size_t every_len;
    uint64_t vats[BENCH_COUNTS_MAX]; /* --vats N[,N…] */
    size_t vats_len;
    const char *out;   /* --out: folder for CSV and SVG; NULL: none */
    uint64_t heap_mib; /* --heap-mib: ballast of the vat */
    uint64_t repeats;  /* --repeats: measurements of each figure, 1..SPREAD_SAMPLES_MAX */
    bool no_images;    /* --no-images: preload replays the snapshot's transcripts */
    bool json;
    struct machine machine; /* as it was at the start */
};

/** Restart with headstart's data against full replay, by length of history. */
HS_MUST_CHECK enum hs_status bench_restart(const struct bench_options *options,
                                           struct hs_error *err);
/** Deliveries with snapshots and synced log against deliveries without. */
HS_MUST_CHECK enum hs_status bench_overhead(const struct bench_options *options,
                                            struct hs_error *err);

/** What N should be in "a snapshot once in N messages". */
HS_MUST_CHECK enum hs_status bench_decimation(const struct bench_options *options,
                                              struct hs_error *err);

/** The way to the sidecar and back against a bare ping-pong. */
HS_MUST_CHECK enum hs_status bench_ipc(const struct bench_options *options, struct hs_error *err);

/** Messages a second by each way of getting them back. */
HS_MUST_CHECK enum hs_status bench_replay(const struct bench_options *options,
                                          struct hs_error *err);

/** The same operations under SwingSet. */
HS_MUST_CHECK enum hs_status bench_peer(const struct bench_options *options, struct hs_error *err);

/** A message's cost by the chain's age, state and vats. */
HS_MUST_CHECK enum hs_status bench_growth(const struct bench_options *options,
                                          struct hs_error *err);

/** Undoing messages, in the kernel alone. */
HS_MUST_CHECK enum hs_status bench_undo(const struct bench_options *options, struct hs_error *err);

/** What a message costs, by workload. */
HS_MUST_CHECK enum hs_status bench_cost(const struct bench_options *options, struct hs_error *err);

/** What a tick takes, by kind of work, in the kernel alone. */
HS_MUST_CHECK enum hs_status bench_prices(const struct bench_options *options,
                                          struct hs_error *err);

/** Payments issued and taken back for ever: what of it stays. */
HS_MUST_CHECK enum hs_status bench_garbage(const struct bench_options *options,
                                           struct hs_error *err);

/** How the time of what a vat can collect grows with its size. */
HS_MUST_CHECK enum hs_status bench_sizes(const struct bench_options *options, struct hs_error *err);

/** Processor time of this thread, the system's part included: what others do is not counted. */
uint64_t bench_cpu_us(void);

/** Milliseconds of a clock that only goes forward. */
double bench_clock_ms(void);
/** A line on stderr: what is being done now. */
void bench_say(const char *format, ...) HS_PRINTF(1, 2);

#endif
