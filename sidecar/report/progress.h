/* Progress: tells people how far long work is: a log line every 5 s, and the status map always. */
#ifndef HEADSTART_SIDECAR_REPORT_PROGRESS_H
#define HEADSTART_SIDECAR_REPORT_PROGRESS_H

#include "sidecar/report/reporter.h"

struct progress {
    const struct reporter *reporter;
    enum phase phase;
    const char *what; /* "messages", "store entries", … */
    uint64_t from, at, target;
    uint64_t started_us, told_us, published_us; /* the reporter's clock */
};

/** From `from` towards `target` (0: not known). Shown in the status until progress_end. */
void progress_begin(struct progress *p, const struct reporter *reporter, enum phase phase,
                    const char *what, uint64_t from, uint64_t target);
void progress_step(struct progress *p, uint64_t at, uint64_t target);
/** Returns how long it took, in microseconds. */
uint64_t progress_end(struct progress *p);

/* Derived values of a replay that runs, for the line, the status and the metrics. */
struct progress_rates {
    double percent; /* 0 when the target is not known */
    double per_s;
    double eta_s; /* 0 when it cannot be known */
};
struct progress_rates progress_rates(uint64_t from, uint64_t at, uint64_t target,
                                     uint64_t elapsed_us);

#endif
