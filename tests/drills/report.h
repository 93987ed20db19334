/* What a run came to: tallied as results arrive, told as a table or as one JSON document, progress
 * meanwhile, and each failure with the command that repeats it. */
#ifndef HEADSTART_TESTS_DRILLS_REPORT_H
#define HEADSTART_TESTS_DRILLS_REPORT_H

#include "tests/drills/drill.h"

struct report;

HS_MUST_CHECK enum hs_status report_open(const struct drill_options *options, struct report **out,
                                         struct hs_error *err);
void report_close(struct report *r);
/** As pool_seen: a result, or NULL for the progress alone. */
void report_see(void *report, const struct drill_result *result, uint64_t done, uint64_t total);
/** Ends the progress line and prints to stdout. */
void report_print(struct report *r);
/** Nothing lost, nothing diverged, no case failed. */
bool report_clean(const struct report *r);

#endif
