/* attach: the entry check before there is a message. After it the kernel stands where the node
 * does, and neither mark nor floor says more than before. */
#include "tests/unit/sidecar/rig.h"
#include "tests/unit/suite.h"

static struct rig rig; /* large; one at a time */

static void expect_floor(uint64_t floor, uint64_t mark)
{
    struct figures f = rig_figures(&rig);

    CU_ASSERT_EQUAL(f.floor_seqnum, floor);
    CU_ASSERT_EQUAL(f.mark_seqnum, mark);
}

static void attach__of_a_new_store_prepares_and_writes_nothing(void)
{
    rig_begin(&rig, 0);
    rig_expect(rig_attach(&rig), "cold");
    expect_floor(0, 0);
    CU_ASSERT_EQUAL(rig_figures(&rig).at.seqnum, 0);
    CU_ASSERT_EQUAL(rig_figures(&rig).phase, PHASE_LIVE);
    rig_expect(rig_attach(&rig), "cold"); /* once more does no harm */
    rig_expect(rig_deliver(&rig, 1, RIG_COUNT_ONE), "cold");
    rig_check_twin(&rig);
    rig_close(&rig);
}

/* At the origin, with a name in it: (0, "") proves nothing about a store. */
static void attach__of_a_store_that_is_not_empty_is_refused(void)
{
    struct rig_answer a;

    rig_begin(&rig, 0);
    CU_ASSERT_EQUAL(kv_store_set(kv_memory_store(rig.real), slice_text("a"), slice_text("b"), NULL),
                    HS_OK);
    a = rig_attach(&rig);
    CU_ASSERT_EQUAL(a.code, IPC_NODE_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(a.text, "not empty"));
    CU_ASSERT_EQUAL(kv_store_delete(kv_memory_store(rig.real), slice_text("a"), NULL), HS_OK);
    rig_expect(rig_attach(&rig), "cold");
    rig_expect(rig_deliver(&rig, 1, RIG_COUNT_ONE), "cold");
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void attach__does_what_the_first_delivery_would(void)
{
    struct rig_answer a;

    rig_begin(&rig, 13);
    rig_expect(rig_attach(&rig), "live");
    rig_node_leaves(&rig);
    rig_node_comes(&rig);
    rig_expect(rig_attach(&rig), "swap");
    expect_floor(10, 10);
    rig_expect(rig_deliver(&rig, 3, RIG_COUNT_ONE), "live");
    rig_stop(&rig);
    rig_go_back(&rig, 10);
    rig_start(&rig);
    a = rig_attach(&rig);
    rig_expect(a, "roll_back");
    CU_ASSERT(rig_figures(&rig).floor_seqnum <= 10);
    a = rig_deliver(&rig, 3, RIG_COUNT_MANY);
    rig_expect(a, "live");
    CU_ASSERT_EQUAL(a.replayed, 0);
    rig_check_twin(&rig);
    rig_close(&rig);
}

/* All that we had is lost: the hours of the replay are over before a block waits for them. */
static void attach__takes_the_full_replay_before_the_message(void)
{
    struct rig_answer a;

    rig_begin(&rig, 23);
    rig_stop(&rig);
    rig_lose_data(&rig);
    rig_start(&rig);
    a = rig_attach(&rig);
    rig_expect(a, "full_replay");
    CU_ASSERT(a.replayed > 0 && rig.calls > 0);
    a = rig_deliver(&rig, 6, RIG_COUNT_ONE);
    rig_expect(a, "live");
    CU_ASSERT_EQUAL(rig.calls, 0);
    rig_check_twin(&rig);
    rig_close(&rig);
}

/* An attach that failed changed nothing: the delivery finds its own way. */
static void attach__whose_node_fails_is_told_and_forgotten(void)
{
    rig_begin(&rig, 23);
    rig_stop(&rig);
    rig_lose_data(&rig);
    rig_start(&rig);
    rig.calls_failing_after = 1;
    CU_ASSERT_EQUAL(rig_attach(&rig).code, IPC_NODE_FAILED);
    rig.calls_failing_after = 0;
    rig_expect(rig_deliver(&rig, 6, RIG_COUNT_ONE), "full_replay");
    rig_check_twin(&rig);
    rig_close(&rig);
}

/* A full replay takes hours in the field. */
static void full_replay(size_t messages)
{
    rig_begin(&rig, messages);
    rig_stop(&rig);
    rig_lose_data(&rig);
    rig_start(&rig);
}

static void expect_kept(uint64_t seqnum)
{
    rig_stop(&rig);
    rig_start(&rig);
    CU_ASSERT_EQUAL(rig_figures(&rig).snapshot.newest, seqnum);
    CU_ASSERT_EQUAL(rig_figures(&rig).at.seqnum, seqnum);
    rig_expect(rig_attach(&rig), "swap");
    rig_deliver_many(&rig, 7);
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void kept__is_what_a_full_replay_came_to(void)
{
    full_replay(35);
    rig_expect(rig_attach(&rig), "full_replay");
    expect_kept(35);
}

/* Between two messages of a block all was lost. */
static void replay_inside_of_a_block(void)
{
    full_replay(33);
    rig_expect(rig_deliver(&rig, 7, RIG_COUNT_MANY), "full_replay");
    rig_expect(rig_deliver(&rig, 7, RIG_COUNT_ONE), "live");
}

/* The node may take the block back, and a snapshot is where a node has been for good. */
static void kept__is_nothing_inside_of_a_block(void)
{
    replay_inside_of_a_block();
    rig_stop(&rig);
    rig_start(&rig);
    CU_ASSERT_EQUAL(rig_figures(&rig).snapshot.count, 0);
    rig_expect(rig_attach(&rig), "full_replay");
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void kept__once_the_block_is_committed(void)
{
    struct position at;

    replay_inside_of_a_block();
    at = rig_position(&rig);
    rig_commit_at(&rig, 7, &at);
    expect_kept(35);
}

static void kept__is_nothing_where_no_snapshots_are_wanted(void)
{
    rig_open(&rig);
    rig.config.snapshot_every = 0;
    rig_start(&rig);
    rig_deliver_many(&rig, 33);
    rig_stop(&rig);
    rig_lose_data(&rig);
    rig_start(&rig);
    rig_expect(rig_attach(&rig), "full_replay");
    rig_stop(&rig);
    rig_start(&rig);
    CU_ASSERT_EQUAL(rig_figures(&rig).snapshot.count, 0);
    rig_close(&rig);
}

static const struct suite_case cases[] = {
    SUITE_CASE(attach__of_a_new_store_prepares_and_writes_nothing),
    SUITE_CASE(attach__of_a_store_that_is_not_empty_is_refused),
    SUITE_CASE(attach__does_what_the_first_delivery_would),
    SUITE_CASE(attach__takes_the_full_replay_before_the_message),
    SUITE_CASE(attach__whose_node_fails_is_told_and_forgotten),
    SUITE_CASE(kept__is_what_a_full_replay_came_to),
    SUITE_CASE(kept__is_nothing_inside_of_a_block),
    SUITE_CASE(kept__once_the_block_is_committed),
    SUITE_CASE(kept__is_nothing_where_no_snapshots_are_wanted),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("steward attach", cases, argc, argv);
}
