/* Marks, snapshots, restarts: wherever a kernel went, it must be the one that never stopped. */
#include "tests/unit/kernel/machine.h"

#include "kernel/state_vector.h"

static void must_ok(enum hs_status st, const struct machine *m)
{
    if (st != HS_OK) (void)printf("\n    %s: %s\n", hs_status_text(st), m->err.text);
    CU_ASSERT_EQUAL_FATAL(st, HS_OK);
}

/* Some of everything. */
static void run_some(struct machine *m, unsigned from, unsigned to)
{
    char args[64];

    for (unsigned i = from; i < to; i++) {
        switch (i % 5) {
        case 0: (void)machine_call(m, "left", "ask", "'right','grow',40"); break;
        case 1: (void)machine_call(m, "left", "askMany", "'right',['x','y']"); break;
        case 2:
            (void)snprintf(args, sizeof args, "'key%u','%u'", i % 7, i);
            (void)machine_call(m, "right", "set", args);
            break;
        case 3: (void)machine_call(m, "left", "pipeline", "'right'"); break;
        default: (void)machine_call(m, "left", "announce", "'x'"); break;
        }
    }
}

/* ---- restarts ---- */

static void restart__replayed_transcripts_give_the_same_heaps(void)
{
    struct machine straight, restarted;

    machine_open(&straight, "pair.json");
    machine_open(&restarted, "pair.json");
    run_some(&straight, 0, 40);
    run_some(&restarted, 0, 20);
    must_ok(machine_restart(&restarted, false), &restarted);
    CU_ASSERT_EQUAL(restarted.report.vats, 2);
    CU_ASSERT_EQUAL(restarted.report.vats_from_images, 0);
    CU_ASSERT_TRUE(restarted.report.transcript_entries_replayed > 40);
    run_some(&restarted, 20, 40);
    CU_ASSERT_TRUE(machine_equal(&straight, &restarted));
    must_ok(machine_restart(&restarted, false), &restarted);
    CU_ASSERT_TRUE(machine_equal(&straight, &restarted));
    machine_close(&straight);
    machine_close(&restarted);
}

static void restart__before_the_first_message_starts_from_a_state_vector(void)
{
    struct machine straight, restarted;

    machine_open(&straight, "pair.json");
    machine_open(&restarted, "pair.json");
    (void)machine_call(&straight, "left", "notes", "");
    /* A store that was prepared, and never ran. */
    must_ok(state_vector_init(kv_memory_store(restarted.real), restarted.config, &restarted.err),
            &restarted);
    must_ok(machine_restart(&restarted, false), &restarted);
    CU_ASSERT_STRING_EQUAL(machine_call(&restarted, "left", "notes", ""), "[\"bootstrap\"]");
    CU_ASSERT_STRING_EQUAL(machine_get(&restarted, "initialized"), "true");
    CU_ASSERT_EQUAL(machine_count(&restarted, "v1."), machine_count(&straight, "v1."));
    machine_close(&straight);
    machine_close(&restarted);
}

struct jobs_count {
    size_t calls, jobs;
};

static void run_backwards(void *data, void (*job)(void *job_data, size_t i), void *job_data,
                          size_t count)
{
    struct jobs_count *counts = data;

    counts->calls++;
    counts->jobs += count;
    for (size_t i = count; i > 0; i--)
        job(job_data, i - 1);
}

static bool count_progress(void *data, uint64_t done, uint64_t total)
{
    uint64_t *newest = data;

    CU_ASSERT_TRUE(done <= total);
    *newest = done;
    return true;
}

static bool cancel_at_once(void *data, uint64_t done, uint64_t total)
{
    (void)data;
    (void)done;
    (void)total;
    return false;
}

