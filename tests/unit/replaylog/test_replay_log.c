/* The log in use, without anything going wrong. */
#include "tests/unit/replaylog/log_model.h"
#include "tests/unit/suite.h"

#include "kernel/state/limits.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

enum { SMALL_SEGMENT = 2000 };

static struct log_model model;

static void replay_log__what_is_appended_is_read_after_reopening(void)
{
    struct scratch_path dir = scratch_make();
    struct replay_log_summary sum;
    struct replay_log *log;

    log_model_make(dir.text, SMALL_SEGMENT, 100, &model);
    log = log_model_open(dir.text, SMALL_SEGMENT);
    CU_ASSERT(log_model_holds(&model, log, 1, 100));
    sum = replay_log_summary(log);
    CU_ASSERT_EQUAL(sum.height_last, 34);
    CU_ASSERT_EQUAL(sum.synced, 100);
    CU_ASSERT(!sum.fenced && !sum.damaged && sum.cut_bytes == 0);
    CU_ASSERT(scratch_count(scratch_join(dir.text, "log").text) > 3);
    CU_ASSERT_EQUAL(log_model_append_both(&model, log, 101, 5), HS_OK);
    CU_ASSERT(log_model_holds(&model, log, 1, 101));
    replay_log_close(log);
    scratch_remove(dir);
}

/* What somebody else put there is neither read nor removed, however much its name looks like ours.
 */
static void replay_log__other_names_in_its_folder_are_left_alone(void)
{
    static const char *const names[] = {"1.seg", "00000000000000000050.segs", "notes.seg",
                                        "0000000000000000000x.seg", "00000000000000000050.old"};
    struct scratch_path dir = scratch_make(), log_dir = scratch_join(dir.text, "log");
    struct replay_log *log;

    log_model_make(dir.text, SMALL_SEGMENT, 100, &model);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        scratch_write(scratch_join(log_dir.text, names[i]).text, slice_text("not a segment"));
    }
    log = log_model_open(dir.text, SMALL_SEGMENT);
    CU_ASSERT(log_model_holds(&model, log, 1, 100));
    CU_ASSERT_EQUAL(replay_log_restart(log, NULL), HS_OK);
    replay_log_close(log);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        CU_ASSERT_TRUE(scratch_exists(scratch_join(log_dir.text, names[i]).text));
    }
    scratch_remove(dir);
}

static void replay_log__gap_is_refused_and_restart_allows_any_seqnum(void)
{
    struct scratch_path dir = scratch_make();
    struct replay_log *log = log_model_open(dir.text, 0);
    struct position at;

    model = (struct log_model){0};
    CU_ASSERT_EQUAL(replay_log_floor(log, &at, NULL), HS_NOT_FOUND);
    CU_ASSERT_EQUAL(log_model_append_both(&model, log, 50, 0), HS_OK);
    CU_ASSERT_EQUAL(log_model_append_both(&model, log, 52, 0), HS_GAP);
    CU_ASSERT(log_model_holds(&model, log, 50, 50));
    CU_ASSERT_EQUAL(replay_log_restart(log, NULL), HS_OK);
    CU_ASSERT(log_model_holds(&model, log, 0, 0));
    CU_ASSERT_EQUAL(replay_log_position(log, 50, &at, NULL, NULL), HS_GAP);
    model = (struct log_model){0};
    CU_ASSERT_EQUAL(log_model_append_both(&model, log, 52, 0), HS_OK);
    replay_log_close(log);
    log = log_model_open(dir.text, 0);
    CU_ASSERT(log_model_holds(&model, log, 52, 52));
    replay_log_close(log);
    scratch_remove(dir);
}

static void replay_log__floor_is_the_end_of_the_block_before_the_last(void)
{
    struct scratch_path dir = scratch_make();
    struct replay_log *log = log_model_open(dir.text, SMALL_SEGMENT);
    struct position at;

    model = (struct log_model){0};
    for (uint64_t seqnum = 1; seqnum <= 90; seqnum++) { /* blocks 1-3, 4-6, … */
        CU_ASSERT_EQUAL(log_model_append_both(&model, log, seqnum, 0), HS_OK);
        if (seqnum <= 3) {
            CU_ASSERT_EQUAL(replay_log_floor(log, &at, NULL), HS_NOT_FOUND);
        } else {
            CU_ASSERT_EQUAL(replay_log_floor(log, &at, NULL), HS_OK);
            CU_ASSERT_EQUAL(at.seqnum, (seqnum - 1) / 3 * 3);
        }
    }
    CU_ASSERT_EQUAL(replay_log_cut(log, 87, NULL), HS_OK);
    CU_ASSERT_EQUAL(replay_log_floor(log, &at, NULL), HS_OK);
    CU_ASSERT_EQUAL(at.seqnum, 84);
    replay_log_close(log);
    scratch_remove(dir);
}

