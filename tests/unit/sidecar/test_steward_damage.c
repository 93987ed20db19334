/* What our own data does to a delivery: it is executed by the next way, in the same delivery; the
 * node hears nothing of it. Only what is damaged is put aside. And a message that fails by itself
 * is told apart. */
#include "tests/unit/sidecar/rig.h"
#include "tests/unit/suite.h"

#include "kernel/state/fault.h"
#include "sidecar/settings/skip.h"

#include <unistd.h>

static struct rig rig; /* large; one at a time */

/* A life with snapshots, and a restart, so that the kernel stands on one and has read little of it;
 * the next message but those of the open block is at rig_height + 1. */
static void begin(size_t messages)
{
    rig_open(&rig);
    rig.logger.level = LOG_LEVEL_ERROR;
    rig.config.images = true;
    rig_start(&rig);
    rig_deliver_many(&rig, messages);
    while (messages > 20 && rig_figures(&rig).snapshot.count < 2) {
        rig_deliver_to_snapshot(&rig);
    }
    rig_stop(&rig);
    rig_start(&rig);
}

static void flip_every(const char *name_ends, size_t step)
{
    struct scratch_path snapshot = scratch_join(rig.dir.text, "snapshot");
    struct scratch_listing generations, files;
    struct buffer content = {0};

    scratch_list(snapshot.text, &generations);
    for (size_t i = 0; i < generations.len; i++) {
        struct scratch_path folder = scratch_join(snapshot.text, generations.names[i]);

        if (strncmp(generations.names[i], "gen-", 4) != 0) continue;
        scratch_list(folder.text, &files);
        for (size_t j = 0; j < files.len; j++) {
            struct scratch_path file = scratch_join(folder.text, files.names[j]);

            if (!strstr(files.names[j], name_ends)) continue;
            scratch_read(file.text, &content);
            for (size_t at = step / 2; at < content.len; at += step) {
                content.data[at] ^= 1;
            }
            scratch_write(file.text, buffer_slice(&content));
        }
    }
    buffer_fini(&content);
}

/* Each read of a table fails, once or from then on, wherever in the delivery it comes. */
static void damage__read_that_fails_costs_the_node_nothing(void)
{
    static const char *const actions[] = {
        "leveldb.table.read:%d:EIO", "leveldb.table.read:%d+:EIO", "leveldb.table.read:%d+:EACCES",
        "leveldb.table.read:%d:EUCLEAN", "leveldb.table.read:%d+:EUCLEAN"};
    char points[64];

    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        for (int k = 1; k < 4; k++) {
            begin(33);
            (void)snprintf(points, sizeof points, actions[i], k);
            fault_arm(points);
            CU_ASSERT_EQUAL(rig_deliver(&rig, rig_height(&rig) + 1, RIG_OPEN_GATE).code, 0);
            CU_ASSERT_EQUAL(rig_deliver(&rig, rig_height(&rig) + 1, RIG_COUNT_ONE).code, 0);
            fault_arm(NULL);
            rig_check_twin(&rig);
            rig_deliver_many(&rig, 11);
            rig_check_twin(&rig);
            rig_close(&rig);
        }
    }
}

/* The read that fails may be a worker's instead, and the delivery go on `live`: then again. */
static void damage__passing_failure_rejects_nothing(void)
{
    struct rig_answer a = {.path = "live"};

    for (int i = 0; i < 100 && a.code == 0 && strcmp(a.path, "live") == 0; i++) {
        uint64_t kept;

        begin(33);
        (void)rig_log_synced(&rig);
        kept = rig_figures(&rig).snapshot.count;
        fault_arm("leveldb.table.read:1:EIO");
        a = rig_deliver(&rig, rig_height(&rig), RIG_OPEN_GATE);
        fault_arm(NULL);
        CU_ASSERT(rig_figures(&rig).snapshot.count >= kept);
        rig_check_twin(&rig);
        rig_close(&rig);
    }
    rig_expect(a, "swap");
}

