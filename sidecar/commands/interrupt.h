/* Interrupt: SIGINT and SIGTERM as something to look at between two steps of long work.
 *
 * The signals are blocked for the whole process and wait in a signalfd, so that no handler, no
 * global and no interrupted system call is needed.
 */
#ifndef HEADSTART_SIDECAR_COMMANDS_INTERRUPT_H
#define HEADSTART_SIDECAR_COMMANDS_INTERRUPT_H

#include "kernel/state/errors.h"

#include <signal.h>
#include <stdbool.h>

struct interrupt {
    int fd; /* readable once interrupted: for poll */
    bool seen;
    sigset_t mask_before;
};

/** Before the first thread, so that all of them inherit the mask. HS_IO */
HS_MUST_CHECK enum hs_status interrupt_init(struct interrupt *i, struct hs_error *err);
void interrupt_fini(struct interrupt *i);
bool interrupt_seen(struct interrupt *i);

#endif
