/* Kernel watch: what a kernel tells its witness, on its way to people.
 *
 *   kernel ──struct witnessed──► watch ─┬─ console of vats ──► logger, at debug
 *                                       └─ everything ───────► slog (--slog FILE)
 *
 * The console of vats is told of messages that are live: executed for whoever waits for the answer.
 * What is executed again, from the log or after going back, was told before; the slog has it all
 * and says which is which.
 *
 * Threads: one, the kernel's.
 */
#ifndef HEADSTART_SIDECAR_REPORT_KERNEL_WATCH_H
#define HEADSTART_SIDECAR_REPORT_KERNEL_WATCH_H

#include "kernel/kernel_options.h"
#include "sidecar/report/logger.h"
#include "sidecar/report/slog.h"

struct kernel_watch {
    const struct logger *logger; /* borrowed */
    struct slog *slog;           /* borrowed; NULL: none is kept */
    bool live;
};

/** From here on messages are live, or not. */
void kernel_watch_live(struct kernel_watch *w, bool live);
/** Have a kernel that is started with `options` tell `w`; nothing is told if nobody wants to know.
 */
void kernel_watch_lend(struct kernel_watch *w, struct kernel_options *options);

#endif