static struct scratch_path pages_path(void)
{
    struct scratch_path snapshot = scratch_join(rig.dir.text, "snapshot");
    struct scratch_listing generations;
    struct scratch_path out = snapshot;

    scratch_list(snapshot.text, &generations);
    for (size_t i = 0; i < generations.len; i++) {
        if (strncmp(generations.names[i], "gen-", 4) != 0) continue;
        out = scratch_join(scratch_join(snapshot.text, generations.names[i]).text, "pages");
    }
    return out;
}

/* Pages that only the newest snapshot uses are damaged: the one before it is used instead, with the
 * log, and the damaged one is never met again. */
static void damage__costs_the_snapshots_that_use_it(void)
{
    struct buffer before = {0}, after = {0};
    uint64_t newest;

    begin(33);
    rig_stop(&rig);
    scratch_read(pages_path().text, &before);
    rig_start(&rig);
    newest = rig_figures(&rig).snapshot.newest;
    rig_deliver_many(&rig, 20); /* a job: the rest after the start has begun */
    rig_pass(&rig, 1);
    rig_await_snapshot(&rig, newest);
    newest = rig_figures(&rig).snapshot.newest;
    CU_ASSERT_FATAL(rig_figures(&rig).snapshot.count > 1);
    rig_deliver_many(&rig, 2);
    rig_stop(&rig);
    scratch_read(pages_path().text, &after);
    CU_ASSERT(after.len >= before.len);
    for (size_t at = 0; at < after.len; at += 4096) {
        if (at < before.len && memcmp(after.data + at, before.data + at, 4096) == 0) continue;
        after.data[at] ^= 1;
    }
    scratch_write(pages_path().text, buffer_slice(&after));
    rig_start(&rig);
    CU_ASSERT(rig_figures(&rig).snapshot.newest < newest);
    CU_ASSERT(rig_figures(&rig).snapshot.count > 0);
    (void)rig_log_synced(&rig); /* a job: by now the figures show what was preloaded */
    CU_ASSERT_EQUAL(rig_figures(&rig).log.last, rig.len); /* the log stays */
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "swap");
    rig_check_twin(&rig);
    rig_stop(&rig);
    rig_start(&rig);
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "swap");
    rig_check_twin(&rig);
    buffer_fini(&before);
    buffer_fini(&after);
    rig_close(&rig);
}

static void damage__of_every_table_is_a_full_replay(void)
{
    begin(33);
    rig_stop(&rig);
    flip_every(".ldb", 512);
    scratch_remove(scratch_join(rig.dir.text, "log"));
    rig_start(&rig);
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_OPEN_GATE), "full_replay");
    rig_check_twin(&rig);
    rig_deliver_many(&rig, 12);
    rig_stop(&rig);
    rig_start(&rig);
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "swap");
    rig_check_twin(&rig);
    rig_close(&rig);
}

/* A snapshot that was verified rots: a later verification finds it, without a restart. */
static void damage__is_looked_for_again(void)
{
    begin(33);
    while (rig_figures(&rig).snapshot_verifications == 0) {
        rig_pass(&rig, 60);
        (void)rig_log_synced(&rig); /* a job: the helm looks at what has ended */
    }
    flip_every("pages", 4096);
    while (rig_figures(&rig).phase == PHASE_PRIMED && rig_figures(&rig).snapshot.count > 0) {
        rig_pass(&rig, 3600);
        (void)rig_log_synced(&rig);
    }
    (void)rig_log_synced(&rig); /* behind all that was done about it */
    CU_ASSERT_EQUAL(rig_figures(&rig).snapshot.count, 0);
    while (rig_figures(&rig).kernel_lost) { /* not ready; while nobody waits, one is loaded */
        rig_pass(&rig, 60);
        (void)usleep(1000);
    }
    (void)rig_kernel_state(&rig); /* asserts that there is a kernel */
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "full_replay");
    rig_check_twin(&rig);
    rig_close(&rig);
}

static struct buffer real_value(const char *key)
{
    struct buffer value = {0};

