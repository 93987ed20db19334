/* The settings that change how a node is served, and not what it is told. */
#include "tests/unit/sidecar/rig.h"
#include "tests/unit/suite.h"

static struct rig rig; /* large; one at a time */

static void steward__without_images_transcripts_give_the_same_heaps(void)
{
    rig_open(&rig);
    rig.config.images = false;
    rig_start(&rig);
    rig_deliver_many(&rig, 33);
    rig_stop(&rig);
    rig_start(&rig);
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "swap");
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void steward__without_preload_the_first_delivery_catches_up(void)
{
    struct rig_answer a;

    rig_begin(&rig, 28);
    rig_stop(&rig);
    rig.config.preload = false;
    rig_start(&rig);
    a = rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE);
    rig_expect(a, "catch_up");
    CU_ASSERT(a.replayed > 0 && a.replayed < 28);
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
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "swap");
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
        CU_ASSERT_EQUAL(rig_deliver_reverted(r, 5, RIG_COUNT_MANY).code, 0);
    }
    rig_deliver_many(r, 4);
    rig_go_back(r, 21); /* in the middle of a block: from the mark, forward through the log */
    rig_expect(rig_deliver(r, 5, RIG_COUNT_MANY), "roll_back");
    rig_deliver_many(r, 20);
    rig_go_back(r, 33); /* to a snapshot, and forward */
    rig_deliver_many(r, 3);
    rig_stop(r);
    rig_start(r);
    rig_expect(rig_deliver(r, rig_height(r), RIG_COUNT_ONE), "swap");
    CU_ASSERT_EQUAL(rig_deliver_reverted(r, rig_height(r), RIG_COUNT_MANY).code, 0);
    rig_deliver_many(r, 8);
    rig_check_twin(r);
}

/* How the answers end may differ: by which way the kernel came, and how long it took. */
static struct slice answer_of_the_message(const struct rig_message *m)
{
    static const char way[] = "\xa4path";
    const char *end = memmem(m->result.data, m->result.len, way, sizeof way - 1);

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
        CU_ASSERT_TRUE(slice_equal(answer_of_the_message(&rig.history[i]),
                                   answer_of_the_message(&node->history[i])));
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

    rig_begin(&rig, 12);
    CU_ASSERT_EQUAL(rig.calls, 0);
    CU_ASSERT_EQUAL(rig_figures(&rig).store_gets, 0);
    rig_stop(&rig);
    rig.config.reads = SIDECAR_READS_NODE;
    rig_start(&rig);
    for (int i = 0; i < 8; i++) {
        CU_ASSERT_EQUAL(rig_deliver(&rig, rig_height(&rig) + 1, RIG_COUNT_ONE).code, 0);
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

static void steward__without_a_log_nothing_is_logged_and_all_is_answered(void)
{
    rig_open(&rig);
    rig.config.log = false;
    rig_start(&rig);
    rig_deliver_many(&rig, 23);
    CU_ASSERT_EQUAL(rig_prepare_commit(&rig, 5), 0);
    rig_expect(rig_deliver_reverted(&rig, 6, RIG_COUNT_MANY), "live");
    rig_expect(rig_deliver(&rig, 6, RIG_COUNT_ONE), "roll_back");
    CU_ASSERT_EQUAL(rig_figures(&rig).log_appends, 0);
    CU_ASSERT_EQUAL(rig_figures(&rig).log.last, 0);
    CU_ASSERT_EQUAL(scratch_count(scratch_join(rig.dir.text, "log").text), 0);
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void steward__log_that_was_left_out_is_taken_up_again(void)
{
    rig_begin(&rig, 17);
    rig_stop(&rig);
    rig.config.log = false;
    rig_start(&rig);
    CU_ASSERT_EQUAL(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE).code, 0);
    rig_deliver_many(&rig, 11);
    rig_stop(&rig);
    rig.config.log = true;
    rig_start(&rig); /* the log ends at 17 */
    rig_deliver_many(&rig, 12);
    rig_check_twin(&rig);
    rig_stop(&rig);
    rig_start(&rig);
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "swap");
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
    a = rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE);
    rig_expect(a, "swap");
    rig_check_twin(&rig);
    rig_stop(&rig);
    rig_lose_data(&rig);
    rig_start(&rig); /* forced ones are not written either */
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "full_replay");
    rig_deliver_many(&rig, 12);
    CU_ASSERT_EQUAL(rig_figures(&rig).snapshot.count, 0);
    rig_check_twin(&rig);
    rig_close(&rig);
}

