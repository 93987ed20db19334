/* Garbage across vats: what both sides forgot leaves the tables, and nobody notices. */
#include "tests/unit/kernel/machine.h"

enum { ROUNDS = 24 };

/* References that the tables hold: c-list entries of both vats, and objects. */
static size_t references(struct machine *m)
{
    return machine_count(m, "v1.c.") + machine_count(m, "v2.c.") + machine_count(m, "ko");
}

static void call(struct machine *m, const char *to, const char *method, const char *args)
{
    (void)machine_call(m, to, method, args);
    machine_work(m, 0);
}

/* Deliveries enough for both vats to be reaped, and to be told what comes of it. */
static void let_time_pass(struct machine *m)
{
    for (int i = 0; i < ROUNDS; i++) {
        call(m, "left", "nothing", "");
        call(m, "right", "nothing", "");
    }
}

static void forgotten__by_both_sides_leaves_the_tables(void)
{
    struct machine m;
    size_t at_first;

    machine_open(&m, "reaped.json");
    call(&m, "left", "letGo", "");
    let_time_pass(&m);
    at_first = references(&m);
    for (int i = 0; i < 40; i++) {
        call(&m, "left", "fetch", "\"right\",30");
        call(&m, "left", "letGo", "");
        call(&m, "left", "forgetNotice", "");
        call(&m, "right", "loseThings", "");
        CU_ASSERT_TRUE(references(&m) < at_first + 1000);
    }
    let_time_pass(&m);
    CU_ASSERT_EQUAL(references(&m), at_first);
    CU_ASSERT_TRUE(machine_agrees_with_real(&m));
    machine_close(&m);
}

static void held__stays_the_same_object(void)
{
    struct machine m;
    size_t all;

    machine_open(&m, "reaped.json");
    call(&m, "left", "fetch", "\"right\",30");
    all = references(&m);
    let_time_pass(&m);
    CU_ASSERT_TRUE(references(&m) <= all);
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "left", "showHeld", "\"right\""), "10");
    machine_close(&m);
}

/* Only a WeakMap has it: when it comes again, what was noted under it is there. */
static void recognized__comes_back_with_what_was_noted(void)
{
    struct machine m;
    char last[64];
    size_t at_first;

    machine_open(&m, "reaped.json");
    let_time_pass(&m);
    at_first = references(&m);
    call(&m, "left", "fetch", "\"right\",30");
    call(&m, "left", "letGo", "");
    let_time_pass(&m);
    CU_ASSERT_TRUE(strchr(machine_get(&m, "v1.c.ko22"), '_') != NULL);
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "left", "recall", "\"right\""), "[0,5,10,15,20,25]");
    /* The exporter forgets: so does the WeakMap. */
    call(&m, "right", "loseThings", "");
    let_time_pass(&m);
    (void)snprintf(last, sizeof last, "%s", machine_call(&m, "left", "recall", "\"right\""));
    CU_ASSERT_STRING_EQUAL(last, "[]");
    CU_ASSERT_EQUAL(references(&m), at_first);
    machine_close(&m);
}

/* A WeakMap that is gone recognizes nothing. */
static void collection__that_is_gone_lets_go(void)
{
    struct machine m;
    size_t at_first;

    machine_open(&m, "reaped.json");
    let_time_pass(&m);
    at_first = references(&m);
    call(&m, "left", "fetch", "\"right\",30");
    call(&m, "left", "letGo", "");
    let_time_pass(&m);
    CU_ASSERT_TRUE(machine_count(&m, "v1.c.o-") >= 6);
    call(&m, "left", "forgetNotice", "");
    let_time_pass(&m);
    CU_ASSERT_EQUAL(references(&m), at_first); /* what their maker keeps is its own affair */
    machine_close(&m);
}

static void many__are_let_go_of_in_turns(void)
{
    struct machine m;
    size_t at_first;

    machine_open(&m, "reaped.json");
    let_time_pass(&m);
    at_first = references(&m);
    for (int i = 0; i < 3; i++) {
        (void)machine_call(&m, "left", "fetch", "\"right\",3000");
    }
    (void)machine_call(&m, "left", "letGo", "");
    (void)machine_call(&m, "left", "forgetNotice", "");
    call(&m, "right", "loseThings", "");
    let_time_pass(&m);
    CU_ASSERT_EQUAL(references(&m), at_first);
    CU_ASSERT_EQUAL(machine_count(&m, "gcActions"), 0);
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "reapQueue"), "[]");
    machine_close(&m);
}

