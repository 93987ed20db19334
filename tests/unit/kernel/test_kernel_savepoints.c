/* Savepoints: a kernel that went back must be the one that never executed what was undone. Random
 * histories of it are in test_kernel_twins.c. */
#include "tests/unit/kernel/machine.h"

#include "kernel/state/fault.h"
#include "kernel/vat/engine.h"

static struct position here(const struct machine *m)
{
    return kernel_position(m->kernel);
}

static void open_pair(struct machine *straight, struct machine *other)
{
    machine_open(straight, "pair.json");
    machine_open(other, "pair.json");
    kernel_keep_savepoints(other->kernel, true);
}

static void close_pair(struct machine *straight, struct machine *other)
{
    machine_close(straight);
    machine_close(other);
}

/* As a node does: what its transactions wrote is gone with them. */
static void back_to(struct machine *m, const struct position *to)
{
    CU_ASSERT_TRUE(kernel_reaches(m->kernel, to));
    machine_ok(kernel_back_to(m->kernel, to, &m->err), m);
    kv_memory_close(m->real);
    CU_ASSERT_EQUAL_FATAL(kv_memory_open(&m->real, NULL), HS_OK);
    store_copy(kernel_store(m->kernel), kv_memory_store(m->real));
}

/* A node that reverts all the time: from now on savepoints are close to each other. */
static void revert_often(struct machine *m)
{
    struct position before = here(m);

    for (int i = 0; i < 8; i++) {
        (void)machine_call(m, "left", "nothing", "");
        back_to(m, &before);
    }
}

/* --- each kind of going back --- */

static void back__undoes_the_last_message(void)
{
    struct machine straight, other;
    struct position before;

    open_pair(&straight, &other);
    machine_run(&straight, 0, 12);
    machine_run(&other, 0, 12);
    before = here(&other);
    for (int i = 0; i < 3; i++) { /* from afar first, then from savepoints */
        (void)machine_call(&other, "left", "ask", "'right','grow',900");
        back_to(&other, &before);
        CU_ASSERT_TRUE(machine_equal(&straight, &other));
    }
    machine_run(&straight, 12, 20);
    machine_run(&other, 12, 20);
    CU_ASSERT_TRUE(machine_equal(&straight, &other));
    close_pair(&straight, &other);
}

static void back__several_messages_and_in_another_order(void)
{
    struct machine straight, other;
    struct position after[10];

    open_pair(&straight, &other);
    for (unsigned i = 0; i < 10; i++) {
        machine_run(&other, i, i + 1);
        after[i] = here(&other);
    }
    back_to(&other, &after[6]);
    CU_ASSERT_FALSE(kernel_reaches(other.kernel, &after[7]));
    machine_run(&other, 7, 10);
    back_to(&other, &after[2]);
    machine_run(&other, 8, 10);
    machine_run(&other, 3, 5);
    machine_run(&straight, 0, 3);
    machine_run(&straight, 8, 10);
    machine_run(&straight, 3, 5);
    CU_ASSERT_TRUE(machine_equal(&straight, &other));
    CU_ASSERT_TRUE(machine_agrees_with_real(&other));
    close_pair(&straight, &other);
}

static void back__the_whole_block_with_vats_born_and_ended(void)
{
    struct machine straight, other;
    struct position origin = position_origin(), born;

    open_pair(&straight, &other);
    machine_run(&other, 0, 1); /* the vats are born in it */
    born = here(&other);
    (void)machine_call(&other, "right", "exit", "1");
    (void)machine_call(&other, "left", "exit", "1");
    CU_ASSERT_EQUAL(kernel_vats(other.kernel, NULL, 0), 0);
    back_to(&other, &born);
    CU_ASSERT_EQUAL(kernel_vats(other.kernel, NULL, 0), 2);
    machine_run(&other, 1, 4);
    back_to(&other, &origin);
    CU_ASSERT_EQUAL(kernel_vats(other.kernel, NULL, 0), 0);
    machine_run(&other, 3, 9);
    machine_run(&straight, 3, 9);
    CU_ASSERT_TRUE(machine_equal(&straight, &other));
    close_pair(&straight, &other);
}

