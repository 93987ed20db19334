/* Timers: who is woken, when, in which order, and what becomes of it on every way. */
#include "tests/unit/kernel/machine.h"

/* One block after the other: its height is its time, both counted from here. */
enum { START = 1000 };

static const char *call(struct machine *m, uint64_t time, const char *to, const char *method,
                        const char *args)
{
    struct message message = {.height = time, .time = time};

    buffer_clear(&m->text);
    machine_ok(buffer_printf(&m->text, "{'to':'%s','method':'%s','args':[%s]}", to, method, args),
               m);
    for (size_t i = 0; i < m->text.len; i++) {
        if (m->text.data[i] == '\'') m->text.data[i] = '"';
    }
    message.text = buffer_slice(&m->text);
    machine_ok(machine_deliver_message(m, &message), m);
    return buffer_text(&m->out.value);
}

/* One run; what was woken by it, "left.a 1001 right.b 1002 ". Static text. */
static const char *run(struct machine *m, uint64_t time)
{
    static char woken[8192];
    const struct message message = {.height = time, .time = time};
    size_t len = 0;

    machine_ok(machine_deliver_message(m, &message), m);
    woken[0] = '\0';
    for (size_t i = 0; i < m->out.outputs_len && len + 64 < sizeof woken; i++) {
        const struct buffer *o = &m->out.outputs[i];

        len += (size_t)snprintf(woken + len, sizeof woken - len, "%.*s ", (int)o->len - 2,
                                o->data + 1);
    }
    return woken;
}

static void sleepers_open(struct machine *m)
{
    machine_open(m, "sleepers.json");
    CU_ASSERT_STRING_EQUAL(call(m, START, "left", "now", ""), "\"1000\"");
}

/* Both kernels stand alike, and so do their stores. */
static void expect_equal(struct machine *a, struct machine *b)
{
    CU_ASSERT_TRUE(machine_equal(a, b));
    CU_ASSERT_TRUE(machine_agrees_with_real(a));
}

/* --- waking --- */

static void wake__comes_with_the_first_run_at_its_time(void)
{
    struct machine m;

    sleepers_open(&m);
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "kernel.wake"), "(none)");
    CU_ASSERT_STRING_EQUAL(call(&m, START, "left", "at", "1005,'a'"), "\"1005\"");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "kernel.wake"), "1005");
    CU_ASSERT_EQUAL(m.out.queued, 0);
    CU_ASSERT_STRING_EQUAL(run(&m, 1004), "");
    CU_ASSERT_EQUAL(m.out.status, MESSAGE_FULFILLED);
    (void)call(&m, 1006, "right", "now", "");
    CU_ASSERT_EQUAL(m.out.outputs_len, 0); /* a call wakes nobody */
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "kernel.wake"), "1005");
    CU_ASSERT_STRING_EQUAL(run(&m, 1006), "left.a 1005 ");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "kernel.wake"), "(none)");
    CU_ASSERT_EQUAL(machine_count(&m, "timer."), 1); /* the next number */
    CU_ASSERT_EQUAL(machine_count(&m, "v1.timer."), 0);
    CU_ASSERT_STRING_EQUAL(run(&m, 1006), "");
    CU_ASSERT_TRUE(machine_agrees_with_real(&m));
    machine_close(&m);
}

static void wake__order_is_that_of_times_then_of_asking(void)
{
    struct machine m;

    sleepers_open(&m);
    (void)call(&m, START, "left", "at", "1009,'a'");
    (void)call(&m, START, "left", "at", "1007,'b'");
    (void)call(&m, START, "right", "at", "1007,'c'");
    (void)call(&m, START, "left", "at", "10000,'d'");
    (void)call(&m, START, "left", "at", "1007,'a'");
    (void)call(&m, START, "right", "at", "999,'e'"); /* passed: the next second */
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "kernel.wake"), "1001");
    CU_ASSERT_STRING_EQUAL(run(&m, 1009),
                           "right.e 1001 left.b 1007 right.c 1007 left.a 1007 left.a 1009 ");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "kernel.wake"), "10000");
    machine_close(&m);
}

