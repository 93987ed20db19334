/* The disk refuses while the steward runs: deliveries go on, the figures say what is missing, and
 * when the disk takes writes again all of it heals without a restart. */
#include "tests/unit/sidecar/rig.h"
#include "tests/unit/suite.h"

#include "kernel/state/fault.h"
#include "snapshot/generation.h"

#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

static struct rig rig; /* large; one at a time */

static struct figures_disk disk_now(void)
{
    return rig_figures(&rig).disk;
}

static bool log_writes(void)
{
    return !disk_now().log_fenced;
}

static bool snapshots_work(void)
{
    return disk_now().snapshots_failing_since_s == 0;
}

static bool stands_on_disk(void)
{
    return !disk_now().in_memory;
}

static bool a_snapshot_failed(void)
{
    return rig_figures(&rig).snapshot_writes[SNAPSHOT_FAILED] > 0;
}

static bool all_is_well(void)
{
    struct figures_disk disk = disk_now();

    return !figures_disk_refuses(&disk);
}

/* Nothing is delivered meanwhile; while it takes too long, time goes by. */
static void wait_until(bool (*condition)(void))
{
    for (int i = 0; !condition(); i++) {
        (void)usleep(500);
        if (i % 100 == 99) rig_pass(&rig, 60);
    }
}

static void restart_expecting(const char *path)
{
    rig_stop(&rig);
    rig_start(&rig);
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), path);
    rig_check_twin(&rig);
}

static void fenced_log__heals_without_a_delivery(void)
{
    rig_begin(&rig, 12);
    fault_arm("log.*.*:1+:ENOSPC");
    rig_deliver_many(&rig, 3);
    CU_ASSERT_FALSE(log_writes());
    CU_ASSERT(disk_now().log_fenced_since > 0 && disk_now().log_fenced_since <= 13);
    rig_pass(&rig, 2); /* an attempt, in vain */
    rig_deliver_many(&rig, 3);
    CU_ASSERT_FALSE(log_writes());
    CU_ASSERT_EQUAL(rig_prepare_commit(&rig, rig_height(&rig)), IPC_STORAGE_FAILED);
    fault_arm(NULL);
    wait_until(log_writes);
    CU_ASSERT_EQUAL(disk_now().log_fenced_since, 0);
    rig_deliver_many(&rig, 9); /* two ends of blocks: the snapshot that closes the gap */
    CU_ASSERT_EQUAL(rig_figures(&rig).log.last, 27);
    rig_check_twin(&rig);
    restart_expecting("swap");
    rig_close(&rig);
}

/* From the mark the log leads nowhere until the block has ended, so nothing is written of it. */
static void fenced_log__within_a_block_is_closed_at_its_end(void)
{
    for (int ended = 0; ended < 2; ended++) {
        struct position at;

        rig_open(&rig);
        rig.config.snapshot_every = 1000;
        rig_start(&rig);
        rig_deliver_many(&rig, 16);
        fault_arm("log.*.*:1+:ENOSPC");
        rig_deliver_many(&rig, 1);
        CU_ASSERT_FALSE(log_writes());
        fault_arm(NULL);
        wait_until(log_writes);
        rig_deliver_many(&rig, 3);
        at = rig_position(&rig);
        if (ended) rig_commit_at(&rig, 4, &at);
        rig_stop(&rig);
        rig_start(&rig);
        CU_ASSERT_EQUAL(rig_figures(&rig).snapshot.count, ended);
        rig_expect(rig_attach(&rig), ended ? "swap" : "full_replay");
        rig_check_twin(&rig);
        rig_close(&rig);
    }
}

/* What the log holds of before the fence is no past of what comes after it. */
static void fenced_log__going_back_meanwhile_leaves_no_false_past(void)
{
    rig_begin(&rig, 12);
    fault_arm("log.*.*:1+:ENOSPC");
    rig_deliver_many(&rig, 1);
    rig_go_back(&rig, 10);
    rig_expect(rig_deliver(&rig, 3, RIG_COUNT_MANY), "roll_back");
    rig_deliver_many(&rig, 1);
    fault_arm(NULL);
    wait_until(log_writes);
    rig_deliver_many(&rig, 1); /* seqnum 13, and the log ends at 12: but not at this 12 */
    CU_ASSERT_EQUAL(rig_figures(&rig).log.first, 13);
    rig_check_twin(&rig);
    rig_stop(&rig);
    rig_start(&rig);
    rig_deliver_many(&rig, 2);
    CU_ASSERT_EQUAL(rig_figures(&rig).divergences, 0);
    rig_check_twin(&rig);
    rig_close(&rig);
}

