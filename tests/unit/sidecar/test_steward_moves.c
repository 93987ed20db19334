/* Which of the table's pairs real lives send: every one that is expected, but for a few that are
 * named with the reason. And what must not happen is survived: the next delivery is served. */
#include "tests/unit/sidecar/rig.h"
#include "tests/unit/suite.h"

#include "kernel/state/fault.h"

static struct rig rig; /* large; one at a time */

/* Expected, and never seen here. */
static const struct {
    enum phase from;
    enum phase_event event;
    const char *why;
} unseen[] = {
    {PHASE_STARTING, EVENT_STOP, "the phase moves once all is open"},
    {PHASE_LOADING, EVENT_BEHIND, "what is dropped is loaded again before the next job"},
    {PHASE_LOADING, EVENT_GAP, "likewise"},
    {PHASE_LOADING, EVENT_UNUSABLE, "likewise"},
    {PHASE_CATCHING_UP, EVENT_STOP, "a delivery ends before the stop is looked at"},
    {PHASE_ROLLING_BACK, EVENT_STOP, "likewise"},
    {PHASE_TAILING, EVENT_STOP, "likewise"},
    {PHASE_FULL_REPLAY, EVENT_STOP, "likewise"},
};

static void restart(void)
{
    rig_stop(&rig);
    rig_start(&rig);
}

static void change_node(void)
{
    rig_node_leaves(&rig);
    rig_node_comes(&rig);
}

static void deliver_and_close(const char *path)
{
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), path);
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void moves__a_node_comes_and_goes(void)
{
    rig_begin(&rig, 0);
    change_node(); /* before it delivered */
    rig_deliver_many(&rig, 3);
    rig_node_leaves(&rig);
    change_node(); /* it went again */
    rig_node_leaves(&rig);
    rig_commit(&rig, 0); /* all of that is taken in */
    rig_stop(&rig);
    rig_start(&rig);
    deliver_and_close("swap");
    rig_begin(&rig, 3);
    change_node();
    deliver_and_close("swap");
    rig_begin(&rig, 3);
    rig_node_leaves(&rig);
    rig_commit(&rig, 0);
    rig_close(&rig); /* stopped while no node is there */
    rig_begin(&rig, 0);
    rig_close(&rig); /* and before any came */
}

/* A delivery that fails half-way, and what came before it in its block comes out differently when
 * it is executed again: that leaves the kernel at its mark, behind the node. */
static void fail_one(void)
{
    rig_open(&rig);
    rig.config.reads = SIDECAR_READS_NODE;
    rig_start(&rig);
    rig_deliver_many(&rig, 13);
    rig.calls_failing_after = 3;
    fault_arm("kernel.diverge:1+:EIO");
    CU_ASSERT_EQUAL(rig_deliver(&rig, 3, RIG_COUNT_ONE).code, IPC_NODE_FAILED);
    fault_arm(NULL);
    rig.calls_failing_after = 0;
}

static void moves__behind(void)
{
    fail_one();
    deliver_and_close("catch_up");
    fail_one();
    change_node();
    deliver_and_close("catch_up");
    rig_begin(&rig, 28);
    rig.config.preload = false;
    restart();
    deliver_and_close("catch_up");
}

static void moves__ahead(void)
{
    rig_begin(&rig, 12);
    CU_ASSERT_EQUAL(rig_deliver_reverted(&rig, 3, RIG_COUNT_MANY).code, 0);
    deliver_and_close("roll_back");
    rig_begin(&rig, 13);
    rig_go_back(&rig, 10);
    change_node();
    deliver_and_close("roll_back");
    for (int how = 0; how < 3; how++) { /* before the mark */
        rig_begin(&rig, 50);
        if (how == 2) rig_stop(&rig);
        rig_go_back(&rig, 38);
        if (how == 1) change_node();
        if (how == 2) rig_start(&rig);
        deliver_and_close("roll_back");
    }
}

static void moves__gap(void)
{
    for (int how = 0; how < 3; how++) {
        rig_begin(&rig, 50);
        if (how == 2) rig_stop(&rig);
        rig_go_back(&rig, 36);
        rig_go_on_alone(&rig, 9, RIG_COUNT_MANY);
        if (how == 1) change_node();
        if (how == 2) rig_start(&rig);
        deliver_and_close("tail");
    }
}

static void moves__unusable(void)
{
    for (int how = 0; how < 3; how++) {
        rig_begin(&rig, 95);
        if (how == 2) rig_stop(&rig);
        rig_go_back(&rig, 7);
        if (how == 1) change_node();
        if (how == 2) rig_start(&rig);
        deliver_and_close("full_replay");
    }
}