    CU_ASSERT_EQUAL_FATAL(kv_store_get_text(kv_memory_store(rig.real), key, &value, NULL), HS_OK);
    return value;
}

static void real_set(const char *key, struct slice value)
{
    CU_ASSERT_EQUAL(kv_store_set(kv_memory_store(rig.real), slice_text(key), value, NULL), HS_OK);
}

static uint64_t full_replays(void)
{
    struct figures f = rig_figures(&rig);
    uint64_t all = 0;

    for (int i = 0; i < ENTRY_CAUSE_COUNT; i++) {
        all += f.full_replays[i];
    }
    return all;
}

/* The node's store holds what no kernel wrote. */
static struct buffer begin_on_bad_store(void)
{
    struct buffer good;

    begin(13);
    good = real_value("kp.nextID");
    real_set("kp.nextID", slice_text("x]"));
    rig_stop(&rig);
    rig_lose_data(&rig);
    rig_start(&rig);
    return good;
}

/* That is the node's to hear, and once found out it costs no replay again, whatever the message;
 * one that does not meet it is executed. When the store is repaired, the same node with the same
 * message at the same position is served at once. */
static void damage__message_that_fails_by_itself_is_told_apart(void)
{
    struct buffer good = begin_on_bad_store();
    struct rig_answer a = rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE);

    CU_ASSERT_EQUAL(a.code, IPC_KERNEL_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(a.text, "kp.nextID"));
    CU_ASSERT_EQUAL(full_replays(), 1);
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE).code, IPC_KERNEL_FAILED);
        CU_ASSERT_EQUAL(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_MANY).code,
                        IPC_KERNEL_FAILED);
        rig_pass(&rig, 3600);
    }
    CU_ASSERT_EQUAL(full_replays(), 1);
    real_set("kp.nextID", buffer_slice(&good));
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_MANY), "full_replay");
    CU_ASSERT_EQUAL(full_replays(), 2);
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "live");
    rig_check_twin(&rig);
    buffer_fini(&good);
    rig_close(&rig);
}

/* By its own word alone: at its place, and no other message there. It is logged as what it was, so
 * the next start passes it over without being told again. */
static void damage__message_that_panics_is_passed_over_where_agreed(void)
{
    struct buffer good = begin_on_bad_store();
    struct position before = rig_position(&rig);
    char word[SKIP_WORD_BYTES];

    CU_ASSERT_EQUAL(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE).code, IPC_KERNEL_FAILED);
    CU_ASSERT_EQUAL(skip_word(&before, slice_text(RIG_COUNT_ONE), word, NULL), HS_OK);
    rig_stop(&rig);
    rig.config.skip = word;
    rig_start(&rig);
    CU_ASSERT_EQUAL(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_MANY).code, IPC_KERNEL_FAILED);
    CU_ASSERT_STRING_EQUAL(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE).status, "rejected");
    CU_ASSERT_EQUAL(rig_position(&rig).seqnum, before.seqnum + 1);
    CU_ASSERT_EQUAL(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE).code, IPC_KERNEL_FAILED);
    for (int i = 0; i < 3; i++) { /* a block of its own, so that the log is what a start goes by */
        CU_ASSERT_EQUAL(rig_deliver(&rig, rig_height(&rig) + 1, "not JSON").code, 0);
    }
    rig_stop(&rig);
    rig.config.skip = NULL;
    rig_start(&rig);
    rig_expect(rig_deliver(&rig, rig_height(&rig), "not JSON"), "swap");
    buffer_fini(&good);
    rig_close(&rig);
}

