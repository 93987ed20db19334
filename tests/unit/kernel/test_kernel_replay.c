/* Restarts: heaps from transcripts, bit for bit, or a divergence that is named. */
#include "tests/unit/kernel/machine.h"

#include "kernel/state_vector.h"

/* --- restarts --- */

static void restart__replayed_transcripts_give_the_same_heaps(void)
{
    struct machine straight, restarted;

    machine_open(&straight, "pair.json");
    machine_open(&restarted, "pair.json");
    machine_run(&straight, 0, 40);
    machine_run(&restarted, 0, 20);
    machine_ok(machine_restart(&restarted, false), &restarted);
    CU_ASSERT_EQUAL(restarted.report.vats, 2);
    CU_ASSERT_EQUAL(restarted.report.vats_from_images, 0);
    CU_ASSERT_TRUE(restarted.report.transcript_entries_replayed > 40);
    machine_run(&restarted, 20, 40);
    CU_ASSERT_TRUE(machine_equal(&straight, &restarted));
    machine_ok(machine_restart(&restarted, false), &restarted);
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
    machine_ok(state_vector_init(kv_memory_store(restarted.real), restarted.config, &restarted.err),
               &restarted);
    machine_ok(machine_restart(&restarted, false), &restarted);
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
    machine_run(&m, 0, 20);
    options.base = kv_memory_store(m.real);
    machine_ok(kernel_start(&options, &other, &report, &m.err), &m);
    CU_ASSERT_EQUAL(counts.calls, 1);
    CU_ASSERT_EQUAL(counts.jobs, 2);
    CU_ASSERT_EQUAL(newest, report.transcript_entries_replayed);
    machine_ok(kernel_heaps_sha256(m.kernel, a, &m.err), &m);
    machine_ok(kernel_heaps_sha256(other, b, &m.err), &m);
    CU_ASSERT_STRING_EQUAL(a, b);
    kernel_close(other);
    options.progress = cancel_at_once;
    CU_ASSERT_EQUAL(kernel_start(&options, &other, &report, &m.err), HS_CANCELLED);
    machine_close(&m);
}

/* --- divergence --- */

/* Replace the first `old` in a value of the real store. */
static void real_edit(struct machine *m, const char *key, const char *old, const char *new)
{
    struct buffer value = {0}, edited = {0};
    char *at;

    machine_ok(kv_store_get_text(kv_memory_store(m->real), key, &value, &m->err), m);
    at = strstr(value.data, old);
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    machine_ok(buffer_append(&edited, slice_make(value.data, (size_t)(at - value.data))), m);
    machine_ok(buffer_append_text(&edited, new), m);
    machine_ok(buffer_append_text(&edited, at + strlen(old)), m);
    machine_ok(
        kv_store_set(kv_memory_store(m->real), slice_text(key), buffer_slice(&edited), &m->err), m);
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
        {"\"steps\":", "\"stops\":", "result after syscall 2", "recorded {\"status\":\"ok\""},
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
    machine_ok(kv_store_get_text(kv_memory_store(m.real), "v1.t.1", &item, &m.err), &m);
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
    machine_ok(machine_restart(&m, false), &m);
    machine_close(&m);
}

static void replay__damaged_transcript_is_corrupt(void)
{
    struct machine m;

    machine_open(&m, "lone.json");
    (void)machine_call(&m, "lone", "echo", "1");
    real_edit(&m, "v1.t.1", "{\"d\":", "{\"e\":");
    CU_ASSERT_EQUAL(machine_restart(&m, false), HS_CORRUPT);
    machine_ok(kv_store_delete(kv_memory_store(m.real), slice_text("v1.t.1"), &m.err), &m);
    CU_ASSERT_EQUAL(machine_restart(&m, false), HS_CORRUPT);
    CU_ASSERT_PTR_NOT_NULL(strstr(m.err.text, "v1.t.1"));
    machine_close(&m);
}

/* The steps recorded in item 1, made to be `other`; what it was is returned. */
static uint64_t recorded_steps_change(struct machine *m, uint64_t other)
{
    struct buffer item = {0};
    char *at, old[64], new[64];
    unsigned long long steps = 0;

    machine_ok(kv_store_get_text(kv_memory_store(m->real), "v1.t.1", &item, &m->err), m);
    at = strstr(item.data, "\"steps\":");
    CU_ASSERT_EQUAL_FATAL(sscanf(at, "\"steps\":%llu", &steps), 1);
    (void)snprintf(old, sizeof old, "\"steps\":%llu}", steps);
    (void)snprintf(new, sizeof new, "\"steps\":%llu}", (unsigned long long)other);
    real_edit(m, "v1.t.1", old, new);
    buffer_fini(&item);
    return steps;
}