/* Twenty messages by a clock that goes on so far at each look; few enough for no snapshot. */
static void rig_begin_costly(struct rig *r, uint64_t snapshot_seconds, uint64_t us_per_look)
{
    rig_open(r);
    r->config.snapshot_every = 1000;
    r->config.snapshot_seconds = snapshot_seconds;
    atomic_store(&r->us_per_look, us_per_look);
    rig_start(r);
    rig_deliver_many(r, 20);
    CU_ASSERT_EQUAL(rig_figures(r).snapshot.count, 0);
    rig_stop(r);
}

static void rig_start_with_snapshot(struct rig *r)
{
    const uint64_t us_per_look = atomic_load(&r->us_per_look);

    rig_start(r);
    atomic_store(&r->us_per_look, 0); /* what waits looks, too: the put would seem to take hours */
    rig_await_snapshot(r, 0);
    atomic_store(&r->us_per_look, us_per_look);
}

/* Messages that ran for long do not run again at every restart: a snapshot is due by run time too,
 * while the node delivers and at the end of a start. */
static void settings__snapshot_seconds_bound_what_runs_again(void)
{
    rig_begin_costly(&rig, 0, 1000000);
    rig_start(&rig);
    CU_ASSERT_EQUAL(rig_figures(&rig).snapshot.count, 0);
    rig_stop(&rig);
    rig.config.snapshot_seconds = 10;
    rig_start_with_snapshot(&rig);
    CU_ASSERT(rig_figures(&rig).snapshot.newest <= 20);
    atomic_store(&rig.us_per_look, 100000000); /* they cost more than writing did, by far */
    rig_deliver_many(&rig, 10);
    rig_await_snapshot(&rig, 20);
    rig_check_twin(&rig);
    rig_stop(&rig);
    rig_start(&rig);
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "swap");
    rig_check_twin(&rig);
    atomic_store(&rig.us_per_look, 0);
    rig_close(&rig);
}

/* What ran for less than those seconds may run again at a start, but not at each of the next. */
static void settings__what_ran_again_does_so_once(void)
{
    rig_begin_costly(&rig, 1000, 10000000);
    rig_start_with_snapshot(&rig);
    rig_check_twin(&rig);
    atomic_store(&rig.us_per_look, 0);
    rig_close(&rig);
}

/* Each put takes seconds of a core, more than may be saved: the first is free, the second spends in
 * advance, the third waits for as long as the clock stands still. */
static void settings__snapshot_share_keeps_due_ones_waiting(void)
{
    uint64_t written;

    rig_open(&rig);
    rig.config.snapshot_every = 1;
    rig.config.snapshot_share = 1;
    rig.cpu_us_per_look = 1000000;
    rig_start(&rig);
    while (rig_figures(&rig).snapshot.count < 2) {
        rig_deliver_many(&rig, 1);
    }
    written = rig_figures(&rig).snapshot_writes[SNAPSHOT_WRITTEN];
    rig_deliver_many(&rig, 30);
    CU_ASSERT_EQUAL(rig_figures(&rig).snapshot_writes[SNAPSHOT_WRITTEN], written);
    while (rig_figures(&rig).snapshot_writes[SNAPSHOT_WRITTEN] == written) {
        rig_pass(&rig, 10000);
        (void)rig_log_synced(&rig); /* a job: what waited is begun without another block */
    }
    CU_ASSERT(rig_figures(&rig).snapshot.newest > 20);
    rig_check_twin(&rig);
    rig_close(&rig);
}

/* Nobody asks for a sync: the first look after a while begins one, of all that was appended. */
static void settings__log_sync_in_background_covers_what_comes_within_a_while(void)
{
    rig_open(&rig);
    rig.config.snapshot_every = 0;
    rig_start(&rig);
    rig_deliver_many(&rig, 7);
    CU_ASSERT_EQUAL(rig_log_synced(&rig), 0);
    rig_pass(&rig, 1);
    while (rig_log_synced(&rig) < rig.len) {
        continue;
    }
    rig_close(&rig);
}

/* A node that comes when a start has ended has the disk to itself: what the start found is synced
 * after a while, as if it had been appended now. */
