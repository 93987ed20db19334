#include "tests/bench/nanos.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>

void nanos_fini(struct nanos *n)
{
    buffer_fini(&n->samples);
}

int64_t nanos_clock(void)
{
    struct timespec now;
    int failed = clock_gettime(CLOCK_MONOTONIC, &now);

    assert(failed == 0);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

enum hs_status nanos_add(struct nanos *n, int64_t sample, struct hs_error *err)
{
    enum hs_status st = buffer_append(&n->samples, slice_make(&sample, sizeof sample));

    return st == HS_OK ? HS_OK : hs_fail(err, st, "keeping a sample");
}

static int nanos_compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

    return (left > right) - (left < right);
}

double nanos_median_us(struct nanos *n)
{
    size_t count = n->samples.len / sizeof(int64_t);
    int64_t *sorted = (int64_t *)(void *)n->samples.data; /* malloc'd: aligned for any type */

    if (count == 0) return 0;
    qsort(sorted, count, sizeof *sorted, nanos_compare);
    return (double)sorted[count / 2] / 1000;
}
