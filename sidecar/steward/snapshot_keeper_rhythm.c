/* When a snapshot is due, and that one thing is done at a time: a put before a verification, and
 * neither in a pause, nor in the rest after a start. */
#include "sidecar/steward/snapshot_keeper_state.h"

#include "kernel/state/unhurried_thread.h"

#include <assert.h>

enum { REST_US = 1000000, AGAIN_SHARE = 10 };

/* Without any kept, the node's store may be all that leads on: that one does not wait, and its
 * beginning ends the rest. */
static bool snapshot_rests(const struct snapshot_keeper *k)
{
    return k->records_len > 0 && clock_now_us(k->o.reporter->clock) < k->rest_until_us;
}

/* What is due may begin. */
static bool snapshot_may_begin(struct snapshot_keeper *k)
{
    uint64_t now_us = clock_now_us(k->o.reporter->clock);

    if (!k->due || !retry_due(&k->retry, now_us)) return false;
    return k->at_once || snapshot_allowance_left(&k->allowance, now_us, k->o.share_percent);
}

void snapshot_keeper_begin(struct snapshot_keeper *k, struct kernel *kernel,
                           struct kv_store *memory)
{
    if (k->work != SNAPSHOT_WORK_NONE || snapshot_rests(k)) return;
    unhurried_threads_relax();
    if (snapshot_may_begin(k)) {
        /* without any, each restart is a full replay: the first one does not wait for others */
        snapshot_keeper_begin_put(k, kernel, memory,
                                  k->records_len > 0 ? k->o.unhurried : k->o.workers);
    } else {
        snapshot_keeper_begin_verify(k);
    }
}

/* On a worker. */
static enum hs_status snapshot_flush_run(void *data, struct hs_error *err)
{
    (void)err;
    snapshot_db_flush(((struct snapshot_keeper *)data)->db);
    return HS_OK;
}

/* A process that is killed now shall leave what a start reads quickly. */
void snapshot_keeper_idle(struct snapshot_keeper *k)
{
    if (!k->db || k->work != SNAPSHOT_WORK_NONE) return;
    if (clock_now_us(k->o.reporter->clock) < k->quiet_after_us) return;
    snapshot_db_settle(k->db);
    if (!snapshot_db_flush_due(k->db)) return;
    if (background_start(&k->background, k->o.unhurried, snapshot_flush_run, k,
                         snapshot_keeper_work_done, NULL) == HS_OK) {
        k->work = SNAPSHOT_WORK_FLUSH;
    }
}

void snapshot_keeper_force(struct snapshot_keeper *k)
{
    k->forced = true;
}

enum snapshot_finding snapshot_keeper_collect(struct snapshot_keeper *k, struct kernel *kernel,
                                              struct hs_error *err)
{
    enum snapshot_work work = k->work;
    enum snapshot_finding finding;

    if (work == SNAPSHOT_WORK_NONE || !background_collect(&k->background)) {
        return SNAPSHOT_FINDING_NONE;
    }
    k->work = SNAPSHOT_WORK_NONE;
    if (work == SNAPSHOT_WORK_PUT) return snapshot_keeper_put_collected(k, kernel);
    if (work == SNAPSHOT_WORK_FLUSH) return SNAPSHOT_FINDING_NONE;
    finding = snapshot_keeper_verify_collected(k, err);
    snapshot_keeper_list(k);
    return finding;
}

enum snapshot_finding snapshot_keeper_settle(struct snapshot_keeper *k, struct kernel *kernel,
                                             struct hs_error *err)
{
    enum snapshot_finding finding;

    atomic_store(&k->cancel, true);
    unhurried_threads_hurry(); /* also for what the owner does in the store now */
    background_wait(&k->background);
    finding = snapshot_keeper_collect(k, kernel, err);
    k->due = false;
    k->at_once = false;
    assert(k->work == SNAPSHOT_WORK_NONE);
    return finding;
}

