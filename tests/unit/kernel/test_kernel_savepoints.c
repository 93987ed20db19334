/* Savepoints: a kernel that went back must be the one that never executed what was undone. */
#include "tests/unit/kernel/machine.h"

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

/* --- at random --- */

enum { HISTORY_MAX = 160 };

struct step {
    uint64_t number, height;
    struct position after;
    bool known;
    uint64_t store;
    char heaps[SHA256_HEX_BYTES];
};

struct history {
    struct step steps[HISTORY_MAX];
    size_t len, marked;
    uint64_t height, next, seed, state;
};

static uint64_t any(struct history *h, uint64_t n)
{
    return suite_random(&h->state) % n;
}

static void measure(struct machine *m, struct step *s)
{
    uint64_t len;

    machine_ok(kernel_heaps_sha256(m->kernel, s->heaps, &m->err), m);
    machine_ok(kv_store_digest(kernel_store(m->kernel), &s->store, &len, &m->err), m);
    s->known = true;
}

static void expect(struct machine *m, const struct step *s)
{
    struct step now = {.after = here(m)};

    CU_ASSERT_TRUE(position_equal(&now.after, &s->after));
    if (!s->known) return;
    measure(m, &now);
    CU_ASSERT_EQUAL(now.store, s->store);
    CU_ASSERT_STRING_EQUAL(now.heaps, s->heaps);
}

static void say(struct machine *m, struct history *h, const struct step *s)
{
    switch (s->number % 61) {
    case 59: (void)machine_call_at(m, s->height, "right", "exit", "1"); return;
    case 58: (void)machine_call_at(m, s->height, "left", "grow", "30000"); return;
    case 57: (void)machine_call_at(m, s->height, "left", "exitFailing", "'x'"); return;
    default: machine_draw(m, s->height, s->number, h->seed);
    }
}

static void history_go_on(struct machine *m, struct history *h, uint64_t number)
{
    struct step *s = &h->steps[h->len++];

    *s = (struct step){.number = number, .height = h->height};
    say(m, h, s);
    s->after = here(m);
    if (any(h, 4) == 0) measure(m, s);
}

/* Go back to one of the open block's beginnings; then some of what was undone comes again: as it
 * was, or in another order, or not at all. */
static void history_go_back(struct machine *m, struct history *h)
{
    size_t undone = 1 + (any(h, 3) == 0 ? any(h, h->len - h->marked) : 0), to = h->len - undone;
    const struct position at = to > 0 ? h->steps[to - 1].after : position_origin();
    uint64_t numbers[HISTORY_MAX];

    for (size_t i = 0; i < undone; i++)
        numbers[i] = h->steps[to + i].number;
    h->len = to;
    back_to(m, &at);
    if (to > 0) expect(m, &h->steps[to - 1]);
    if (any(h, 2) == 0) return;
    for (size_t i = 0; i < undone; i++) {
        size_t pick = any(h, 2) ? i + any(h, undone - i) : i;
        uint64_t number = numbers[pick];

        numbers[pick] = numbers[i];
        history_go_on(m, h, number);
    }
}

static void history_stop_inside(struct machine *m, struct history *h)
{
    static const char text[] = "{\"to\":\"left\",\"method\":\"grow\",\"args\":[9]}";
    struct position at = here(m);

    vat_engine_stop(machine_engine());
    if (machine_deliver(m, h->height, slice_text(text)) != HS_CANCELLED) { /* left has ended */
        CU_ASSERT_EQUAL(kernel_position(m->kernel).seqnum, at.seqnum + 1);
    }
    vat_engine_resume(machine_engine());
    back_to(m, &at);
}

static void history_run(struct machine *m, struct history *h)
{
    uint64_t failing = any(h, 6); /* some histories fail all the time, some hardly */

    while (h->len + 1 < HISTORY_MAX) {
        uint64_t r = any(h, 20);

        if (r == 0 && h->len > h->marked) {
            machine_ok(kernel_mark(m->kernel, &m->err), m);
            h->marked = h->len;
            h->height++;
        } else if (r == 1) {
            history_stop_inside(m, h);
        } else if (r < 2 + 2 * failing && h->len > h->marked) {
            history_go_back(m, h);
        } else {
            history_go_on(m, h, h->next++);
        }
    }
}

static void random_history(uint64_t seed)
{
    struct history *h = calloc(1, sizeof *h);
    struct machine straight, other;

    CU_ASSERT_FATAL(h != NULL);
    *h = (struct history){.seed = seed, .state = seed, .height = 1};
    open_pair(&straight, &other);
    history_run(&other, h);
    for (size_t i = 0; i < h->len; i++) {
        say(&straight, h, &h->steps[i]);
        expect(&straight, &h->steps[i]);
    }
    CU_ASSERT_TRUE(machine_equal(&straight, &other));
    CU_ASSERT_TRUE(machine_agrees_with_real(&other));
    machine_ok(machine_restart(&other, false), &other);
    CU_ASSERT_TRUE(machine_equal(&straight, &other));
    close_pair(&straight, &other);
    free(h);
}

/* HEADSTART_TEST_ROUNDS=N: N times three histories. */
static void random__what_was_undone_leaves_no_trace(void)
{
    const char *rounds = getenv("HEADSTART_TEST_ROUNDS");
    unsigned long histories = 3 * (rounds ? strtoul(rounds, NULL, 10) : 1);
    uint64_t seed = suite_seed();

    for (unsigned long i = 0; i < histories; i++) {
        random_history(seed + i);
        if (CU_get_number_of_failures() == 0) continue;
        (void)printf("\n    history: HEADSTART_TEST_SEED=%llu\n", (unsigned long long)(seed + i));
        return;
    }
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
        SUITE_CASE(reach__ends_at_the_mark_and_with_the_history),
        SUITE_CASE(memory__is_bounded_and_old_positions_are_still_reached),
        SUITE_CASE(mark__holds_what_savepoints_held_apart),
        SUITE_CASE(random__what_was_undone_leaves_no_trace),
    };

    return MACHINE_MAIN("kernel_savepoints", cases, argc, argv);
}