static void replay__other_count_of_steps_is_a_divergence_that_names_both(void)
{
    static const uint64_t others[] = {0, 1, 123456789};
    char made[64], recorded[64];
    struct machine m;

    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        uint64_t steps;

        machine_open(&m, "lone.json");
        (void)machine_call(&m, "lone", "echo", "1");
        steps = recorded_steps_change(&m, others[i]);
        CU_ASSERT_TRUE(steps > 100);
        CU_ASSERT_EQUAL(machine_restart(&m, false), HS_DIVERGED);
        (void)snprintf(recorded, sizeof recorded, "\"steps\":%llu}", (unsigned long long)others[i]);
        (void)snprintf(made, sizeof made, "made %llu steps", (unsigned long long)steps);
        CU_ASSERT_PTR_NOT_NULL(strstr(m.err.text, "vat v1 (lone), delivery 1, result"));
        CU_ASSERT_PTR_NOT_NULL(strstr(m.err.text, recorded));
        CU_ASSERT_PTR_NOT_NULL(strstr(m.err.text, made));
        machine_close(&m);
    }
}

/* Limits are the present's; what was recorded went well under those of its time. */
static void replay__limit_lower_than_what_was_spent_is_none(void)
{
    static const struct message control = {.control = true};
    struct machine m;

    machine_open(&m, "lone.json");
    (void)machine_call(&m, "lone", "spin", "300000");
    CU_ASSERT_EQUAL(m.out.status, MESSAGE_FULFILLED);
    (void)machine_input(&m, control, /* less than that */
                        "{'kernel':'setRules','rules':{'limits':{'crankTicks':100}}}");
    CU_ASSERT_EQUAL(m.out.status, MESSAGE_FULFILLED);
    machine_ok(machine_restart(&m, false), &m);
    (void)machine_call(&m, "lone", "spin", "300000");
    CU_ASSERT_EQUAL(m.out.status, MESSAGE_REJECTED); /* and it holds again */
    machine_close(&m);
}

/* By its argument: another source may take another number of steps before it comes to its loop. */
static void replay__delivery_that_does_not_end_any_more_is_ended(void)
{
    struct machine m;

    machine_open(&m, "lone.json");
    (void)machine_call(&m, "lone", "spin", "1");
    real_edit(&m, "v1.t.1", "[1]", "[1e99]");
    CU_ASSERT_EQUAL(machine_restart(&m, false), HS_DIVERGED);
    CU_ASSERT_PTR_NOT_NULL(strstr(m.err.text, "steps, and not done"));
    machine_close(&m);
}

static void start__vat_of_another_engine_is_refused(void)
{
    static const char other[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    struct machine m;
    struct kv_store *real;

    machine_open(&m, "lone.json");
    (void)machine_call(&m, "lone", "echo", "1");
    real = kv_memory_store(m.real);
    machine_ok(kv_store_set(real, slice_text("v1.engine"), slice_text(other), &m.err), &m);
    CU_ASSERT_EQUAL(machine_restart(&m, false), HS_WRONG_EPOCH);
    CU_ASSERT_PTR_NOT_NULL(strstr(m.err.text, "lone: vat v1 is on"));
    CU_ASSERT_PTR_NOT_NULL(strstr(m.err.text, other));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(m.err.text, vat_engine_id_at(machine_engine(), VAT_ENGINE_FIRST)));
    machine_ok(kv_store_set(real, slice_text("v1.engine"), slice_text("none"), &m.err), &m);
    CU_ASSERT_EQUAL(machine_restart(&m, false), HS_CORRUPT);
    machine_ok(kv_store_delete(real, slice_text("v1.engine"), &m.err), &m);
    CU_ASSERT_EQUAL(machine_restart(&m, false), HS_CORRUPT);
    CU_ASSERT_PTR_NOT_NULL(strstr(m.err.text, "\"v1.engine\": missing"));
    machine_close(&m);
}

static void replay__changed_program_is_a_divergence(void)
{
    struct machine m;

    machine_open(&m, "lone.json");
    (void)machine_call(&m, "lone", "echo", "1");
    machine_ok(kv_store_set(kv_memory_store(m.real), slice_text("v1.source"),
                            slice_text("this is no program"), &m.err),
               &m);
    CU_ASSERT_EQUAL(machine_restart(&m, false), HS_DIVERGED);
    CU_ASSERT_PTR_NOT_NULL(strstr(m.err.text, "loading its program"));
    machine_close(&m);
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
        SUITE_CASE(replay__other_count_of_steps_is_a_divergence_that_names_both),
        SUITE_CASE(replay__limit_lower_than_what_was_spent_is_none),
        SUITE_CASE(replay__delivery_that_does_not_end_any_more_is_ended),
        SUITE_CASE(start__vat_of_another_engine_is_refused),
    };

    return MACHINE_MAIN("kernel_replay", cases, argc, argv);
}