static void restart__jobs_run_in_any_order_and_progress_is_told(void)
{
    struct machine m;
    struct kernel *other = NULL;
    struct jobs_count counts = {0, 0};
    struct kernel_start_report report;
    uint64_t newest = 0;
    char a[SHA256_HEX_BYTES], b[SHA256_HEX_BYTES];
    struct kernel_options options = {.engine = machine_engine(),
                                     .run_jobs = run_backwards,
                                     .run_jobs_data = &counts,
                                     .progress = count_progress,
                                     .progress_data = &newest};

    machine_open(&m, "pair.json");
    run_some(&m, 0, 20);
    options.base = kv_memory_store(m.real);
    must_ok(kernel_start(&options, &other, &report, &m.err), &m);
    CU_ASSERT_EQUAL(counts.calls, 1);
    CU_ASSERT_EQUAL(counts.jobs, 2);
    CU_ASSERT_EQUAL(newest, report.transcript_entries_replayed);
    must_ok(kernel_heaps_sha256(m.kernel, a, &m.err), &m);
    must_ok(kernel_heaps_sha256(other, b, &m.err), &m);
    CU_ASSERT_STRING_EQUAL(a, b);
    kernel_close(other);
    options.progress = cancel_at_once;
    CU_ASSERT_EQUAL(kernel_start(&options, &other, &report, &m.err), HS_CANCELLED);
    machine_close(&m);
}

/* ---- divergence ---- */

/* Replace the first `old` in a value of the real store. */
static void real_edit(struct machine *m, const char *key, const char *old, const char *new)
{
    struct buffer value = {0}, edited = {0};
    char *at;

    must_ok(kv_store_get_text(kv_memory_store(m->real), key, &value, &m->err), m);
    at = strstr(value.data, old);
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    must_ok(buffer_append(&edited, slice_make(value.data, (size_t)(at - value.data))), m);
    must_ok(buffer_append_text(&edited, new), m);
    must_ok(buffer_append_text(&edited, at + strlen(old)), m);
    must_ok(kv_store_set(kv_memory_store(m->real), slice_text(key), buffer_slice(&edited), &m->err),
            m);
    buffer_fini(&value);
    buffer_fini(&edited);
}

static void replay__divergence_names_vat_delivery_and_both_syscalls(void)
{
    static const struct {
        const char *old, *new, *kind, *words;
    } edits[] = {
        {"[\"vatstoreSet\",\"k\",\"v\"]", "[\"vatstoreSet\",\"k\",\"w\"]", "wrong syscall 1",
         "made [\"vatstoreSet\",\"k\",\"v\"]"},
        {"{\"s\":[\"vatstoreSet\",\"k\",\"v\"],\"r\":[\"ok\",null]},", "", "wrong syscall 1",
         "recorded [\"resolve\""},
        {"\"sc\":[", "\"sc\":[{\"s\":[\"vatstoreDelete\",\"k\"],\"r\":[\"ok\",null]},",
         "wrong syscall 1", "recorded [\"vatstoreDelete\",\"k\"]"},
        {"\"status\":\"ok\"", "\"status\":\"error\"", "result after syscall 2",
         "recorded {\"status\":\"error\""},
        {"],\"r\":{\"status\"",
         ",{\"s\":[\"vatstoreDelete\",\"k\"],\"r\":[\"ok\",null]}],"
         "\"r\":{\"status\"",
         "missing syscall 3", "made nothing"},
    };
    struct machine m;

    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        machine_open(&m, "lone.json");
        (void)machine_call(&m, "lone", "set", "'k','v'");
        (void)machine_call(&m, "lone", "echo", "1");
        real_edit(&m, "v1.t.1", edits[i].old, edits[i].new);
        CU_ASSERT_EQUAL(machine_restart(&m, false), HS_DIVERGED);
        CU_ASSERT_PTR_NOT_NULL(strstr(m.err.text, "vat v1 (lone), delivery 1"));
        CU_ASSERT_PTR_NOT_NULL(strstr(m.err.text, edits[i].kind));
        CU_ASSERT_PTR_NOT_NULL(strstr(m.err.text, edits[i].words));
        machine_close(&m);
    }
}

static void replay__extra_syscall_is_found(void)
{
    struct machine m;
    struct buffer item = {0};
    const char *list;

    machine_open(&m, "lone.json");
    (void)machine_call(&m, "lone", "echo", "1");
    must_ok(kv_store_get_text(kv_memory_store(m.real), "v1.t.1", &item, &m.err), &m);
    list = strstr(item.data, "\"sc\":[") + 6;
    *(char *)strstr(list, "],\"r\":{\"status\"") = '\0';
    real_edit(&m, "v1.t.1", list, "");
    CU_ASSERT_EQUAL(machine_restart(&m, false), HS_DIVERGED);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(m.err.text, "extra syscall 1: recorded nothing, made [\"resolve"));
    buffer_fini(&item);
    machine_close(&m);
}

