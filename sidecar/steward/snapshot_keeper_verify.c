/* A verification re-reads everything, so it may take a hundredth of the time and no more: the next
 * one waits a hundred times as long as the last one took. What was verified may rot later, so it is
 * verified again, for a five-hundredth of the time. */
#include "sidecar/steward/snapshot_keeper_state.h"

enum { VERIFY_PAUSE_FACTOR = 100, VERIFY_PAUSE_US_MIN = 1000000 };
enum { VERIFY_AGAIN_FACTOR = 500, VERIFY_AGAIN_US_MIN = 600000000 };

static enum hs_status snapshot_verify_run(void *data, struct hs_error *err)
{
    struct snapshot_keeper *k = data;
    uint64_t began_us = clock_now_us(k->o.reporter->clock);
    enum hs_status st = snapshot_db_verify(k->db, &k->cancel, err);

    k->work_us = clock_now_us(k->o.reporter->clock) - began_us;
    return st;
}

void snapshot_keeper_begin_verify(struct snapshot_keeper *k)
{
    uint64_t now_us = clock_now_us(k->o.reporter->clock);

    if (k->records_len == 0 || now_us < k->verify_after_us) return;
    if (k->records[0].verified && now_us < k->verify_again_after_us) return;
    atomic_store(&k->cancel, false);
    if (background_start(&k->background, k->o.unhurried, snapshot_verify_run, k,
                         snapshot_keeper_work_done, NULL) == HS_OK) {
        k->work = SNAPSHOT_WORK_VERIFY;
    }
}

static uint64_t snapshot_pause_until(const struct snapshot_keeper *k, uint64_t factor,
                                     uint64_t us_min)
{
    uint64_t pause_us = k->work_us * factor;

    return clock_now_us(k->o.reporter->clock) + (pause_us > us_min ? pause_us : us_min);
}

enum snapshot_finding snapshot_keeper_verify_collected(struct snapshot_keeper *k,
                                                       struct hs_error *err)
{
    k->verify_after_us = snapshot_pause_until(k, VERIFY_PAUSE_FACTOR, VERIFY_PAUSE_US_MIN);
    switch (k->background.status) {
    case HS_OK:
        k->verify_again_after_us =
            snapshot_pause_until(k, VERIFY_AGAIN_FACTOR, VERIFY_AGAIN_US_MIN);
        figures_acquire(k->o.reporter->board)->snapshot_verifications++;
        figures_release(k->o.reporter->board);
        return SNAPSHOT_FINDING_VERIFIED;
    case HS_CANCELLED: return SNAPSHOT_FINDING_VERIFIED;
    case HS_CORRUPT:
        (void)hs_fail(err, HS_CORRUPT, "%s", k->background.error.text);
        return SNAPSHOT_FINDING_DAMAGED;
    default: break;
    }
    logger_write(k->o.reporter->logger, LOG_LEVEL_WARN, "snapshot could not be verified: %s",
                 k->background.error.text);
    return SNAPSHOT_FINDING_FAILED;
}

void snapshot_keeper_verify_later(struct snapshot_keeper *k)
{
    k->verify_again_after_us = clock_now_us(k->o.reporter->clock) + VERIFY_AGAIN_US_MIN;
}