static void wake__asking_from_a_wake_waits_for_the_next_second(void)
{
    struct machine m;

    sleepers_open(&m);
    (void)call(&m, START, "left", "chase", "'a'");
    CU_ASSERT_STRING_EQUAL(run(&m, START), "");
    CU_ASSERT_STRING_EQUAL(run(&m, 1001), "left.a 1001 ");
    CU_ASSERT_STRING_EQUAL(run(&m, 1001), "");
    CU_ASSERT_STRING_EQUAL(run(&m, 1100), "left.a 1002 ");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "kernel.wake"), "1101");
    machine_close(&m);
}

static void wake__more_than_a_batch_come_in_one_run_and_in_order(void)
{
    char args[64], expected[8192];
    struct machine m;
    size_t len = 0;

    sleepers_open(&m);
    for (unsigned i = 0; i < 200; i++) {
        (void)snprintf(args, sizeof args, "%u,'w%u'", 1201 - i, i);
        (void)call(&m, START, i & 1 ? "left" : "right", "at", args);
    }
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "timer.count"), "200");
    for (unsigned i = 200; i-- > 0;) {
        len += (size_t)snprintf(expected + len, sizeof expected - len, "%s.w%u %u ",
                                i & 1 ? "left" : "right", i, 1201 - i);
    }
    CU_ASSERT_STRING_EQUAL(run(&m, 1300), expected);
    CU_ASSERT_EQUAL(m.out.status, MESSAGE_FULFILLED);
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "timer.count"), "(none)");
    machine_close(&m);
}

static void wake__what_the_policy_leaves_comes_with_further_runs(void)
{
    struct machine m;
    unsigned woken = 0, runs = 0;
    char args[32];
    const struct message control = {.height = START,
                                    .time = START,
                                    .control = true,
                                    .text = slice_text("{\"kernel\":\"setRules\",\"rules\":"
                                                       "{\"policy\":{\"cranks\":3}}}")};

    sleepers_open(&m);
    machine_ok(machine_deliver_message(&m, &control), &m);
    for (unsigned i = 0; i < 150; i++) {
        (void)snprintf(args, sizeof args, "1010,'w%u'", i);
        (void)call(&m, START, "left", "at", args);
    }
    while (woken < 150 && runs++ < 1000) {
        (void)run(&m, 1010);
        woken += (unsigned)m.out.outputs_len;
        CU_ASSERT_TRUE(m.out.outputs_len <= 3);
        if (woken < 150) CU_ASSERT_EQUAL(m.out.status, MESSAGE_PENDING);
    }
    CU_ASSERT_EQUAL(woken, 150);
    CU_ASSERT_TRUE(runs >= 50);
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "kernel.wake"), "(none)");
    machine_close(&m);
}

static void wake__comes_in_spite_of_a_backlog_without_end(void)
{
    struct machine m;
    unsigned woken = 0;

    sleepers_open(&m);
    (void)call(&m, START, "right", "in", "1,'a'");
    (void)call(&m, START, "left", "pingPong", "'right'");
    CU_ASSERT_TRUE(m.out.queued > 0);
    for (int i = 0; i < 3; i++) {
        (void)run(&m, 1001);
        woken += (unsigned)m.out.outputs_len;
        CU_ASSERT_EQUAL(m.out.status, MESSAGE_PENDING);
    }
    CU_ASSERT_EQUAL(woken, 1);
    machine_close(&m);
}

/* --- repeating --- */

