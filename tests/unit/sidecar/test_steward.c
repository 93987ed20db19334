/* Every way to the node's position, with a real kernel, snapshots and log on a real disk; after
 * each, position, store and heaps are those of a twin that never stopped. */
#include "tests/unit/sidecar/rig.h"
#include "tests/unit/suite.h"

#include "kernel/state/fault.h"

#include <unistd.h>

static struct rig rig; /* large; one at a time */

static void steward__empty_store_is_cold_and_then_live(void)
{
    rig_begin(&rig, 0);
    rig_expect(rig_deliver(&rig, 1, RIG_COUNT_ONE), "cold");
    rig_expect(rig_deliver(&rig, 1, RIG_COUNT_ONE), "live");
    rig_deliver_many(&rig, 20);
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void steward__restart_is_a_swap(void)
{
    rig_begin(&rig, 53);
    rig_stop(&rig);
    rig_start(&rig);
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "swap");
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "live");
    CU_ASSERT(rig_figures(&rig).snapshot.count > 0);
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void steward__every_restart_is_a_swap(void)
{
    rig_begin(&rig, 0);
    for (int round = 0; round < 4; round++) {
        rig_deliver_many(&rig, 9);
        rig_stop(&rig);
        rig_start(&rig);
        rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "swap");
        rig_check_twin(&rig);
    }
    rig_close(&rig);
}

