/* Executed again, something came out that was not recorded: it is named, the evidence kept, and the
 * node answered as if nothing of ours had ever been. */
#include "tests/unit/sidecar/rig.h"
#include "tests/unit/suite.h"

#include "kernel/state/fault.h"
#include "replaylog/replay_log.h"

#include <dirent.h>
#include <jansson.h>
#include <unistd.h>

static struct rig rig; /* large; one at a time */

/* The one file about a divergence. */
static json_t *evidence_load(void)
{
    struct scratch_path dir = scratch_join(rig.dir.text, "quarantine");
    DIR *listing = opendir(dir.text);
    json_t *evidence = NULL;
    struct dirent *entry;

    CU_ASSERT_PTR_NOT_NULL_FATAL(listing);
    while ((entry = readdir(listing))) {
        if (strncmp(entry->d_name, "diverged-", 9) != 0) continue;
        CU_ASSERT_PTR_NULL_FATAL(evidence);
        evidence = json_load_file(scratch_join(dir.text, entry->d_name).text, 0, NULL);
        CU_ASSERT_PTR_NOT_NULL_FATAL(evidence);
    }
    (void)closedir(listing);
    CU_ASSERT_PTR_NOT_NULL_FATAL(evidence);
    return evidence;
}

/* Does it name the message, and say this? seqnum 0: any. */
static void check_evidence(uint64_t seqnum, const char *finding)
{
    json_t *evidence = evidence_load();
    json_t *divergence = json_object_get(evidence, "divergence");
    const char *words = json_string_value(json_object_get(divergence, "finding"));

    CU_ASSERT_PTR_NOT_NULL_FATAL(words);
    if (!strstr(words, finding)) (void)printf("\n    %s\n", words);
    CU_ASSERT_PTR_NOT_NULL(strstr(words, finding));
    if (seqnum > 0) {
        CU_ASSERT_EQUAL(json_integer_value(json_object_get(divergence, "seqnum")), seqnum);
    }
    CU_ASSERT_STRING_NOT_EQUAL(json_string_value(json_object_get(divergence, "recorded_hash")),
                               json_string_value(json_object_get(divergence, "made_hash")));
    CU_ASSERT(json_array_size(json_object_get(divergence, "transcripts")) > 0);
    CU_ASSERT(json_integer_value(json_object_get(json_object_get(evidence, "log"), "last")) > 0);
    json_decref(evidence);
}

static void check_what_follows(void)
{
    CU_ASSERT_EQUAL(rig_figures(&rig).divergences, 1);
    CU_ASSERT(rig_figures(&rig).full_replays[ENTRY_CAUSE_DIVERGED] > 0);
    rig_check_twin(&rig);
    rig_deliver_many(&rig, 6);
    rig_stop(&rig);
    rig_start(&rig); /* what was rejected is not chosen again */
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "swap");
    CU_ASSERT_EQUAL(rig_figures(&rig).divergences, 0);
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

/* The fault changes one syscall's answer. */
static void divergence__in_preload_names_vat_delivery_and_syscall(void)
{
    for (int syscall = 3; syscall < 12; syscall += 4) {
        char fault[64];

        rig_begin(&rig, 29);
        rig_stop(&rig);
        (void)snprintf(fault, sizeof fault, "kernel.diverge:%d:EIO", syscall);
        fault_arm(fault);
        rig_start(&rig);
        fault_arm(NULL);
        CU_ASSERT_EQUAL(rig_figures(&rig).divergences, 1);
        check_evidence(0, "its transcripts tell");
        rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "full_replay");
        check_evidence(0, "answer to syscall");
        check_evidence(0, "executed again it was [\"ok\",\"another\"]");
        check_evidence(0, "vat v");
        check_what_follows();
    }
}

static void divergence__in_catch_up_is_named_at_once(void)
{
    rig_begin(&rig, 29);
    rig_stop(&rig);
    rig.config.preload = false;
    rig_start(&rig);
    fault_arm("kernel.diverge:5:EIO");
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "full_replay");
    fault_arm(NULL);
    check_evidence(0, "answer to syscall");
    rig.config.preload = true;
    check_what_follows();
}

/* Inside the open block it is the kernel that executes message 16 again; the log then judges it. */
static void divergence__after_going_back_is_named_at_once(void)
{
    rig_begin(&rig, 15);
    CU_ASSERT_EQUAL(rig_deliver(&rig, 4, RIG_COUNT_ONE).code, 0);
    CU_ASSERT_EQUAL(rig_deliver_reverted(&rig, 4, RIG_COUNT_MANY).code, 0);
    /* It makes four syscalls. */
    fault_arm("kernel.diverge:1:EIO,kernel.diverge:5:EIO");
    rig_expect(rig_deliver(&rig, 4, RIG_COUNT_ONE), "full_replay");
    fault_arm(NULL);
    check_evidence(16, "answer to syscall");
    check_what_follows();
}