/* A way that begins anew needs the log to do so, too; the disk refuses that, once or for a while.
 */
static void fenced_log__that_cannot_begin_anew_leaves_no_false_past(void)
{
    static const char *const faults[] = {"log.folder.*:1:EIO", "log.*.*:1:EIO", "log.*.*:2:ENOSPC",
                                         "log.*.*:1+:EROFS"};
    uint64_t fenced = 0;

    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        rig_begin(&rig, 45);
        rig_go_back(&rig, 7); /* below every snapshot */
        fault_arm(faults[i]);
        rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_MANY), "full_replay");
        fenced += !log_writes();
        rig_deliver_many(&rig, 2);
        fault_arm(NULL);
        wait_until(log_writes);
        rig_deliver_many(&rig, 12);
        rig_check_twin(&rig);
        CU_ASSERT_EQUAL(rig_figures(&rig).log.last, rig.len);
        restart_expecting("swap");
        CU_ASSERT_EQUAL(rig_figures(&rig).divergences, 0);
        rig_close(&rig);
    }
    CU_ASSERT(fenced > 0);
}

static bool rates_are_kept(void)
{
    return !disk_now().without[DATA_FOLDER_RATES];
}

static bool rates_fail(void)
{
    return !rates_are_kept();
}

static void rates__that_fail_later_are_shown_until_they_are_kept(void)
{
    struct scratch_path rates;

    rig_begin(&rig, 12);
    rates = scratch_join(rig.dir.text, "RATES");
    CU_ASSERT_TRUE(all_is_well());
    fault_arm("data.rates.*:1+:ENOSPC");
    rig_pass(&rig, 60);
    rig_deliver_many(&rig, 1);
    wait_until(rates_fail);
    CU_ASSERT_FALSE(all_is_well());
    CU_ASSERT_FALSE(disk_now().without[DATA_FOLDER_LOG]);
    rig_deliver_many(&rig, 3);
    fault_arm(NULL);
    wait_until(rates_are_kept); /* though nothing new is measured */
    CU_ASSERT_TRUE(all_is_well());
    CU_ASSERT_TRUE(scratch_exists(rates.text));
    rig_close(&rig);
}

/* A disk that hangs: deliveries go on beside the attempt, and a snapshot that was forced while one
 * was being written is not forgotten, at a stop neither. */
static void slow_disk__no_delivery_waits_and_the_gap_is_closed(void)
{
    rig_begin(&rig, 10);
    fault_arm("leveldb.log.sync:1:sleep,log.segment.write:2:ENOSPC,log.folder.sync_folder:1:sleep");
    rig_deliver_many(&rig, 4); /* the first begins a snapshot, which hangs; the second fences */
    CU_ASSERT_FALSE(log_writes());
    rig_pass(&rig, 2);
    rig_deliver_many(&rig, 8); /* beside an attempt that hangs as well */
    CU_ASSERT_FALSE(log_writes());
    wait_until(log_writes);
    rig_deliver_many(&rig, 11);
    CU_ASSERT_EQUAL(rig_figures(&rig).log.last, 33);
    fault_arm(NULL);
    restart_expecting("swap");
    rig_close(&rig);
}

/* What a start would read of LevelDB's log. */
static size_t leveldb_log_bytes(void)
{
    char pattern[SCRATCH_PATH_BYTES_MAX];
    struct stat found;
    glob_t logs = {0};
    size_t bytes = 0;

    (void)snprintf(pattern, sizeof pattern, "%s/snapshot/gen-*/*.log", rig.config.data_dir);
    if (glob(pattern, 0, NULL, &logs) == 0) {
        for (size_t i = 0; i < logs.gl_pathc; i++) {
            if (stat(logs.gl_pathv[i], &found) == 0) bytes += (size_t)found.st_size;
        }
    }
    globfree(&logs);
    return bytes;
}

static void leveldb_log__becomes_a_table_once_it_is_quiet(void)
{
    rig_open(&rig);
    rig.config.snapshot_share = 100;
    rig_start(&rig);
    while (leveldb_log_bytes() <= GENERATION_UNFLUSHED_BYTES_QUIET * 5 / 4) {
        rig_deliver_to_snapshot(&rig);
    }
    while (leveldb_log_bytes() > 0) {
        rig_pass(&rig, 2); /* again: a put may end after the first */
        (void)usleep(200);
    }
    restart_expecting("swap");
    rig_close(&rig);
}

