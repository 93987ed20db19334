#include "sidecar/report/waiting.h"

#include "sidecar/report/progress.h"

bool waiting_due(uint64_t since_ms, uint64_t told_ms, uint64_t now_ms)
{
    uint64_t from_ms = told_ms > since_ms ? told_ms : since_ms;

    return now_ms >= from_ms && now_ms - from_ms >= WAITING_TOLD_EVERY_MS;
}

/* An end that is farther than numbers go is not known. */
static bool waiting_eta(const struct progress_rates *rates, uint64_t *out)
{
    if (rates->per_s <= 0 || rates->eta_s >= (double)HS_UINT_MAX) return false;
    *out = (uint64_t)rates->eta_s;
    if ((double)*out < rates->eta_s) (*out)++;
    return true;
}

struct waiting_notice waiting_notice(enum phase phase, const struct figures_replay *replay,
                                     uint64_t now_us)
{
    struct waiting_notice n = {.phase = phase_name(phase)};
    uint64_t elapsed_us = now_us > replay->started_us ? now_us - replay->started_us : 0;
    struct progress_rates rates;

    if (!replay->active) return n;
    n.phase = phase_name(replay->phase);
    n.done = replay->at > replay->from ? replay->at - replay->from : 0;
    if (replay->target <= replay->from) return n;
    n.total = replay->target - replay->from;
    rates = progress_rates(replay->from, replay->at, replay->target, elapsed_us);
    n.eta_known = waiting_eta(&rates, &n.eta_s);
    return n;
}