static void replay_log__other_messages_replace_those_they_follow(void)
{
    struct scratch_path dir = scratch_make();
    struct replay_log *log;

    log_model_make(dir.text, SMALL_SEGMENT, 100, &model);
    log = log_model_open(dir.text, SMALL_SEGMENT);
    CU_ASSERT_EQUAL(log_model_append_both(&model, log, 30, 9), HS_OK); /* cuts segments away */
    CU_ASSERT(log_model_holds(&model, log, 1, 30));
    CU_ASSERT_EQUAL(replay_log_summary(log).synced, 29);
    for (uint64_t seqnum = 31; seqnum < 60; seqnum++) {
        CU_ASSERT_EQUAL(log_model_append_both(&model, log, seqnum, 9), HS_OK);
    }
    replay_log_close(log);
    log = log_model_open(dir.text, SMALL_SEGMENT);
    CU_ASSERT(log_model_holds(&model, log, 1, 59));
    CU_ASSERT(!scratch_exists(scratch_join(dir.text, "quarantine").text));
    replay_log_close(log);
    scratch_remove(dir);
}

static void replay_log__trim_drops_whole_segments_only(void)
{
    struct scratch_path dir = scratch_make();
    struct scratch_path log_dir = scratch_join(dir.text, "log");
    struct replay_log_summary before, after;
    struct replay_log *log;
    size_t files;

    log_model_make(dir.text, SMALL_SEGMENT, 100, &model);
    log = log_model_open(dir.text, SMALL_SEGMENT);
    before = replay_log_summary(log);
    files = scratch_count(log_dir.text);
    CU_ASSERT_EQUAL(replay_log_trim(log, 3, NULL), HS_OK);
    CU_ASSERT_EQUAL(scratch_count(log_dir.text), files);
    CU_ASSERT_EQUAL(replay_log_trim(log, 50, NULL), HS_OK);
    after = replay_log_summary(log);
    CU_ASSERT(after.first > 1 && after.first <= 51 && after.last == 100);
    CU_ASSERT(after.bytes < before.bytes);
    CU_ASSERT(log_model_holds(&model, log, after.first, 100));
    CU_ASSERT_EQUAL(replay_log_trim(log, 1000, NULL), HS_OK);
    CU_ASSERT_EQUAL(scratch_count(log_dir.text), 1);
    CU_ASSERT_EQUAL(replay_log_summary(log).last, 100);
    CU_ASSERT_EQUAL(log_model_append_both(&model, log, 101, 0), HS_OK);
    after = replay_log_summary(log);
    replay_log_close(log);
    log = log_model_open(dir.text, SMALL_SEGMENT);
    CU_ASSERT(log_model_holds(&model, log, after.first, 101));
    replay_log_close(log);
    scratch_remove(dir);
}

/* What a daemon trims or executes anew beside a reader is no damage. */
static void replay_log__reader_follows_trims_and_cuts(void)
{
    struct scratch_path dir = scratch_make();
    struct scratch_path log_dir = scratch_join(dir.text, "log");
    struct replay_log_options options = {.dir = log_dir.text, .read_only = true};
    struct replay_log *log, *reader = NULL;
    uint64_t last_good = 0;

    log_model_make(dir.text, SMALL_SEGMENT, 100, &model);
    log = log_model_open(dir.text, SMALL_SEGMENT);
    CU_ASSERT_EQUAL_FATAL(replay_log_open(&options, &reader, NULL), HS_OK);
    CU_ASSERT_EQUAL(replay_log_trim(log, 50, NULL), HS_OK);
    CU_ASSERT_EQUAL(replay_log_verify(reader, &last_good, NULL), HS_OK);
    CU_ASSERT_EQUAL(last_good, 100);
    CU_ASSERT_EQUAL(replay_log_summary(reader).first, replay_log_summary(log).first);
    for (uint64_t seqnum = 90; seqnum <= 95; seqnum++) { /* the node went back */
        CU_ASSERT_EQUAL(log_model_append_both(&model, log, seqnum, 7), HS_OK);
    }
    CU_ASSERT_EQUAL(replay_log_verify(reader, &last_good, NULL), HS_OK);
    CU_ASSERT_EQUAL(last_good, 95);
    replay_log_close(reader);
    replay_log_close(log);
    scratch_remove(dir);
}

