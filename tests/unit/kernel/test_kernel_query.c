/* Queries: a kernel that was asked must be the one that never was. */
#include "tests/unit/kernel/machine.h"

#include "kernel/vat/engine.h"

#include <pthread.h>
#include <stdatomic.h>

static const struct message unlimited = {.limited = false};

static void open_pair(struct machine *straight, struct machine *asked)
{
    machine_open(straight, "pair.json");
    machine_open(asked, "pair.json");
    kernel_keep_savepoints(asked->kernel, true);
}

static void close_pair(struct machine *straight, struct machine *asked)
{
    machine_close(straight);
    machine_close(asked);
}

/* The same goes on in both, to the same end. */
static void expect_twins(struct machine *straight, struct machine *asked)
{
    CU_ASSERT_TRUE(machine_equal(straight, asked));
    machine_run(straight, 3, 9);
    machine_run(asked, 3, 9);
    CU_ASSERT_TRUE(machine_equal(straight, asked));
    CU_ASSERT_TRUE(machine_agrees_with_real(asked));
}

static void expect_answer(const struct machine *m, enum message_status status, const char *value)
{
    struct position here = kernel_position(m->kernel);

    CU_ASSERT_EQUAL(m->out.status, status);
    CU_ASSERT_STRING_EQUAL(buffer_text(&m->out.value), value);
    CU_ASSERT(position_equal(&m->out.after, &here));
}

/* --- what is answered --- */

static void query__nothing_was_executed_is_not_now(void)
{
    struct machine m;

    machine_open(&m, "pair.json");
    CU_ASSERT_EQUAL(machine_ask(&m, unlimited, "{'to':'left','method':'notes','args':[]}"),
                    HS_UNAVAILABLE);
    machine_run(&m, 0, 1);
    machine_close(&m);
}

static void query__answers_as_a_delivery_would_and_leaves_nothing(void)
{
    static const char *const texts[] = {
        "{'to':'left','method':'ask','args':['right','grow',300]}",
        "{'to':'right','method':'set','args':['k','v']}",
        "{'to':'left','method':'pipeline','args':['right']}",
        "{'to':'left','method':'announce','args':[1,2]}",
        "{'to':'right','method':'fail','args':['no']}",
        "{'to':'nobody','method':'x','args':[]}",
        "{'to':'left'}",
        "no JSON",
    };
    struct machine straight, asked;
    char value[1024];

    open_pair(&straight, &asked);
    machine_run(&straight, 0, 3);
    machine_run(&asked, 0, 3);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        for (int again = 0; again < 2; again++) {
            machine_ok(machine_ask(&asked, unlimited, texts[i]), &asked);
            CU_ASSERT_TRUE(machine_equal(&straight, &asked));
        }
        (void)snprintf(value, sizeof value, "%s", machine_input(&straight, unlimited, texts[i]));
        expect_answer(&asked, straight.out.status, value);
        CU_ASSERT_EQUAL(asked.out.ticks, straight.out.ticks);
        CU_ASSERT_PTR_NULL(asked.out.writes);
        (void)machine_input(&asked, unlimited, texts[i]);
    }
    expect_twins(&straight, &asked);
    close_pair(&straight, &asked);
}

static void query__the_kernel_itself_is_not_spoken_to(void)
{
    struct message control = {.control = true};
    struct machine m;

    machine_open(&m, "pair.json");
    machine_run(&m, 0, 1);
    machine_ok(machine_ask(&m, control, "{'kernel':'terminateVat','vat':'left'}"), &m);
    expect_answer(&m, MESSAGE_REJECTED,
                  "{\"error\":\"only the chain itself may speak to the kernel\"}");
    machine_close(&m);
}

static void query__what_waits_is_left_alone(void)
{
    static const char narrow[] = "{'kernel':'setRules','rules':{'policy':{'cranks':1}}}";
    struct message control = {.control = true};
    struct machine straight, asked;
    struct machine *both[] = {&straight, &asked};

    open_pair(&straight, &asked);
    for (int i = 0; i < 2; i++) {
        machine_run(both[i], 0, 1);
        (void)machine_input(both[i], control, narrow);
        CU_ASSERT_EQUAL(both[i]->out.status, MESSAGE_FULFILLED);
        (void)machine_call(both[i], "left", "ask", "'right','note','late'");
        CU_ASSERT_EQUAL(both[i]->out.status, MESSAGE_PENDING);
        CU_ASSERT(both[i]->out.queued > 0);
    }
    machine_ok(machine_ask(&asked, unlimited, "{'to':'right','method':'notes','args':[]}"), &asked);
    expect_answer(&asked, MESSAGE_FULFILLED, "[]");
    machine_ok(
        machine_ask(&asked, unlimited, "{'to':'left','method':'ask','args':['right','notes']}"),
        &asked);
    expect_answer(&asked, MESSAGE_PENDING, "null"); /* the run policy bounds it as well */
    CU_ASSERT_TRUE(machine_equal(&straight, &asked));
    machine_work(&straight, 0);
    machine_work(&asked, 0);
    CU_ASSERT_TRUE(machine_equal(&straight, &asked));
    close_pair(&straight, &asked);
}

