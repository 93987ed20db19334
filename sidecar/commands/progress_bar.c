#include "sidecar/commands/progress_bar.h"

#include "sidecar/commands/readable.h"
#include "sidecar/commands/terminal.h"
#include "sidecar/report/clock.h"

#include <assert.h>

enum { BAR_INTERVAL_US = 100 * 1000, LINE_INTERVAL_US = 5 * 1000 * 1000, BAR_CELLS = 30 };

void progress_bar_start(struct progress_bar *p, const char *label, bool wanted)
{
    assert(label);
    *p =
        (struct progress_bar){.label = label, .wanted = wanted, .on_terminal = terminal_is(stderr)};
    p->started_us = p->shown_us = clock_us();
}

static enum hs_status bar_render(const struct progress_bar *p, uint64_t count, uint64_t done,
                                 uint64_t total, struct buffer *out)
{
    double seconds = (double)(clock_us() - p->started_us) / 1e6;
    double rate = seconds > 0 ? (double)(count - p->first) / seconds : 0;
    double percent = total > 0 ? 100 * (double)done / (double)total : 0;
    char figures[3][READABLE_BYTES_MAX];
    struct printer to = printer_on(out);

    printer_format(&to, "%s ", p->label);
    if (total > 0 && p->on_terminal) terminal_bar(&to, percent, BAR_CELLS);
    if (total > 0) printer_format(&to, " %.0f %%", percent);
    printer_format(&to, "  %s, %s/s", readable_count(count, figures[0]),
                   readable_rate(rate, figures[1]));
    if (percent > 0 && percent < 100) {
        uint64_t left = (uint64_t)(seconds * (100 - percent) / percent);

        printer_format(&to, ", %s left", readable_seconds(left, figures[2]));
    }
    return printer_end(&to);
}

void progress_bar_show(struct progress_bar *p, uint64_t count, uint64_t done, uint64_t total)
{
    uint64_t now_us = p->wanted ? clock_us() : 0;
    struct buffer line = {0};

    if (!p->wanted) return;
    if (!p->counting) {
        p->first = count;
        p->counting = true;
    }
    if (now_us - p->shown_us < (p->on_terminal ? BAR_INTERVAL_US : LINE_INTERVAL_US)) return;
    p->shown_us = now_us;
    if (bar_render(p, count, done, total, &line) == HS_OK) {
        (void)fprintf(stderr, p->on_terminal ? "\r\033[K%s" : "%s\n", buffer_text(&line));
        p->drawn = p->on_terminal;
    }
    buffer_fini(&line);
}

void progress_bar_end(struct progress_bar *p)
{
    if (p->drawn) (void)fputs("\r\033[K", stderr);
    p->drawn = false;
}