static void replay__other_spelling_of_the_same_syscall_is_no_divergence(void)
{
    struct machine m;

    machine_open(&m, "lone.json");
    (void)machine_call(&m, "lone", "set", "'k','v'");
    real_edit(&m, "v1.t.1", "[\"vatstoreSet\",\"k\",\"v\"]",
              "[ \"vatstoreSet\", \"k\",\"\\u0076\"]");
    must_ok(machine_restart(&m, false), &m);
    machine_close(&m);
}

static void replay__damaged_transcript_is_corrupt(void)
{
    struct machine m;

    machine_open(&m, "lone.json");
    (void)machine_call(&m, "lone", "echo", "1");
    real_edit(&m, "v1.t.1", "{\"d\":", "{\"e\":");
    CU_ASSERT_EQUAL(machine_restart(&m, false), HS_CORRUPT);
    must_ok(kv_store_delete(kv_memory_store(m.real), slice_text("v1.t.1"), &m.err), &m);
    CU_ASSERT_EQUAL(machine_restart(&m, false), HS_CORRUPT);
    CU_ASSERT_PTR_NOT_NULL(strstr(m.err.text, "v1.t.1"));
    machine_close(&m);
}

static void replay__changed_program_is_a_divergence(void)
{
    struct machine m;

    machine_open(&m, "lone.json");
    (void)machine_call(&m, "lone", "echo", "1");
    must_ok(kv_store_set(kv_memory_store(m.real), slice_text("v1.source"),
                         slice_text("this is no program"), &m.err),
            &m);
    CU_ASSERT_EQUAL(machine_restart(&m, false), HS_DIVERGED);
    CU_ASSERT_PTR_NOT_NULL(strstr(m.err.text, "loading its program"));
    machine_close(&m);
}

/* ---- marks ---- */

static void mark__going_back_undoes_store_heaps_and_position(void)
{
    struct machine straight, other;
    struct position mark;

    machine_open(&straight, "pair.json");
    machine_open(&other, "pair.json");
    run_some(&straight, 0, 10);
    run_some(&other, 0, 10);
    must_ok(kernel_mark(other.kernel, &other.err), &other);
    mark = kernel_mark_position(other.kernel);
    CU_ASSERT_TRUE(position_equal(&mark, &straight.out.after));
    (void)machine_call(&other, "left", "ask", "'right','grow',5000");
    (void)machine_call(&other, "right", "set", "'gone','soon'");
    CU_ASSERT_FALSE(machine_equal(&straight, &other));
    must_ok(kernel_back_to_mark(other.kernel, &other.err), &other);
    CU_ASSERT_TRUE(machine_equal(&straight, &other));
    CU_ASSERT_STRING_EQUAL(machine_get(&other, "v2.vs.gone"), "(none)");
    must_ok(kernel_back_to_mark(other.kernel, &other.err), &other);
    run_some(&straight, 10, 20);
    run_some(&other, 10, 20);
    CU_ASSERT_TRUE(machine_equal(&straight, &other));
    machine_close(&straight);
    machine_close(&other);
}

static void mark__going_back_to_the_start_undoes_initialisation(void)
{
    struct machine straight, other;
    struct position at;

    machine_open(&straight, "pair.json");
    machine_open(&other, "pair.json");
    run_some(&other, 0, 3);
    must_ok(kernel_back_to_mark(other.kernel, &other.err), &other);
    at = kernel_position(other.kernel);
    CU_ASSERT_TRUE(position_is_origin(&at));
    CU_ASSERT_EQUAL(machine_count(&other, ""), 0);
    CU_ASSERT_EQUAL(kernel_vats(other.kernel, NULL, 0), 0);
    run_some(&straight, 0, 10);
    run_some(&other, 0, 10);
    CU_ASSERT_TRUE(machine_equal(&straight, &other));
    machine_close(&straight);
    machine_close(&other);
}