static void failed_snapshot__is_tried_again_after_a_pause(void)
{
    uint64_t failed;

    rig_begin(&rig, 5);
    fault_arm("leveldb.*.*:1+:EIO");
    rig_deliver_many(&rig, 10);
    while (snapshots_work()) {
        (void)usleep(200);
    }
    CU_ASSERT_EQUAL(rig_figures(&rig).snapshot.count, 0);
    failed = rig_figures(&rig).snapshot_writes[SNAPSHOT_FAILED];
    rig_deliver_many(&rig, 20); /* the clock stands: no attempt a block */
    CU_ASSERT_EQUAL(rig_figures(&rig).snapshot_writes[SNAPSHOT_FAILED], failed);
    rig_pass(&rig, 1);
    while (rig_figures(&rig).snapshot_writes[SNAPSHOT_FAILED] == failed) {
        (void)usleep(200);
    }
    fault_arm(NULL);
    wait_until(snapshots_work);
    CU_ASSERT_EQUAL(rig_figures(&rig).snapshot.count, 1);
    restart_expecting("swap");
    rig_close(&rig);
}

/* A life whose data was lost: the full replay finds no disk to stand on. */
static void begin_in_memory(const char *fault)
{
    rig_begin(&rig, 13);
    rig_stop(&rig);
    rig_lose_data(&rig);
    rig_start(&rig);
    fault_arm(fault);
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "full_replay");
    CU_ASSERT_FALSE(stands_on_disk());
    CU_ASSERT_FALSE(snapshots_work());
    rig_deliver_many(&rig, 7); /* an end of a block */
}

static void base_in_memory__becomes_a_snapshot_again(void)
{
    static const char *const points[] = {"leveldb.log.write:1+:ENOSPC", "leveldb.*.*:1+:EROFS",
                                         "*.*.*:1+:EIO"};

    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        begin_in_memory(points[i]);
        rig_pass(&rig, 60);
        rig_deliver_many(&rig, 7);
        CU_ASSERT_FALSE(stands_on_disk());
        fault_arm(NULL);
        wait_until(all_is_well);
        CU_ASSERT(rig_figures(&rig).snapshot.count > 0); /* two, if it was slow in the block */
        rig_check_twin(&rig);                            /* it reads from the disk now */
        rig_deliver_many(&rig, 25);
        rig_check_twin(&rig);
        restart_expecting("swap");
        rig_close(&rig);
    }
}

/* The n-th operation of moving in fails, once: nothing is lost, and the next attempt works. */
static void base_in_memory__moving_in_survives_every_failure(void)
{
    for (int n = 1; n < 60; n += 6) {
        char fault[64];

        begin_in_memory("leveldb.*.*:1+:ENOSPC");
        rig_pass(&rig, 60);
        wait_until(a_snapshot_failed);
        (void)snprintf(fault, sizeof fault, "*.*.*:%d:%s", n, n % 4 == 1 ? "EIO" : "ENOSPC");
        fault_arm(fault);
        rig_pass(&rig, 600);
        rig_deliver_many(&rig, 6);
        rig_check_twin(&rig);
        wait_until(stands_on_disk);
        rig_deliver_many(&rig, 11);
        rig_check_twin(&rig);
        fault_arm(NULL);
        wait_until(all_is_well);
        rig_deliver_many(&rig, 11);
        restart_expecting("swap");
        rig_close(&rig);
    }
}

static void base_in_memory__node_goes_back_meanwhile(void)
{
    begin_in_memory("leveldb.log.write:1+:ENOSPC");
    rig_deliver_many(&rig, 20);
    fault_arm(NULL);
    rig_pass(&rig, 600);
    rig_go_back(&rig, 15); /* moving in, it is broken off, or has just ended */
    rig_deliver_many(&rig, 12);
    rig_check_twin(&rig);
    wait_until(all_is_well);
    rig_check_twin(&rig);
    restart_expecting("swap");
    rig_close(&rig);
}

/* A start whose data folder is refused, as a whole or the n-th operation of it. */
static void begin_without(const char *fault)
{
    rig_begin(&rig, 12);
    rig_stop(&rig);
    fault_arm(fault);
    rig_start(&rig);
    CU_ASSERT_FALSE(all_is_well());
}

static const char *const folder_refusals[] = {"data.*.*:1+:EACCES", "data.*.*:1+:EROFS",
                                              "data.*.*:2+:EIO", "data.*.*:4+:ENOSPC"};

