/* One case, from an empty folder to its verdict. */
#ifndef HEADSTART_TESTS_DRILLS_RUNNER_H
#define HEADSTART_TESTS_DRILLS_RUNNER_H

#include "tests/drills/drill.h"

/** Run case `number` of a row; the folder is removed unless kept. */
void drill_case_run(struct drill *d, uint32_t row, void *plan, uint64_t number,
                    struct drill_result *out);

#endif