static void mark__going_back_revives_a_terminated_vat(void)
{
    struct machine straight, other;

    machine_open(&straight, "pair.json");
    machine_open(&other, "pair.json");
    run_some(&straight, 0, 5);
    run_some(&other, 0, 5);
    must_ok(kernel_mark(other.kernel, &other.err), &other);
    (void)machine_call(&other, "right", "exit", "1");
    (void)machine_call(&other, "left", "setLong", "70000");
    CU_ASSERT_EQUAL(kernel_vats(other.kernel, NULL, 0), 0);
    must_ok(kernel_back_to_mark(other.kernel, &other.err), &other);
    CU_ASSERT_EQUAL(kernel_vats(other.kernel, NULL, 0), 2);
    run_some(&straight, 5, 15);
    run_some(&other, 5, 15);
    CU_ASSERT_TRUE(machine_equal(&straight, &other));
    /* Over the next mark it is gone for good. */
    (void)machine_call(&other, "right", "exit", "1");
    must_ok(kernel_mark(other.kernel, &other.err), &other);
    must_ok(kernel_back_to_mark(other.kernel, &other.err), &other);
    CU_ASSERT_EQUAL(kernel_vats(other.kernel, NULL, 0), 1);
    machine_close(&straight);
    machine_close(&other);
}

/* ---- snapshots ---- */

/* Let the node's store be what a snapshot held, and start on it. */
static void return_to_snapshot(struct machine *m)
{
    kv_memory_close(m->real);
    CU_ASSERT_EQUAL_FATAL(kv_memory_open(&m->real, NULL), HS_OK);
    store_copy(kv_memory_store(m->snapshot), kv_memory_store(m->real));
    must_ok(machine_restart(m, true), m);
}

static void snapshot__holds_the_mark_not_what_came_after(void)
{
    struct machine straight, other;

    machine_open(&straight, "pair.json");
    machine_open(&other, "pair.json");
    run_some(&straight, 0, 12);
    run_some(&other, 0, 12);
    must_ok(kernel_mark(other.kernel, &other.err), &other);
    run_some(&other, 12, 15);
    machine_snapshot(&other);
    run_some(&other, 15, 17);
    return_to_snapshot(&other);
    CU_ASSERT_EQUAL(other.report.vats_from_images, 2);
    CU_ASSERT_EQUAL(other.report.transcript_entries_replayed, 0);
    CU_ASSERT_TRUE(machine_equal(&straight, &other));
    run_some(&straight, 12, 20);
    run_some(&other, 12, 20);
    CU_ASSERT_TRUE(machine_equal(&straight, &other));
    machine_close(&straight);
    machine_close(&other);
}

static void snapshot__image_and_transcript_tail_equal_the_twin(void)
{
    struct machine straight, other;

    machine_open(&straight, "pair.json");
    machine_open(&other, "pair.json");
    run_some(&straight, 0, 25);
    run_some(&other, 0, 10);
    must_ok(kernel_mark(other.kernel, &other.err), &other);
    machine_snapshot(&other);
    run_some(&other, 10, 20);
    must_ok(kernel_mark(other.kernel, &other.err), &other);
    machine_snapshot(&other); /* only what changed, over the first */
    run_some(&other, 20, 25);
    must_ok(machine_restart(&other, true), &other);
    CU_ASSERT_EQUAL(other.report.vats_from_images, 2);
    CU_ASSERT_TRUE(other.report.transcript_entries_replayed > 0);
    CU_ASSERT_TRUE(machine_equal(&straight, &other));
    run_some(&straight, 25, 30);
    run_some(&other, 25, 30);
    CU_ASSERT_TRUE(machine_equal(&straight, &other));
    machine_close(&straight);
    machine_close(&other);
}