/* No node came meanwhile: what the folder holds is loaded, as if it had been there. */
static void folder_gone_without__is_loaded_from_when_it_comes(void)
{
    for (size_t i = 0; i < sizeof folder_refusals / sizeof *folder_refusals; i++) {
        begin_without(folder_refusals[i]);
        rig_pass(&rig, 60);
        fault_arm(NULL);
        wait_until(all_is_well);
        rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "swap");
        rig_check_twin(&rig);
        restart_expecting("swap");
        rig_close(&rig);
    }
}

/* A node came: the kernel it was served with moves in, and the log goes on from there. */
static void folder_gone_without__is_written_again_without_a_restart(void)
{
    for (size_t i = 0; i < 2; i++) {
        begin_without(folder_refusals[i]);
        rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "full_replay");
        CU_ASSERT_FALSE(stands_on_disk());
        CU_ASSERT_TRUE(disk_now().without[DATA_FOLDER_LOG]);
        rig_deliver_many(&rig, 7);
        fault_arm(NULL);
        wait_until(all_is_well);
        rig_check_twin(&rig);
        rig_deliver_many(&rig, 11);
        CU_ASSERT_EQUAL(rig_figures(&rig).log.last, rig.len);
        restart_expecting("swap");
        rig_close(&rig);
    }
}

static void step(uint64_t *random)
{
    static const char *const faults[] = {
        "*.*.*:%d+:ENOSPC",    "*.*.*:%d:EIO",      "leveldb.*.*:%d+:EIO",  "log.*.*:%d+:EROFS",
        "*.*.write:%d+:short", "*.*.write:%d:torn", "snapshot.*.*:%d+:EIO", "*.*.sync:%d+:EIO"};
    uint64_t what = suite_random(random) % 20;
    char fault[64];

    if (what < 9) {
        rig_deliver_many(&rig, 1 + (size_t)(suite_random(random) % 8));
    } else if (what < 12) {
        const char *chosen = faults[suite_random(random) % (sizeof faults / sizeof *faults)];

        (void)snprintf(fault, sizeof fault, chosen, 1 + (int)(suite_random(random) % 40));
        fault_arm(fault);
    } else if (what < 15) {
        fault_arm(NULL);
    } else if (what < 17) {
        rig_pass(&rig, 1 + suite_random(random) % 90);
    } else if (what < 19) {
        size_t back = (size_t)(suite_random(random) % 25);

        rig_go_back(&rig, rig.len > back ? rig.len - back : 0);
        rig_deliver_many(&rig, 1);
    } else {
        rig_stop(&rig);
        rig_start(&rig);
        rig_deliver_many(&rig, 1);
    }
}

static void random_disk__never_fails_a_delivery_and_heals(void)
{
    uint64_t random = suite_seed();

    for (int life = 0; life < 4; life++) {
        rig_begin(&rig, 3);
        for (int i = 0; i < 60; i++) {
            step(&random);
            if (i % 10 != 9) continue;
            fault_arm(NULL); /* the twin is compared by reading */
            rig_check_twin(&rig);
        }
        fault_arm(NULL);
        rig_deliver_many(&rig, 12);
        wait_until(all_is_well);
        rig_check_twin(&rig);
        rig_close(&rig);
    }
}

static const struct suite_case cases[] = {
    SUITE_CASE(fenced_log__heals_without_a_delivery),
    SUITE_CASE(fenced_log__within_a_block_is_closed_at_its_end),
    SUITE_CASE(fenced_log__going_back_meanwhile_leaves_no_false_past),
    SUITE_CASE(fenced_log__that_cannot_begin_anew_leaves_no_false_past),
    SUITE_CASE(rates__that_fail_later_are_shown_until_they_are_kept),
    SUITE_CASE(slow_disk__no_delivery_waits_and_the_gap_is_closed),
    SUITE_CASE(leveldb_log__becomes_a_table_once_it_is_quiet),
    SUITE_CASE(failed_snapshot__is_tried_again_after_a_pause),
    SUITE_CASE(base_in_memory__becomes_a_snapshot_again),
    SUITE_CASE(base_in_memory__moving_in_survives_every_failure),
    SUITE_CASE(base_in_memory__node_goes_back_meanwhile),
    SUITE_CASE(folder_gone_without__is_loaded_from_when_it_comes),
    SUITE_CASE(folder_gone_without__is_written_again_without_a_restart),
    SUITE_CASE(random_disk__never_fails_a_delivery_and_heals),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("steward_disk", cases, argc, argv);
}