static enum snapshot_due snapshot_due(struct snapshot_keeper *k, const struct kernel *kernel,
                                      uint64_t height_next)
{
    struct snapshot_rhythm rhythm = {.messages = k->forced ? 1 : k->o.every,
                                     .run_us = k->o.run_us_max};
    struct snapshot_moment now = {.height_last = kernel_height(kernel),
                                  .height_next = height_next,
                                  .seqnum_mark = kernel_mark_position(kernel).seqnum,
                                  .seqnum_newest = k->taken_seqnum};

    k->run_us += k->run_us_open;
    k->run_us_open = 0;
    now.run_us = k->run_us;
    now.write_us = k->write_us;
    return k->o.every > 0 ? snapshot_policy_due(&now, &rhythm) : SNAPSHOT_NOT_DUE;
}

void snapshot_keeper_ran(struct snapshot_keeper *k, uint64_t run_us)
{
    k->run_us_open += run_us;
}

/* What a start executed again for a tenth of the time that makes a snapshot due, each further start
 * would: it makes one due. */
static void snapshot_count_start(struct snapshot_keeper *k)
{
    if (k->run_us_open < k->o.run_us_max && k->run_us_open >= k->o.run_us_max / AGAIN_SHARE) {
        k->run_us_open = k->o.run_us_max;
    }
}

/* Of the last block's messages it is not known here which lie behind the mark: they count as
 * before it, so the one that follows comes a little later. */
void snapshot_keeper_consider_start(struct snapshot_keeper *k, struct kernel *kernel)
{
    uint64_t height = kernel_height(kernel);

    snapshot_count_start(k);
    if (height > 0 && snapshot_due(k, kernel, height + 1) != SNAPSHOT_NOT_DUE) k->due = true;
}

/* What a start executed again may well be enough for a snapshot that waits for no share: its copy
 * of the changed pages is milliseconds, and the first delivery would begin it. */
void snapshot_keeper_rest(struct snapshot_keeper *k)
{
    k->rest_until_us = clock_now_us(k->o.reporter->clock) + REST_US;
    k->verify_after_us = k->rest_until_us;
    snapshot_keeper_not_quiet(k);
}

/* One that is forced has a gap in the log behind it: it comes as soon as it can, as one does that
 * brings the kernel back from memory, or spares the next start seconds: a node that is killed
 * within the rest, again and again, would wait for the same each time. Any other comes with a later
 * block. */
void snapshot_keeper_consider(struct snapshot_keeper *k, struct kernel *kernel,
                              struct kv_store *memory, uint64_t height_next)
{
    enum snapshot_due how = snapshot_due(k, kernel, height_next);
    bool due = how != SNAPSHOT_NOT_DUE;
    bool presses = memory || how == SNAPSHOT_DUE_AT_ONCE || (due && k->forced);
    bool paused = !retry_due(&k->retry, clock_now_us(k->o.reporter->clock));

    if (memory && k->o.every > 0) k->due = true;
    if (presses || how == SNAPSHOT_DUE_SOON) k->at_once = true;
    if (presses) k->rest_until_us = 0;
    if (due && paused) snapshot_keeper_skipped(k, SNAPSHOT_SKIP_FAILED);
    if (due && k->work == SNAPSHOT_WORK_PUT) {
        snapshot_keeper_skipped(k, SNAPSHOT_SKIP_BUSY);
        due = k->forced;
    }
    if (due) { /* behind a verification, or in a pause, it waits for the end */
        k->due = true;
        k->forced = false;
    }
    if (k->due) snapshot_keeper_begin(k, kernel, memory);
}

void snapshot_keeper_consider_forced(struct snapshot_keeper *k, struct kernel *kernel,
                                     struct kv_store *memory)
{
    if (k->forced) snapshot_keeper_consider(k, kernel, memory, kernel_height(kernel) + 1);
}

void snapshot_keeper_finish(struct snapshot_keeper *k, struct kernel *kernel)
{
    bool due = k->due;

    if (snapshot_keeper_settle(k, kernel, NULL) == SNAPSHOT_FINDING_FAILED || !due) return;
    snapshot_keeper_begin_put(k, kernel, NULL, k->o.workers);
    (void)snapshot_keeper_settle(k, kernel, NULL);
}