static void moves__a_way_that_diverges_is_followed_by_full_replay(void)
{
    rig_begin(&rig, 29);
    rig.config.preload = false;
    restart();
    fault_arm("kernel.diverge:5:EIO");
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "full_replay");
    fault_arm(NULL);
    rig_close(&rig);
    rig_begin(&rig, 50);
    rig_go_back(&rig, 38);
    fault_arm("kernel.diverge:1:EIO");
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "full_replay");
    fault_arm(NULL);
    rig_close(&rig);
    rig_begin(&rig, 29);
    fault_arm("kernel.diverge:3:EIO"); /* in the preload */
    restart();
    fault_arm(NULL);
    deliver_and_close("full_replay");
    rig_begin(&rig, 21);
    rig_stop(&rig);
    rig_go_on_alone(&rig, 14, NULL);
    rig_start(&rig);
    fault_arm("leveldb.*.write:1+:ENOSPC"); /* tail needs the disk, full replay does not */
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "full_replay");
    fault_arm(NULL);
    rig_close(&rig);
}

/* The node goes away in the middle: answered with an error, and then as if nothing had been. */
static void give_up_and_close(const char *path)
{
    rig.calls_failing_after = 1;
    CU_ASSERT_EQUAL(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE).code, IPC_NODE_FAILED);
    rig.calls_failing_after = 0;
    deliver_and_close(path);
}

static void moves__a_way_that_the_node_leaves_is_given_up(void)
{
    rig_begin(&rig, 28);
    rig.config.preload = false;
    rig.config.verify_swap = true;
    restart();
    give_up_and_close("swap"); /* it was caught up; what failed was the comparison */
    rig_begin(&rig, 13);
    rig.config.verify_swap = true;
    rig_go_back(&rig, 10);
    change_node();
    give_up_and_close("swap");
    rig_begin(&rig, 50);
    rig.config.verify_swap = true;
    rig_go_back(&rig, 38);
    change_node();
    give_up_and_close("swap");
    rig_begin(&rig, 28);
    rig_stop(&rig);
    rig_go_on_alone(&rig, 23, NULL);
    rig_start(&rig);
    rig.calls_failing_after = 3;
    CU_ASSERT_EQUAL(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE).code, IPC_NODE_FAILED);
    rig.calls_failing_after = 0;
    deliver_and_close("tail");
    rig_begin(&rig, 17);
    rig_stop(&rig);
    rig_lose_data(&rig);
    rig_start(&rig);
    give_up_and_close("full_replay");
}

/* Two stores at one position that differ: the kernel is dropped before another way is taken. */
static void moves__a_kernel_is_lost(void)
{
    for (int how = 0; how < 2; how++) {
        rig_begin(&rig, 12);
        rig.config.verify_swap = true;
        if (how == 0) {
            restart();
        } else {
            change_node();
        }
        CU_ASSERT_EQUAL(kv_store_set(kv_memory_store(rig.real), slice_text("v1.vs.extra"),
                                     slice_text("x"), NULL),
                        HS_OK);
        rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "full_replay");
        CU_ASSERT_EQUAL(rig_figures(&rig).divergences, 1);
        rig_close(&rig);
    }
}

/* The heap pages on disk rot while the kernel is live: a verification finds it. */
static void moves__damage_found_while_live_costs_a_full_replay(void)
{
    struct scratch_path snapshot, pages;
    struct scratch_listing generations;
    struct buffer content = {0};

    rig_begin(&rig, 31);
    rig_await_snapshot(&rig, 0);
    restart();
    rig_deliver_many(&rig, 1);
    snapshot = scratch_join(rig.dir.text, "snapshot");
    scratch_list(snapshot.text, &generations);
    for (size_t i = 0; i < generations.len; i++) {
        pages = scratch_join(scratch_join(snapshot.text, generations.names[i]).text, "pages");
        if (!scratch_exists(pages.text)) continue;
        scratch_read(pages.text, &content);
        for (size_t at = 0; at < content.len; at += 4096) {
            content.data[at] ^= 1;
        }
        scratch_write(pages.text, buffer_slice(&content));
    }
    buffer_fini(&content);
    rig_pass(&rig, 3600);
    while (rig_figures(&rig).phase == PHASE_LIVE) {
        (void)rig_log_synced(&rig); /* a job: the helm looks at what has ended */
    }
    CU_ASSERT_EQUAL(rig_figures(&rig).phase, PHASE_PRIMED);
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "full_replay");
    CU_ASSERT_EQUAL(rig_figures(&rig).full_replays[ENTRY_CAUSE_DAMAGED], 1);
    rig_check_twin(&rig);
    rig_close(&rig);
}

