/* Waiting: what a node is told while it waits long, about once a second. Pure. */
#ifndef HEADSTART_SIDECAR_REPORT_WAITING_H
#define HEADSTART_SIDECAR_REPORT_WAITING_H

#include "sidecar/report/figures.h"

enum { WAITING_TOLD_EVERY_MS = 1000 };

/** Is a node that waits since `since_ms`, and was last told something at `told_ms` (in this wait or
 *  before it; 0: never), to be told something now? */
bool waiting_due(uint64_t since_ms, uint64_t told_ms, uint64_t now_ms);

struct waiting_notice {
    const char *phase;
    uint64_t done;  /* entries of the phase; 0 while a message runs */
    uint64_t total; /* 0: not known */
    bool eta_known;
    uint64_t eta_s; /* rounded up */
};
/** What there is to tell in that phase. now_us: the clock's. */
struct waiting_notice waiting_notice(enum phase phase, const struct figures_replay *replay,
                                     uint64_t now_us);

#endif
