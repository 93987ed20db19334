#include "tests/bench/line_fit.h"

void line_fit_add(struct line_fit *f, double x, double y)
{
    f->len++;
    f->x += x;
    f->y += y;
    f->xx += x * x;
    f->xy += x * y;
}

double line_fit_slope(const struct line_fit *f)
{
    double n = (double)f->len;
    double below = n * f->xx - f->x * f->x;

    return below > 0 ? (n * f->xy - f->x * f->y) / below : 0;
}

double line_fit_at(const struct line_fit *f, double x)
{
    double n = (double)f->len;

    if (f->len == 0) return 0;
    return f->y / n + line_fit_slope(f) * (x - f->x / n);
}
