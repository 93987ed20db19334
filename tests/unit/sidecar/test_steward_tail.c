/* The log does not lead to the node's position: the store comes from the node, the heaps from a
 * snapshot of ours and the node's transcripts. Whatever comes of it equals the twin. */
#include "kernel/state/decimal.h"
#include "tests/unit/sidecar/rig.h"
#include "tests/unit/suite.h"

#include "kernel/state/fault.h"

static struct rig rig; /* large; one at a time */

/* A node whose history goes on for `count` messages that we never saw. */
static void open_behind(size_t seen, size_t count)
{
    rig_begin(&rig, seen);
    rig_stop(&rig);
    rig_go_on_alone(&rig, count, NULL);
}

static uint64_t full_replays(void)
{
    struct figures f = rig_figures(&rig);
    uint64_t sum = 0;

    for (size_t i = 0; i < ENTRY_CAUSE_COUNT; i++) {
        sum += f.full_replays[i];
    }
    return sum;
}

/* Of all vats, as the node's store has them. */
static uint64_t transcript_entries(void)
{
    static const char end[] = ".t.endPosition";
    struct buffer key = {0}, value = {0};
    uint64_t sum = 0;

    while (kv_store_next(kv_memory_store(rig.real), buffer_slice(&key), &key, &value, NULL) ==
           HS_OK) {
        uint64_t each = 0;

        if (!memmem(key.data, key.len, end, sizeof end - 1)) continue;
        CU_ASSERT_EQUAL(uint_parse(buffer_slice(&value), &each), HS_OK);
        sum += each;
    }
    buffer_fini(&key);
    buffer_fini(&value);
    return sum;
}

/* Everything after the way here: messages, a snapshot, a restart from it. */
static void check_what_follows(void)
{
    CU_ASSERT_EQUAL(full_replays(), 0);
    rig_check_twin(&rig);
    rig_deliver_many(&rig, 12);
    rig_check_twin(&rig);
    rig_stop(&rig);
    rig_start(&rig); /* paid once: the first snapshot came at the next block end, and was whole */
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "swap");
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void tail__node_that_went_on_alone_keeps_our_heaps(void)
{
    struct rig_answer a;

    open_behind(21, 14);
    rig_start(&rig);
    a = rig_deliver(&rig, 8, RIG_COUNT_ONE);
    rig_expect(a, "tail");
    CU_ASSERT(a.replayed > 0);
    CU_ASSERT(a.replayed < transcript_entries() * 3 / 4); /* not from the beginning */
    CU_ASSERT_EQUAL(rig_figures(&rig).attaches[ENTRY_TAIL], 1);
    CU_ASSERT_EQUAL(rig_figures(&rig).node.replayed, a.replayed);
    check_what_follows();
}

static void tail__costs_the_gap_and_not_the_history(void)
{
    struct rig_answer a;

    rig_begin(&rig, 200);
    while (rig_figures(&rig).snapshot.newest < 150) { /* behind the one that is being written */
        rig_deliver_to_snapshot(&rig);
    }
    rig_stop(&rig);
    rig_go_on_alone(&rig, 12, NULL);
    rig_start(&rig);
    a = rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE);
    rig_expect(a, "tail");
    CU_ASSERT(a.replayed < transcript_entries() / 2);
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void tail__log_that_was_lost_is_not_missed(void)
{
    rig_begin(&rig, 34);
    rig_stop(&rig);
    scratch_remove(scratch_join(rig.dir.text, "log"));
    rig_start(&rig);
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "tail");
    CU_ASSERT_EQUAL(rig_figures(&rig).log.first, 35); /* begun anew */
    check_what_follows();
}

static void tail__node_far_back_on_another_history_is_followed(void)
{
    struct rig_answer a;

    rig_begin(&rig, 50);
    rig_node_leaves(&rig);
    rig_go_back(&rig, 36);
    rig_go_on_alone(&rig, 9, RIG_COUNT_MANY); /* at the same heights, 45 in all: we are ahead */
    rig_node_comes(&rig);
    a = rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE);
    rig_expect(a, "tail");
    CU_ASSERT(a.replayed > 0);
    check_what_follows();
}

static void tail__other_history_below_every_snapshot_is_replayed(void)
{
    rig_begin(&rig, 90); /* three are kept */
    rig_node_leaves(&rig);
    rig_go_back(&rig, 7);
    rig_go_on_alone(&rig, 95, RIG_COUNT_MANY);
    rig_node_comes(&rig);
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "full_replay");
    rig_check_twin(&rig);
    rig_close(&rig);
}

