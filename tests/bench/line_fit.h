/* Line fit: the straight line nearest to some points, by least squares. */
#ifndef HEADSTART_TESTS_BENCH_LINE_FIT_H
#define HEADSTART_TESTS_BENCH_LINE_FIT_H

#include <stddef.h>

/* Caller's memory; all zero bytes is one without points. */
struct line_fit {
    size_t len;
    double x, y, xx, xy; /* sums */
};

void line_fit_add(struct line_fit *f, double x, double y);
/** What y grows by where x does by 1; 0 while that cannot be told. */
double line_fit_slope(const struct line_fit *f);
double line_fit_at(const struct line_fit *f, double x);

#endif
