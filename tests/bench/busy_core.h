/* Busy core: a process that does nothing but spin, so that one core is somebody else's. */
#ifndef HEADSTART_TESTS_BENCH_BUSY_CORE_H
#define HEADSTART_TESTS_BENCH_BUSY_CORE_H

#include "kernel/state/errors.h"

#include <sys/types.h>

/* Plain value; all zero bytes: none runs. */
struct busy_core {
    pid_t pid;
};

HS_MUST_CHECK enum hs_status busy_core_start(struct busy_core *b, struct hs_error *err);
void busy_core_stop(struct busy_core *b);

#endif
