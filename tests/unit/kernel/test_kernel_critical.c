/* Critical vats: a crank of theirs that fails leaves them as they were, on every way. */
#include "tests/unit/kernel/machine.h"

static const char spared[] =
    "{\"error\":\"Error: the vat could not do this; it is critical, and nothing "
    "of it happened\"}";

/* What a critical vat may be made to fail by: an illegal syscall, its own word, its meter, its
 * memory, and none of them by the first thing it does. */
static const char *const failures[][2] = {
    {"setLong", "70000"}, {"exitFailing", "'no more'"}, {"forever", ""},
    {"fillMemory", ""},   {"growForever", ""},          {"exitThenFail", "'no more'"},
};
enum { FAILURES = sizeof failures / sizeof *failures };

struct stand {
    char heaps[SHA256_HEX_BYTES];
    char end_position[32];
};

static struct stand stand_of(struct machine *m)
{
    struct stand s;

    machine_ok(kernel_heaps_sha256(m->kernel, s.heaps, &m->err), m);
    (void)snprintf(s.end_position, sizeof s.end_position, "%s", machine_get(m, "v2.t.endPosition"));
    return s;
}

static void check_stands(struct machine *m, const struct stand *s)
{
    const struct stand now = stand_of(m);

    CU_ASSERT_STRING_EQUAL(now.heaps, s->heaps);
    CU_ASSERT_STRING_EQUAL(now.end_position, s->end_position);
}

static void crank__that_fails_leaves_a_critical_vat_as_it_was(void)
{
    struct machine m;
    struct stand before;
    char undone[8];

    machine_open(&m, "critical.json");
    (void)machine_call(&m, "right", "note", "'kept'");
    for (unsigned i = 0; i < FAILURES; i++) {
        before = stand_of(&m);
        CU_ASSERT_STRING_EQUAL(machine_call(&m, "right", failures[i][0], failures[i][1]), spared);
        CU_ASSERT_EQUAL(m.out.status, MESSAGE_REJECTED);
        CU_ASSERT_EQUAL(m.out.outputs_len, 0);
        CU_ASSERT_EQUAL_FATAL(m.out.events_len, 1);
        CU_ASSERT_PTR_NOT_NULL(
            strstr(buffer_text(&m.out.events[0]), "{\"type\":\"crank_undone\","));
        CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&m.out.events[0]), failures[i][0]));
        CU_ASSERT_TRUE(m.out.ticks > 0);
        check_stands(&m, &before);
        (void)snprintf(undone, sizeof undone, "%u", i + 1);
        CU_ASSERT_STRING_EQUAL(machine_get(&m, "v2.undone"), undone);
    }
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "right", "notes", ""), "[\"kept\"]");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "vats.ended"), "(none)");
    CU_ASSERT_TRUE(machine_agrees_with_real(&m));
    machine_close(&m);
}

/* Its heap is the same function of the store's items, and of an image and those behind it. */
static void crank__undone_is_undone_on_every_way_back(void)
{
    struct machine m;
    struct stand stand;

    machine_open(&m, "critical.json");
    for (unsigned i = 0; i < FAILURES; i++) {
        (void)machine_call_at(&m, i + 1, "right", "grow", "40");
        (void)machine_call_at(&m, i + 1, "right", failures[i][0], failures[i][1]);
        if (i == 2) {
            machine_ok(kernel_mark(m.kernel, &m.err), &m);
            machine_snapshot(&m);
        }
    }
    stand = stand_of(&m);
    for (int images = 0; images < 2; images++) {
        machine_ok(machine_restart(&m, images), &m);
        CU_ASSERT_EQUAL(m.report.vats_from_images > 0, images);
        check_stands(&m, &stand);
        (void)machine_call_at(&m, 9, "right", "exitFailing", "'x'");
        check_stands(&m, &stand);
    }
    machine_close(&m);
}

/* Savepoints of the open block lie around it, and lead behind it. */
static void crank__undone_lies_between_savepoints(void)
{
    struct machine m;
    struct stand stands[FAILURES];
    struct position at[FAILURES];

    machine_open(&m, "critical.json");
    (void)machine_call(&m, "right", "note", "'x'");
    machine_ok(kernel_mark(m.kernel, &m.err), &m);
    kernel_keep_savepoints(m.kernel, true);
    for (int round = 0; round < 2; round++) {
        for (unsigned i = 0; i < FAILURES; i++) {
            at[i] = kernel_position(m.kernel);
            stands[i] = stand_of(&m);
            (void)machine_call(&m, "right", "grow", "30");
            (void)machine_call(&m, "left", "ask", "'right','note','y'");
            (void)machine_call(&m, "right", failures[i][0], failures[i][1]);
        }
        for (unsigned i = FAILURES; i-- > 0;) {
            machine_ok(kernel_back_to(m.kernel, &at[i], &m.err), &m);
            check_stands(&m, &stands[i]);
        }
    }
    machine_close(&m);
}

/* The caller's limit undoes the call whole; that is not the vat's failure. */
static void call__stopped_by_its_caller_is_no_failure(void)
{
    struct machine m;
    struct stand before;

    machine_open(&m, "critical.json");
    (void)machine_call(&m, "right", "note", "'x'");
    before = stand_of(&m);
    (void)machine_input(&m, (struct message){.limited = true, .ticks = 50},
                        "{'to':'right','method':'forever','args':[]}");
    CU_ASSERT_EQUAL(m.out.status, MESSAGE_REJECTED);
    CU_ASSERT_EQUAL(m.out.events_len, 0);
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "v2.undone"), "(none)");
    check_stands(&m, &before);
    machine_close(&m);
}

