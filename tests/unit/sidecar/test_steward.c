/* Every way to the node's position, with a real kernel, snapshots and log on a real disk; after
 * each, position, store and heaps are those of a twin that never stopped. */
#include "tests/unit/sidecar/rig.h"
#include "tests/unit/suite.h"

#include "kernel/state/fault.h"
#include "replaylog/replay_log.h"

#include <unistd.h>

static const char count_one[] = "{\"to\":\"town\",\"method\":\"count\",\"args\":[1]}";
static const char other_text[] = "{\"to\":\"town\",\"method\":\"count\",\"args\":[1000]}";

static struct rig rig; /* large; one at a time */

static void expect(struct rig_answer a, const char *path)
{
    if (a.code) (void)printf("\n    %s: %s\n", path, a.text);
    CU_ASSERT_EQUAL_FATAL(a.code, 0);
    if (strcmp(a.path, path) != 0) (void)printf("\n    %s, not %s\n", a.path, path);
    CU_ASSERT_STRING_EQUAL(a.path, path);
}

static void steward__empty_store_is_cold_and_then_live(void)
{
    rig_open(&rig);
    rig_start(&rig);
    expect(rig_deliver(&rig, 1, count_one), "cold");
    expect(rig_deliver(&rig, 1, count_one), "live");
    rig_deliver_many(&rig, 20);
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void steward__restart_is_a_swap(void)
{
    rig_open(&rig);
    rig_start(&rig);
    rig_deliver_many(&rig, 53);
    rig_stop(&rig);
    rig_start(&rig);
    expect(rig_deliver(&rig, rig_height(&rig), count_one), "swap");
    expect(rig_deliver(&rig, rig_height(&rig), count_one), "live");
    CU_ASSERT(rig_figures(&rig).snapshot.count > 0);
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void steward__every_restart_is_a_swap(void)
{
    rig_open(&rig);
    rig_start(&rig);
    for (int round = 0; round < 4; round++) {
        rig_deliver_many(&rig, 9);
        rig_stop(&rig);
        rig_start(&rig);
        expect(rig_deliver(&rig, rig_height(&rig), count_one), "swap");
        rig_check_twin(&rig);
    }
    rig_close(&rig);
}

static void steward__without_images_transcripts_give_the_same_heaps(void)
{
    rig_open(&rig);
    rig.config.images = false;
    rig_start(&rig);
    rig_deliver_many(&rig, 33);
    rig_stop(&rig);
    rig_start(&rig);
    expect(rig_deliver(&rig, rig_height(&rig), count_one), "swap");
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void steward__without_preload_the_first_delivery_catches_up(void)
{
    struct rig_answer a;

    rig_open(&rig);
    rig_start(&rig);
    rig_deliver_many(&rig, 28);
    rig_stop(&rig);
    rig.config.preload = false;
    rig_start(&rig);
    a = rig_deliver(&rig, rig_height(&rig), count_one);
    expect(a, "catch_up");
    CU_ASSERT(a.replayed > 0 && a.replayed < 28);
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void steward__failed_transaction_goes_back_to_the_mark(void)
{
    rig_open(&rig);
    rig_start(&rig);
    rig_deliver_many(&rig, 12);
    expect(rig_deliver_reverted(&rig, 3, other_text), "live");
    expect(rig_deliver(&rig, 3, count_one), "roll_back"); /* another message in its place */
    expect(rig_deliver(&rig, 3, count_one), "live");
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(rig_deliver_reverted(&rig, 4, other_text).code, 0);
    }
    expect(rig_deliver(&rig, 4, other_text), "roll_back");
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void steward__node_that_restarts_in_its_block_is_followed(void)
{
    rig_open(&rig);
    rig_start(&rig);
    rig_deliver_many(&rig, 13); /* two blocks, and three messages of the third */
    rig_node_leaves(&rig);
    rig_go_back(&rig, 10);
    rig_node_comes(&rig);
    expect(rig_deliver(&rig, 3, other_text), "roll_back");
    rig_check_twin(&rig);
    rig_node_leaves(&rig);
    rig_node_comes(&rig);
    expect(rig_deliver(&rig, 3, other_text), "swap");
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void steward__node_far_back_is_followed_from_a_snapshot(void)
{
    rig_open(&rig);
    rig_start(&rig);
    rig_deliver_many(&rig, 50);
    rig_go_back(&rig, 38);
    expect(rig_deliver(&rig, rig_height(&rig), other_text), "roll_back");
    rig_check_twin(&rig);
    rig_deliver_many(&rig, 20);
    rig_check_twin(&rig);
    rig_stop(&rig); /* what was kept since belongs to the new past */
    rig_start(&rig);
    expect(rig_deliver(&rig, rig_height(&rig), count_one), "swap");
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void steward__node_behind_everything_kept_is_replayed(void)
{
    rig_open(&rig);
    rig_start(&rig);
    rig_deliver_many(&rig, 95);
    rig_go_back(&rig, 7);
    expect(rig_deliver(&rig, rig_height(&rig), other_text), "full_replay");
    CU_ASSERT_EQUAL(rig_figures(&rig).full_replays[ENTRY_CAUSE_AHEAD], 1);
    rig_check_twin(&rig);
    rig_deliver_many(&rig, 12);
    rig_check_twin(&rig);
    rig_stop(&rig);
    rig_start(&rig); /* paid once: the first snapshot came at the next block end */
    expect(rig_deliver(&rig, rig_height(&rig), count_one), "swap");
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void steward__node_that_went_on_alone_is_replayed(void)
{
    rig_open(&rig);
    rig_start(&rig);
    rig_deliver_many(&rig, 21);
    rig_stop(&rig);
    rig_go_on_alone(&rig, 14);
    rig_start(&rig);
    expect(rig_deliver(&rig, 8, count_one), "full_replay");
    CU_ASSERT_EQUAL(rig_figures(&rig).full_replays[ENTRY_CAUSE_GAP], 1);
    CU_ASSERT(rig_figures(&rig).store_scans > 1);
    rig_check_twin(&rig);
    rig_deliver_many(&rig, 6);
    rig_stop(&rig);
    rig_start(&rig);
    expect(rig_deliver(&rig, rig_height(&rig), count_one), "swap");
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void steward__lost_data_folder_costs_time_and_nothing_else(void)
{
    rig_open(&rig);
    rig_start(&rig);
    rig_deliver_many(&rig, 17);
    rig_stop(&rig);
    rig_lose_data(&rig);
    rig_start(&rig);
    expect(rig_deliver(&rig, rig_height(&rig), count_one), "full_replay");
    CU_ASSERT_EQUAL(rig_figures(&rig).full_replays[ENTRY_CAUSE_NO_DATA], 1);
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void steward__wiped_node_begins_anew(void)
{
    rig_open(&rig);
    rig_start(&rig);
    rig_deliver_many(&rig, 25);
    rig_go_back(&rig, 0);
    expect(rig_deliver(&rig, 1, other_text), "cold");
    rig_deliver_many(&rig, 9);
    rig_check_twin(&rig);
    rig_stop(&rig);
    rig_start(&rig);
    expect(rig_deliver(&rig, rig_height(&rig), count_one), "swap");
    rig_check_twin(&rig);
    rig_close(&rig);
}

/* Write the log again with one hash changed: what a kernel that is not deterministic would leave.
 */
static void spoil_log(const char *dir, uint64_t seqnum)
{
    struct scratch_path path = scratch_join(dir, "log"), copy = scratch_join(dir, "log.new");
    struct scratch_path quarantine = scratch_join(dir, "quarantine");
    struct replay_log_options from = {.dir = path.text, .quarantine_dir = quarantine.text};
    struct replay_log_options to = {.dir = copy.text, .quarantine_dir = quarantine.text};
    struct replay_log *old = NULL, *new = NULL;
    struct replay_cursor *cursor = NULL;
    struct log_entry entry;

    CU_ASSERT_EQUAL_FATAL(replay_log_open(&from, &old, NULL), HS_OK);
    CU_ASSERT_EQUAL_FATAL(replay_log_open(&to, &new, NULL), HS_OK);
    CU_ASSERT_EQUAL_FATAL(replay_log_seek(old, replay_log_summary(old).first, &cursor, NULL),
                          HS_OK);
    while (replay_cursor_next(cursor, &entry, NULL) == HS_OK) {
        if (entry.after.seqnum == seqnum)
            entry.after.hash[0] = entry.after.hash[0] == '0' ? '1' : '0';
        CU_ASSERT_EQUAL(replay_log_append(new, &entry, NULL), HS_OK);
    }
    replay_cursor_close(cursor);
    replay_log_close(old);
    replay_log_close(new);
    scratch_remove(path);
    CU_ASSERT_EQUAL_FATAL(rename(copy.text, path.text), 0);
}

static void steward__divergence_is_told_kept_and_survived(void)
{
    struct scratch_path quarantine;

    rig_open(&rig);
    rig_start(&rig);
    rig_deliver_many(&rig, 29);
    rig_stop(&rig);
    spoil_log(rig.dir.text, 28);
    rig.logger.level = LOG_LEVEL_ERROR;
    rig_start(&rig);
    CU_ASSERT_EQUAL(rig_figures(&rig).divergences, 1);
    quarantine = scratch_join(rig.dir.text, "quarantine");
    CU_ASSERT(scratch_count(quarantine.text) > 0);
    expect(rig_deliver(&rig, rig_height(&rig), count_one), "full_replay");
    CU_ASSERT_EQUAL(rig_figures(&rig).full_replays[ENTRY_CAUSE_DIVERGED], 1);
    rig_check_twin(&rig);
    rig_deliver_many(&rig, 6);
    rig_stop(&rig);
    rig_start(&rig); /* the rejected snapshots are not chosen again */
    expect(rig_deliver(&rig, rig_height(&rig), count_one), "swap");
    CU_ASSERT_EQUAL(rig_figures(&rig).divergences, 0);
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void steward__height_that_goes_back_is_stale(void)
{
    rig_open(&rig);
    rig_start(&rig);
    rig_deliver_many(&rig, 11);
    CU_ASSERT_EQUAL(rig_deliver(&rig, 2, count_one).code, IPC_STALE);
    expect(rig_deliver(&rig, 3, count_one), "live"); /* nothing happened */
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void steward__node_that_goes_away_in_a_full_replay_may_come_back(void)
{
    rig_open(&rig);
    rig_start(&rig);
    rig_deliver_many(&rig, 15);
    rig_stop(&rig);
    rig_lose_data(&rig);
    rig_start(&rig);
    rig.calls_failing_after = 2;
    CU_ASSERT_EQUAL(rig_deliver(&rig, rig_height(&rig), count_one).code, IPC_NODE_FAILED);
    rig.calls_failing_after = 0;
    expect(rig_deliver(&rig, rig_height(&rig), count_one), "full_replay");
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void steward__store_that_is_not_where_the_delivery_says_is_refused(void)
{
    struct position told;

    rig_open(&rig);
    rig_start(&rig);
    rig_deliver_many(&rig, 8);
    told = rig.history[7].after;
    rig.history[7].after.hash[5] = rig.history[7].after.hash[5] == 'a' ? 'b' : 'a';
    CU_ASSERT_EQUAL(rig_deliver(&rig, rig_height(&rig), count_one).code, IPC_NODE_FAILED);
    rig.history[7].after = told;
    expect(rig_deliver(&rig, rig_height(&rig), count_one), "full_replay");
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void steward__reads_from_the_node_give_the_same(void)
{
    rig_open(&rig);
    rig.config.reads = SIDECAR_READS_NODE;
    rig.config.verify_swap = true;
    rig_start(&rig);
    rig_deliver_many(&rig, 32);
    rig_stop(&rig);
    rig_start(&rig);
    expect(rig_deliver(&rig, rig_height(&rig), count_one), "swap");
    rig_deliver_many(&rig, 9);
    CU_ASSERT(rig_figures(&rig).store_scans > 0);
    CU_ASSERT(rig_figures(&rig).store_gets > 0);
    rig_check_twin(&rig);
    rig_close(&rig);
}

/* The same life under both: what the node is told, byte for byte, and what it asked of us. */
static void live_a_little(struct rig *r)
{
    rig_start(r);
    rig_deliver_many(r, 23);
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(rig_deliver_reverted(r, 5, other_text).code, 0);
    }
    rig_deliver_many(r, 4);
    rig_go_back(r, 21); /* in the middle of a block: from the mark, forward through the log */
    expect(rig_deliver(r, 5, other_text), "roll_back");
    rig_deliver_many(r, 20);
    rig_go_back(r, 33); /* to a snapshot, and forward */
    rig_deliver_many(r, 3);
    rig_stop(r);
    rig_start(r);
    expect(rig_deliver(r, rig_height(r), count_one), "swap");
    CU_ASSERT_EQUAL(rig_deliver_reverted(r, rig_height(r), other_text).code, 0);
    rig_deliver_many(r, 8);
    rig_check_twin(r);
}

/* How the answers end differs: it says how long they took. */
static struct slice answer_without_times(const struct rig_message *m)
{
    static const char times[] = "wait_us";
    const char *end = memmem(m->result.data, m->result.len, times, sizeof times - 1);

    CU_ASSERT_PTR_NOT_NULL_FATAL(end);
    return slice_make(m->result.data, (size_t)(end - m->result.data));
}

static void steward__both_reads_give_the_same_writes_hashes_and_outputs(void)
{
    struct rig *node = calloc(1, sizeof *node);

    CU_ASSERT_PTR_NOT_NULL_FATAL(node);
    rig_open(node);
    node->config.reads = SIDECAR_READS_NODE;
    live_a_little(node);
    rig_open(&rig);
    live_a_little(&rig);
    CU_ASSERT_EQUAL_FATAL(rig.len, node->len);
    for (size_t i = 0; i < rig.len; i++) {
        CU_ASSERT_TRUE(slice_equal(answer_without_times(&rig.history[i]),
                                   answer_without_times(&node->history[i])));
    }
    rig_close(&rig);
    rig_close(node);
    free(node);
}

static void steward__reads_from_the_node_ask_the_node(void)
{
    static const char somebody[] = "{\"to\":\"somebody\",\"method\":\"count\",\"args\":[1]}";
    struct buffer town = {0};
    struct kv_store *real;

    rig_open(&rig);
    rig_start(&rig);
    rig_deliver_many(&rig, 12);
    CU_ASSERT_EQUAL(rig.calls, 0);
    CU_ASSERT_EQUAL(rig_figures(&rig).store_gets, 0);
    rig_stop(&rig);
    rig.config.reads = SIDECAR_READS_NODE;
    rig_start(&rig);
    for (int i = 0; i < 8; i++) {
        CU_ASSERT_EQUAL(rig_deliver(&rig, rig_height(&rig) + 1, count_one).code, 0);
        CU_ASSERT(rig.calls > 20); /* run queue, promises, counts, transcripts */
    }
    rig_check_twin(&rig);
    /* What only the node's store says is what the kernel acts on. */
    real = kv_memory_store(rig.real);
    CU_ASSERT_STRING_EQUAL(rig_deliver(&rig, rig_height(&rig), somebody).status, "rejected");
    CU_ASSERT_EQUAL(kv_store_get_text(real, "vat.name.town", &town, NULL), HS_OK);
    CU_ASSERT_EQUAL(kv_store_set(real, slice_text("vat.name.somebody"), buffer_slice(&town), NULL),
                    HS_OK);
    CU_ASSERT_STRING_EQUAL(rig_deliver(&rig, rig_height(&rig), somebody).status, "fulfilled");
    buffer_fini(&town);
    rig_close(&rig);
}

static void steward__verified_swap_finds_a_store_that_differs(void)
{
    rig_open(&rig);
    rig.config.verify_swap = true;
    rig_start(&rig);
    rig_deliver_many(&rig, 12);
    rig_stop(&rig);
    CU_ASSERT_EQUAL(
        kv_store_set(kv_memory_store(rig.real), slice_text("v1.vs.extra"), slice_text("x"), NULL),
        HS_OK);
    rig_start(&rig);
    expect(rig_deliver(&rig, rig_height(&rig), count_one), "full_replay");
    CU_ASSERT_EQUAL(rig_figures(&rig).divergences, 1);
    rig_close(&rig);
}

static void steward__prepare_commit_is_answered_in_every_mode(void)
{
    static const enum sidecar_log_sync modes[] = {SIDECAR_LOG_SYNC_BACKGROUND,
                                                  SIDECAR_LOG_SYNC_ALWAYS, SIDECAR_LOG_SYNC_BLOCK};
    struct figures figures;

    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        rig_open(&rig);
        rig.config.log_sync = modes[i];
        rig_start(&rig);
        rig_deliver_many(&rig, 15);
        CU_ASSERT_EQUAL(rig_prepare_commit(&rig, 3), 0);
        steward_commit(rig.steward, 3);
        rig_deliver_many(&rig, 1);
        figures = rig_figures(&rig);
        CU_ASSERT(histogram_count(&figures.log_sync) > 0);
        CU_ASSERT_EQUAL(rig_figures(&rig).log.last, 16);
        rig_close(&rig);
    }
}

static void steward__disk_that_fails_and_comes_back_never_fails_a_delivery(void)
{
    rig_open(&rig);
    rig.logger.level = LOG_LEVEL_ERROR;
    rig_start(&rig);
    rig_deliver_many(&rig, 12);
    fault_arm("log.append.write:1+:ENOSPC,leveldb.write:1+:ENOSPC");
    rig_deliver_many(&rig, 30);
    CU_ASSERT(rig_figures(&rig).log_failures > 0);
    CU_ASSERT_EQUAL(rig_figures(&rig).log.last, 12);
    rig_check_twin(&rig);
    fault_arm(NULL);
    (void)usleep(1100000); /* the next attempt to write is a second away */
    rig_deliver_many(&rig, 15);
    CU_ASSERT_EQUAL(rig_figures(&rig).log.last, 57);
    rig_check_twin(&rig);
    rig_stop(&rig);
    rig_start(&rig); /* the snapshot after the gap made it harmless */
    expect(rig_deliver(&rig, rig_height(&rig), count_one), "swap");
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void steward__without_a_log_nothing_is_logged_and_all_is_answered(void)
{
    rig_open(&rig);
    rig.config.log = false;
    rig_start(&rig);
    rig_deliver_many(&rig, 23);
    CU_ASSERT_EQUAL(rig_prepare_commit(&rig, 5), 0);
    expect(rig_deliver_reverted(&rig, 6, other_text), "live");
    expect(rig_deliver(&rig, 6, count_one), "roll_back");
    CU_ASSERT_EQUAL(rig_figures(&rig).log_appends, 0);
    CU_ASSERT_EQUAL(rig_figures(&rig).log.last, 0);
    CU_ASSERT_EQUAL(scratch_count(scratch_join(rig.dir.text, "log").text), 0);
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void steward__log_that_was_left_out_is_taken_up_again(void)
{
    rig_open(&rig);
    rig_start(&rig);
    rig_deliver_many(&rig, 17);
    rig_stop(&rig);
    rig.config.log = false;
    rig_start(&rig);
    CU_ASSERT_EQUAL(rig_deliver(&rig, rig_height(&rig), count_one).code, 0);
    rig_deliver_many(&rig, 11);
    rig_stop(&rig);
    rig.config.log = true;
    rig_start(&rig); /* the log ends at 17 */
    rig_deliver_many(&rig, 12);
    rig_check_twin(&rig);
    rig_stop(&rig);
    rig_start(&rig);
    expect(rig_deliver(&rig, rig_height(&rig), count_one), "swap");
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void steward__without_snapshots_the_log_alone_leads_back(void)
{
    struct rig_answer a;

    rig_open(&rig);
    rig.config.snapshot_every = 0;
    rig_start(&rig);
    rig_deliver_many(&rig, 47);
    CU_ASSERT_EQUAL(rig_figures(&rig).snapshot.count, 0);
    CU_ASSERT_EQUAL(rig_figures(&rig).snapshot_writes[SNAPSHOT_WRITTEN], 0);
    rig_stop(&rig);
    rig_start(&rig);
    a = rig_deliver(&rig, rig_height(&rig), count_one);
    expect(a, "swap");
    rig_check_twin(&rig);
    rig_stop(&rig);
    rig_lose_data(&rig);
    rig_start(&rig); /* forced ones are not written either */
    expect(rig_deliver(&rig, rig_height(&rig), count_one), "full_replay");
    rig_deliver_many(&rig, 12);
    CU_ASSERT_EQUAL(rig_figures(&rig).snapshot.count, 0);
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void steward__full_replay_without_a_disk_runs_from_memory(void)
{
    static const char *const points[] = {"leveldb.write:1+:ENOSPC", "leveldb.write:2+:EIO",
                                         "snapshot.file.write:1+:ENOSPC,leveldb.write:1+:ENOSPC",
                                         "snapshot.dir.sync:1+:EIO,leveldb.write:1+:EIO"};

    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        rig_open(&rig);
        rig_start(&rig);
        rig_deliver_many(&rig, 13);
        rig_stop(&rig);
        rig_lose_data(&rig);
        rig_start(&rig);
        fault_arm(points[i]);
        expect(rig_deliver(&rig, rig_height(&rig), count_one), "full_replay");
        rig_deliver_many(&rig, 20);
        fault_arm(NULL);
        rig_check_twin(&rig);
        rig_close(&rig);
    }
}

static void steward__random_life_stays_equal_to_its_twin(void)
{
    uint64_t random = suite_seed();

    rig_open(&rig);
    rig_start(&rig);
    for (int step = 0; step < 120; step++) {
        uint64_t what = suite_random(&random) % 20;
        size_t back = (size_t)(suite_random(&random) % 25);

        if (what < 11) {
            rig_deliver_many(&rig, 1 + (size_t)(suite_random(&random) % 7));
        } else if (what < 14) {
            (void)rig_deliver_reverted(&rig, rig.len / 5 + 1, other_text);
        } else if (what < 16) {
            rig_go_back(&rig, rig.len > back ? rig.len - back : rig.len);
        } else if (what < 19) {
            rig_stop(&rig);
            rig_start(&rig);
        } else {
            rig_node_leaves(&rig);
            rig_node_comes(&rig);
        }
        if (step % 15 == 14) {
            rig_deliver_many(&rig, 1);
            rig_check_twin(&rig);
        }
    }
    rig_close(&rig);
}

static const struct suite_case cases[] = {
    SUITE_CASE(steward__empty_store_is_cold_and_then_live),
    SUITE_CASE(steward__restart_is_a_swap),
    SUITE_CASE(steward__every_restart_is_a_swap),
    SUITE_CASE(steward__without_images_transcripts_give_the_same_heaps),
    SUITE_CASE(steward__without_preload_the_first_delivery_catches_up),
    SUITE_CASE(steward__failed_transaction_goes_back_to_the_mark),
    SUITE_CASE(steward__node_that_restarts_in_its_block_is_followed),
    SUITE_CASE(steward__node_far_back_is_followed_from_a_snapshot),
    SUITE_CASE(steward__node_behind_everything_kept_is_replayed),
    SUITE_CASE(steward__node_that_went_on_alone_is_replayed),
    SUITE_CASE(steward__lost_data_folder_costs_time_and_nothing_else),
    SUITE_CASE(steward__wiped_node_begins_anew),
    SUITE_CASE(steward__divergence_is_told_kept_and_survived),
    SUITE_CASE(steward__height_that_goes_back_is_stale),
    SUITE_CASE(steward__node_that_goes_away_in_a_full_replay_may_come_back),
    SUITE_CASE(steward__store_that_is_not_where_the_delivery_says_is_refused),
    SUITE_CASE(steward__reads_from_the_node_give_the_same),
    SUITE_CASE(steward__both_reads_give_the_same_writes_hashes_and_outputs),
    SUITE_CASE(steward__reads_from_the_node_ask_the_node),
    SUITE_CASE(steward__verified_swap_finds_a_store_that_differs),
    SUITE_CASE(steward__prepare_commit_is_answered_in_every_mode),
    SUITE_CASE(steward__disk_that_fails_and_comes_back_never_fails_a_delivery),
    SUITE_CASE(steward__without_a_log_nothing_is_logged_and_all_is_answered),
    SUITE_CASE(steward__log_that_was_left_out_is_taken_up_again),
    SUITE_CASE(steward__without_snapshots_the_log_alone_leads_back),
    SUITE_CASE(steward__full_replay_without_a_disk_runs_from_memory),
    SUITE_CASE(steward__random_life_stays_equal_to_its_twin),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("steward", cases, argc, argv);
}