/* Positions later, and in the middle of a block, where the log leads back from the mark. */
static void damage__panics_of_later_messages_cost_no_replay(void)
{
    struct buffer good = begin_on_bad_store();
    uint64_t height = rig_height(&rig) + 1;

    CU_ASSERT_EQUAL(rig_deliver(&rig, height, RIG_COUNT_ONE).code, IPC_KERNEL_FAILED);
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(rig_deliver(&rig, height, "not JSON").code, 0);
        CU_ASSERT_EQUAL(rig_deliver(&rig, height, "not JSON").code, 0);
        CU_ASSERT_EQUAL(rig_deliver(&rig, height, RIG_COUNT_ONE).code, IPC_KERNEL_FAILED);
        CU_ASSERT_EQUAL(rig_deliver(&rig, height, RIG_COUNT_MANY).code, IPC_KERNEL_FAILED);
        height++;
    }
    CU_ASSERT_EQUAL(full_replays(), 1);
    real_set("kp.nextID", buffer_slice(&good));
    rig_expect(rig_deliver(&rig, height, RIG_COUNT_ONE), "full_replay");
    rig_check_twin(&rig);
    buffer_fini(&good);
    rig_close(&rig);
}

/* No kernel can be made of that store: no message is tried, and no replay paid, until it is
 * repaired. */
static void damage__store_that_gives_no_kernel_is_told_apart(void)
{
    struct buffer good;
    uint64_t first_calls = 0;

    begin(13);
    good = real_value("kernel.height");
    real_set("kernel.height", slice_text("high"));
    rig_stop(&rig);
    rig_lose_data(&rig);
    rig_start(&rig);
    for (int i = 0; i < 3; i++) {
        struct rig_answer a = rig_deliver(&rig, rig_height(&rig), i ? RIG_COUNT_ONE : "not JSON");

        CU_ASSERT_EQUAL(a.code, IPC_KERNEL_FAILED);
        CU_ASSERT_PTR_NOT_NULL(strstr(a.text, "kernel.height"));
        if (i == 0) first_calls = rig.calls;
        CU_ASSERT(i == 0 || rig.calls * 2 <= first_calls); /* the store is read, but not replayed */
    }
    real_set("kernel.height", buffer_slice(&good));
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "full_replay");
    rig_check_twin(&rig);
    buffer_fini(&good);
    rig_close(&rig);
}

/* A block's end that cannot be marked costs the kernel, and the node nothing; where no kernel can
 * be marked, an error, and nothing that is kept is blamed for it. */
static void damage__block_end_that_cannot_be_marked_is_the_next_way(void)
{
    struct rig_answer a;
    uint64_t kept;

    begin(33);
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "swap");
    kept = rig_figures(&rig).snapshot.count;
    fault_arm("kernel.mark:1:EIO");
    rig_expect(rig_deliver(&rig, rig_height(&rig) + 1, RIG_COUNT_MANY), "catch_up");
    fault_arm("kernel.mark:1+:EIO");
    a = rig_deliver(&rig, rig_height(&rig) + 1, RIG_COUNT_MANY);
    fault_arm(NULL);
    CU_ASSERT_EQUAL(a.code, IPC_INTERNAL);
    rig_expect(rig_deliver(&rig, rig_height(&rig) + 1, RIG_COUNT_MANY), "catch_up");
    CU_ASSERT(rig_figures(&rig).snapshot.count >= kept);
    rig_deliver_many(&rig, 11);
    rig_check_twin(&rig);
    rig_close(&rig);
}

/* What we made of a store that was damaged and is repaired: the panic is ours, and nobody hears. */
static void damage__panic_of_ours_is_a_full_replay(void)
{
    struct buffer good;

    begin(13);
    good = real_value("kp.nextID");
    real_set("kp.nextID", slice_text("x]"));
    rig_stop(&rig);
    rig_lose_data(&rig);
    rig_start(&rig);
    rig_expect(rig_deliver(&rig, rig_height(&rig), "not JSON"), "full_replay");
    real_set("kp.nextID", buffer_slice(&good));
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "full_replay");
    rig_check_twin(&rig);
    rig_deliver_many(&rig, 12);
    rig_stop(&rig);
    rig_start(&rig);
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "swap");
    rig_check_twin(&rig);
    buffer_fini(&good);
    rig_close(&rig);
}