static void repeat__falls_behind_comes_once_and_keeps_its_schedule(void)
{
    struct machine m;

    sleepers_open(&m);
    CU_ASSERT_STRING_EQUAL(call(&m, START, "left", "every", "1005,10,'a'"), "[1,\"1005\"]");
    CU_ASSERT_STRING_EQUAL(run(&m, 1005), "left.a 1005 ");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "kernel.wake"), "1015");
    CU_ASSERT_STRING_EQUAL(run(&m, 1051), "left.a 1015 ");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "kernel.wake"), "1055");
    CU_ASSERT_STRING_EQUAL(call(&m, 1052, "left", "schedule", "1,'b'"), "\"1055\"");
    CU_ASSERT_STRING_EQUAL(run(&m, 1055), "left.a 1055 left.b 1055 ");
    (void)call(&m, 1056, "left", "stop", "1");
    CU_ASSERT_STRING_EQUAL(run(&m, 1065), "left.a 1065 left.b 1065 "); /* once more */
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "kernel.wake"), "(none)");
    CU_ASSERT_EQUAL(machine_count(&m, "v1.timer."), 0);
    machine_close(&m);
}

static void repeat__dropped_handlers_stay_away(void)
{
    struct machine m;

    sleepers_open(&m);
    (void)call(&m, START, "left", "every", "0,10,'a'");
    (void)call(&m, START, "left", "at", "1004,'a'");
    (void)call(&m, START, "left", "at", "1004,'b'");
    CU_ASSERT_STRING_EQUAL(call(&m, START, "left", "drop", "'a'"), "[\"1004\",\"1010\"]");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "kernel.wake"), "1004");
    CU_ASSERT_STRING_EQUAL(call(&m, START, "left", "drop", "'a'"), "[]");
    CU_ASSERT_STRING_EQUAL(run(&m, 1100), "left.b 1004 ");
    machine_close(&m);
}

/* --- one's own --- */

static void own__nobody_touches_anothers_timers(void)
{
    struct machine m;

    sleepers_open(&m);
    (void)call(&m, START, "left", "every", "1005,10,'a'");
    (void)call(&m, START, "left", "at", "1003,'b'");
    CU_ASSERT_PTR_NOT_NULL(strstr(call(&m, START, "right", "schedule", "1,'c'"), "no repeater"));
    (void)call(&m, START, "right", "stop", "1");
    CU_ASSERT_STRING_EQUAL(call(&m, START, "right", "dropOther", "'left','b'"), "[]");
    CU_ASSERT_STRING_EQUAL(run(&m, 1015), "left.b 1003 left.a 1005 ");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "kernel.wake"), "1025");
    machine_close(&m);
}

static void own__bounds_are_each_vats_and_of_all(void)
{
    const struct message control = {.height = START,
                                    .time = START,
                                    .control = true,
                                    .text =
                                        slice_text("{\"kernel\":\"setRules\",\"rules\":"
                                                   "{\"limits\":{\"timers\":2,\"timersSum\":3}}}")};
    struct machine m;

    sleepers_open(&m);
    machine_ok(machine_deliver_message(&m, &control), &m);
    (void)call(&m, START, "left", "at", "1005,'a'");
    (void)call(&m, START, "left", "at", "1005,'a'");
    CU_ASSERT_PTR_NOT_NULL(strstr(call(&m, START, "left", "at", "1005,'a'"), "as one may have"));
    CU_ASSERT_PTR_NOT_NULL(strstr(call(&m, START, "left", "every", "1,1,'a'"), "as one may have"));
    (void)call(&m, START, "right", "at", "1005,'a'");
    CU_ASSERT_PTR_NOT_NULL(strstr(call(&m, START, "right", "at", "1005,'a'"), "the kernel may"));
    (void)call(&m, START, "left", "drop", "'a'");
    CU_ASSERT_STRING_EQUAL(call(&m, START, "right", "at", "1005,'b'"), "\"1005\"");
    CU_ASSERT_STRING_EQUAL(run(&m, 1005), "right.a 1005 right.b 1005 ");
    machine_close(&m);
}

