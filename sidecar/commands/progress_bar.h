/* Progress of a tool's long work on stderr: a bar that redraws itself on a terminal, else a line
 * every five seconds. (The daemon's own is sidecar/report/progress.h: it goes to log and status.)
 */
#ifndef HEADSTART_SIDECAR_COMMANDS_PROGRESS_BAR_H
#define HEADSTART_SIDECAR_COMMANDS_PROGRESS_BAR_H

#include <stdbool.h>
#include <stdint.h>

/* Plain value; nothing to release. */
struct progress_bar {
    const char *label; /* borrowed */
    bool wanted, on_terminal, drawn;
    uint64_t started_us, shown_us; /* clock_us */
    bool counting;
    uint64_t first; /* count when it was shown first, for the rate */
};

void progress_bar_start(struct progress_bar *p, const char *label, bool wanted);
/** `count` things are done (the rate comes from it); `done` of `total` says how far that is; total
 *  0: not known. Cheap enough to be called for each thing. */
void progress_bar_show(struct progress_bar *p, uint64_t count, uint64_t done, uint64_t total);
/** Take the bar away, so that other lines can follow. */
void progress_bar_end(struct progress_bar *p);

#endif