/* A node at the origin: every base fails, again and again, and nothing aborts. */
static void damage__at_the_origin_is_begun_in_memory(void)
{
    rig_open(&rig);
    rig.logger.level = LOG_LEVEL_ERROR;
    rig_start(&rig);
    rig_deliver_many(&rig, 13);
    rig_go_back(&rig, 0);
    fault_arm("snapshot.*.*:1+:EIO,leveldb.*.*:1+:EIO");
    rig_expect(rig_deliver(&rig, 1, RIG_COUNT_ONE), "cold");
    rig_deliver_many(&rig, 9);
    rig_go_back(&rig, 0);
    rig_expect(rig_deliver(&rig, 1, RIG_COUNT_MANY), "cold");
    fault_arm(NULL);
    rig_check_twin(&rig);
    rig_close(&rig);
}

/* Heap pages that cannot be read when they are loaded: once, and it is tried again; for ever, and a
 * kernel waits all the same, in memory; nothing is blamed, and the snapshot is used as soon as it
 * can be read. */
static void damage__unread_snapshot_leaves_a_kernel(void)
{
    static const char *const faults[] = {"snapshot.pages.read:2:EIO", "snapshot.pages.read:2+:EIO"};

    for (size_t i = 0; i < 2; i++) {
        begin(33);
        rig_stop(&rig);
        fault_arm(faults[i]);
        rig_start(&rig);
        (void)rig_log_synced(&rig);
        CU_ASSERT(rig_figures(&rig).snapshot.count > 0);
        CU_ASSERT_EQUAL(rig_figures(&rig).at.seqnum, i == 0 ? rig.len : 0);
        CU_ASSERT_EQUAL(rig_kernel_state(&rig).at.seqnum, i == 0 ? rig.len : 0);
        fault_arm(NULL);
        rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE),
                   i == 0 ? "swap" : "catch_up");
        CU_ASSERT(rig_figures(&rig).snapshot.count > 0);
        rig_check_twin(&rig);
        rig_close(&rig);
    }
}

/* Nothing can be put aside where there is no folder any more: the next way, and no other attempt.
 */
static void damage__folder_that_became_a_file_is_the_next_way(void)
{
    struct scratch_path away;

    begin(33);
    (void)snprintf(away.text, sizeof away.text, "%.*s-away", (int)sizeof away.text - 6,
                   rig.dir.text);
    CU_ASSERT_EQUAL_FATAL(rename(rig.dir.text, away.text), 0);
    scratch_write(rig.dir.text, slice_text("a file"));
    rig_go_back(&rig, 12);
    CU_ASSERT_EQUAL(rig_deliver(&rig, 3, RIG_COUNT_MANY).code, 0);
    rig_check_twin(&rig);
    CU_ASSERT_EQUAL(unlink(rig.dir.text), 0);
    CU_ASSERT_EQUAL(rename(away.text, rig.dir.text), 0);
    rig_close(&rig);
}

static const struct suite_case cases[] = {
    SUITE_CASE(damage__unread_snapshot_leaves_a_kernel),
    SUITE_CASE(damage__read_that_fails_costs_the_node_nothing),
    SUITE_CASE(damage__passing_failure_rejects_nothing),
    SUITE_CASE(damage__costs_the_snapshots_that_use_it),
    SUITE_CASE(damage__of_every_table_is_a_full_replay),
    SUITE_CASE(damage__is_looked_for_again),
    SUITE_CASE(damage__message_that_fails_by_itself_is_told_apart),
    SUITE_CASE(damage__message_that_panics_is_passed_over_where_agreed),
    SUITE_CASE(damage__panics_of_later_messages_cost_no_replay),
    SUITE_CASE(damage__store_that_gives_no_kernel_is_told_apart),
    SUITE_CASE(damage__block_end_that_cannot_be_marked_is_the_next_way),
    SUITE_CASE(damage__panic_of_ours_is_a_full_replay),
    SUITE_CASE(damage__at_the_origin_is_begun_in_memory),
    SUITE_CASE(damage__folder_that_became_a_file_is_the_next_way),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("steward damage", cases, argc, argv);
}