static void snapshot__one_at_a_time_and_failed_ones_are_handed_out_again(void)
{
    struct machine m;
    struct mark_changes first, second, again;

    machine_open(&m, "pair.json");
    run_some(&m, 0, 5);
    must_ok(kernel_mark(m.kernel, &m.err), &m);
    must_ok(kernel_snapshot_take(m.kernel, true, &first, &m.err), &m);
    CU_ASSERT_EQUAL(first.heaps_len, 2);
    CU_ASSERT_EQUAL(first.at.seqnum, 5);
    CU_ASSERT_EQUAL(kernel_snapshot_take(m.kernel, true, &second, &m.err), HS_BUSY);
    run_some(&m, 5, 8);
    must_ok(kernel_mark(m.kernel, &m.err), &m);
    kernel_snapshot_done(m.kernel, &first, false);
    must_ok(kernel_snapshot_take(m.kernel, true, &again, &m.err), &m);
    CU_ASSERT_EQUAL(again.heaps_len, 2);
    CU_ASSERT_EQUAL(again.at.seqnum, 8);
    CU_ASSERT_TRUE(again.heaps[0].whole || again.heaps[0].len >= first.heaps[0].len);
    kernel_snapshot_done(m.kernel, &again, true);
    mark_changes_fini(&first);
    mark_changes_fini(&again);
    machine_close(&m);
}

static void snapshot__of_vats_that_did_not_run_holds_none_of_them(void)
{
    struct machine m;
    struct mark_changes changes;

    machine_open(&m, "pair.json");
    run_some(&m, 0, 5);
    must_ok(kernel_mark(m.kernel, &m.err), &m);
    machine_snapshot(&m);
    (void)machine_call(&m, "right", "echo", "1");
    must_ok(kernel_mark(m.kernel, &m.err), &m);
    must_ok(kernel_snapshot_take(m.kernel, true, &changes, &m.err), &m);
    CU_ASSERT_EQUAL_FATAL(changes.heaps_len, 1);
    CU_ASSERT_STRING_EQUAL(changes.heaps[0].info.vat_id, "v2");
    CU_ASSERT_FALSE(changes.heaps[0].whole);
    kernel_snapshot_done(m.kernel, &changes, true);
    mark_changes_fini(&changes);
    must_ok(kernel_snapshot_take(m.kernel, false, &changes, &m.err), &m);
    CU_ASSERT_EQUAL(changes.heaps_len, 0);
    kernel_snapshot_done(m.kernel, &changes, true);
    mark_changes_fini(&changes);
    machine_close(&m);
}

static void snapshot__names_ended_vats_until_it_is_written(void)
{
    struct machine m;
    struct mark_changes changes;

    machine_open(&m, "pair.json");
    run_some(&m, 0, 3);
    must_ok(kernel_mark(m.kernel, &m.err), &m);
    machine_snapshot(&m);
    (void)machine_call(&m, "right", "exit", "1");
    must_ok(kernel_snapshot_take(m.kernel, true, &changes, &m.err), &m);
    CU_ASSERT_EQUAL(changes.ended_len, 0); /* at the mark it lives */
    kernel_snapshot_done(m.kernel, &changes, true);
    mark_changes_fini(&changes);
    must_ok(kernel_mark(m.kernel, &m.err), &m);
    for (int i = 0; i < 2; i++) {
        must_ok(kernel_snapshot_take(m.kernel, true, &changes, &m.err), &m);
        CU_ASSERT_EQUAL_FATAL(changes.ended_len, 1);
        CU_ASSERT_STRING_EQUAL(changes.ended[0], "v2");
        kernel_snapshot_done(m.kernel, &changes, i == 1);
        mark_changes_fini(&changes);
    }
    must_ok(kernel_snapshot_take(m.kernel, true, &changes, &m.err), &m);
    CU_ASSERT_EQUAL(changes.ended_len, 0);
    kernel_snapshot_done(m.kernel, &changes, true);
    mark_changes_fini(&changes);
    machine_close(&m);
}

static void start__image_ahead_of_the_transcript_is_corrupt(void)
{
    struct machine m;

    machine_open(&m, "lone.json");
    (void)machine_call(&m, "lone", "echo", "1");
    must_ok(kernel_mark(m.kernel, &m.err), &m);
    machine_snapshot(&m);
    m.album.vats[0].info.transcript_entries++;
    CU_ASSERT_EQUAL(machine_restart(&m, true), HS_CORRUPT);
    m.album.vats[0].info.transcript_entries--;
    m.album.vats[0].damaged = true;
    CU_ASSERT_EQUAL(machine_restart(&m, true), HS_CORRUPT);
    machine_close(&m);
}

/* ---- heights ---- */