static void back__an_ended_vat_comes_back_between_savepoints(void)
{
    struct machine straight, other;
    struct position before, between;

    open_pair(&straight, &other);
    machine_run(&straight, 0, 4);
    machine_run(&other, 0, 4);
    machine_ok(kernel_mark(other.kernel, &other.err), &other);
    machine_run(&other, 4, 5);
    before = here(&other);
    back_to(&other, &before); /* nothing to do, and nothing done */
    revert_often(&other);
    (void)machine_call(&other, "right", "set", "'k','v'");
    between = here(&other);
    (void)machine_call(&other, "right", "exit", "1");
    (void)machine_call(&other, "left", "nothing", "");
    (void)machine_call(&other, "left", "note", "'after'");
    CU_ASSERT_EQUAL(kernel_vats(other.kernel, NULL, 0), 1);
    back_to(&other, &between);
    CU_ASSERT_EQUAL(kernel_vats(other.kernel, NULL, 0), 2);
    back_to(&other, &before);
    machine_run(&straight, 4, 12);
    machine_run(&other, 5, 12);
    CU_ASSERT_TRUE(machine_equal(&straight, &other));
    close_pair(&straight, &other);
}

static void back__a_heap_that_grew_shrinks(void)
{
    struct machine straight, other;
    struct position before;
    uint64_t bytes;
    struct kernel_vat_info info[2];

    open_pair(&straight, &other);
    machine_run(&straight, 0, 4);
    machine_run(&other, 0, 4);
    before = here(&other);
    (void)kernel_vats(other.kernel, info, 2);
    bytes = info[0].heap_bytes;
    for (int i = 0; i < 2; i++) {
        (void)machine_call(&other, "left", "grow", "60000");
        (void)kernel_vats(other.kernel, info, 2);
        CU_ASSERT_TRUE(info[0].heap_bytes > bytes);
        back_to(&other, &before);
        (void)kernel_vats(other.kernel, info, 2);
        CU_ASSERT_EQUAL(info[0].heap_bytes, bytes);
    }
    (void)machine_call(&straight, "left", "grow", "70000");
    (void)machine_call(&other, "left", "grow", "70000");
    CU_ASSERT_TRUE(machine_equal(&straight, &other));
    close_pair(&straight, &other);
}

/* A stop inside a message is going back to its beginning. */
static void back__a_message_that_was_stopped_leaves_no_trace(void)
{
    static const char text[] = "{\"to\":\"left\",\"method\":\"grow\",\"args\":[900]}";
    struct machine straight, other;
    struct position before;

    open_pair(&straight, &other);
    machine_run(&straight, 0, 7);
    machine_run(&other, 0, 7);
    before = here(&other);
    for (int i = 0; i < 2; i++) {
        vat_engine_stop(machine_engine());
        CU_ASSERT_EQUAL(machine_deliver(&other, 1, slice_text(text)), HS_CANCELLED);
        vat_engine_resume(machine_engine());
        CU_ASSERT_EQUAL(machine_deliver(&other, 1, slice_text(text)), HS_INVALID);
        back_to(&other, &before);
        CU_ASSERT_TRUE(machine_equal(&straight, &other));
    }
    machine_run(&straight, 7, 12);
    machine_run(&other, 7, 12);
    CU_ASSERT_TRUE(machine_equal(&straight, &other));
    close_pair(&straight, &other);
}