static void replay_log__rejected_log_is_in_quarantine_and_never_read_again(void)
{
    struct scratch_path dir = scratch_make();
    struct scratch_path quarantine = scratch_join(dir.text, "quarantine");
    struct buffer reason = {0};
    struct replay_log *log;
    size_t files;

    log_model_make(dir.text, SMALL_SEGMENT, 60, &model);
    files = scratch_count(scratch_join(dir.text, "log").text);
    log = log_model_open(dir.text, SMALL_SEGMENT);
    CU_ASSERT_EQUAL(replay_log_reject(log, "diverged at seqnum 42", NULL), HS_OK);
    CU_ASSERT(log_model_holds(&model, log, 0, 0));
    CU_ASSERT_EQUAL(scratch_count(scratch_join(dir.text, "log").text), 0);
    CU_ASSERT_EQUAL(scratch_count(quarantine.text), files + 1);
    scratch_read(scratch_join(quarantine.text, "log-1-60.rejected").text, &reason);
    CU_ASSERT_STRING_EQUAL(buffer_text(&reason), "diverged at seqnum 42");
    model = (struct log_model){0};
    CU_ASSERT_EQUAL(log_model_append_both(&model, log, 1, 1), HS_OK);
    CU_ASSERT_EQUAL(replay_log_reject(log, "again", NULL), HS_OK); /* names do not collide */
    CU_ASSERT_EQUAL(scratch_count(quarantine.text), files + 3);
    replay_log_close(log);
    log = log_model_open(dir.text, SMALL_SEGMENT);
    CU_ASSERT(log_model_holds(&model, log, 0, 0));
    replay_log_close(log);
    buffer_fini(&reason);
    scratch_remove(dir);
}

static void replay_log__cursor_reads_from_the_middle_and_across_changes(void)
{
    struct scratch_path dir = scratch_make();
    struct replay_cursor *cursor = NULL;
    struct log_entry entry;
    struct replay_log *log;

    log_model_make(dir.text, SMALL_SEGMENT, 100, &model);
    log = log_model_open(dir.text, SMALL_SEGMENT);
    CU_ASSERT_EQUAL(replay_log_seek(log, 0, &cursor, NULL), HS_GAP);
    CU_ASSERT_EQUAL(replay_log_seek(log, 101, &cursor, NULL), HS_GAP);
    CU_ASSERT_EQUAL_FATAL(replay_log_seek(log, 95, &cursor, NULL), HS_OK);
    CU_ASSERT_EQUAL(replay_cursor_next(cursor, &entry, NULL), HS_OK);
    CU_ASSERT(model_entry_equal(&entry, 95, 0));
    for (uint64_t seqnum = 97; seqnum <= 110; seqnum++) { /* cut in front of the cursor */
        CU_ASSERT_EQUAL(log_model_append_both(&model, log, seqnum, 4), HS_OK);
    }
    for (uint64_t seqnum = 96; seqnum <= 110; seqnum++) {
        CU_ASSERT_EQUAL(replay_cursor_next(cursor, &entry, NULL), HS_OK);
        CU_ASSERT(model_entry_equal(&entry, seqnum, seqnum == 96 ? 0 : 4));
    }
    CU_ASSERT_EQUAL(replay_cursor_next(cursor, &entry, NULL), HS_NOT_FOUND);
    CU_ASSERT_EQUAL(log_model_append_both(&model, log, 111, 4), HS_OK);
    CU_ASSERT_EQUAL(replay_cursor_next(cursor, &entry, NULL), HS_OK);
    CU_ASSERT(model_entry_equal(&entry, 111, 4));
    replay_cursor_close(cursor);
    replay_log_close(log);
    scratch_remove(dir);
}

