#include "kernel/housekeeping.h"

#include "kernel/crank.h"
#include "kernel/metering.h"
#include "kernel/tables/run_queue.h"
#include "kernel/tables/termination.h"

enum { CLEAN_KEYS_MAX = 256 }; /* of a vat that ended, in one crank */

bool housekeeping_is_due(const struct kernel *k)
{
    return k->kv.cleanup_pending || k->kv.gc_pending || k->kv.reap_pending;
}

static enum hs_status housekeeping_clean_up(struct kernel *k, void *data, struct hs_error *err)
{
    (void)data;
    return termination_clean_up(&k->kv, CLEAN_KEYS_MAX, err);
}

/* In SwingSet's order; what a step leaves to be told to others is told next. */
static enum hs_status housekeeping_step(struct kernel *k, struct hs_error *err)
{
    if (k->kv.cleanup_pending) return crank_run(k, housekeeping_clean_up, NULL, err);
    if (k->kv.gc_pending) return crank_run_collect(k, err);
    return crank_run_reap(k, err);
}

enum hs_status housekeeping_run(struct kernel *k, bool at_least_one, struct hs_error *err)
{
    uint64_t end = meter_ticks(k) + k->now.rules.housekeeping_ticks;
    enum hs_status st = HS_OK;

    while (st == HS_OK && housekeeping_is_due(k)) {
        if (!at_least_one && (meter_policy_is_spent(k) || meter_ticks(k) >= end)) break;
        at_least_one = false;
        st = housekeeping_step(k, err);
    }
    return st;
}

enum hs_status housekeeping_queued(struct kernel *k, uint64_t *out, struct hs_error *err)
{
    uint64_t waiting = 0;
    enum hs_status st = run_queues_len(&k->kv, &waiting, err);

    if (st == HS_OK) *out = waiting + housekeeping_is_due(k);
    return st;
}