/* A panic inside a crank, at each of its syscalls, is going back to the message's beginning. */
static void back__a_panic_inside_a_crank_leaves_no_trace(void)
{
    static const char text[] = "{\"to\":\"left\",\"method\":\"ask\","
                               "\"args\":[\"right\",\"set\",\"k\",\"v\"]}";
    struct machine straight, other;
    unsigned panics = 0;

    open_pair(&straight, &other);
    machine_run(&straight, 0, 7);
    machine_run(&other, 0, 7);
    for (bool panicked = true; panicked; panics += panicked) {
        struct position before = here(&other);
        char fault[32];

        (void)snprintf(fault, sizeof fault, "kernel.panic:%u:EIO", panics + 1);
        fault_arm(fault);
        panicked = machine_deliver(&other, 0, slice_text(text)) == HS_KERNEL_FAILED;
        fault_arm(NULL);
        if (panicked)
            CU_ASSERT_EQUAL(machine_deliver(&other, 0, slice_text(text)), HS_KERNEL_FAILED);
        back_to(&other, &before);
        CU_ASSERT_TRUE(machine_equal(&straight, &other));
    }
    CU_ASSERT_TRUE(panics >= 3);
    machine_run(&straight, 7, 12);
    machine_run(&other, 7, 12);
    CU_ASSERT_TRUE(machine_equal(&straight, &other));
    close_pair(&straight, &other);
}

/* --- what is reached --- */

static void reach__ends_at_the_mark_and_with_the_history(void)
{
    struct machine straight, other;
    struct position at[4], strange;

    open_pair(&straight, &other);
    for (unsigned i = 0; i < 4; i++) {
        machine_run(&other, i, i + 1);
        at[i] = here(&other);
        if (i == 1) machine_ok(kernel_mark(other.kernel, &other.err), &other);
    }
    strange = at[2];
    strange.hash[0] = strange.hash[0] == '0' ? '1' : '0';
    CU_ASSERT_FALSE(kernel_reaches(other.kernel, &at[0]));
    CU_ASSERT_TRUE(kernel_reaches(other.kernel, &at[1]));
    CU_ASSERT_TRUE(kernel_reaches(other.kernel, &at[2]));
    CU_ASSERT_TRUE(kernel_reaches(other.kernel, &at[3]));
    CU_ASSERT_FALSE(kernel_reaches(other.kernel, &strange));
    CU_ASSERT_EQUAL(kernel_back_to(other.kernel, &strange, &other.err), HS_NOT_FOUND);
    kernel_keep_savepoints(other.kernel, false);
    CU_ASSERT_TRUE(kernel_reaches(other.kernel, &at[1]));
    CU_ASSERT_FALSE(kernel_reaches(other.kernel, &at[2]));
    CU_ASSERT_TRUE(kernel_reaches(other.kernel, &at[3]));
    machine_run(&straight, 0, 4);
    CU_ASSERT_TRUE(machine_equal(&straight, &other));
    close_pair(&straight, &other);
}

static void memory__is_bounded_and_old_positions_are_still_reached(void)
{
    enum { MESSAGES = 200 };
    struct machine straight, other;
    struct position at[MESSAGES];
    struct kernel_savepoint_figures f = {0};
    size_t most = 0;

    open_pair(&straight, &other);
    for (unsigned i = 0; i < MESSAGES; i++) {
        if (i % 4 == 0) revert_often(&other);
        (void)machine_call(&other, "left", i % 2 ? "grow" : "note", i % 2 ? "40" : "'x'");
        at[i] = here(&other);
        f = kernel_savepoint_figures(other.kernel);
        if (f.savepoints > most) most = f.savepoints;
        CU_ASSERT_TRUE(f.savepoints <= HS_SAVEPOINTS_MAX);
    }
    CU_ASSERT_EQUAL(most, HS_SAVEPOINTS_MAX);
    CU_ASSERT_TRUE(f.bytes > 0);
    CU_ASSERT_EQUAL(f.inputs, MESSAGES);
    for (unsigned i = MESSAGES - 1; i > 4; i -= i / 4 + 1) {
        back_to(&other, &at[i]);
    }
    back_to(&other, &at[3]);
    for (unsigned i = 0; i < 4; i++)
        (void)machine_call(&straight, "left", i % 2 ? "grow" : "note", i % 2 ? "40" : "'x'");
    CU_ASSERT_TRUE(machine_equal(&straight, &other));
    close_pair(&straight, &other);
}