/* Where executing again inside the open block comes out differently, mark and log lead there. */
static void steward__memory_that_fails_is_made_good_by_mark_and_log(void)
{
    struct rig_answer a;

    rig_begin(&rig, 14);
    CU_ASSERT_EQUAL(rig_deliver_reverted(&rig, 3, RIG_COUNT_MANY).code, 0);
    fault_arm("kernel.diverge:1:EIO");
    a = rig_deliver(&rig, 3, RIG_COUNT_ONE);
    fault_arm(NULL);
    rig_expect(a, "catch_up");
    CU_ASSERT_EQUAL(a.replayed, 4); /* from the mark at 10 */
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void steward__failed_transactions_cost_no_log_and_no_phase(void)
{
    rig_open(&rig);
    rig.config.log = false;
    rig.config.snapshot_every = 0;
    rig_start(&rig);
    rig_deliver_many(&rig, 12);
    for (int i = 0; i < 6; i++) {
        struct rig_answer a;

        CU_ASSERT_EQUAL(rig_deliver_reverted(&rig, 3, RIG_COUNT_MANY).code, 0);
        a = rig_deliver(&rig, 3, RIG_COUNT_ONE);
        rig_expect(a, "roll_back");
        CU_ASSERT_EQUAL(a.replayed, 0);
    }
    CU_ASSERT_EQUAL(rig_figures(&rig).savepoints.returns, 6);
    CU_ASSERT_EQUAL(rig_figures(&rig).savepoints.undone, 6);
    {
        const struct figures f = rig_figures(&rig);

        CU_ASSERT_EQUAL(histogram_count(&f.savepoint_return), 6);
    }
    rig_go_back(&rig, 11); /* the whole block again, but its first message */
    for (int i = 0; i < 5; i++) {
        rig_expect(rig_deliver(&rig, 3, i % 2 ? RIG_COUNT_ONE : RIG_COUNT_MANY),
                   i == 0 ? "roll_back" : "live");
    }
    CU_ASSERT_EQUAL(rig_figures(&rig).savepoints.returns, 7);
    CU_ASSERT_EQUAL(rig_figures(&rig).savepoints.undone, 6 + 7);
    rig_check_twin(&rig);
    CU_ASSERT_EQUAL(rig_moves(PHASE_LIVE, EVENT_AHEAD), 0);
    rig_close(&rig);
}

static void steward__failed_transaction_goes_back_to_the_mark(void)
{
    rig_begin(&rig, 12);
    rig_expect(rig_deliver_reverted(&rig, 3, RIG_COUNT_MANY), "live");
    rig_expect(rig_deliver(&rig, 3, RIG_COUNT_ONE), "roll_back"); /* another message in its place */
    rig_expect(rig_deliver(&rig, 3, RIG_COUNT_ONE), "live");
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(rig_deliver_reverted(&rig, 4, RIG_COUNT_MANY).code, 0);
    }
    rig_expect(rig_deliver(&rig, 4, RIG_COUNT_MANY), "roll_back");
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void steward__node_that_restarts_in_its_block_is_followed(void)
{
    rig_begin(&rig, 13); /* two blocks, and three messages of the third */
    rig_node_leaves(&rig);
    rig_go_back(&rig, 10);
    rig_node_comes(&rig);
    rig_expect(rig_deliver(&rig, 3, RIG_COUNT_MANY), "roll_back");
    rig_check_twin(&rig);
    rig_node_leaves(&rig);
    rig_node_comes(&rig);
    rig_expect(rig_deliver(&rig, 3, RIG_COUNT_MANY), "swap");
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void steward__node_far_back_is_followed_from_a_snapshot(void)
{
    rig_begin(&rig, 50);
    rig_go_back(&rig, 38);
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_MANY), "roll_back");
    rig_check_twin(&rig);
    rig_deliver_many(&rig, 20);
    rig_check_twin(&rig);
    rig_stop(&rig); /* what was kept since belongs to the new past */
    rig_start(&rig);
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "swap");
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void steward__node_behind_everything_kept_is_replayed(void)
{
    rig_begin(&rig, 95);
    rig_go_back(&rig, 7);
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_MANY), "full_replay");
    CU_ASSERT_EQUAL(rig_figures(&rig).full_replays[ENTRY_CAUSE_AHEAD], 1);
    rig_check_twin(&rig);
    rig_deliver_many(&rig, 12);
    rig_check_twin(&rig);
    rig_stop(&rig);
    rig_start(&rig); /* paid once: the first snapshot came at the next block end */
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "swap");
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void steward__node_that_went_on_alone_before_any_snapshot_is_replayed(void)
{
    rig_begin(&rig, 9);
    rig_stop(&rig);
    rig_go_on_alone(&rig, 26, NULL);
    rig_start(&rig);
    rig_expect(rig_deliver(&rig, 8, RIG_COUNT_ONE), "full_replay");
    CU_ASSERT_EQUAL(rig_figures(&rig).full_replays[ENTRY_CAUSE_GAP], 1);
    CU_ASSERT(rig_figures(&rig).store_scans > 1);
    rig_check_twin(&rig);
    rig_deliver_many(&rig, 6);
    rig_stop(&rig);
    rig_start(&rig);
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "swap");
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void steward__lost_data_folder_costs_time_and_nothing_else(void)
{
    rig_begin(&rig, 17);
    rig_stop(&rig);
    rig_lose_data(&rig);
    rig_start(&rig);
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "full_replay");
    CU_ASSERT_EQUAL(rig_figures(&rig).full_replays[ENTRY_CAUSE_NO_DATA], 1);
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void steward__wiped_node_begins_anew(void)
{
    rig_begin(&rig, 25);
    rig_go_back(&rig, 0);
    rig_expect(rig_deliver(&rig, 1, RIG_COUNT_MANY), "cold");
    rig_deliver_many(&rig, 9);
    rig_check_twin(&rig);
    rig_stop(&rig);
    rig_start(&rig);
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "swap");
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void steward__height_that_goes_back_begins_a_new_era(void)
{
    rig_begin(&rig, 11);
    rig_expect(rig_deliver(&rig, 1, RIG_COUNT_ONE), "live");
    rig_expect(rig_deliver(&rig, 2, RIG_COUNT_ONE), "live");
    rig_check_twin(&rig);
    rig_stop(&rig);
    rig_start(&rig); /* the log leads through both eras */
    rig_expect(rig_deliver(&rig, 2, RIG_COUNT_ONE), "swap");
    rig_check_twin(&rig);
    rig_go_back(&rig, 11);
    rig_expect(rig_deliver(&rig, 1, RIG_COUNT_MANY), "roll_back");
    rig_check_twin(&rig);
    rig_stop(&rig);
    rig_lose_data(&rig);
    rig_start(&rig);
    rig_expect(rig_deliver(&rig, 2, RIG_COUNT_ONE), "full_replay");
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void steward__node_that_goes_away_in_a_full_replay_may_come_back(void)
{
    rig_begin(&rig, 15);
    rig_stop(&rig);
    rig_lose_data(&rig);
    rig_start(&rig);
    rig.calls_failing_after = 2;
    CU_ASSERT_EQUAL(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE).code, IPC_NODE_FAILED);
    CU_ASSERT_EQUAL(rig_figures(&rig).full_replays[ENTRY_CAUSE_NO_DATA], 0);
    rig.calls_failing_after = 0;
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "full_replay");
    CU_ASSERT_EQUAL(rig_figures(&rig).full_replays[ENTRY_CAUSE_NO_DATA], 1);
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void steward__store_that_is_not_where_the_delivery_says_is_refused(void)
{
    struct position told;

    rig_begin(&rig, 8);
    told = rig.history[7].after;
    rig.history[7].after.hash[5] = rig.history[7].after.hash[5] == 'a' ? 'b' : 'a';
    CU_ASSERT_EQUAL(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE).code, IPC_NODE_FAILED);
    rig.history[7].after = told;
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "full_replay");
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void steward__disk_that_fails_and_comes_back_never_fails_a_delivery(void)
{
    rig_open(&rig);
    rig.logger.level = LOG_LEVEL_ERROR;
    rig_start(&rig);
    rig_deliver_many(&rig, 12);
    fault_arm("log.segment.write:1+:ENOSPC,leveldb.log.write:1+:ENOSPC");
    rig_deliver_many(&rig, 30);
    CU_ASSERT(rig_figures(&rig).log_failures > 0);
    CU_ASSERT_EQUAL(rig_figures(&rig).log.last, 12);
    rig_check_twin(&rig);
    fault_arm(NULL);
    rig_deliver_many(&rig, 2); /* the next attempt to write is a second away */
    CU_ASSERT_EQUAL(rig_figures(&rig).log.last, 12);
    rig_pass(&rig, 2);
    while (rig_figures(&rig).disk.log_fenced) {
        (void)usleep(200);
    }
    rig_deliver_many(&rig, 13);
    CU_ASSERT_EQUAL(rig_figures(&rig).log.last, 57);
    rig_check_twin(&rig);
    rig_stop(&rig);
    rig_start(&rig); /* the snapshot after the gap made it harmless */
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "swap");
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void steward__full_replay_without_a_disk_runs_from_memory(void)
{
    static const char *const points[] = {
        "leveldb.log.write:1+:ENOSPC", "leveldb.log.write:2+:EIO",
        "snapshot.file.write:1+:ENOSPC,leveldb.log.write:1+:ENOSPC",
        "snapshot.*.sync_folder:1+:EIO,leveldb.log.write:1+:EIO"};

    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        rig_begin(&rig, 13);
        rig_stop(&rig);
        rig_lose_data(&rig);
        rig_start(&rig);
        fault_arm(points[i]);
        rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "full_replay");
        rig_deliver_many(&rig, 20);
        fault_arm(NULL);
        rig_check_twin(&rig);
        rig_close(&rig);
    }
}

