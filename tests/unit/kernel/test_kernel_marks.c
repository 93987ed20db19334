/* Marks and snapshots: wherever a kernel went, it must be the one that never stopped. */
#include "tests/unit/kernel/machine.h"

/* --- marks --- */

static void mark__going_back_undoes_store_heaps_and_position(void)
{
    struct machine straight, other;
    struct position mark;

    machine_open(&straight, "pair.json");
    machine_open(&other, "pair.json");
    machine_run(&straight, 0, 10);
    machine_run(&other, 0, 10);
    machine_ok(kernel_mark(other.kernel, &other.err), &other);
    mark = kernel_mark_position(other.kernel);
    CU_ASSERT_TRUE(position_equal(&mark, &straight.out.after));
    (void)machine_call(&other, "left", "ask", "'right','grow',5000");
    (void)machine_call(&other, "right", "set", "'gone','soon'");
    CU_ASSERT_FALSE(machine_equal(&straight, &other));
    machine_ok(kernel_back_to_mark(other.kernel, &other.err), &other);
    CU_ASSERT_TRUE(machine_equal(&straight, &other));
    CU_ASSERT_STRING_EQUAL(machine_get(&other, "v2.vs.gone"), "(none)");
    machine_ok(kernel_back_to_mark(other.kernel, &other.err), &other);
    machine_run(&straight, 10, 20);
    machine_run(&other, 10, 20);
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
    machine_run(&other, 0, 3);
    machine_ok(kernel_back_to_mark(other.kernel, &other.err), &other);
    at = kernel_position(other.kernel);
    CU_ASSERT_TRUE(position_is_origin(&at));
    CU_ASSERT_EQUAL(machine_count(&other, ""), 0);
    CU_ASSERT_EQUAL(kernel_vats(other.kernel, NULL, 0), 0);
    machine_run(&straight, 0, 10);
    machine_run(&other, 0, 10);
    CU_ASSERT_TRUE(machine_equal(&straight, &other));
    machine_close(&straight);
    machine_close(&other);
}

static void mark__going_back_revives_a_terminated_vat(void)
{
    struct machine straight, other;

    machine_open(&straight, "pair.json");
    machine_open(&other, "pair.json");
    machine_run(&straight, 0, 5);
    machine_run(&other, 0, 5);
    machine_ok(kernel_mark(other.kernel, &other.err), &other);
    (void)machine_call(&other, "right", "exit", "1");
    (void)machine_call(&other, "left", "setLong", "70000");
    CU_ASSERT_EQUAL(kernel_vats(other.kernel, NULL, 0), 0);
    machine_ok(kernel_back_to_mark(other.kernel, &other.err), &other);
    CU_ASSERT_EQUAL(kernel_vats(other.kernel, NULL, 0), 2);
    machine_run(&straight, 5, 15);
    machine_run(&other, 5, 15);
    CU_ASSERT_TRUE(machine_equal(&straight, &other));
    /* Over the next mark it is gone for good. */
    (void)machine_call(&other, "right", "exit", "1");
    machine_ok(kernel_mark(other.kernel, &other.err), &other);
    machine_ok(kernel_back_to_mark(other.kernel, &other.err), &other);
    CU_ASSERT_EQUAL(kernel_vats(other.kernel, NULL, 0), 1);
    machine_close(&straight);
    machine_close(&other);
}

/* --- snapshots --- */

/* Let the node's store be what a snapshot held, and start on it. */
static void return_to_snapshot(struct machine *m)
{
    kv_memory_close(m->real);
    CU_ASSERT_EQUAL_FATAL(kv_memory_open(&m->real, NULL), HS_OK);
    store_copy(kv_memory_store(m->snapshot), kv_memory_store(m->real));
    machine_ok(machine_restart(m, true), m);
}

static void snapshot__holds_the_mark_not_what_came_after(void)
{
    struct machine straight, other;

    machine_open(&straight, "pair.json");
    machine_open(&other, "pair.json");
    machine_run(&straight, 0, 12);
    machine_run(&other, 0, 12);
    machine_ok(kernel_mark(other.kernel, &other.err), &other);
    machine_run(&other, 12, 15);
    machine_snapshot(&other);
    machine_run(&other, 15, 17);
    return_to_snapshot(&other);
    CU_ASSERT_EQUAL(other.report.vats_from_images, 2);
    CU_ASSERT_EQUAL(other.report.transcript_entries_replayed, 0);
    CU_ASSERT_TRUE(machine_equal(&straight, &other));
    machine_run(&straight, 12, 20);
    machine_run(&other, 12, 20);
    CU_ASSERT_TRUE(machine_equal(&straight, &other));
    machine_close(&straight);
    machine_close(&other);
}