static void divergence__of_what_the_node_lacks_says_so(void)
{
    rig_begin(&rig, 29);
    rig_stop(&rig);
    spoil_log(rig.dir.text, 28);
    rig_go_back(&rig, 26);
    rig_start(&rig);
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "full_replay");
    check_evidence(28, "no other transcript");
    check_what_follows();
}

static void divergence__waits_for_a_node_that_answers(void)
{
    rig_begin(&rig, 29);
    rig_stop(&rig);
    spoil_log(rig.dir.text, 28);
    rig_start(&rig);
    rig.calls_failing_after = 1;
    CU_ASSERT_EQUAL(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE).code, IPC_NODE_FAILED);
    check_evidence(28, "its transcripts tell");
    rig.calls_failing_after = 0;
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "full_replay");
    check_evidence(28, "what the log says of it is wrong");
    check_what_follows();
}

static void divergence__in_the_log_is_told_kept_and_survived(void)
{
    struct scratch_path quarantine;

    rig_begin(&rig, 29);
    rig_stop(&rig);
    spoil_log(rig.dir.text, 28);
    rig_start(&rig);
    CU_ASSERT_EQUAL(rig_figures(&rig).divergences, 1);
    quarantine = scratch_join(rig.dir.text, "quarantine");
    CU_ASSERT(scratch_count(quarantine.text) > 0);
    check_evidence(28, "its transcripts tell"); /* no node yet */
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "full_replay");
    check_evidence(28, "what the log says of it is wrong");
    CU_ASSERT_EQUAL(rig_figures(&rig).full_replays[ENTRY_CAUSE_DIVERGED], 1);
    rig_check_twin(&rig);
    rig_deliver_many(&rig, 6);
    rig_stop(&rig);
    rig_start(&rig); /* the rejected snapshots are not chosen again */
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "swap");
    CU_ASSERT_EQUAL(rig_figures(&rig).divergences, 0);
    rig_check_twin(&rig);
    rig_close(&rig);
}

/* Nothing can be put aside, nor written down: it is not used all the same, now and after a restart
 * that finds it again. */
static void divergence__that_cannot_be_put_aside_is_not_used(void)
{
    rig_begin(&rig, 29);
    rig_stop(&rig);
    spoil_log(rig.dir.text, 28);
    for (int start = 0; start < 2; start++) {
        fault_arm("*.quarantine.*:1+:EACCES,*quarantine*:1+:EROFS");
        rig_start(&rig);
        CU_ASSERT_EQUAL(rig_figures(&rig).divergences, 1);
        if (start == 0) rig_stop(&rig);
    }
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "full_replay");
    rig_check_twin(&rig);
    rig_deliver_many(&rig, 6);
    fault_arm(NULL);
    for (bool refuses = true; refuses;) {
        struct figures_disk disk = rig_figures(&rig).disk;

        refuses = figures_disk_refuses(&disk);
        rig_pass(&rig, 60);
        (void)usleep(500);
    }
    rig_deliver_many(&rig, 12);
    rig_stop(&rig);
    rig_start(&rig); /* and by now it is gone */
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "swap");
    CU_ASSERT_EQUAL(rig_figures(&rig).divergences, 0);
    rig_check_twin(&rig);
    rig_close(&rig);
}

static void divergence__verified_swap_finds_a_store_that_differs(void)
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
    rig_expect(rig_deliver(&rig, rig_height(&rig), RIG_COUNT_ONE), "full_replay");
    CU_ASSERT_EQUAL(rig_figures(&rig).divergences, 1);
    rig_close(&rig);
}

static const struct suite_case cases[] = {
    SUITE_CASE(divergence__in_preload_names_vat_delivery_and_syscall),
    SUITE_CASE(divergence__in_catch_up_is_named_at_once),
    SUITE_CASE(divergence__after_going_back_is_named_at_once),
    SUITE_CASE(divergence__of_what_the_node_lacks_says_so),
    SUITE_CASE(divergence__waits_for_a_node_that_answers),
    SUITE_CASE(divergence__in_the_log_is_told_kept_and_survived),
    SUITE_CASE(divergence__that_cannot_be_put_aside_is_not_used),
    SUITE_CASE(divergence__verified_swap_finds_a_store_that_differs),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("steward divergence", cases, argc, argv);
}