static void query__that_fails_undoes_nothing_but_itself(void)
{
    struct machine m;
    struct stand before;

    machine_open(&m, "critical.json");
    (void)machine_call(&m, "right", "note", "'x'");
    before = stand_of(&m);
    machine_ok(
        machine_ask(&m, (struct message){0}, "{'to':'right','method':'exitFailing','args':['x']}"),
        &m);
    CU_ASSERT_STRING_EQUAL(buffer_text(&m.out.value), spared);
    check_stands(&m, &before);
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "v2.undone"), "(none)");
    machine_close(&m);
}

/* What it was told is lost to it, not to the others; what it knows stays known. */
static void notify__that_fails_is_dropped(void)
{
    struct machine m;
    struct stand before;

    machine_open(&m, "critical.json");
    (void)machine_call(&m, "right", "failWhenTold", "'left'");
    before = stand_of(&m);
    (void)machine_call(&m, "left", "go", "1");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "v2.undone"), "1");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "v2.t.endPosition"), before.end_position);
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "right", "echo", "1"), "1");
    CU_ASSERT_TRUE(machine_agrees_with_real(&m));
    machine_close(&m);
}

static void reap(struct machine *m, const char *vat)
{
    for (int i = 0; i < 8; i++) {
        (void)machine_call(m, vat, "nothing", "");
    }
    machine_work(m, 0);
}

/* So full that it can do little things, and no larger ones: what is too much is undone. */
static void fill_to_the_brim(struct machine *m)
{
    char bytes[16];

    for (unsigned size = 1 << 20; size >= 1 << 12; size /= 4) {
        (void)snprintf(bytes, sizeof bytes, "%u", size);
        do {
            (void)machine_call(m, "right", "fill", bytes);
        } while (m->out.status == MESSAGE_FULFILLED);
        CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&m->out.events[0]), "memory limit"));
    }
}

/* What others let go of it hears when it can: nothing is left that nobody has. */
static void collection__that_fails_is_made_up_for(void)
{
    struct machine m;
    size_t entries;

    machine_open(&m, "critical-full.json");
    (void)machine_call(&m, "left", "nothing", "");
    entries = machine_count(&m, "v2.c.");
    (void)machine_call(&m, "left", "fetch", "'right',900");
    CU_ASSERT_EQUAL(machine_count(&m, "v2.c."), entries + 2 * 900);
    (void)machine_call(&m, "right", "loseThings", "");
    fill_to_the_brim(&m);
    (void)machine_call(&m, "left", "letGo", "");
    (void)machine_call(&m, "left", "forgetNotice", "");
    reap(&m, "left");
    CU_ASSERT_TRUE(machine_count(&m, "v2.gcUndone.dropExport.") >= 800);
    CU_ASSERT_EQUAL(machine_count(&m, "gcActions."), 0);
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "kernel.queued"), "0"); /* no run tries in vain */
    for (int images = 0; images < 2; images++) {
        machine_ok(kernel_mark(m.kernel, &m.err), &m);
        machine_snapshot(&m);
        machine_ok(machine_restart(&m, images), &m);
    }
    (void)machine_call(&m, "right", "drain", "");
    CU_ASSERT_EQUAL(m.out.status, MESSAGE_FULFILLED);
    for (int i = 0; i < 3; i++) {
        reap(&m, "right");
    }
    CU_ASSERT_EQUAL(machine_count(&m, "v2.gcUndone."), 0);
    CU_ASSERT_EQUAL(machine_count(&m, "v2.c."), entries);
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "vats.ended"), "(none)");
    CU_ASSERT_TRUE(machine_agrees_with_real(&m));
    machine_close(&m);
}

static void vat__critical_ends_by_its_own_will_and_the_chains(void)
{
    static const char *const wills[] = {
        "{'to':'right','method':'exit','args':['done']}",
        "{'kernel':'terminateVat','vat':'right','reason':'enough'}"};
    struct machine m;

    for (int i = 0; i < 2; i++) {
        machine_open(&m, "critical.json");
        (void)machine_call(&m, "right", "note", "'x'");
        (void)machine_input(&m, (struct message){.control = i == 1}, wills[i]);
        CU_ASSERT_EQUAL(kernel_vats(m.kernel, NULL, 0), 1);
        CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&m.out.events[0]), "vat_ended"));
        machine_close(&m);
    }
}

int main(int argc, char **argv)
{
    static const struct suite_case cases[] = {
        SUITE_CASE(crank__that_fails_leaves_a_critical_vat_as_it_was),
        SUITE_CASE(crank__undone_is_undone_on_every_way_back),
        SUITE_CASE(crank__undone_lies_between_savepoints),
        SUITE_CASE(call__stopped_by_its_caller_is_no_failure),
        SUITE_CASE(query__that_fails_undoes_nothing_but_itself),
        SUITE_CASE(notify__that_fails_is_dropped),
        SUITE_CASE(collection__that_fails_is_made_up_for),
        SUITE_CASE(vat__critical_ends_by_its_own_will_and_the_chains),
    };

    return MACHINE_MAIN("kernel_critical", cases, argc, argv);
}