static void snapshot__image_and_transcript_tail_equal_the_twin(void)
{
    struct machine straight, other;

    machine_open(&straight, "pair.json");
    machine_open(&other, "pair.json");
    machine_run(&straight, 0, 25);
    machine_run(&other, 0, 10);
    machine_ok(kernel_mark(other.kernel, &other.err), &other);
    machine_snapshot(&other);
    machine_run(&other, 10, 20);
    machine_ok(kernel_mark(other.kernel, &other.err), &other);
    machine_snapshot(&other); /* only what changed, over the first */
    machine_run(&other, 20, 25);
    machine_ok(machine_restart(&other, true), &other);
    CU_ASSERT_EQUAL(other.report.vats_from_images, 2);
    CU_ASSERT_TRUE(other.report.transcript_entries_replayed > 0);
    CU_ASSERT_TRUE(machine_equal(&straight, &other));
    machine_run(&straight, 25, 30);
    machine_run(&other, 25, 30);
    CU_ASSERT_TRUE(machine_equal(&straight, &other));
    machine_close(&straight);
    machine_close(&other);
}

static void snapshot__one_at_a_time_and_failed_ones_are_handed_out_again(void)
{
    struct machine m;
    struct mark_changes first, second, again;

    machine_open(&m, "pair.json");
    machine_run(&m, 0, 5);
    machine_ok(kernel_mark(m.kernel, &m.err), &m);
    machine_ok(kernel_snapshot_take(m.kernel, true, &first, &m.err), &m);
    CU_ASSERT_EQUAL(first.heaps_len, 2);
    CU_ASSERT_EQUAL(first.at.seqnum, 5);
    CU_ASSERT_EQUAL(kernel_snapshot_take(m.kernel, true, &second, &m.err), HS_BUSY);
    machine_run(&m, 5, 8);
    machine_ok(kernel_mark(m.kernel, &m.err), &m);
    kernel_snapshot_done(m.kernel, &first, false);
    machine_ok(kernel_snapshot_take(m.kernel, true, &again, &m.err), &m);
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
    machine_run(&m, 0, 5);
    machine_ok(kernel_mark(m.kernel, &m.err), &m);
    machine_snapshot(&m);
    (void)machine_call(&m, "right", "echo", "1");
    machine_ok(kernel_mark(m.kernel, &m.err), &m);
    machine_ok(kernel_snapshot_take(m.kernel, true, &changes, &m.err), &m);
    CU_ASSERT_EQUAL_FATAL(changes.heaps_len, 1);
    CU_ASSERT_STRING_EQUAL(changes.heaps[0].info.vat_id, "v2");
    CU_ASSERT_FALSE(changes.heaps[0].whole);
    kernel_snapshot_done(m.kernel, &changes, true);
    mark_changes_fini(&changes);
    machine_ok(kernel_snapshot_take(m.kernel, false, &changes, &m.err), &m);
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
    machine_run(&m, 0, 3);
    machine_ok(kernel_mark(m.kernel, &m.err), &m);
    machine_snapshot(&m);
    (void)machine_call(&m, "right", "exit", "1");
    machine_ok(kernel_snapshot_take(m.kernel, true, &changes, &m.err), &m);
    CU_ASSERT_EQUAL(changes.ended_len, 0); /* at the mark it lives */
    kernel_snapshot_done(m.kernel, &changes, true);
    mark_changes_fini(&changes);
    machine_ok(kernel_mark(m.kernel, &m.err), &m);
    for (int i = 0; i < 2; i++) {
        machine_ok(kernel_snapshot_take(m.kernel, true, &changes, &m.err), &m);
        CU_ASSERT_EQUAL_FATAL(changes.ended_len, 1);
        CU_ASSERT_STRING_EQUAL(changes.ended[0], "v2");
        kernel_snapshot_done(m.kernel, &changes, i == 1);
        mark_changes_fini(&changes);
    }
    machine_ok(kernel_snapshot_take(m.kernel, true, &changes, &m.err), &m);
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
    machine_ok(kernel_mark(m.kernel, &m.err), &m);
    machine_snapshot(&m);
    m.album.vats[0].info.transcript_entries++;
    CU_ASSERT_EQUAL(machine_restart(&m, true), HS_CORRUPT);
    m.album.vats[0].info.transcript_entries--;
    m.album.vats[0].damaged = true;
    CU_ASSERT_EQUAL(machine_restart(&m, true), HS_CORRUPT);
    machine_close(&m);
}

