/* What the node must have committed, as its own notices say it and as the log alone does; and
 * prepare_commit, after which a block's entries are on disk. */
#include "tests/unit/sidecar/rig.h"
#include "tests/unit/suite.h"

#include "kernel/state/fault.h"

static struct rig rig; /* large; one at a time */

static void floor__without_notices_is_the_block_before(void)
{
    rig_begin(&rig, 5);
    CU_ASSERT_EQUAL(rig_figures(&rig).floor_seqnum, 0);
    rig_deliver_many(&rig, 1); /* the first of block 2 */
    CU_ASSERT_EQUAL(rig_figures(&rig).floor_seqnum, 5);
    rig_deliver_many(&rig, 7);
    CU_ASSERT_EQUAL(rig_figures(&rig).floor_seqnum, 10);
    rig_close(&rig);
}

static void floor__after_a_restart_is_what_the_log_proves(void)
{
    rig_open(&rig);
    rig.config.snapshot_every = 0; /* a snapshot would prove as much by itself */
    rig_start(&rig);
    rig_deliver_many(&rig, 13);
    rig_commit(&rig, 3); /* said, and not written down */
    rig_stop(&rig);
    rig_start(&rig);
    CU_ASSERT_EQUAL(rig_figures(&rig).floor_seqnum, 10);
    CU_ASSERT_EQUAL(rig_figures(&rig).mark_seqnum, 10);
    CU_ASSERT_EQUAL(rig_figures(&rig).at.seqnum, 13); /* and the rest by speculation */
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "swap");
    rig_check_twin(&rig);
    rig_close(&rig);
}

/* The node lost what it had not committed: the mark is there, so nothing is executed again. */
static void floor__is_where_a_node_is_met_that_lost_its_block(void)
{
    struct rig_answer a;

    rig_begin(&rig, 33);
    rig_stop(&rig);
    rig_go_back(&rig, 30);
    rig_start(&rig);
    a = rig_deliver(&rig, 7, RIG_COUNT_MANY);
    rig_expect(a, "roll_back");
    CU_ASSERT_EQUAL(a.replayed, 0);
    rig_check_twin(&rig);
    rig_close(&rig);
}

/* Restored from a backup that is older than what it said was committed: what it says is the truth.
 */
static void floor__is_lowered_by_a_node_that_stands_below_it(void)
{
    rig_begin(&rig, 33);
    rig_commit(&rig, 6);
    CU_ASSERT_EQUAL(rig_figures(&rig).floor_seqnum, 30);
    rig_node_leaves(&rig);
    rig_go_back(&rig, 12);
    rig_node_comes(&rig);
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_MANY), "roll_back");
    CU_ASSERT(rig_figures(&rig).floor_seqnum <= 12);
    CU_ASSERT_EQUAL(rig_figures(&rig).at.seqnum, 13);
    rig_deliver_many(&rig, 9);
    CU_ASSERT(rig_figures(&rig).floor_seqnum > 12); /* and it is followed again */
    rig_check_twin(&rig);
    rig_close(&rig);
}

/* A log that cannot be read now, from its k-th operation on: nothing is claimed that is not held.
 */
static void floor__of_a_log_that_cannot_be_read_is_where_the_kernel_stands(void)
{
    unsigned early = 0;

    rig_open(&rig);
    rig.config.snapshot_every = 0;
    rig_start(&rig);
    rig_deliver_many(&rig, 43);
    rig_stop(&rig);
    for (int k = 1; k <= 24; k++) {
        struct figures f;
        char fault[32];

        (void)snprintf(fault, sizeof fault, "log.*.*:%d+:EMFILE", k);
        fault_arm(fault);
        rig_start(&rig);
        fault_arm(NULL);
        f = rig_figures(&rig);
        CU_ASSERT(f.floor_seqnum <= f.at.seqnum);
        CU_ASSERT_EQUAL(f.floor_seqnum, f.mark_seqnum);
        early += f.at.seqnum < rig.len;
        rig_deliver_many(&rig, 1);
        rig_check_twin(&rig);
        rig_stop(&rig);
    }
    CU_ASSERT(early > 0);
    rig_close(&rig);
}