static void replay_log__reader_beside_a_writer_changes_nothing(void)
{
    struct scratch_path dir = scratch_make();
    struct scratch_path log_dir = scratch_join(dir.text, "log");
    struct replay_log_options options = {.dir = log_dir.text, .read_only = true};
    struct replay_log *log, *reader = NULL;
    struct buffer before = {0}, after = {0};
    struct scratch_path newest;
    struct scratch_listing files;
    uint64_t last_good = 0;

    log_model_make(dir.text, SMALL_SEGMENT, 60, &model);
    log = log_model_open(dir.text, SMALL_SEGMENT);
    scratch_list(log_dir.text, &files);
    newest = scratch_join(log_dir.text, files.names[files.len - 1]);
    scratch_read(newest.text, &before);
    CU_ASSERT_EQUAL(buffer_append(&before, slice_text("half")), HS_OK); /* an append under way */
    scratch_write(newest.text, buffer_slice(&before));
    CU_ASSERT_EQUAL_FATAL(replay_log_open(&options, &reader, NULL), HS_OK);
    CU_ASSERT(log_model_holds(&model, reader, 1, 60));
    CU_ASSERT_EQUAL(replay_log_verify(reader, &last_good, NULL), HS_OK);
    CU_ASSERT_EQUAL(last_good, 60);
    replay_log_close(reader);
    scratch_read(newest.text, &after);
    CU_ASSERT(slice_equal(buffer_slice(&before), buffer_slice(&after)));
    CU_ASSERT_EQUAL(scratch_count(log_dir.text), files.len);
    replay_log_close(log);
    buffer_fini(&before);
    buffer_fini(&after);
    scratch_remove(dir);
}

static void replay_log__second_opener_is_locked_out(void)
{
    struct scratch_path dir = scratch_make();
    struct scratch_path log_dir = scratch_join(dir.text, "log");
    struct replay_log_options options = {.dir = log_dir.text, .quarantine_dir = dir.text};
    struct replay_log_options absent = {.dir = "/nonexistent/log", .read_only = true};
    struct replay_log *log = log_model_open(dir.text, 0), *second = NULL;
    struct hs_error err;

    CU_ASSERT_EQUAL(replay_log_open(&options, &second, &err), HS_LOCKED);
    replay_log_close(log);
    CU_ASSERT_EQUAL_FATAL(replay_log_open(&options, &second, &err), HS_OK);
    replay_log_close(second);
    CU_ASSERT_EQUAL(replay_log_open(&absent, &second, &err), HS_NOT_FOUND);
    scratch_remove(dir);
}

static void replay_log__large_message_has_room(void)
{
    struct scratch_path dir = scratch_make();
    struct replay_log *log = log_model_open(dir.text, 0);
    struct replay_cursor *cursor = NULL;
    struct model_entry e;
    struct log_entry got;
    char *text = malloc(HS_MESSAGE_BYTES_MAX);

    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    memset(text, 'm', HS_MESSAGE_BYTES_MAX);
    for (uint64_t seqnum = 1; seqnum <= 3; seqnum++) {
        model_entry_make(seqnum, 0, &e);
        e.entry.message.text = slice_make(text, seqnum == 2 ? HS_MESSAGE_BYTES_MAX : 100);
        CU_ASSERT_EQUAL(replay_log_append(log, &e.entry, NULL), HS_OK);
    }
    replay_log_close(log);
    log = log_model_open(dir.text, 0);
    CU_ASSERT_EQUAL(replay_log_summary(log).last, 3);
    CU_ASSERT_EQUAL_FATAL(replay_log_seek(log, 2, &cursor, NULL), HS_OK);
    CU_ASSERT_EQUAL(replay_cursor_next(cursor, &got, NULL), HS_OK);
    CU_ASSERT_EQUAL(got.message.text.len, HS_MESSAGE_BYTES_MAX);
    CU_ASSERT_EQUAL(memcmp(got.message.text.data, text, HS_MESSAGE_BYTES_MAX), 0);
    CU_ASSERT_EQUAL(replay_cursor_next(cursor, &got, NULL), HS_OK);
    CU_ASSERT_EQUAL(got.message.text.len, 100);
    replay_cursor_close(cursor);
    replay_log_close(log);
    free(text);
    scratch_remove(dir);
}