/* Seven to a segment of the log. */
static void deliver_large(void)
{
    static char text[160 << 10];
    int len =
        snprintf(text, sizeof text, "%s", "{\"to\":\"town\",\"method\":\"count\",\"args\":[1,\"");

    memset(text + len, 'x', sizeof text - (size_t)len);
    (void)snprintf(text + sizeof text - 5, 5, "%s", "\"]}");
    CU_ASSERT_EQUAL(rig_deliver(&rig, rig.len / 5 + 1, text).code, 0);
}

/* Time stands still, so that no second verification is due: of the snapshots that are kept in the
 * end none was verified. */
static void steward__log_is_trimmed_between_verifications(void)
{
    uint64_t verified;

    rig_begin(&rig, 12);
    while (rig_figures(&rig).snapshot_verifications == 0) {
        rig_pass(&rig, 60);
        (void)rig_log_synced(&rig); /* a job: the helm looks at what has ended */
    }
    verified = rig.len;
    while (rig_figures(&rig).log.first <= verified) {
        uint64_t newest = rig_figures(&rig).snapshot.newest;

        for (int i = 0; i < 20; i++) {
            deliver_large();
        }
        rig_await_snapshot(&rig, newest);
    }
    CU_ASSERT_EQUAL(rig_figures(&rig).snapshot_verifications, 1);
    rig_stop(&rig);
    rig_start(&rig);
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "swap");
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void steward__random_life_stays_equal_to_its_twin(void)
{
    uint64_t random = suite_seed();

    rig_begin(&rig, 0);
    for (int step = 0; step < 120; step++) {
        uint64_t what = suite_random(&random) % 20;
        size_t back = (size_t)(suite_random(&random) % 25);

        if (what < 11) {
            rig_deliver_many(&rig, 1 + (size_t)(suite_random(&random) % 7));
        } else if (what < 14) {
            (void)rig_deliver_reverted(&rig, rig.len / 5 + 1, RIG_COUNT_MANY);
        } else if (what < 16) {
            rig_go_back(&rig, rig.len > back ? rig.len - back : rig.len);
        } else if (what < 19) {
            rig_stop(&rig);
            if (back < 5) scratch_remove(scratch_join(rig.dir.text, "log"));
            rig_start(&rig);
        } else {
            rig_node_leaves(&rig);
            rig_node_comes(&rig);
        }
        if (back % 5 == 0) rig_pass(&rig, 60); /* snapshots are verified, rates saved */
        if (step % 15 == 14) {
            rig_deliver_many(&rig, 1);
            rig_check_twin(&rig);
        }
    }
    rig_close(&rig);
}

