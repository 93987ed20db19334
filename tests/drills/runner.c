#include "tests/drills/runner.h"

#include "tests/drills/case.h"
#include "tests/drills/rows.h"

#include <stdio.h>
#include <sys/stat.h>

void drill_case_run(struct drill *d, uint32_t row, void *plan, uint64_t number,
                    struct drill_result *out)
{
    struct drill_case c = {.drill = d,
                           .plan = plan,
                           .number = number,
                           .dice = dice_make(d->options->seed, row, number),
                           .daemon = {.pidfd = -1}};
    struct hs_error err = {0};

    c.result.row = row;
    c.result.number = number;
    (void)snprintf(c.place, sizeof c.place, "%s/%s-%llu", d->scratch, drill_rows[row]->name,
                   (unsigned long long)number);
    folder_remove(c.place);
    if (mkdir(c.place, 0700) != 0) {
        (void)hs_fail(&err, HS_IO, "making %s", c.place);
        (void)case_broken(&c, &err);
    } else if (node_open(&c.node, &err) != HS_OK) {
        (void)case_broken(&c, &err);
    } else {
        drill_rows[row]->run(&c);
    }
    node_close(c.node);
    daemon_kill(&c.daemon);
    if (!d->options->keep || c.result.kind <= DRILL_SKIPPED) folder_remove(c.place);
    (void)snprintf(c.result.did, sizeof c.result.did, "%s", c.did);
    *out = c.result;
}