static void replay_log__random_walk_equals_the_model(void)
{
    struct scratch_path dir = scratch_make();
    struct replay_log *log = log_model_open(dir.text, SMALL_SEGMENT);
    uint64_t random = suite_seed();

    model = (struct log_model){0};
    for (int i = 0; i < 3000; i++) {
        uint64_t dice = suite_random(&random) % 1000;
        uint32_t salt = (uint32_t)suite_random(&random);

        if (dice < 900 && model.last + 1 < MODEL_ENTRIES_MAX) {
            CU_ASSERT_EQUAL(log_model_append_both(&model, log, model.last + 1, salt), HS_OK);
        } else if (dice < 930) {
            uint64_t back = suite_random(&random) % 40;

            log_model_cut(&model, model.last > back ? model.last - back : 0);
            CU_ASSERT_EQUAL(replay_log_cut(log, model.last, NULL), HS_OK);
        } else if (dice < 960) {
            CU_ASSERT_EQUAL(replay_log_sync(log, NULL), HS_OK);
            CU_ASSERT_EQUAL(replay_log_summary(log).synced, model.last);
        } else if (dice < 980 && model.last > 0) {
            CU_ASSERT_EQUAL(replay_log_trim(log, model.last - 30, NULL), HS_OK);
            model.first = replay_log_summary(log).first;
        } else {
            replay_log_close(log);
            log = log_model_open(dir.text, SMALL_SEGMENT);
            CU_ASSERT_FATAL(log_model_holds(&model, log, model.first, model.last));
        }
    }
    CU_ASSERT(log_model_holds(&model, log, model.first, model.last));
    CU_ASSERT(!scratch_exists(scratch_join(dir.text, "quarantine").text));
    replay_log_close(log);
    scratch_remove(dir);
}

struct syncer {
    struct replay_log *log;
    atomic_bool stop;
    atomic_int syncs;
};

static void *syncer_run(void *data)
{
    struct syncer *s = data;

    while (!atomic_load(&s->stop)) {
        if (replay_log_sync(s->log, NULL) == HS_OK) (void)atomic_fetch_add(&s->syncs, 1);
    }
    return NULL;
}

static void replay_log__syncs_run_beside_the_owner(void)
{
    struct scratch_path dir = scratch_make();
    struct syncer syncer = {.log = log_model_open(dir.text, SMALL_SEGMENT)};
    uint64_t random = suite_seed(), synced = 0;
    pthread_t thread;

    model = (struct log_model){0};
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, syncer_run, &syncer), 0);
    for (uint64_t i = 0; i < 2000; i++) {
        uint64_t back = suite_random(&random) % 50 == 0 ? suite_random(&random) % 20 : 0;
        uint64_t seqnum = model.last > back ? model.last + 1 - back : 1;

        CU_ASSERT_EQUAL(log_model_append_both(&model, syncer.log, seqnum, (uint32_t)i), HS_OK);
        synced = replay_log_summary(syncer.log).synced;
        CU_ASSERT(synced <= model.last);
        if (i % 500 == 499) {
            CU_ASSERT_EQUAL(replay_log_trim(syncer.log, model.last / 2, NULL), HS_OK);
        }
        while (i == 1000 && atomic_load(&syncer.syncs) == 0) { /* a busy machine may starve it */
            (void)sched_yield();
        }
    }
    atomic_store(&syncer.stop, true);
    (void)pthread_join(thread, NULL);
    CU_ASSERT_EQUAL(replay_log_sync(syncer.log, NULL), HS_OK);
    CU_ASSERT_EQUAL(replay_log_summary(syncer.log).synced, model.last);
    model.first = replay_log_summary(syncer.log).first;
    replay_log_close(syncer.log);
    syncer.log = log_model_open(dir.text, SMALL_SEGMENT);
    CU_ASSERT(log_model_holds(&model, syncer.log, model.first, model.last));
    replay_log_close(syncer.log);
    scratch_remove(dir);
}

static const struct suite_case cases[] = {
    SUITE_CASE(replay_log__what_is_appended_is_read_after_reopening),
    SUITE_CASE(replay_log__other_names_in_its_folder_are_left_alone),
    SUITE_CASE(replay_log__gap_is_refused_and_restart_allows_any_seqnum),
    SUITE_CASE(replay_log__floor_is_the_end_of_the_block_before_the_last),
    SUITE_CASE(replay_log__other_messages_replace_those_they_follow),
    SUITE_CASE(replay_log__trim_drops_whole_segments_only),
    SUITE_CASE(replay_log__reader_follows_trims_and_cuts),
    SUITE_CASE(replay_log__rejected_log_is_in_quarantine_and_never_read_again),
    SUITE_CASE(replay_log__cursor_reads_from_the_middle_and_across_changes),
    SUITE_CASE(replay_log__reader_beside_a_writer_changes_nothing),
    SUITE_CASE(replay_log__second_opener_is_locked_out),
    SUITE_CASE(replay_log__large_message_has_room),
    SUITE_CASE(replay_log__random_walk_equals_the_model),
    SUITE_CASE(replay_log__syncs_run_beside_the_owner),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("replay_log", cases, argc, argv);
}