static void own__bad_arguments_are_told_to_the_vat(void)
{
    static const struct {
        const char *args, *words;
    } bad[] = {
        {"'setWakeup'", "is missing"},
        {"'setWakeup','5'", "whole number"},
        {"'setWakeup',-5", "whole number"},
        {"'setWakeup',1.5", "whole number"},
        {"'setWakeup',9007199254740992", "whole number"},
        {"'setWakeup',5", "an object is missing"},
        {"'setWakeup',5,'x'", "remotable object"},
        {"'setWakeup',5,'$0'", "remotable object"},
        {"'makeRepeater',5,0", "a second at least"},
        {"'makeRepeater',5,1,1", "more arguments"},
        {"'getLastPolled',5", "more arguments"},
        {"'deleteRepeater',{}", "whole number"},
        {"'unheard'", "no method unheard"},
    };
    struct machine m;

    sleepers_open(&m);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *said = call(&m, START, "left", "raw", bad[i].args);

        CU_ASSERT_EQUAL(m.out.status, MESSAGE_REJECTED);
        if (!strstr(said, bad[i].words)) (void)printf("\n    %s: %s\n", bad[i].args, said);
        CU_ASSERT_PTR_NOT_NULL(strstr(said, bad[i].words));
        CU_ASSERT_EQUAL(m.out.events_len, 0);
    }
    CU_ASSERT_PTR_NOT_NULL(strstr(call(&m, START, "left", "withPromise", ""), "Promise"));
    CU_ASSERT_STRING_EQUAL(call(&m, START, "left", "raw", "'makeRepeater',9007199254740991,1"),
                           "1");
    CU_ASSERT_EQUAL(machine_count(&m, "timer.0"), 0);
    machine_close(&m);
}

/* --- what is held, and what ends --- */

static void end__timers_of_a_vat_that_ended_are_dropped(void)
{
    struct machine m;

    sleepers_open(&m);
    (void)call(&m, START, "left", "every", "1005,1,'a'");
    (void)call(&m, START, "left", "at", "5000,'a'");
    (void)call(&m, START, "right", "wakeOther", "'left',5,'a'"); /* its handler's vat ends */
    (void)call(&m, START, "left", "wakeOther", "'right',6,'b'"); /* who asked for it ends */
    (void)call(&m, START, "right", "at", "1007,'c'");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "timer.count"), "5");
    (void)call(&m, START, "left", "exit", "");
    CU_ASSERT_STRING_EQUAL(run(&m, 1010), "right.c 1007 ");
    machine_work(&m, 1010);
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "kernel.wake"), "(none)");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "timer.count"), "(none)");
    CU_ASSERT_EQUAL(machine_count(&m, "v1."), 0);
    CU_ASSERT_TRUE(machine_agrees_with_real(&m));
    machine_close(&m);
}

static void end__handler_is_held_while_it_is_to_be_woken(void)
{
    struct machine m;

    sleepers_open(&m);
    (void)call(&m, START, "left", "at", "1005,'a'");
    (void)call(&m, START, "left", "forget", "'a'");
    CU_ASSERT_STRING_EQUAL(run(&m, 1005), "left.a 1005 ");
    machine_work(&m, 1006);
    CU_ASSERT_EQUAL(machine_count(&m, "ko"), 5); /* both roots; the next number */
    machine_close(&m);
}

/* --- every way back --- */

static void ways__undone_replayed_and_restarted_timers_are_the_same(void)
{
    struct machine m, never;
    struct position before;

    sleepers_open(&m);
    kernel_keep_savepoints(m.kernel, true);
    sleepers_open(&never);
    (void)call(&m, START, "left", "often", "2,3,'a'");
    (void)call(&never, START, "left", "often", "2,3,'a'");
    machine_ok(kernel_mark(m.kernel, &m.err), &m);
    before = kernel_position(m.kernel);
    (void)call(&m, 1001, "right", "in", "1,'x'");
    (void)run(&m, 1004);
    machine_ok(kernel_back_to(m.kernel, &before, &m.err), &m);
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "kernel.wake"), "1002");
    CU_ASSERT_STRING_EQUAL(run(&m, 1003), "left.a 1002 ");
    CU_ASSERT_STRING_EQUAL(run(&never, 1003), "left.a 1002 ");
    machine_ok(kernel_mark(m.kernel, &m.err), &m);
    machine_snapshot(&m);
    for (int images = 0; images < 2; images++) {
        const uint64_t time = images ? 1011 : 1008;

        kv_memory_close(m.real);
        CU_ASSERT_EQUAL_FATAL(kv_memory_open(&m.real, NULL), HS_OK);
        store_copy(kernel_store(m.kernel), kv_memory_store(m.real));
        machine_ok(machine_restart(&m, images == 1), &m);
        CU_ASSERT_STRING_EQUAL(run(&m, time), images ? "left.a 1011 " : "left.a 1005 ");
        (void)run(&never, time);
        expect_equal(&m, &never);
    }
    machine_close(&m);
    machine_close(&never);
}