static void floor__follows_commit_notices(void)
{
    rig_begin(&rig, 13);
    rig_commit(&rig, 2); /* late: known already */
    CU_ASSERT_EQUAL(rig_figures(&rig).floor_seqnum, 10);
    rig_commit(&rig, 3);
    CU_ASSERT_EQUAL(rig_figures(&rig).floor_seqnum, 13);
    CU_ASSERT_EQUAL(rig_deliver(&rig, 4, RIG_COUNT_ONE).code, 0);
    CU_ASSERT_EQUAL(rig_figures(&rig).floor_seqnum, 13);
    rig_commit(&rig, 9); /* empty blocks came after */
    CU_ASSERT_EQUAL(rig_figures(&rig).floor_seqnum, 14);
    rig_node_leaves(&rig);
    rig_node_comes(&rig);
    rig_commit(&rig, 10); /* of a node whose position is not known yet */
    CU_ASSERT_EQUAL(rig_figures(&rig).floor_seqnum, 14);
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void commit__after_a_failed_transaction_moves_no_mark(void)
{
    rig_begin(&rig, 13);
    CU_ASSERT_EQUAL(rig_deliver_reverted(&rig, 3, RIG_COUNT_MANY).code, 0);
    rig_commit(&rig, 3);
    rig_expect(rig_deliver(&rig, 4, RIG_COUNT_ONE), "roll_back");
    CU_ASSERT_EQUAL(rig_figures(&rig).floor_seqnum, 13);
    rig_check_twin(&rig);
    rig_close(&rig);
}

/* The node says where its store stands, so what it dropped is known before the next delivery. */
static void commit__with_a_position_makes_mark_and_floor_exact(void)
{
    struct position at;
    struct figures f;

    rig_begin(&rig, 13);
    at = rig_position(&rig);
    CU_ASSERT_EQUAL(rig_deliver_reverted(&rig, 3, RIG_COUNT_MANY).code, 0);
    rig_commit_at(&rig, 3, &at);
    f = rig_figures(&rig);
    CU_ASSERT_EQUAL(f.floor_seqnum, 13);
    CU_ASSERT_EQUAL(f.mark_seqnum, 13);
    CU_ASSERT_EQUAL(f.at.seqnum, 13);
    rig_commit_at(&rig, 3, &at); /* once more does no harm */
    rig_expect(rig_deliver(&rig, 4, RIG_COUNT_ONE), "live");
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void commit__that_cannot_be_reached_changes_nothing(void)
{
    struct position at, strange;
    struct figures f;

    rig_begin(&rig, 13);
    at = strange = rig_position(&rig);
    strange.hash[7] = strange.hash[7] == 'a' ? 'b' : 'a';
    rig_commit_at(&rig, 3, &strange);
    strange.seqnum = 77;
    rig_commit_at(&rig, 3, &strange);
    f = rig_figures(&rig);
    CU_ASSERT(f.floor_seqnum == 10 && f.mark_seqnum == 10 && f.at.seqnum == 13);
    CU_ASSERT_EQUAL(rig_deliver(&rig, 4, RIG_COUNT_ONE).code, 0);
    rig_commit_at(&rig, 3, &at); /* late: the block after it has begun */
    f = rig_figures(&rig);
    CU_ASSERT(f.floor_seqnum == 13 && f.mark_seqnum == 13 && f.at.seqnum == 14);
    rig_expect(rig_deliver(&rig, 4, RIG_COUNT_ONE), "live");
    rig_check_twin(&rig);
    rig_close(&rig);
}

/* One that has not delivered yet: what it committed is where it stands. */
static void commit__of_a_node_that_has_just_come_is_followed(void)
{
    struct position at;

    rig_begin(&rig, 13);
    rig_node_leaves(&rig);
    rig_go_back(&rig, 12);
    at = rig_position(&rig);
    rig_node_comes(&rig);
    rig_commit_at(&rig, 3, &at);
    CU_ASSERT_EQUAL(rig_figures(&rig).mark_seqnum, 12);
    rig_expect(rig_deliver(&rig, 4, RIG_COUNT_ONE), "swap");
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void prepare_commit__leaves_the_block_on_disk_in_every_mode(void)
{
    static const enum sidecar_log_sync modes[] = {SIDECAR_LOG_SYNC_BACKGROUND,
                                                  SIDECAR_LOG_SYNC_ALWAYS, SIDECAR_LOG_SYNC_BLOCK};

    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        rig_open(&rig);
        rig.config.log_sync = modes[i];
        rig_start(&rig);
        for (uint64_t height = 1; height <= 4; height++) {
            rig_deliver_many(&rig, 5);
            CU_ASSERT_EQUAL(rig_prepare_commit(&rig, height), 0);
            CU_ASSERT_EQUAL(rig_log_synced(&rig), rig.len);
            rig_commit(&rig, height);
        }
        CU_ASSERT_EQUAL(rig_figures(&rig).log.last, 20);
        rig_close(&rig);
    }
}

static void prepare_commit__is_what_syncs_an_open_block(void)
{
    rig_open(&rig);
    rig.config.log_sync = SIDECAR_LOG_SYNC_BLOCK;
    rig_start(&rig);
    rig_deliver_many(&rig, 4);
    CU_ASSERT_EQUAL(rig_log_synced(&rig), 0);
    CU_ASSERT_EQUAL(rig_prepare_commit(&rig, 1), 0);
    CU_ASSERT_EQUAL(rig_log_synced(&rig), 4);
    rig_close(&rig);
}

static void prepare_commit__that_cannot_says_so_and_deliveries_go_on(void)
{
    rig_open(&rig);
    rig.config.log_sync = SIDECAR_LOG_SYNC_BLOCK;
    rig_start(&rig);
    rig_deliver_many(&rig, 4);
    fault_arm("log.segment.sync:1:EIO");
    CU_ASSERT_EQUAL(rig_prepare_commit(&rig, 1), IPC_STORAGE_FAILED);
    fault_arm(NULL);
    CU_ASSERT_EQUAL(rig_prepare_commit(&rig, 1), IPC_STORAGE_FAILED); /* fenced: still unknown */
    rig_deliver_many(&rig, 4);
    rig_check_twin(&rig);
    rig_close(&rig);
}

static const struct suite_case cases[] = {
    SUITE_CASE(floor__without_notices_is_the_block_before),
    SUITE_CASE(floor__after_a_restart_is_what_the_log_proves),
    SUITE_CASE(floor__is_where_a_node_is_met_that_lost_its_block),
    SUITE_CASE(floor__is_lowered_by_a_node_that_stands_below_it),
    SUITE_CASE(floor__of_a_log_that_cannot_be_read_is_where_the_kernel_stands),
    SUITE_CASE(floor__follows_commit_notices),
    SUITE_CASE(commit__after_a_failed_transaction_moves_no_mark),
    SUITE_CASE(commit__with_a_position_makes_mark_and_floor_exact),
    SUITE_CASE(commit__that_cannot_be_reached_changes_nothing),
    SUITE_CASE(commit__of_a_node_that_has_just_come_is_followed),
    SUITE_CASE(prepare_commit__leaves_the_block_on_disk_in_every_mode),
    SUITE_CASE(prepare_commit__is_what_syncs_an_open_block),
    SUITE_CASE(prepare_commit__that_cannot_says_so_and_deliveries_go_on),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("steward commit", cases, argc, argv);
}
