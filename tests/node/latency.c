#include "tests/node/latency.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void latency_fini(struct latency *l)
{
    buffer_fini(&l->samples);
}

uint64_t latency_clock_ns(void)
{
    struct timespec now;
    int failed = clock_gettime(CLOCK_MONOTONIC, &now);

    assert(failed == 0);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t latency_clock_us(void)
{
    return latency_clock_ns() / 1000;
}

enum hs_status latency_add(struct latency *l, uint64_t sample, struct hs_error *err)
{
    uint32_t kept = sample > UINT32_MAX ? UINT32_MAX : (uint32_t)sample;
    enum hs_status st = buffer_append(&l->samples, slice_make(&kept, sizeof kept));

    return st == HS_OK ? HS_OK : hs_fail(err, st, "keeping a latency");
}

static int latency_compare(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a;
    uint32_t right = *(const uint32_t *)b;

    return (left > right) - (left < right);
}

uint32_t latency_quantile(struct latency *l, uint32_t permille)
{
    size_t count = l->samples.len / sizeof(uint32_t);
    uint32_t *sorted = (uint32_t *)(void *)l->samples.data; /* malloc'd: aligned for any type */
    size_t rank;

    assert(permille >= 1 && permille <= 1000);
    if (count == 0) return 0;
    qsort(sorted, count, sizeof *sorted, latency_compare);
    rank = (count * permille + 999) / 1000; /* nearest rank, 1..count */
    assert(rank >= 1 && rank <= count);
    return sorted[rank - 1];
}