/* A heap from its transcript, one from its image, and one that lived on find the same garbage. */
static void restarted__finds_the_same(void)
{
    for (int way = 0; way < 2; way++) {
        struct machine straight, other;

        machine_open(&straight, "reaped.json");
        machine_open(&other, "reaped.json");
        for (int i = 0; i < 12; i++) {
            call(&straight, "left", "fetch", "\"right\",20");
            call(&other, "left", "fetch", "\"right\",20");
            if (i % 3 == 0) {
                machine_ok(kernel_mark(other.kernel, &other.err), &other);
                machine_snapshot(&other);
                machine_ok(machine_restart(&other, way == 0), &other);
            }
            call(&straight, "left", i % 2 == 0 ? "letGo" : "nothing", "");
            call(&other, "left", i % 2 == 0 ? "letGo" : "nothing", "");
            call(&straight, "left", "recall", "\"right\"");
            call(&other, "left", "recall", "\"right\"");
        }
        CU_ASSERT_TRUE(machine_equal(&straight, &other));
        machine_close(&straight);
        machine_close(&other);
    }
}

/* Vats see neither weak references nor what they do. */
static void vat__sees_nothing_of_it(void)
{
    struct machine m;

    machine_open(&m, "reaped.json");
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "left", "weakNames", ""),
                           "[\"undefined\",\"undefined\",\"[object WeakMap]\","
                           "\"[object WeakSet]\",true]");
    machine_close(&m);
}

static void ended__leaves_the_queue(void)
{
    struct machine m;

    machine_open(&m, "reaped.json");
    for (int i = 0; i < 4; i++) {
        (void)machine_call(&m, "left", "nothing", "");
    }
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "reapQueue"), "[\"v1\"]");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "kernel.queued"), "1");
    (void)machine_call(&m, "left", "exit", "1");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "reapQueue"), "[]");
    machine_work(&m, 0);
    CU_ASSERT_EQUAL(machine_count(&m, "v1."), 0);
    machine_close(&m);
}

/* Each message's garbage is small beside the limit, all of it many times as much; much, some or
 * little of the memory is held for good. */
static void limit__is_not_met_by_garbage(void)
{
    static const struct {
        const char *keep, *spend;
    } rows[] = {{"0", "2000"}, {"10000", "2000"}, {"18000", "1000"}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct machine m;

        machine_open(&m, "spender.json");
        call(&m, "spender", "keep", rows[i].keep);
        for (int n = 0; n < 150; n++) {
            CU_ASSERT_STRING_EQUAL_FATAL(machine_call(&m, "spender", "spend", rows[i].spend),
                                         "true");
            machine_work(&m, 0);
        }
        CU_ASSERT_TRUE(machine_agrees_with_real(&m));
        machine_close(&m);
    }
}

/* With no steps to wait for, deliveries are waited for near the limit as elsewhere. */
static void limit__near_it_without_steps_deliveries_are_waited_for(void)
{
    static const char rules[] = "{'kernel':'setRules','rules':{'policy':{'reapWork':0}}}";
    struct machine m;
    unsigned long long left = 0, bytes, steps = 1, bound = 0;

    machine_open(&m, "spender.json");
    (void)machine_input(&m, (struct message){.control = true}, rules);
    call(&m, "spender", "keep", "24000"); /* it grows, and is reaped */
    for (int i = 0; i < 3; i++) {
        (void)machine_call(&m, "spender", "take", "");
        CU_ASSERT_STRING_EQUAL(machine_get(&m, "reapQueue"), "[]");
    }
    CU_ASSERT_EQUAL(sscanf(machine_get(&m, "v1.reapDirt"),
                           "{\"deliveries\":%llu,\"bytes\":%llu,\"steps\":%llu,\"memory\":%llu}",
                           &left, &bytes, &steps, &bound),
                    4);
    CU_ASSERT_EQUAL(left, 200 - 3);
    CU_ASSERT_EQUAL(steps, 0);
    CU_ASSERT_TRUE(bound > (8 << 20) / 5 * 4 && bound < 8 << 20); /* so it is near */
    CU_ASSERT_TRUE(machine_agrees_with_real(&m));
    machine_close(&m);
}

int main(int argc, char **argv)
{
    static const struct suite_case cases[] = {
        SUITE_CASE(forgotten__by_both_sides_leaves_the_tables),
        SUITE_CASE(held__stays_the_same_object),
        SUITE_CASE(recognized__comes_back_with_what_was_noted),
        SUITE_CASE(collection__that_is_gone_lets_go),
        SUITE_CASE(many__are_let_go_of_in_turns),
        SUITE_CASE(restarted__finds_the_same),
        SUITE_CASE(vat__sees_nothing_of_it),
        SUITE_CASE(ended__leaves_the_queue),
        SUITE_CASE(limit__is_not_met_by_garbage),
        SUITE_CASE(limit__near_it_without_steps_deliveries_are_waited_for),
    };

    return MACHINE_MAIN("kernel_garbage", cases, argc, argv);
}