static void history__block_ends_are_noted_and_the_oldest_go(void)
{
    struct machine m;
    char at[32], hash[SHA256_HEX_BYTES], expected[128];

    machine_open(&m, "lone.json");
    (void)machine_call_at(&m, 7, "lone", "nothing", "");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "kernel.height"), "7");
    CU_ASSERT_EQUAL(machine_count(&m, "kernel.history."), 0);
    (void)machine_call_at(&m, 7, "lone", "nothing", "");
    (void)snprintf(hash, sizeof hash, "%s", m.out.after.hash);
    (void)machine_call_at(&m, 20, "lone", "nothing", "");
    (void)snprintf(expected, sizeof expected, "2:%s", hash);
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "kernel.history.7"), expected);
    CU_ASSERT_EQUAL(kernel_height(m.kernel), 20);
    for (unsigned i = 0; i < HS_HISTORY_HEIGHTS + 5; i++)
        (void)machine_call_at(&m, 30 + 3 * i, "lone", "nothing", "");
    CU_ASSERT_EQUAL(machine_count(&m, "kernel.history."), HS_HISTORY_HEIGHTS);
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "kernel.history.7"), "(none)");
    (void)snprintf(at, sizeof at, "kernel.history.%u", 30 + 3 * (HS_HISTORY_HEIGHTS + 3));
    CU_ASSERT_STRING_NOT_EQUAL(machine_get(&m, at), "(none)");
    CU_ASSERT_TRUE(machine_agrees_with_real(&m));
    machine_close(&m);
}

static void history__heights_that_go_back_take_what_they_contradict(void)
{
    struct machine m;

    machine_open(&m, "lone.json");
    for (unsigned height = 1; height <= 9; height++)
        (void)machine_call_at(&m, height, "lone", "nothing", "");
    (void)machine_call_at(&m, 5, "lone", "nothing", "");
    CU_ASSERT_EQUAL(kernel_height(m.kernel), 5);
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "kernel.history.5"), "(none)");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "kernel.history.8"), "(none)");
    CU_ASSERT_STRING_NOT_EQUAL(machine_get(&m, "kernel.history.4"), "(none)");
    (void)machine_call_at(&m, 6, "lone", "nothing", "");
    CU_ASSERT_STRING_NOT_EQUAL(machine_get(&m, "kernel.history.5"), "(none)");
    CU_ASSERT_EQUAL(machine_count(&m, "kernel.history."), 5);
    machine_close(&m);
}

static void history__does_not_touch_the_activity_hash(void)
{
    struct machine solo, node;

    machine_open(&solo, "lone.json");
    machine_open(&node, "lone.json");
    for (unsigned i = 0; i < 6; i++) {
        (void)machine_call(&solo, "lone", "grow", "1");
        (void)machine_call_at(&node, 1 + i / 2, "lone", "grow", "1");
    }
    CU_ASSERT_TRUE(position_equal(&solo.out.after, &node.out.after));
    CU_ASSERT_EQUAL(machine_count(&solo, "kernel.h"), 1); /* kernel.hash */
    machine_close(&solo);
    machine_close(&node);
}

/* ---- the real workload of a twin, at random ---- */

static void random_message(struct machine *m, uint64_t number, uint64_t seed)
{
    uint64_t state = seed ^ (number * UINT64_C(0x9e3779b97f4a7c15));
    uint64_t r = suite_random(&state);
    const char *to = r & 1 ? "left" : "right", *other = r & 1 ? "'right'" : "'left'";
    uint64_t height = 1 + number / 4;
    char args[128];

    switch (r >> 1 & 7) {
    case 0:
        (void)snprintf(args, sizeof args, "%s,'grow',%u", other, (unsigned)(r >> 8 & 63));
        break;
    case 1:
        (void)snprintf(args, sizeof args, "%s,'set','k%u','v'", other, (unsigned)(r >> 8 & 7));
        break;
    case 2:
        (void)snprintf(args, sizeof args, "%s,'remove','k%u'", other, (unsigned)(r >> 8 & 7));
        break;
    case 3: (void)snprintf(args, sizeof args, "%s,'wait'", other); break;
    case 4: (void)snprintf(args, sizeof args, "%s,'fail','x'", other); break;
    case 5:
        (void)snprintf(args, sizeof args, "%s,'pipeline',%s", other, r & 1 ? "'left'" : "'right'");
        break;
    case 6:
        (void)snprintf(args, sizeof args, "%s,'announce',%u", other, (unsigned)(r >> 8 & 255));
        break;
    default: (void)machine_call_at(m, height, to, "spin", "20000"); return;
    }
    (void)machine_call_at(m, height, to, "ask", args);
}

