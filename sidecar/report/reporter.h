/* Reporter: who is told what happens, and the clock that says when. Borrowed by everything that
 * works on the steward's thread or for it. */
#ifndef HEADSTART_SIDECAR_REPORT_REPORTER_H
#define HEADSTART_SIDECAR_REPORT_REPORTER_H

#include "sidecar/report/clock.h"
#include "sidecar/report/figures.h"
#include "sidecar/report/logger.h"

struct kernel_watch;

struct reporter {
    const struct clock *clock;
    const struct logger *logger;
    struct figures_board *board;
    struct kernel_watch *watch; /* of what the kernel does; NULL: nobody looks */
};

#endif