static void ways__time_that_goes_back_wakes_later(void)
{
    struct machine m;

    sleepers_open(&m);
    (void)call(&m, START, "left", "often", "5,5,'a'");
    CU_ASSERT_STRING_EQUAL(call(&m, 500, "left", "now", ""), "\"500\""); /* a new era */
    CU_ASSERT_STRING_EQUAL(run(&m, 504), "");
    CU_ASSERT_STRING_EQUAL(call(&m, 504, "left", "in", "1,'b'"), "\"505\"");
    CU_ASSERT_STRING_EQUAL(run(&m, 1004), "left.b 505 ");
    CU_ASSERT_STRING_EQUAL(run(&m, 1005), "left.a 1005 ");
    CU_ASSERT_STRING_EQUAL(run(&m, 700), "");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "kernel.wake"), "1010");
    machine_close(&m);
}

/* --- the timer vat --- */

static void service_open(struct machine *m)
{
    machine_open(m, "timer-service.json");
    CU_ASSERT_STRING_EQUAL(call(m, START, "user", "now", ""), "\"1000\"");
}

static void service__wakes_delays_and_cancels(void)
{
    struct machine m;

    service_open(&m);
    CU_ASSERT_STRING_EQUAL(call(&m, START, "user", "at", "1010,'a'"), "\"1010\"");
    CU_ASSERT_STRING_EQUAL(call(&m, START, "user", "at", "1005,'b'"), "\"1005\"");
    (void)call(&m, START, "user", "delay", "5,'c'");
    (void)call(&m, START, "user", "delay", "6,'d','x'");
    (void)call(&m, START, "user", "at", "1020,'e','x'");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "kernel.wake"), "1005");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "timer.count"), "1"); /* however many ask */
    CU_ASSERT_STRING_EQUAL(call(&m, START, "user", "at", "7,'f'"), "\"7\"");
    CU_ASSERT_EQUAL(m.out.outputs_len, 1); /* at once */
    CU_ASSERT_STRING_EQUAL(call(&m, START, "user", "wakeAt", "7"), "\"1000\"");
    CU_ASSERT_STRING_EQUAL(run(&m, 1005), "b 1005 c 1005 ");
    CU_ASSERT_STRING_EQUAL(call(&m, 1005, "user", "cancel", "'x'"), "[\"1006\",\"1020\"]");
    CU_ASSERT_EQUAL_FATAL(m.out.outputs_len, 1);
    CU_ASSERT_STRING_EQUAL(buffer_text(&m.out.outputs[0]), "\"d TimerCancelled\"");
    CU_ASSERT_STRING_EQUAL(call(&m, 1005, "user", "cancel", "'x'"), "[]");
    CU_ASSERT_STRING_EQUAL(run(&m, 2000), "a 1010 ");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "kernel.wake"), "(none)");
    machine_close(&m);
}

static void service__fires_so_many_at_once(void)
{
    struct machine m;

    service_open(&m);
    for (int i = 0; i < 9; i++) {
        (void)call(&m, START, "user", "many", "500,1010,'a'");
    }
    for (uint64_t time = 1010; time < 1012; time++) {
        size_t fired = 0;

        do {
            (void)run(&m, time);
            fired += m.out.outputs_len;
        } while (m.out.queued > 0);
        CU_ASSERT_EQUAL(fired, time < 1011 ? 4000 : 500);
    }
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "kernel.wake"), "(none)");
    machine_close(&m);
}

