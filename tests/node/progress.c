#include "tests/node/progress.h"

#include "tests/node/latency.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum { PROGRESS_TERMINAL_US = 200000, PROGRESS_LINE_US = 5000000 };

void progress_init(struct progress *p, uint64_t begin)
{
    p->started_us = latency_clock_us();
    p->said_us = p->started_us;
    p->begin = begin;
    p->terminal = isatty(STDERR_FILENO) == 1;
    p->shown = false;
}

void progress_say(struct progress *p, uint64_t at, uint64_t end, uint64_t height, uint64_t messages)
{
    uint64_t now_us = latency_clock_us();
    uint64_t spent_us = now_us - p->started_us;
    double percent;
    double left_s;

    assert(at >= p->begin);
    if (now_us - p->said_us < (p->terminal ? PROGRESS_TERMINAL_US : PROGRESS_LINE_US)) return;
    if (at == p->begin || end <= p->begin || spent_us == 0) return;
    p->said_us = now_us;
    percent = 100.0 * (double)(at - p->begin) / (double)(end - p->begin);
    left_s = (double)spent_us / 1e6 * (100.0 - percent) / percent;
    (void)fprintf(
        stderr, "%sheadstart-node: block %" PRIu64 ", %3.0f %%, %.0f messages/s, %.0f s left%s",
        p->terminal ? "\r" : "", height, percent, (double)messages * 1e6 / (double)spent_us,
        left_s > 0 ? left_s : 0.0, p->terminal ? "   " : "\n");
    p->shown = true;
}

void progress_fini(struct progress *p)
{
    if (p->terminal && p->shown) (void)fputc('\n', stderr);
}
