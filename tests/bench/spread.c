#include "tests/bench/spread.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void spread_add(struct spread *s, double sample)
{
    if (s->len < SPREAD_SAMPLES_MAX) s->samples[s->len++] = sample;
}

static int double_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The sample at `place` (0..1) of the sorted samples. */
static double spread_at(const struct spread *s, double place)
{
    double sorted[SPREAD_SAMPLES_MAX];

    if (s->len == 0) return 0;
    memcpy(sorted, s->samples, s->len * sizeof sorted[0]);
    qsort(sorted, s->len, sizeof sorted[0], double_compare);
    return sorted[(size_t)(place * (double)(s->len - 1))];
}

double spread_min(const struct spread *s)
{
    return spread_at(s, 0);
}

double spread_median(const struct spread *s)
{
    return spread_at(s, 0.5);
}

double spread_max(const struct spread *s)
{
    return spread_at(s, 1);
}

void spread_print_json(const struct spread *s, const char *key, int decimals)
{
    (void)printf("\"%s\":%.*f,\"%s_min\":%.*f,\"%s_max\":%.*f", key, decimals, spread_median(s),
                 key, decimals, spread_min(s), key, decimals, spread_max(s));
}

void spread_print(const struct spread *s, int width, int decimals)
{
    (void)printf("%*.*f %*.*f %*.*f", width, decimals, spread_min(s), width, decimals,
                 spread_median(s), width, decimals, spread_max(s));
}