/* Does the kernel have the heaps of the twin? (The stores differ by what was forged.) */
static void check_heaps(void)
{
    struct rig_state ours = rig_kernel_state(&rig), twin = rig_twin_state(&rig);

    CU_ASSERT_TRUE(position_equal(&ours.at, &twin.at));
    CU_ASSERT_STRING_EQUAL(ours.heaps, twin.heaps);
}

static void tail__history_that_does_not_match_is_not_believed(void)
{
    static const char *const forged[] = {
        "",
        "x",
        "20",
        "20:",
        "20:0000000000000000000000000000000000000000000000000000000000000000",
        "020:",
        NULL /* the right hash at another seqnum */};

    for (size_t i = 0; i < sizeof forged / sizeof *forged; i++) {
        struct kv_store *real;
        char text[128];

        open_behind(21, 14);
        real = kv_memory_store(rig.real);
        (void)snprintf(text, sizeof text, "21:%s", rig.history[19].after.hash);
        for (int height = 1; height <= 8; height++) {
            char key[64];

            (void)snprintf(key, sizeof key, "kernel.history.%d", height);
            CU_ASSERT_EQUAL(
                kv_store_set(real, slice_text(key), slice_text(forged[i] ? forged[i] : text), NULL),
                HS_OK);
        }
        rig_start(&rig);
        rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "full_replay");
        CU_ASSERT_EQUAL(rig_figures(&rig).full_replays[ENTRY_CAUSE_GAP], 1);
        check_heaps();
        rig_close(&rig);
    }
}

static void tail__node_that_goes_away_may_come_back(void)
{
    for (uint64_t calls = 1; calls < 6; calls++) {
        open_behind(28, 23);
        rig_start(&rig);
        rig.calls_failing_after = calls;
        CU_ASSERT_EQUAL(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE).code, IPC_NODE_FAILED);
        rig.calls_failing_after = 0;
        if (calls % 2 == 0) {
            rig_stop(&rig);
            rig_start(&rig);
        }
        rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "tail");
        check_what_follows();
    }
}

static void tail__disk_that_fails_leaves_it_to_full_replay(void)
{
    static const char *const points[] = {
        "leveldb.log.write:1+:ENOSPC", "snapshot.file.write:1+:ENOSPC,leveldb.log.write:1+:ENOSPC",
        "snapshot.*.sync_folder:1+:EIO,leveldb.log.write:1+:EIO"};

    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        open_behind(21, 14);
        rig_start(&rig);
        fault_arm(points[i]);
        rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "full_replay");
        fault_arm(NULL);
        rig_deliver_many(&rig, 12);
        rig_check_twin(&rig);
        rig_close(&rig);
    }
}

static void tail__needs_no_kernel_of_ours(void)
{
    open_behind(25, 14);
    rig.config.preload = false;
    rig.config.verify_swap = true;
    rig_start(&rig);
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "tail");
    rig.config.preload = true;
    check_what_follows();
}

static void tail__without_images_every_transcript_is_replayed(void)
{
    open_behind(25, 14);
    rig.config.images = false;
    rig_start(&rig);
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "full_replay");
    CU_ASSERT_EQUAL(rig_figures(&rig).full_replays[ENTRY_CAUSE_GAP], 1);
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void tail__a_message_that_fails_next_goes_back_to_the_node(void)
{
    open_behind(21, 14);
    rig_start(&rig);
    rig_expect(rig_deliver_reverted(&rig, 8, RIG_COUNT_MANY), "tail");
    rig_expect(rig_deliver(&rig, 8, RIG_COUNT_ONE), "roll_back");
    check_what_follows();
}

static const struct suite_case cases[] = {
    SUITE_CASE(tail__node_that_went_on_alone_keeps_our_heaps),
    SUITE_CASE(tail__costs_the_gap_and_not_the_history),
    SUITE_CASE(tail__log_that_was_lost_is_not_missed),
    SUITE_CASE(tail__node_far_back_on_another_history_is_followed),
    SUITE_CASE(tail__other_history_below_every_snapshot_is_replayed),
    SUITE_CASE(tail__history_that_does_not_match_is_not_believed),
    SUITE_CASE(tail__node_that_goes_away_may_come_back),
    SUITE_CASE(tail__disk_that_fails_leaves_it_to_full_replay),
    SUITE_CASE(tail__needs_no_kernel_of_ours),
    SUITE_CASE(tail__without_images_every_transcript_is_replayed),
    SUITE_CASE(tail__a_message_that_fails_next_goes_back_to_the_node),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("steward tail", cases, argc, argv);
}