static void settings__log_sync_of_what_a_start_found_waits_for_a_while(void)
{
    rig_open(&rig);
    rig.config.snapshot_every = 0;
    rig_start(&rig);
    rig_deliver_many(&rig, 7);
    rig_stop(&rig);
    rig_start(&rig);
    rig_deliver_many(&rig, 30);
    CU_ASSERT_EQUAL(rig_log_synced(&rig), 0);
    rig_pass(&rig, 1);
    while (rig_log_synced(&rig) < rig.len) {
        continue;
    }
    rig_close(&rig);
}

/* A data folder whose newest snapshot is `count` messages old. */
static void rig_begin_behind(struct rig *r, size_t count)
{
    rig_open(r);
    r->config.snapshot_every = 5;
    rig_start(r);
    rig_deliver_many(r, 10);
    rig_await_snapshot(r, 0);
    rig_stop(r);
    r->config.snapshot_every = 10000;
    rig_start(r);
    rig_deliver_many(r, count);
    rig_stop(r);
    r->config.snapshot_every = 5;
}

/* The ends of six blocks begin no snapshot: one that was begun would be written by now, or still be
 * in hand where the next is due. A second later there is one. */
static void rig_expect_rest(struct rig *r)
{
    rig_deliver_many(r, 30);
    CU_ASSERT_EQUAL(rig_figures(r).snapshot_writes[SNAPSHOT_WRITTEN], 0);
    CU_ASSERT_EQUAL(rig_figures(r).snapshot_skips[SNAPSHOT_SKIP_BUSY], 0);
    rig_pass(r, 1);
    while (rig_figures(r).snapshot_writes[SNAPSHOT_WRITTEN] == 0) {
        (void)rig_log_synced(r); /* a job: what waited is begun without another block */
    }
    rig_check_twin(r);
    rig_close(r);
}

/* Likewise a snapshot that is due at the start's end, where another is kept; but not for ever. */
static void settings__snapshot_due_at_a_start_waits_for_a_while(void)
{
    rig_begin_behind(&rig, 30);
    rig_start(&rig);
    rig_expect_rest(&rig);
}

/* Also one that waits for no share: what the start executed again ran for a quarter of a second. */
static void settings__snapshot_due_soon_waits_for_a_while_after_a_start(void)
{
    rig_begin_behind(&rig, 600);
    atomic_store(&rig.us_per_look, 500);
    rig_start(&rig);
    atomic_store(&rig.us_per_look, 0);
    rig_expect_rest(&rig);
}

/* But not one that is due by run time: killed within that while each time, a node would wait at
 * each start for what ran again. */
static void settings__snapshot_due_by_run_time_does_not_wait_after_a_start(void)
{
    rig_begin_behind(&rig, 600);
    rig.config.snapshot_every = 10000;
    rig.config.snapshot_seconds = 10;
    atomic_store(&rig.us_per_look, 2000);
    rig_start(&rig);
    atomic_store(&rig.us_per_look, 0);
    rig_deliver_many(&rig, 30);
    while (rig_figures(&rig).snapshot_writes[SNAPSHOT_WRITTEN] == 0) {
        (void)rig_log_synced(&rig); /* a job, in which the clock stands still */
    }
    rig_check_twin(&rig);
    rig_close(&rig);
}

static const struct suite_case cases[] = {
    SUITE_CASE(steward__without_images_transcripts_give_the_same_heaps),
    SUITE_CASE(steward__without_preload_the_first_delivery_catches_up),
    SUITE_CASE(steward__reads_from_the_node_give_the_same),
    SUITE_CASE(steward__both_reads_give_the_same_writes_hashes_and_outputs),
    SUITE_CASE(steward__reads_from_the_node_ask_the_node),
    SUITE_CASE(steward__without_a_log_nothing_is_logged_and_all_is_answered),
    SUITE_CASE(steward__log_that_was_left_out_is_taken_up_again),
    SUITE_CASE(steward__without_snapshots_the_log_alone_leads_back),
    SUITE_CASE(settings__snapshot_seconds_bound_what_runs_again),
    SUITE_CASE(settings__what_ran_again_does_so_once),
    SUITE_CASE(settings__snapshot_share_keeps_due_ones_waiting),
    SUITE_CASE(settings__log_sync_in_background_covers_what_comes_within_a_while),
    SUITE_CASE(settings__log_sync_of_what_a_start_found_waits_for_a_while),
    SUITE_CASE(settings__snapshot_due_at_a_start_waits_for_a_while),
    SUITE_CASE(settings__snapshot_due_soon_waits_for_a_while_after_a_start),
    SUITE_CASE(settings__snapshot_due_by_run_time_does_not_wait_after_a_start),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("steward settings", cases, argc, argv);
}
