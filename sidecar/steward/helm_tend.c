/* Between jobs: what the keepers came back with, and a kernel that is loaded anew while nobody
 * waits for one. */
#include "sidecar/steward/helm.h"
#include "sidecar/steward/helm_state.h"

/* As at a start. What comes meanwhile waits, as it would there. */
static void helm_load_anew(struct helm *h)
{
    struct hs_error err = {0};

    if (!helm_advance(h, EVENT_LOAD_AGAIN)) return;
    h->attached = false; /* where this kernel stands is for the entry check to say */
    h->floor = position_origin();
    if (helm_preload(h, &err) != HS_OK) return; /* the sidecar stops, and sees to it itself */
}

/* The data folder, or what a kernel is loaded from, came late, and no node did before: it is a
 * start. Once a node came, the keepers' next attempts go on from where the kernel stands. */
static void helm_take_up(struct helm *h)
{
    if (h->met || h->phase != PHASE_PRIMED) return;
    helm_lose_kernel(h);
    holdings_take_up(&h->has);
    helm_load_anew(h);
}

void helm_tend(struct helm *h)
{
    struct hs_error err;

    hs_error_clear(&err);
    if (folder_keeper_collect(h->has.folder)) helm_take_up(h);
    helm_judge(h, snapshot_keeper_collect(h->has.snapshots, spare_kernel(h->has.spare), &err),
               &err);
    if (spare_kernel(h->has.spare)) {
        snapshot_keeper_begin(h->has.snapshots, spare_kernel(h->has.spare),
                              spare_memory(h->has.spare));
    }
    log_keeper_collect(h->has.log);
    if (h->load_again && h->phase == PHASE_LOADING) {
        h->load_again = false;
        if (helm_preload(h, &err) != HS_OK) return; /* the sidecar stops, and sees to it itself */
    }
    h->load_again = false;
}

/* What a delivery would wait for is done before it comes. */
static void helm_reload(struct helm *h)
{
    uint64_t now_us = clock_now_us(h->has.o.reporter.clock);

    if (!h->lost || h->phase != PHASE_PRIMED || !h->has.o.config->preload) return;
    if (!retry_due(&h->reload, now_us)) return;
    retry_failed(&h->reload, now_us, 0);
    logger_write(h->has.o.reporter.logger, LOG_LEVEL_WARN,
                 "the kernel was lost and nobody waits: another is loaded");
    helm_load_anew(h);
}

void helm_idle(struct helm *h)
{
    helm_reload(h);
    rates_keeper_idle(h->has.rates);
    snapshot_keeper_idle(h->has.snapshots);
}
