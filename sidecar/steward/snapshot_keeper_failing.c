/* What failed or was left out: who is told, and when it is tried again. */
#include "sidecar/steward/snapshot_keeper_state.h"

#include <inttypes.h>

/* The first failure is told as an error; what follows, to whoever wants to know. */
void snapshot_keeper_failing(struct snapshot_keeper *k, const char *why)
{
    enum log_level level = k->failing_since_s == 0 ? LOG_LEVEL_ERROR : LOG_LEVEL_DEBUG;

    logger_write(k->o.reporter->logger, level,
                 "snapshot was not written: %s; deliveries go on without, and it is tried again",
                 why);
    if (k->failing_since_s == 0) k->failing_since_s = clock_now_unix_s(k->o.reporter->clock);
}

void snapshot_keeper_failing_no_more(struct snapshot_keeper *k)
{
    retry_worked(&k->retry);
    if (k->failing_since_s == 0) return;
    logger_write(k->o.reporter->logger, LOG_LEVEL_WARN,
                 "snapshots are written again, at seqnum %" PRIu64, k->written.at.seqnum);
    k->failing_since_s = 0;
}

void snapshot_keeper_open_again(struct snapshot_keeper *k)
{
    retry_worked(&k->retry);
    if (k->failing_since_s == 0) return;
    logger_write(k->o.reporter->logger, LOG_LEVEL_WARN, "the snapshot store is open again");
    k->failing_since_s = 0;
}

void snapshot_keeper_refused(struct snapshot_keeper *k, const char *why)
{
    snapshot_keeper_failing(k, why);
    snapshot_keeper_show(k);
    snapshot_keeper_pause(
        k); /* what the kernel's mark is now may be no block's end: the next one is due */
}

void snapshot_keeper_pause(struct snapshot_keeper *k)
{
    retry_failed(&k->retry, clock_now_us(k->o.reporter->clock), k->work_us);
}

void snapshot_keeper_skipped(struct snapshot_keeper *k, enum snapshot_skip reason)
{
    struct figures *f = figures_acquire(k->o.reporter->board);

    f->snapshot_skips[reason]++;
    figures_release(k->o.reporter->board);
}

void snapshot_keeper_work_done(void *data)
{
    struct snapshot_keeper *k = data;

    k->o.nudge(k->o.data);
}