/* --- heights --- */

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

static void history__heights_that_go_back_begin_a_new_era(void)
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

/* Equal positions are equal stores: what a kernel knows of blocks is in the hash. */
static void history__other_blocks_are_another_hash(void)
{
    static const uint64_t blocks[][3] = {{5, 5, 6}, {5, 6, 6}, {5, 6, 7}, {0, 0, 0}, {5, 6, 1}};
    enum { RUNS = sizeof blocks / sizeof *blocks };
    struct machine m[RUNS];

    for (size_t i = 0; i < RUNS; i++) {
        machine_open(&m[i], "lone.json");
        for (size_t n = 0; n < 3; n++)
            (void)machine_call_at(&m[i], blocks[i][n], "lone", "grow", "1");
        for (size_t n = 0; n < i; n++)
            CU_ASSERT_FALSE(position_equal(&m[i].out.after, &m[n].out.after));
    }
    for (size_t i = 0; i < RUNS; i++)
        machine_close(&m[i]);
}

static void history__time_is_the_blocks(void)
{
    struct message m = {.height = 3, .time = 50, .text = slice_text("no message")};
    struct machine a, b;

    machine_open(&a, "lone.json");
    machine_open(&b, "lone.json");
    machine_ok(kernel_deliver(a.kernel, &m, &a.out, &a.err), &a);
    m.time = 51;
    machine_ok(kernel_deliver(b.kernel, &m, &b.out, &b.err), &b);
    CU_ASSERT_STRING_EQUAL(machine_get(&a, "kernel.time"), "50");
    CU_ASSERT_STRING_EQUAL(machine_get(&b, "kernel.time"), "51");
    CU_ASSERT_FALSE(position_equal(&a.out.after, &b.out.after));
    kernel_outcome_fini(&a.out);
    machine_ok(kernel_deliver(a.kernel, &m, &a.out, &a.err), &a); /* of the same block, later */
    CU_ASSERT_STRING_EQUAL(machine_get(&a, "kernel.time"), "51");
    CU_ASSERT_EQUAL(machine_count(&a, "kernel.history."), 0);
    machine_close(&a);
    machine_close(&b);
}

/* --- at random --- */

static void draw(struct machine *m, uint64_t number, uint64_t seed)
{
    machine_draw(m, 1 + number / 4, number, seed);
}

/* One step that must not matter: mark, go back and deliver again, restart, snapshot. */
static void random_detour(struct machine *m, uint64_t *state, uint64_t *marked, uint64_t *done,
                          uint64_t seed)
{
    switch (suite_random(state) % 8) {
    case 0:
    case 1:
        machine_ok(kernel_mark(m->kernel, &m->err), m);
        *marked = *done;
        break;
    case 2:
        machine_ok(kernel_back_to_mark(m->kernel, &m->err), m);
        kv_memory_close(m->real);
        CU_ASSERT_EQUAL_FATAL(kv_memory_open(&m->real, NULL), HS_OK);
        store_copy(kernel_store(m->kernel), kv_memory_store(m->real));
        while (*marked < *done && suite_random(state) % 8 != 0)
            draw(m, (*marked)++, seed);
        *done = *marked;
        machine_ok(kernel_mark(m->kernel, &m->err), m);
        break;
    case 3:
        machine_ok(machine_restart(m, suite_random(state) % 2), m);
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
        draw(&straight, i, seed);
    while (done < MESSAGES) {
        draw(&other, done++, seed);
        random_detour(&other, &state, &marked, &done, seed);
    }
    CU_ASSERT_TRUE(machine_equal(&straight, &other));
    CU_ASSERT_TRUE(machine_agrees_with_real(&other));
    machine_ok(machine_restart(&other, true), &other);
    CU_ASSERT_TRUE(machine_equal(&straight, &other));
    machine_close(&straight);
    machine_close(&other);
}

int main(int argc, char **argv)
{
    static const struct suite_case cases[] = {
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
        SUITE_CASE(history__heights_that_go_back_begin_a_new_era),
        SUITE_CASE(history__other_blocks_are_another_hash),
        SUITE_CASE(history__time_is_the_blocks),
        SUITE_CASE(random__detours_leave_no_trace),
    };

    return MACHINE_MAIN("kernel_marks", cases, argc, argv);
}