/* Whichever allocation fails: what was reached is right, or nothing in memory leads there, and then
 * the mark does. */
static void memory__that_fails_is_never_a_wrong_kernel(void)
{
    unsigned unreached = 0;

    for (unsigned nth = 1; nth < 120; nth += 1 + nth / 8) {
        struct machine straight, other;
        struct position before;
        char fault[32];

        open_pair(&straight, &other);
        machine_run(&straight, 0, 9);
        revert_often(&other);
        (void)snprintf(fault, sizeof fault, "savepoint.*:%u%s:EIO", nth, nth % 2 ? "+" : "");
        fault_arm(fault);
        machine_run(&other, 0, 9);
        before = here(&other);
        machine_run(&other, 9, 13);
        fault_arm(NULL);
        if (kernel_reaches(other.kernel, &before)) {
            back_to(&other, &before);
        } else {
            struct position mark = kernel_mark_position(other.kernel);

            unreached++;
            back_to(&other, &mark);
            machine_run(&other, 0, 9);
        }
        CU_ASSERT_TRUE(machine_equal(&straight, &other));
        machine_run(&straight, 9, 14);
        machine_run(&other, 9, 14);
        CU_ASSERT_TRUE(machine_equal(&straight, &other));
        CU_ASSERT_TRUE(machine_agrees_with_real(&other));
        close_pair(&straight, &other);
    }
    CU_ASSERT_TRUE(unreached > 0);
}

static void mark__holds_what_savepoints_held_apart(void)
{
    struct machine straight, other;
    struct position at;

    open_pair(&straight, &other);
    machine_run(&straight, 0, 10);
    for (unsigned i = 0; i < 10; i++) {
        revert_often(&other);
        machine_run(&other, i, i + 1);
    }
    CU_ASSERT_TRUE(kernel_savepoint_figures(other.kernel).savepoints > 3);
    machine_ok(kernel_mark(other.kernel, &other.err), &other);
    CU_ASSERT_EQUAL(kernel_savepoint_figures(other.kernel).savepoints, 0);
    CU_ASSERT_EQUAL(kernel_savepoint_figures(other.kernel).inputs, 0);
    at = here(&other);
    machine_run(&other, 10, 15);
    back_to(&other, &at);
    CU_ASSERT_TRUE(machine_equal(&straight, &other));
    machine_snapshot(&other);
    machine_run(&straight, 10, 15);
    machine_run(&other, 10, 15);
    machine_ok(machine_restart(&other, true), &other);
    CU_ASSERT_TRUE(machine_equal(&straight, &other));
    close_pair(&straight, &other);
}

int main(int argc, char **argv)
{
    static const struct suite_case cases[] = {
        SUITE_CASE(back__undoes_the_last_message),
        SUITE_CASE(back__several_messages_and_in_another_order),
        SUITE_CASE(back__the_whole_block_with_vats_born_and_ended),
        SUITE_CASE(back__an_ended_vat_comes_back_between_savepoints),
        SUITE_CASE(back__a_heap_that_grew_shrinks),
        SUITE_CASE(back__a_message_that_was_stopped_leaves_no_trace),
        SUITE_CASE(back__a_panic_inside_a_crank_leaves_no_trace),
        SUITE_CASE(memory__that_fails_is_never_a_wrong_kernel),
        SUITE_CASE(reach__ends_at_the_mark_and_with_the_history),
        SUITE_CASE(memory__is_bounded_and_old_positions_are_still_reached),
        SUITE_CASE(mark__holds_what_savepoints_held_apart),
    };

    return MACHINE_MAIN("kernel_savepoints", cases, argc, argv);
}