/* One step that must not matter: mark, go back and deliver again, restart, snapshot. */
static void random_detour(struct machine *m, uint64_t *state, uint64_t *marked, uint64_t *done,
                          uint64_t seed)
{
    switch (suite_random(state) % 8) {
    case 0:
    case 1:
        must_ok(kernel_mark(m->kernel, &m->err), m);
        *marked = *done;
        break;
    case 2:
        must_ok(kernel_back_to_mark(m->kernel, &m->err), m);
        kv_memory_close(m->real);
        CU_ASSERT_EQUAL_FATAL(kv_memory_open(&m->real, NULL), HS_OK);
        store_copy(kernel_store(m->kernel), kv_memory_store(m->real));
        while (*marked < *done && suite_random(state) % 8 != 0)
            random_message(m, (*marked)++, seed);
        *done = *marked;
        must_ok(kernel_mark(m->kernel, &m->err), m);
        break;
    case 3:
        must_ok(machine_restart(m, suite_random(state) % 2), m);
        *marked = *done;
        break;
    case 4: machine_snapshot(m); break;
    default: break;
    }
}

static void random__detours_leave_no_trace(void)
{
    enum { MESSAGES = 150 };
    uint64_t seed = suite_seed(), state = seed, marked = 0, done = 0;
    struct machine straight, other;

    machine_open(&straight, "pair.json");
    machine_open(&other, "pair.json");
    for (uint64_t i = 0; i < MESSAGES; i++)
        random_message(&straight, i, seed);
    while (done < MESSAGES) {
        random_message(&other, done++, seed);
        random_detour(&other, &state, &marked, &done, seed);
    }
    CU_ASSERT_TRUE(machine_equal(&straight, &other));
    CU_ASSERT_TRUE(machine_agrees_with_real(&other));
    must_ok(machine_restart(&other, true), &other);
    CU_ASSERT_TRUE(machine_equal(&straight, &other));
    machine_close(&straight);
    machine_close(&other);
}

int main(int argc, char **argv)
{
    static const struct suite_case cases[] = {
        SUITE_CASE(restart__replayed_transcripts_give_the_same_heaps),
        SUITE_CASE(restart__before_the_first_message_starts_from_a_state_vector),
        SUITE_CASE(restart__jobs_run_in_any_order_and_progress_is_told),
        SUITE_CASE(replay__divergence_names_vat_delivery_and_both_syscalls),
        SUITE_CASE(replay__extra_syscall_is_found),
        SUITE_CASE(replay__other_spelling_of_the_same_syscall_is_no_divergence),
        SUITE_CASE(replay__damaged_transcript_is_corrupt),
        SUITE_CASE(replay__changed_program_is_a_divergence),
        SUITE_CASE(mark__going_back_undoes_store_heaps_and_position),
        SUITE_CASE(mark__going_back_to_the_start_undoes_initialisation),
        SUITE_CASE(mark__going_back_revives_a_terminated_vat),
        SUITE_CASE(snapshot__holds_the_mark_not_what_came_after),
        SUITE_CASE(snapshot__image_and_transcript_tail_equal_the_twin),
        SUITE_CASE(snapshot__one_at_a_time_and_failed_ones_are_handed_out_again),
        SUITE_CASE(snapshot__of_vats_that_did_not_run_holds_none_of_them),
        SUITE_CASE(snapshot__names_ended_vats_until_it_is_written),
        SUITE_CASE(start__image_ahead_of_the_transcript_is_corrupt),
        SUITE_CASE(history__block_ends_are_noted_and_the_oldest_go),
        SUITE_CASE(history__heights_that_go_back_take_what_they_contradict),
        SUITE_CASE(history__does_not_touch_the_activity_hash),
        SUITE_CASE(random__detours_leave_no_trace),
    };

    return MACHINE_MAIN("kernel_marks", cases, argc, argv);
}
