/* Process use: what a process has taken of the machine so far. */
#ifndef HEADSTART_TESTS_BENCH_PROCESS_USE_H
#define HEADSTART_TESTS_BENCH_PROCESS_USE_H

#include "kernel/state/errors.h"

#include <stdint.h>
#include <sys/types.h>

struct process_use {
    uint64_t cpu_us;       /* processor time of all its threads, the system's part included */
    uint64_t memory_bytes; /* resident now */
    uint64_t read_bytes, written_bytes; /* by calls: files, pipes and sockets */
};

/** HS_IO: it is gone, or may not be looked at. */
HS_MUST_CHECK enum hs_status process_use_read(pid_t pid, struct process_use *out,
                                              struct hs_error *err);

#endif
