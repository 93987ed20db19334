/* Cases side by side: worker processes that take the next case each, so that a case that takes the
 * drill itself down costs one verdict. */
#ifndef HEADSTART_TESTS_DRILLS_POOL_H
#define HEADSTART_TESTS_DRILLS_POOL_H

#include "tests/drills/drill.h"

/* One case to run. */
struct pool_task {
    uint32_t row;
    void *plan;
    uint64_t number;
};

typedef void (*pool_seen)(void *data, const struct drill_result *result, uint64_t done,
                          uint64_t total);

/** Run all tasks; `seen` is told of each result, and about five times a second with NULL.
 * HS_CANCELLED: interrupted; what ran is told. */
HS_MUST_CHECK enum hs_status pool_run(struct drill *d, const struct pool_task *tasks,
                                      uint64_t tasks_len, pool_seen seen, void *data,
                                      struct hs_error *err);

#endif
