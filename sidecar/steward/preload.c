#include "sidecar/steward/preload.h"

#include "sidecar/steward/base.h"
#include "sidecar/steward/forward.h"

#include <inttypes.h>
#include <string.h>

/* An entry at our own seqnum must be ours. */
bool preload_log_goes_on(const struct lent *l)
{
    struct replay_log_summary log = log_keeper_summary(l->log);
    struct position ours = kernel_position(spare_kernel(l->spare)), held;

    if (log.entries == 0 || log.last <= ours.seqnum || log.first > ours.seqnum + 1) return false;
    if (log.first == ours.seqnum + 1) return true;
    return log_keeper_position(l->log, ours.seqnum, &held) && position_equal(&held, &ours);
}

/* A snapshot is one, the log knows another. */
static struct position preload_floor(const struct lent *l)
{
    struct position floor, ours = kernel_position(spare_kernel(l->spare));

    return log_keeper_floor(l->log, &floor) && floor.seqnum > ours.seqnum ? floor : ours;
}

/* The log holds more than could be read of it now. Whatever precedes its floor is committed as
 * well, and the kernel stands there. */
static enum hs_status preload_end_early(const struct lent *l, struct position *floor,
                                        struct hs_error *err)
{
    struct kernel *kernel = spare_kernel(l->spare);
    struct position at = kernel_position(kernel);

    logger_write(l->reporter->logger, LOG_LEVEL_WARN, "preload ends early: %s", err->text);
    if (floor->seqnum <= at.seqnum) return HS_OK;
    *floor = at;
    return kernel_mark(kernel, err);
}

enum hs_status preload_roll(const struct lent *l, struct position *floor, struct way_report *report,
                            struct hs_error *err)
{
    struct replay_log_summary log = log_keeper_summary(l->log);
    enum hs_status st;

    *floor = kernel_position(spare_kernel(l->spare));
    if (!preload_log_goes_on(l)) {
        if (log.entries > 0 && log.last > floor->seqnum) {
            logger_write(l->reporter->logger, LOG_LEVEL_WARN,
                         "the replay log (%" PRIu64 " to %" PRIu64
                         ") does not go on from seqnum %" PRIu64 ": it is not used",
                         log.first, log.last, floor->seqnum);
        }
        return HS_OK;
    }
    *floor = preload_floor(l);
    st = forward_run(l, floor->seqnum, report, err);
    if (st == HS_OK) st = kernel_mark(spare_kernel(l->spare), err);
    /* Behind the floor the node never goes; what follows it may never have committed. */
    kernel_keep_savepoints(spare_kernel(l->spare), true);
    if (st == HS_OK) st = forward_run(l, log.last, report, err);
    return st == HS_GAP ? preload_end_early(l, floor, err) : st;
}

/* The state vector that the kernel stands on, where it has executed nothing; NULL: there is none.
 */
static struct kv_store *preload_genesis(const struct lent *l)
{
    struct position at = kernel_position(spare_kernel(l->spare));

    return at.seqnum == 0 && !position_is_origin(&at) ? base_store(l) : NULL;
}

void preload_rehearse(const struct lent *l)
{
    struct hs_error err = {0};
    enum hs_status st = spare_rehearse(l->spare, preload_genesis(l), &err);
    struct figures *f;

    if (st == HS_OK) return;
    logger_write(l->reporter->logger, LOG_LEVEL_ERROR,
                 "a new chain could not begin: %s; repair the configuration and start again",
                 err.text);
    if (st != HS_INVALID) return; /* a passing failure */
    f = figures_acquire(l->reporter->board);
    memcpy(f->problem, err.text, sizeof f->problem);
    figures_release(l->reporter->board);
}

/* Without a configuration nothing can be made of nothing: the node's store holds a state vector. */
static enum hs_status preload_empty(const struct lent *l, struct hs_error *err)
{
    enum hs_status st;

    if (!l->config->kernel_path) return HS_OK;
    st = base_start_empty(l, err);

    if (st == HS_OK && log_keeper_summary(l->log).entries == 0) preload_rehearse(l);
    return st;
}

enum hs_status preload_load(const struct lent *l, struct hs_error *err)
{
    const struct snapshot_record *newest = snapshot_keeper_newest(l->snapshots);
    struct kernel_start_report report;
    struct position at;
    enum hs_status st;

    if (!newest) return preload_empty(l, err);
    st = base_start_kernel(l, &report, err);
    if (st != HS_OK) return st;
    at = kernel_position(spare_kernel(l->spare));
    if (position_equal(&newest->at, &at)) return HS_OK;
    return hs_fail(err, HS_CORRUPT, "the snapshot says seqnum %" PRIu64 ", its store says %" PRIu64,
                   newest->at.seqnum, at.seqnum);
}
