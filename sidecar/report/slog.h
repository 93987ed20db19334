/* Slog: what a kernel did, a JSON object a line, for people and tools that look for the reason of
 * something. docs/operations.md has every line's members; they are called as SwingSet's are.
 *
 *   struct witnessed ──► line ──► buffer ──at a delivery's begin, and a message's end──► file
 *
 * It is no part of the state and nothing is read from it. A file that cannot be written is told of
 * once, its lines are dropped and counted, and it is tried again with the next message; no message
 * waits or fails for it. A file that was moved away, or cut, is opened anew with the next message,
 * so that it can be rotated without a word to us.
 */
#ifndef HEADSTART_SIDECAR_REPORT_SLOG_H
#define HEADSTART_SIDECAR_REPORT_SLOG_H

#include "kernel/state/disk.h"
#include "kernel/witness.h"
#include "sidecar/report/clock.h"
#include "sidecar/report/logger.h"

struct slog;

struct slog_options { /* all borrowed until slog_close, but the path */
    const struct disk *disk;
    const struct clock *clock;
    const struct logger *logger; /* is told when it cannot be written, and when it can again */
    const char *path;
};

/** Its file is opened with the first line. HS_NOMEM. */
HS_MUST_CHECK enum hs_status slog_open(const struct slog_options *options, struct slog **out,
                                       struct hs_error *err);
/** Writes what is left. NULL is fine. */
void slog_close(struct slog *s);

/** A line for what was witnessed; DONE gives one for each event and output, too.
 *  live: executed for whoever waits for the answer, not again */
void slog_write(struct slog *s, const struct witnessed *w, bool live);

#endif
