/* Spread: a figure measured several times, told as min, median and max, since machines are noisy.
 */
#ifndef HEADSTART_TESTS_BENCH_SPREAD_H
#define HEADSTART_TESTS_BENCH_SPREAD_H

#include <stddef.h>

enum { SPREAD_SAMPLES_MAX = 64 };

/* Caller's memory; all zero bytes is an empty one. */
struct spread {
    double samples[SPREAD_SAMPLES_MAX];
    size_t len;
};

/** Samples past the bound are not kept. */
void spread_add(struct spread *s, double sample);
/** 0 without samples. */
double spread_min(const struct spread *s);
double spread_median(const struct spread *s);
double spread_max(const struct spread *s);

/** `"key":median,"key_min":…,"key_max":…` on stdout, with so many decimals. */
void spread_print_json(const struct spread *s, const char *key, int decimals);
/** The three for people, each `width` columns wide. */
void spread_print(const struct spread *s, int width, int decimals);

#endif