static void query__more_than_its_ticks_is_rejected(void)
{
    struct machine straight, asked;

    open_pair(&straight, &asked);
    machine_run(&straight, 0, 3);
    machine_run(&asked, 0, 3);
    for (uint64_t ticks = 0; ticks < 40; ticks++) {
        struct message limited = {.limited = true, .ticks = ticks};

        machine_ok(machine_ask(&asked, limited,
                               "{'to':'left','method':'ask','args':['right','spin',4000]}"),
                   &asked);
        CU_ASSERT_TRUE(machine_equal(&straight, &asked));
        if (asked.out.status == MESSAGE_FULFILLED) {
            CU_ASSERT(asked.out.ticks <= ticks);
        } else {
            CU_ASSERT_EQUAL(asked.out.status, MESSAGE_REJECTED);
            CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&asked.out.value), "more than the"));
        }
    }
    CU_ASSERT_EQUAL(asked.out.status, MESSAGE_FULFILLED);
    expect_twins(&straight, &asked);
    close_pair(&straight, &asked);
}

static void query__a_vat_that_ends_in_it_lives(void)
{
    static const char *const texts[] = {
        "{'to':'right','method':'exit','args':[1]}",
        "{'to':'left','method':'ask','args':['right','exitFailing','x']}",
        "{'to':'right','method':'forever','args':[]}", /* over the crank's limit */
        "{'to':'left','method':'tell','args':['right','setLong',100000]}",
    };
    struct machine straight, asked;

    open_pair(&straight, &asked);
    machine_run(&straight, 0, 3);
    machine_run(&asked, 0, 3);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        machine_ok(machine_ask(&asked, unlimited, texts[i]), &asked);
        CU_ASSERT_EQUAL(kernel_vats(asked.kernel, NULL, 0), 2);
        CU_ASSERT_TRUE(machine_equal(&straight, &asked));
    }
    expect_twins(&straight, &asked);
    close_pair(&straight, &asked);
}

/* --- given up --- */

static atomic_bool stopper_done;

static void *stopper(void *data)
{
    (void)data;
    while (!atomic_load(&stopper_done)) {
        vat_engine_stop(machine_engine());
    }
    return NULL;
}

static void query__stopped_leaves_nothing(void)
{
    struct machine straight, asked;
    pthread_t thread;
    enum hs_status st = HS_OK;

    open_pair(&straight, &asked);
    machine_run(&straight, 0, 3);
    machine_run(&asked, 0, 3);
    atomic_store(&stopper_done, false);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, stopper, NULL), 0);
    while (st == HS_OK) {
        st = machine_ask(&asked, unlimited,
                         "{'to':'left','method':'ask','args':['right','spin',200000]}");
    }
    CU_ASSERT_EQUAL(st, HS_CANCELLED);
    atomic_store(&stopper_done, true);
    (void)pthread_join(thread, NULL);
    vat_engine_resume(machine_engine());
    expect_twins(&straight, &asked);
    close_pair(&straight, &asked);
}

/* --- anything, in any order --- */

static void ask_something(struct machine *m, uint64_t *dice)
{
    static const char *const texts[] = {
        "{'to':'left','method':'ask','args':['right','grow',700]}",
        "{'to':'right','method':'ask','args':['left','set','k1','asked']}",
        "{'to':'right','method':'exit','args':[1]}",
        "{'to':'left','method':'wait','args':[]}",
        "{'to':'left','method':'pipeline','args':['right']}",
        "{'to':'right','method':'spin','args':[30000]}",
        "{'to':'left','method':'ask','args':['right','fail','x']}",
        "{'to':'right','method':'keys','args':[]}",
    };
    uint64_t r = suite_random(dice);
    struct message in = {.limited = (r & 1) != 0, .ticks = r >> 1 & 31};

    machine_ok(machine_ask(m, in, texts[r >> 8 & 7]), m);
}