static void service__repeats_until_cancelled_or_failing(void)
{
    struct machine m;

    service_open(&m);
    CU_ASSERT_STRING_EQUAL(call(&m, START, "user", "every", "5,10,'a','x'"), "\"1005\"");
    CU_ASSERT_STRING_EQUAL(call(&m, START, "user", "every", "6,10,'b',null,true"), "\"1006\"");
    CU_ASSERT_STRING_EQUAL(run(&m, 1006), "a 1005 b 1006 ");
    CU_ASSERT_STRING_EQUAL(run(&m, 1031), "a 1015 "); /* once; the one that failed is gone */
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "kernel.wake"), "1035");
    CU_ASSERT_STRING_EQUAL(call(&m, 1032, "user", "makeRepeater", "1,4,'c','d'"),
                           "[\"1033\",\"1033\"]");
    CU_ASSERT_STRING_EQUAL(run(&m, 1035), "c 1033 d 1033 a 1035 ");
    (void)call(&m, 1035, "user", "disable", "");
    (void)call(&m, 1035, "user", "cancel", "'x'");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "kernel.wake"), "(none)");
    CU_ASSERT_PTR_NOT_NULL(strstr(call(&m, 1036, "user", "schedule", "'c'"), "disabled"));
    CU_ASSERT_STRING_EQUAL(run(&m, 2000), "");
    machine_close(&m);
}

static void service__bad_arguments_are_refused(void)
{
    static const struct {
        const char *method, *args, *words;
    } bad[] = {
        {"at", "-1,'a'", "whole number"},
        {"at", "'x','a'", "whole number"},
        {"every", "1,0,'a'", "a second at least"},
        {"wakeAt", "1.5", "whole number"},
    };
    struct machine m;

    service_open(&m);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CU_ASSERT_PTR_NOT_NULL(
            strstr(call(&m, START, "user", bad[i].method, bad[i].args), bad[i].words));
    }
    (void)call(&m, START, "timer", "createTimerService", "{}");
    CU_ASSERT_EQUAL(m.out.status, MESSAGE_REJECTED);
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "kernel.wake"), "(none)");
    machine_close(&m);
}

int main(int argc, char **argv)
{
    static const struct suite_case cases[] = {
        SUITE_CASE(wake__comes_with_the_first_run_at_its_time),
        SUITE_CASE(wake__order_is_that_of_times_then_of_asking),
        SUITE_CASE(wake__asking_from_a_wake_waits_for_the_next_second),
        SUITE_CASE(wake__more_than_a_batch_come_in_one_run_and_in_order),
        SUITE_CASE(wake__what_the_policy_leaves_comes_with_further_runs),
        SUITE_CASE(wake__comes_in_spite_of_a_backlog_without_end),
        SUITE_CASE(repeat__falls_behind_comes_once_and_keeps_its_schedule),
        SUITE_CASE(repeat__dropped_handlers_stay_away),
        SUITE_CASE(own__nobody_touches_anothers_timers),
        SUITE_CASE(own__bounds_are_each_vats_and_of_all),
        SUITE_CASE(own__bad_arguments_are_told_to_the_vat),
        SUITE_CASE(end__timers_of_a_vat_that_ended_are_dropped),
        SUITE_CASE(end__handler_is_held_while_it_is_to_be_woken),
        SUITE_CASE(ways__undone_replayed_and_restarted_timers_are_the_same),
        SUITE_CASE(ways__time_that_goes_back_wakes_later),
        SUITE_CASE(service__wakes_delays_and_cancels),
        SUITE_CASE(service__fires_so_many_at_once),
        SUITE_CASE(service__repeats_until_cancelled_or_failing),
        SUITE_CASE(service__bad_arguments_are_refused),
    };

    return MACHINE_MAIN("kernel_timers", cases, argc, argv);
}
