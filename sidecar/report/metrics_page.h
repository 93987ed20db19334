/* Metrics page: the writer of Prometheus' text format (version 0.0.4), one family after another.
 *
 * A failure sticks, so that a page reads as a list of samples. A family's HELP and TYPE lines are
 * written with its first sample; a family without samples does not show.
 */
#ifndef HEADSTART_SIDECAR_REPORT_METRICS_PAGE_H
#define HEADSTART_SIDECAR_REPORT_METRICS_PAGE_H

#include "kernel/state/printer.h"
#include "sidecar/report/figures.h"

struct metric_label { /* constant texts of the program but for `value`, which is escaped */
    const char *name, *value;
};

struct metrics_page {
    struct printer to;
    const char *name, *type, *help; /* of the family that is being written */
    bool named;                     /* its HELP and TYPE are written */
};

/** What follows are samples of this family; its texts are borrowed until the next. */
void metrics_page_family(struct metrics_page *p, const char *name, const char *type,
                         const char *help);
/** One sample with `labels_len` labels. */
void metrics_page_sample(struct metrics_page *p, const struct metric_label *labels,
                         size_t labels_len, double value);
/** The samples of a histogram: buckets, sum and count. */
void metrics_page_histogram(struct metrics_page *p, const struct histogram *h);

#endif
