#include "sidecar/report/progress.h"

#include <assert.h>
#include <inttypes.h>

enum { TELL_EVERY_US = 5000000, PUBLISH_EVERY_US = 100000 };

struct progress_rates progress_rates(uint64_t from, uint64_t at, uint64_t target,
                                     uint64_t elapsed_us)
{
    struct progress_rates r = {0};

    if (elapsed_us > 0 && at > from) {
        r.per_s = (double)(at - from) * 1e6 / (double)elapsed_us;
    }
    if (target > from && at >= from) {
        uint64_t left = target > at ? target - at : 0;

        r.percent = 100.0 - 100.0 * (double)left / (double)(target - from);
        if (r.per_s > 0) r.eta_s = (double)left / r.per_s;
    }
    return r;
}

static void progress_publish(const struct progress *p)
{
    struct figures *f = figures_acquire(p->reporter->board);

    f->replay = (struct figures_replay){
        .active = true,
        .phase = p->phase,
        .from = p->from,
        .at = p->at,
        .target = p->target,
        .started_us = p->started_us,
    };
    figures_release(p->reporter->board);
}

static void progress_tell(const struct progress *p, uint64_t now_us)
{
    struct progress_rates r = progress_rates(p->from, p->at, p->target, now_us - p->started_us);
    struct log_field fields[] = {{.name = "phase", .text = phase_name(p->phase)},
                                 {.name = "at", .number = p->at},
                                 {.name = "target", .number = p->target}};

    if (p->target == 0) {
        logger_write_fields(p->reporter->logger, LOG_LEVEL_INFO, fields, 2,
                            "%s: %" PRIu64 " %s, %.0f/s", phase_name(p->phase), p->at, p->what,
                            r.per_s);
        return;
    }
    logger_write_fields(p->reporter->logger, LOG_LEVEL_INFO, fields, 3,
                        "%s: %s %" PRIu64 " of %" PRIu64 " (%.0f %%), %.0f/s, %.0f s left",
                        phase_name(p->phase), p->what, p->at, p->target, r.percent, r.per_s,
                        r.eta_s);
}

void progress_begin(struct progress *p, const struct reporter *reporter, enum phase phase,
                    const char *what, uint64_t from, uint64_t target)
{
    uint64_t now_us = clock_now_us(reporter->clock);

    assert(target == 0 || target >= from);
    *p = (struct progress){.reporter = reporter,
                           .phase = phase,
                           .what = what,
                           .from = from,
                           .at = from,
                           .target = target,
                           .started_us = now_us,
                           .told_us = now_us,
                           .published_us = now_us};
    progress_publish(p);
}

void progress_step(struct progress *p, uint64_t at, uint64_t target)
{
    uint64_t now_us = clock_now_us(p->reporter->clock);

    p->at = at;
    p->target = target;
    if (now_us - p->published_us >= PUBLISH_EVERY_US) {
        p->published_us = now_us;
        progress_publish(p);
    }
    if (now_us - p->told_us >= TELL_EVERY_US) {
        p->told_us = now_us;
        progress_tell(p, now_us);
    }
}

uint64_t progress_end(struct progress *p)
{
    struct figures *f = figures_acquire(p->reporter->board);

    f->replay = (struct figures_replay){0};
    figures_release(p->reporter->board);
    return clock_now_us(p->reporter->clock) - p->started_us;
}