/* Stopped while transcripts are replayed, or the log is. */
static void moves__a_stop_while_it_preloads(void)
{
    for (int images = 0; images < 2; images++) {
        enum phase phase = images ? PHASE_ROLLING : PHASE_LOADING;

        rig_open(&rig);
        rig.config.images = images;
        rig.config.snapshot_every = images ? 0 : 10;
        rig_start(&rig);
        rig_deliver_many(&rig, 200);
        rig_stop(&rig);
        for (int i = 0; i < 50 && rig_moves(phase, EVENT_STOP) == 0; i++) {
            rig_start_in_vain(&rig);
        }
        CU_ASSERT(rig_moves(phase, EVENT_STOP) > 0);
        rig_start(&rig);
        deliver_and_close("swap");
    }
}

/* From every phase between two jobs, every event that it does not expect: the kernel is loaded
 * again, and whatever the node asks next is right. */
static void moves__what_must_not_happen_is_survived(void)
{
    size_t told = 0;

    rig_begin(&rig, 23);
    for (int where = 0; where < 3; where++) {
        static const enum phase phases[] = {PHASE_PRIMED, PHASE_LIVE, PHASE_DETACHED};

        for (enum phase_event event = EVENT_NONE; event < EVENT_COUNT; event++) {
            if (phase_expects(phases[where], event)) continue;
            if (where == 0) restart();
            if (where == 1) rig_deliver_many(&rig, 1);
            if (where == 2) rig_node_leaves(&rig);
            rig_tell(&rig, event);
            if (where == 2) rig_node_comes(&rig);
            rig_deliver_many(&rig, 1);
            told++;
        }
        rig_check_twin(&rig);
    }
    CU_ASSERT(told > 10);
    rig_tell_and_leave(&rig, EVENT_OPENED);
    rig_node_comes(&rig);
    rig_commit(&rig, 0); /* a look around, and it is loaded, without a delivery */
    CU_ASSERT_EQUAL(rig_figures(&rig).phase, PHASE_PRIMED);
    deliver_and_close("swap");
}

/* What the data folder could not give at the start comes before a node: a start, again. */
static void moves__a_folder_that_comes_late_is_loaded_from(void)
{
    rig_begin(&rig, 23);
    rig_stop(&rig);
    fault_arm("data.*.*:1+:EACCES");
    rig_start(&rig);
    fault_arm(NULL);
    while (rig_figures(&rig).disk.without[DATA_FOLDER_LOG]) {
        rig_pass(&rig, 60);
        rig_commit(&rig, 0);
    }
    deliver_and_close("swap");
    CU_ASSERT(rig_moves(PHASE_PRIMED, EVENT_LOAD_AGAIN) > 0);
}

/* Last: over all that was lived above. */
static void moves__every_expected_pair_was_seen(void)
{
    size_t expected = 0, seen = 0;

    for (enum phase from = PHASE_STARTING; from < PHASE_COUNT; from++) {
        for (enum phase_event event = EVENT_NONE; event < EVENT_COUNT; event++) {
            const char *why = NULL;

            for (size_t i = 0; i < sizeof unseen / sizeof *unseen; i++) {
                if (unseen[i].from == from && unseen[i].event == event) why = unseen[i].why;
            }
            if (!phase_expects(from, event)) continue;
            expected++;
            if (rig_moves(from, event) > 0) {
                seen++;
                CU_ASSERT_PTR_NULL(why);
                continue;
            }
            (void)printf("\n    never seen: %s, %s (%s)", phase_name(from), phase_event_name(event),
                         why ? why : "no reason is known");
            CU_ASSERT_PTR_NOT_NULL(why);
        }
    }
    (void)printf("\n    %zu of %zu expected pairs seen\n", seen, expected);
}

static const struct suite_case cases[] = {
    SUITE_CASE(moves__a_node_comes_and_goes),
    SUITE_CASE(moves__behind),
    SUITE_CASE(moves__ahead),
    SUITE_CASE(moves__gap),
    SUITE_CASE(moves__unusable),
    SUITE_CASE(moves__a_way_that_diverges_is_followed_by_full_replay),
    SUITE_CASE(moves__a_way_that_the_node_leaves_is_given_up),
    SUITE_CASE(moves__a_kernel_is_lost),
    SUITE_CASE(moves__damage_found_while_live_costs_a_full_replay),
    SUITE_CASE(moves__a_stop_while_it_preloads),
    SUITE_CASE(moves__what_must_not_happen_is_survived),
    SUITE_CASE(moves__a_folder_that_comes_late_is_loaded_from),
    SUITE_CASE(moves__every_expected_pair_was_seen),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("steward moves", cases, argc, argv);
}