static const struct suite_case cases[] = {
    SUITE_CASE(steward__empty_store_is_cold_and_then_live),
    SUITE_CASE(steward__log_is_trimmed_between_verifications),
    SUITE_CASE(steward__restart_is_a_swap),
    SUITE_CASE(steward__every_restart_is_a_swap),
    SUITE_CASE(steward__failed_transactions_cost_no_log_and_no_phase),
    SUITE_CASE(steward__memory_that_fails_is_made_good_by_mark_and_log),
    SUITE_CASE(steward__failed_transaction_goes_back_to_the_mark),
    SUITE_CASE(steward__node_that_restarts_in_its_block_is_followed),
    SUITE_CASE(steward__node_far_back_is_followed_from_a_snapshot),
    SUITE_CASE(steward__node_behind_everything_kept_is_replayed),
    SUITE_CASE(steward__node_that_went_on_alone_before_any_snapshot_is_replayed),
    SUITE_CASE(steward__lost_data_folder_costs_time_and_nothing_else),
    SUITE_CASE(steward__wiped_node_begins_anew),
    SUITE_CASE(steward__height_that_goes_back_begins_a_new_era),
    SUITE_CASE(steward__node_that_goes_away_in_a_full_replay_may_come_back),
    SUITE_CASE(steward__store_that_is_not_where_the_delivery_says_is_refused),
    SUITE_CASE(steward__disk_that_fails_and_comes_back_never_fails_a_delivery),
    SUITE_CASE(steward__full_replay_without_a_disk_runs_from_memory),
    SUITE_CASE(steward__random_life_stays_equal_to_its_twin),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("steward", cases, argc, argv);
}