/* One step that both take: a message, a block's end, back to it, a snapshot. */
static void step_both(struct machine *straight, struct machine *asked, uint64_t number,
                      uint64_t seed, uint64_t what)
{
    struct machine *both[] = {straight, asked};

    for (int i = 0; i < 2; i++) {
        struct machine *m = both[i];

        switch (what % 16) {
        case 0: machine_ok(kernel_mark(m->kernel, &m->err), m); break;
        case 1:
            machine_ok(kernel_back_to_mark(m->kernel, &m->err), m);
            kv_memory_close(m->real);
            CU_ASSERT_EQUAL_FATAL(kv_memory_open(&m->real, NULL), HS_OK);
            store_copy(kernel_store(m->kernel), kv_memory_store(m->real));
            break;
        case 2: machine_snapshot(m); break;
        default: machine_draw(m, 0, number, seed);
        }
    }
}

static void query__random_histories_are_the_twins(void)
{
    const char *rounds = getenv("HEADSTART_TEST_ROUNDS");
    uint64_t histories = 4 * (rounds ? strtoull(rounds, NULL, 10) : 1);

    for (uint64_t round = 0; round < histories; round++) {
        struct machine straight, asked;
        uint64_t seed = suite_seed() + round, dice = seed;

        open_pair(&straight, &asked);
        kernel_keep_savepoints(straight.kernel, true);
        machine_run(&straight, 0, 1);
        machine_run(&asked, 0, 1);
        step_both(&straight, &asked, 0, seed, 0);
        for (uint64_t number = 0; number < 60; number++) {
            uint64_t what = suite_random(&dice);

            for (uint64_t n = what >> 32 & 3; n > 0; n--) {
                ask_something(&asked, &dice);
            }
            step_both(&straight, &asked, number, seed, what);
            CU_ASSERT_TRUE_FATAL(machine_equal(&straight, &asked));
        }
        ask_something(&asked, &dice);
        CU_ASSERT_TRUE(machine_equal(&straight, &asked));
        CU_ASSERT_TRUE(machine_agrees_with_real(&asked));
        close_pair(&straight, &asked);
    }
}

static void query__a_snapshot_that_is_out_is_not_disturbed(void)
{
    struct mark_changes changes;
    struct machine straight, asked;

    open_pair(&straight, &asked);
    machine_run(&straight, 0, 8);
    machine_run(&asked, 0, 8);
    machine_ok(kernel_mark(straight.kernel, &straight.err), &straight);
    machine_ok(kernel_mark(asked.kernel, &asked.err), &asked);
    machine_ok(kernel_snapshot_take(asked.kernel, true, &changes, &asked.err), &asked);
    for (int i = 0; i < 20; i++) {
        machine_ok(machine_ask(&asked, unlimited,
                               "{'to':'left','method':'ask','args':['right','grow',2000]}"),
                   &asked);
    }
    kernel_snapshot_done(asked.kernel, &changes, false); /* the next holds all of it again */
    mark_changes_fini(&changes);
    machine_snapshot(&straight);
    machine_snapshot(&asked);
    machine_ok(machine_restart(&straight, true), &straight);
    machine_ok(machine_restart(&asked, true), &asked);
    CU_ASSERT_EQUAL(asked.report.vats_from_images, 2);
    CU_ASSERT_TRUE(machine_equal(&straight, &asked));
    expect_twins(&straight, &asked);
    close_pair(&straight, &asked);
}

static const struct suite_case cases[] = {
    SUITE_CASE(query__nothing_was_executed_is_not_now),
    SUITE_CASE(query__answers_as_a_delivery_would_and_leaves_nothing),
    SUITE_CASE(query__the_kernel_itself_is_not_spoken_to),
    SUITE_CASE(query__what_waits_is_left_alone),
    SUITE_CASE(query__more_than_its_ticks_is_rejected),
    SUITE_CASE(query__a_vat_that_ends_in_it_lives),
    SUITE_CASE(query__stopped_leaves_nothing),
    SUITE_CASE(query__random_histories_are_the_twins),
    SUITE_CASE(query__a_snapshot_that_is_out_is_not_disturbed),
};

int main(int argc, char **argv)
{
    return MACHINE_MAIN("queries", cases, argc, argv);
}
