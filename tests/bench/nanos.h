/* Nanos: samples in nanoseconds, for what takes a few microseconds. */
#ifndef HEADSTART_TESTS_BENCH_NANOS_H
#define HEADSTART_TESTS_BENCH_NANOS_H

#include "kernel/state/bytes.h"

/* Caller's memory; all zero bytes is an empty one. */
struct nanos {
    struct buffer samples; /* int64_t each */
};

void nanos_fini(struct nanos *n);
/** Nanoseconds of a clock that only goes forward. */
int64_t nanos_clock(void);
HS_MUST_CHECK enum hs_status nanos_add(struct nanos *n, int64_t sample, struct hs_error *err);
/** In microseconds; 0 without samples. Sorts them in place. */
double nanos_median_us(struct nanos *n);

#endif
