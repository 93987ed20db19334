/* Vat admin: vats that are made, changed and ended while the kernel runs, and their meters. */
#include "tests/unit/kernel/machine.h"

#include "kernel/kernel_core.h"

static const struct message control = {.control = true};

static const char *make(struct machine *m, const char *args)
{
    return machine_call(m, "maker", "create", args);
}

#define ASSERT_CALL(m, method, args, expected)                                                     \
    CU_ASSERT_STRING_EQUAL(machine_call(m, "maker", method, args), expected)
#define ASSERT_SAYS(text, part) CU_ASSERT_PTR_NOT_NULL(strstr(text, part))

static void vat_admin__vat_is_made_and_lives_on_every_way(void)
{
    struct machine m;

    machine_open(&m, "maker.json");
    CU_ASSERT_STRING_EQUAL(make(&m, "'one','child',{'vatParameters':{'start':5}}"), "\"made one\"");
    ASSERT_CALL(&m, "call", "'one','count'", "6");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "vat.dynamicIDs"), "[\"v3\"]");
    CU_ASSERT_TRUE(machine_agrees_with_real(&m));
    machine_ok(kernel_mark(m.kernel, &m.err), &m);
    machine_snapshot(&m);
    CU_ASSERT_EQUAL(machine_restart(&m, true), HS_OK); /* from images */
    CU_ASSERT_EQUAL(m.report.vats_from_images, 3);
    ASSERT_CALL(&m, "call", "'one','count'", "7");
    CU_ASSERT_EQUAL(machine_restart(&m, false), HS_OK); /* from transcripts alone */
    ASSERT_CALL(&m, "call", "'one','count',10", "17");
    CU_ASSERT_STRING_EQUAL(make(&m, "'two',{'source':'export const buildRootObject = () => "
                                    "Far(`x`, { hi: () => 7 });'}"),
                           "\"made two\"");
    ASSERT_CALL(&m, "call", "'two','hi'", "7");
    CU_ASSERT_EQUAL(machine_restart(&m, false), HS_OK);
    ASSERT_CALL(&m, "call", "'two','hi'", "7");
    CU_ASSERT_TRUE(machine_agrees_with_real(&m));
    machine_close(&m);
}

static void vat_admin__creation_that_fails_rejects_and_leaves_nothing(void)
{
    static const struct {
        const char *args, *why;
    } cases[] = {
        {"'x','child',{'vatParameters':{'fails':true}}", "it does not start"},
        {"'x','broken'", "the vat was not created"},
        {"'x','0000000000000000000000000000000000000000000000000000000000000000'", "bundle"},
        {"'x',{'source':''}", "a program is a bundle or"},
        {"'x','child',{'memory':1024}", "memory must be"},
        {"'x','child',{'colour':1}", "has no option"},
        {"'x','child',{'builtin':true}", "has no option"},
        {"'x','child',{'critical':'forged'}", "critical vat key"},
        {"'x','child',{'name':'no good'}", "is named by"},
        {"'x','child',{'reapInterval':0}", "such options"},
    };
    struct machine m;

    machine_open(&m, "maker.json");
    (void)machine_call(&m, "maker", "ends", "");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *value = make(&m, cases[i].args);

        CU_ASSERT_EQUAL(m.out.status, MESSAGE_REJECTED);
        ASSERT_SAYS(value, cases[i].why);
        CU_ASSERT_EQUAL(m.out.events_len, 0);
        CU_ASSERT_EQUAL(machine_count(&m, "v3."), 0);
        CU_ASSERT_EQUAL(machine_count(&m, "v4."), 0);
        CU_ASSERT_STRING_EQUAL(machine_get(&m, "vat.dynamicIDs"), "[]");
        CU_ASSERT_STRING_EQUAL(machine_get(&m, "runQueue")[0] == '[' ? "[" : "", "[");
    }
    CU_ASSERT_TRUE(make(&m, "'good','child'") != NULL);
    ASSERT_CALL(&m, "call", "'good','count'", "1");
    CU_ASSERT_TRUE(machine_agrees_with_real(&m));
    machine_close(&m);
}

static void vat_admin__memory_of_all_is_bounded(void)
{
    struct machine m;

    machine_open(&m, "maker.json");
    (void)machine_input(&m, control,
                        "{'kernel':'setRules','rules':{'limits':{'memorySum':620000000}}}");
    ASSERT_SAYS(make(&m, "'big','child'"), "no room for 268435456 bytes");
    CU_ASSERT_STRING_EQUAL(make(&m, "'small','child',{'memory':16777216}"), "\"made small\"");
    ASSERT_SAYS(machine_call(&m, "maker", "change", "'small',{'memory':268435456}"), "no room");
    ASSERT_CALL(&m, "createTwo", "'child',{'memory':33554432}", "[\"fulfilled\",\"rejected\"]");
    ASSERT_CALL(&m, "call", "'small','take',8", "1");
    (void)machine_call(&m, "maker", "change", "'small',{'memory':33554432}");
    ASSERT_CALL(&m, "call", "'small','take',8", "2");
    (void)machine_call(&m, "maker", "change", "'small',{'memory':4194304}");
    ASSERT_CALL(&m, "call", "'small','count'", "1"); /* what it has it keeps */
    for (int images = 0; images < 2; images++) {
        machine_ok(kernel_mark(m.kernel, &m.err), &m);
        machine_snapshot(&m);
        CU_ASSERT_EQUAL(machine_restart(&m, images == 1), HS_OK); /* once it was larger */
        ASSERT_CALL(&m, "call", "'small','count',0", "1");
    }
    (void)machine_call(&m, "maker", "call", "'small','take',8");
    ASSERT_SAYS(buffer_text(&m.out.value), "memory limit of 4194304 bytes");
    CU_ASSERT_TRUE(machine_agrees_with_real(&m));
    machine_close(&m);
}

static void vat_admin__end_is_told_to_who_made_it(void)
{
    struct machine m;

    machine_open(&m, "maker.json");
    (void)make(&m, "'one','child'");
    (void)make(&m, "'two','child'");
    (void)make(&m, "'three','child'");
    (void)make(&m, "'four','child'");
    (void)make(&m, "'five','child'");
    (void)machine_call(&m, "maker", "call", "'one','exit','bye'");
    (void)machine_call(&m, "maker", "call", "'two','exitBadly','oh'");
    (void)machine_call(&m, "maker", "end", "'three','enough'");
    CU_ASSERT_EQUAL(m.out.events_len, 1);
    ASSERT_SAYS(buffer_text(&m.out.events[0]), "enough");
    (void)machine_call(&m, "maker", "call", "'four','loop'");
    /* What it made in the crank that is undone, nobody is told of. */
    (void)machine_call(&m, "maker", "call", "'five','exitWithThing'");
    machine_work(&m, 0);
    ASSERT_CALL(
        &m, "ends", "",
        "[\"one done: bye\",\"two failed: oh\","
        "\"three failed: enough\","
        "\"four failed: vat \\\"v6\\\" was terminated: meter spent: more than 50000 ticks\","
        "\"five failed: vat \\\"v7\\\" was terminated: it exited: {\\\"@ref\\\":\\\"Alleged: "
        "thing\\\"}\"]");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "vat.dynamicIDs"), "[]");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "vats.terminated"), "[]");
    for (const char *const *v = (const char *const[]){"v3.", "v4.", "v5.", "v6.", NULL}; *v; v++) {
        CU_ASSERT_EQUAL(machine_count(&m, *v), 0);
    }
    (void)machine_call(&m, "maker", "end", "'three','again'"); /* no harm */
    CU_ASSERT_EQUAL(m.out.events_len, 0);
    CU_ASSERT_TRUE(machine_agrees_with_real(&m));
    machine_close(&m);
}

static void meter__is_spent_refilled_and_ends_its_vats(void)
{
    struct machine m;

    machine_open(&m, "maker.json");
    (void)machine_call(&m, "maker", "meter", "'m',30000000,20000000");
    (void)make(&m, "'one','child',{'meter':'m'}");
    (void)make(&m, "'two','child',{'meter':'m'}");
    ASSERT_CALL(&m, "ends", "", "[]");
    (void)machine_call(&m, "maker", "call", "'one','spend',1000000");
    ASSERT_SAYS(machine_call(&m, "maker", "ends", ""), "[\"m has ");
    (void)machine_call(&m, "maker", "refill", "'m',10000000");
    ASSERT_CALL(&m, "call", "'two','count'", "1");
    CU_ASSERT_EQUAL(machine_restart(&m, false), HS_OK);
    (void)machine_call(&m, "maker", "call", "'two','spend',10000000");
    CU_ASSERT_EQUAL(m.out.status, MESSAGE_REJECTED);
    ASSERT_SAYS(buffer_text(&m.out.value), "meter spent");
    (void)machine_call(&m, "maker", "call", "'one','count'"); /* it has the same meter */
    ASSERT_SAYS(buffer_text(&m.out.value), "meter spent");
    ASSERT_CALL(&m, "left", "'m'", "\"0\"");
    CU_ASSERT_TRUE(machine_agrees_with_real(&m));
    machine_close(&m);
}

static void meter__caller_who_is_stopped_pays_nobodys(void)
{
    struct machine m;
    struct message in = {.limited = true, .ticks = 200};
    struct buffer before = {0};

    machine_open(&m, "maker.json");
    (void)machine_call(&m, "maker", "meter", "'m',30000000,0");
    (void)make(&m, "'one','child',{'meter':'m'}");
    CU_ASSERT_EQUAL(buffer_append_text(&before, machine_call(&m, "maker", "left", "'m'")), HS_OK);
    kernel_keep_savepoints(m.kernel, true);
    (void)machine_input(&m, in, "{'to':'maker','method':'call','args':['one','spend',100000000]}");
    ASSERT_SAYS(buffer_text(&m.out.value), "ticks that its caller");
    CU_ASSERT_EQUAL(m.out.events_len, 0);
    ASSERT_CALL(&m, "left", "'m'", buffer_text(&before));
    ASSERT_CALL(&m, "call", "'one','count'", "1");
    machine_close(&m);
    buffer_fini(&before);
}

static void vat_admin__undone_with_its_message(void)
{
    struct machine m;
    struct position before;

    machine_open(&m, "maker.json");
    (void)make(&m, "'one','child'");
    machine_ok(kernel_mark(m.kernel, &m.err), &m);
    kernel_keep_savepoints(m.kernel, true);
    (void)machine_call(&m, "maker", "call", "'one','count'");
    before = kernel_position(m.kernel);
    (void)make(&m, "'two','child'");
    (void)machine_call(&m, "maker", "end", "'one','enough'");
    machine_ok(kernel_back_to(m.kernel, &before, &m.err), &m);
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "vat.dynamicIDs"), "[\"v3\"]");
    CU_ASSERT_STRING_EQUAL(make(&m, "'two','child'"), "\"made two\"");
    ASSERT_CALL(&m, "call", "'one','count'", "2");
    ASSERT_CALL(&m, "call", "'two','count'", "1");
    machine_ok(kernel_back_to_mark(m.kernel, &m.err), &m);
    ASSERT_CALL(&m, "call", "'one','count'", "1");
    machine_close(&m);
}

/* A query's limit is met in a vat with a meter; what comes next is a program that does not load. */
static void meter__that_a_query_stopped_at_is_nobodys(void)
{
    static const struct message unlimited = {.limited = false},
                                limited = {.limited = true, .ticks = 100};
    struct machine both[2];

    for (int extra = 0; extra < 2; extra++) {
        for (int i = 0; i < 2; i++) {
            struct machine *m = &both[i];

            machine_open(m, "maker.json");
            kernel_keep_savepoints(m->kernel, true);
            (void)machine_call(m, "maker", "meter", "'m',3000000000,1");
            (void)make(m, "'metered','child',{'meter':'m'}");
            (void)make(m, "'plain','child'");
            (void)machine_input(m, control,
                                "{'kernel':'setRules','rules':{'policy':{'cranks':2}}}");
            for (int j = 0; j < extra; j++) {
                (void)machine_input(m, unlimited, "{'to':'maker','method':'ends','args':[]}");
            }
            (void)machine_input(m, unlimited,
                                "{'to':'maker','method':'upgrade','args':['plain','broken']}");
        }
        do {
            machine_ok(machine_ask(&both[1], limited,
                                   "{'to':'maker','method':'call','args':['metered','loop']}"),
                       &both[1]);
            CU_ASSERT_EQUAL(both[1].out.status, MESSAGE_REJECTED);
            for (int i = 0; i < 2; i++) {
                machine_ok(machine_deliver(&both[i], 9, slice_make("", 0)), &both[i]);
            }
            CU_ASSERT_TRUE(machine_equal(&both[0], &both[1]));
        } while (both[0].out.queued > 0);
        machine_close(&both[0]);
        machine_close(&both[1]);
    }
}

static void real_set(struct machine *m, const char *key, const char *value)
{
    machine_ok(kv_store_set(kv_memory_store(m->real), slice_text(key), slice_text(value), &m->err),
               m);
}

/* Let the maker's collection run, and what comes of it. */
static void maker_reap(struct machine *m)
{
    for (int i = 0; i < 220; i++) {
        (void)machine_call(m, "maker", "ends", "");
    }
    machine_work(m, 0);
}

/* What others let go of is not this vat's doing: it neither pays for hearing of it nor ends. */
static void meter__is_not_for_what_others_let_go_of(void)
{
    struct machine m;

    machine_open(&m, "maker.json");
    (void)machine_call(&m, "maker", "meter", "'m',3000000000,0");
    (void)make(&m, "'one','child',{'meter':'m'}");
    (void)machine_call(&m, "maker", "hold", "'thing','one','thing'");
    CU_ASSERT_STRING_NOT_EQUAL(machine_get(&m, "v3.c.o+1"), "(none)");
    real_set(&m, "m1.remaining", "1");
    machine_ok(machine_restart(&m, false), &m);
    (void)machine_call(&m, "maker", "letGo", "'thing'");
    maker_reap(&m);
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "v3.c.o+1"), "(none)"); /* it was told */
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "m1.remaining"), "1");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "vats.ended"), "(none)");
    (void)machine_call(&m, "maker", "call", "'one','count'"); /* but for this it would */
    ASSERT_SAYS(machine_get(&m, "vats.ended"), "meter spent");
    CU_ASSERT_TRUE(machine_agrees_with_real(&m));
    machine_close(&m);
}

static void meter__ends_with_its_last_vat(void)
{
    struct machine m;

    machine_open(&m, "maker.json");
    (void)machine_call(&m, "maker", "meter", "'m',3000000000,20000000");
    (void)make(&m, "'one','child',{'meter':'m'}");
    (void)make(&m, "'two','child',{'meter':'m'}");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "m1.vats"), "2");
    (void)machine_call(&m, "maker", "endMeter", "'m'");
    CU_ASSERT_EQUAL(m.out.status, MESSAGE_FULFILLED);
    ASSERT_SAYS(make(&m, "'three','child',{'meter':'m'}"), "no meter");
    ASSERT_SAYS(machine_call(&m, "maker", "left", "'m'"), "no such meter");
    machine_ok(machine_restart(&m, false), &m);
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "maker", "call", "'one','count'"),
                           "1"); /* it goes on */
    CU_ASSERT_STRING_NOT_EQUAL(machine_get(&m, "m1.remaining"), "3000000000");
    (void)machine_call(&m, "maker", "end", "'one','enough'");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "m1.vats"), "1");
    (void)machine_call(&m, "maker", "call", "'two','exit',1");
    CU_ASSERT_EQUAL(machine_count(&m, "m1."), 0);
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "meter.count"), "(none)");
    (void)machine_call(&m, "maker", "meter", "'n',30000000,0"); /* one that nobody has */
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "meter.count"), "1");
    (void)machine_call(&m, "maker", "endMeter", "'n'");
    CU_ASSERT_EQUAL(machine_count(&m, "m2."), 0);
    (void)machine_call(&m, "maker", "endMeter", "'n'"); /* twice is once */
    CU_ASSERT_EQUAL(m.out.status, MESSAGE_FULFILLED);
    CU_ASSERT_TRUE(machine_agrees_with_real(&m));
    machine_close(&m);
}

static void meter__no_more_than_the_rules_allow(void)
{
    struct machine m;

    machine_open(&m, "maker.json");
    (void)machine_input(&m, (struct message){.control = true},
                        "{'kernel':'setRules','rules':{'limits':{'meters':2}}}");
    (void)machine_call(&m, "maker", "meter", "'a',1,0");
    (void)machine_call(&m, "maker", "meter", "'b',1,0");
    ASSERT_SAYS(machine_call(&m, "maker", "meter", "'c',1,0"), "there are 2 meters");
    (void)machine_call(&m, "maker", "endMeter", "'a'");
    (void)machine_call(&m, "maker", "meter", "'c',1,0");
    CU_ASSERT_EQUAL(m.out.status, MESSAGE_FULFILLED);
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "meter.count"), "2");
    machine_close(&m);
}

/* v3.reapDirt, as it stands there. */
struct dirt {
    unsigned long long deliveries, bytes, steps, memory;
};

static struct dirt dirt_of(struct machine *m)
{
    struct dirt d;

    CU_ASSERT_EQUAL_FATAL(
        sscanf(machine_get(m, "v3.reapDirt"),
               "{\"deliveries\":%llu,\"bytes\":%llu,\"steps\":%llu,\"memory\":%llu}", &d.deliveries,
               &d.bytes, &d.steps, &d.memory),
        4);
    return d;
}

/* Another interval says when a vat is due, not that it did nothing yet. */
static void options__interval_that_changes_leaves_the_work_done(void)
{
    struct machine m;
    struct dirt before, now;

    machine_open(&m, "maker.json");
    (void)make(&m, "'one','child'");
    for (int i = 0; i < 20; i++) {
        (void)machine_call(&m, "maker", "call", "'one','count'");
    }
    before = dirt_of(&m);
    (void)machine_call(&m, "maker", "change", "'one',{'reapInterval':300}");
    now = dirt_of(&m);
    CU_ASSERT_EQUAL(now.deliveries, before.deliveries + 100 - 1); /* the change is a delivery */
    CU_ASSERT_TRUE(now.bytes < before.bytes);
    CU_ASSERT_EQUAL(now.memory, before.memory);
    (void)machine_call(&m, "maker", "change", "'one',{'reapInterval':'never'}");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "v3.reapDirt"), "{}");
    (void)machine_call(&m, "maker", "change", "'one',{'reapInterval':5}");
    CU_ASSERT_EQUAL(dirt_of(&m).deliveries, 4);
    for (int i = 0; i < 4; i++) {
        (void)machine_call(&m, "maker", "change", "'one',{'reapInterval':5}");
    }
    machine_work(&m, 0);
    CU_ASSERT_EQUAL(dirt_of(&m).deliveries, 5); /* it was due, and was reaped */
    CU_ASSERT_TRUE(machine_agrees_with_real(&m));
    machine_close(&m);
}

/* What is asked for with nothing of the interval in it is no reason to count again. */
static void options__without_an_interval_leave_the_count(void)
{
    static const char *const rows[] = {"'one',{}", "'one',{'memory':300000000}"};
    struct machine m;
    unsigned long long left;

    machine_open(&m, "maker.json");
    (void)make(&m, "'one','child'");
    left = dirt_of(&m).deliveries;
    (void)machine_input(&m, control,
                        "{'kernel':'setRules','rules':{'policy':{'reapInterval':100}}}");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        (void)machine_call(&m, "maker", "change", rows[i]);
        CU_ASSERT_EQUAL(m.out.status, MESSAGE_FULFILLED);
        CU_ASSERT_EQUAL(dirt_of(&m).deliveries, --left);
    }
    CU_ASSERT_TRUE(left > 100);
    CU_ASSERT_TRUE(machine_agrees_with_real(&m));
    machine_close(&m);
}

enum { LIMIT_NEAR = 4 << 20 }; /* a new vat is near it */

/* Near its limit a vat waits for steps alone, a quarter of those elsewhere, from its first delivery
 * on; another interval does not make it wait for deliveries again. */
static void options__interval_is_not_waited_for_near_the_limit(void)
{
    struct machine m;
    struct dirt d;

    machine_open(&m, "maker.json");
    (void)make(&m, "'one','child',{'memory':4194304}");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "reapQueue"), "[]");
    d = dirt_of(&m);
    CU_ASSERT_EQUAL(d.deliveries, 0);
    CU_ASSERT_EQUAL(d.steps, (2 * d.memory - LIMIT_NEAR) / 4); /* half of what is left is free */
    (void)machine_call(&m, "maker", "change", "'one',{'reapInterval':300}");
    CU_ASSERT_EQUAL(dirt_of(&m).deliveries, 0);
    CU_ASSERT_TRUE(dirt_of(&m).steps < d.steps);
    (void)machine_call(&m, "maker", "call", "'one','spend',200000");
    CU_ASSERT_EQUAL(dirt_of(&m).steps, 0);
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "reapQueue"), "[\"v3\"]");
    machine_work(&m, 0);
    CU_ASSERT_EQUAL(dirt_of(&m).deliveries, 0);
    CU_ASSERT_TRUE(dirt_of(&m).steps > 0);
    CU_ASSERT_TRUE(machine_agrees_with_real(&m));
    machine_close(&m);
}

/* How far a vat may grow before it is reaped is below its limit, whenever that was set: where the
 * limit is lowered the vat is reaped, where it is raised nothing is new until the next reap. */
static void options__memory_that_changes_bounds_the_growth(void)
{
    struct machine m;
    struct dirt far, near;

    machine_open(&m, "maker.json");
    (void)make(&m, "'one','child'");
    far = dirt_of(&m);
    (void)machine_call(&m, "maker", "change", "'one',{'memory':4194304}");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "reapQueue"), "[\"v3\"]");
    machine_work(&m, 0);
    near = dirt_of(&m);
    CU_ASSERT_TRUE(near.memory < far.memory);
    CU_ASSERT_EQUAL(near.deliveries, 0);
    (void)machine_call(&m, "maker", "change", "'one',{'memory':268435456}");
    CU_ASSERT_EQUAL(dirt_of(&m).memory, near.memory);
    CU_ASSERT_EQUAL(dirt_of(&m).deliveries, 0);
    CU_ASSERT_TRUE(dirt_of(&m).steps > near.steps / 2);
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "reapQueue"), "[]");
    (void)machine_call(&m, "maker", "call", "'one','spend',200000");
    machine_work(&m, 0);
    CU_ASSERT_EQUAL(dirt_of(&m).memory, far.memory);
    CU_ASSERT_TRUE(dirt_of(&m).deliveries > 0);
    CU_ASSERT_TRUE(machine_agrees_with_real(&m));
    machine_close(&m);
}

/* A limit that is raised before each message does not hide what the vat has grown by. */
static void options__memory_that_is_raised_hides_no_growth(void)
{
    struct machine m;
    char change[64];

    machine_open(&m, "maker.json");
    (void)make(&m, "'one','child'");
    for (int i = 0; i < 3; i++) { /* each is less than makes a vat due */
        (void)snprintf(change, sizeof change, "'one',{'memory':%d}", 268435456 + 65536 * (i + 1));
        (void)machine_call(&m, "maker", "change", change);
        CU_ASSERT_EQUAL(m.out.status, MESSAGE_FULFILLED);
        CU_ASSERT_STRING_EQUAL(machine_get(&m, "reapQueue"), "[]");
        (void)machine_call(&m, "maker", "call", "'one','take',1");
        if (strcmp(machine_get(&m, "reapQueue"), "[]") != 0) break;
    }
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "reapQueue"), "[\"v3\"]");
    CU_ASSERT_TRUE(machine_agrees_with_real(&m));
    machine_close(&m);
}

/* Its limit may be lowered, too. */
static void options__memory_that_is_lowered_reaps_no_vat_that_never_is(void)
{
    struct machine m;

    machine_open(&m, "maker.json");
    (void)make(&m, "'one','child',{'reapInterval':'never'}");
    (void)machine_call(&m, "maker", "change", "'one',{'memory':8388608}");
    CU_ASSERT_EQUAL(m.out.status, MESSAGE_FULFILLED);
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "reapQueue"), "[]");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "v3.reapDirt"), "{}");
    machine_close(&m);
}

/* Vats that were given up are gone at once, with their memory. */
static void vat_admin__what_was_given_up_takes_no_memory(void)
{
    struct machine m;
    size_t before;

    machine_open(&m, "maker.json");
    (void)make(&m, "'x','broken'");
    before = m.kernel->vats.len;
    for (int i = 0; i < 20; i++) {
        (void)make(&m, "'x','broken'");
        CU_ASSERT_EQUAL(m.out.status, MESSAGE_REJECTED);
    }
    CU_ASSERT_EQUAL(m.kernel->vats.len, before);
    machine_close(&m);
}

/* Whoever may make vats can make and end a thousand in a block. */
static void vat_admin__what_ended_takes_no_memory(void)
{
    struct machine m;
    size_t before;

    machine_open(&m, "maker.json");
    (void)make(&m, "'one','child'");
    machine_ok(kernel_mark(m.kernel, &m.err), &m);
    before = m.kernel->vats.len;
    ASSERT_CALL(&m, "createAndEnd", "'child',20", "20");
    ASSERT_CALL(&m, "createAndEnd", "'child',20", "20");
    CU_ASSERT_TRUE(m.kernel->vats.len <= before + 1);
    for (int i = 0; i < 5; i++) /* the incarnation at the mark is kept, and no other */
        (void)machine_call(&m, "maker", "upgrade", "'one','child',{}");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "v3.incarnation"), "5");
    CU_ASSERT_TRUE(m.kernel->vats.len <= before + 2);
    ASSERT_CALL(&m, "call", "'one','count'", "1");
    CU_ASSERT_TRUE(machine_agrees_with_real(&m));
    machine_ok(kernel_back_to_mark(m.kernel, &m.err), &m);
    CU_ASSERT_EQUAL(m.kernel->vats.len, before);
    ASSERT_CALL(&m, "call", "'one','count'", "1");
    machine_close(&m);
}

/* A savepoint at which a vat lived that ended since keeps it, and is paid for with its memory. */
static void vat_admin__what_a_savepoint_keeps_is_bounded(void)
{
    enum { ROUNDS = 40, LOOKED_AT = 4 };
    static const struct message asked = {.limited = false}; /* makes a savepoint where it is */
    struct machine m;
    struct position lived[ROUNDS];
    char args[64];

    machine_open(&m, "maker.json");
    machine_ok(kernel_mark(m.kernel, &m.err), &m);
    kernel_keep_savepoints(m.kernel, true);
    for (int i = 0; i < ROUNDS; i++) {
        (void)snprintf(args, sizeof args, "'vat%d','child'", i);
        (void)make(&m, args);
        (void)snprintf(args, sizeof args, "'vat%d','count'", i);
        ASSERT_CALL(&m, "call", args, "1");
        lived[i] = kernel_position(m.kernel);
        machine_ok(machine_ask(&m, asked, "{'to':'maker','method':'ends','args':[]}"), &m);
        (void)snprintf(args, sizeof args, "'vat%d','enough'", i);
        (void)machine_call(&m, "maker", "end", args);
        CU_ASSERT_TRUE(m.kernel->vats.len < 16);
    }
    for (int i = ROUNDS - 1; i >= 0; i -= ROUNDS / LOOKED_AT) {
        machine_ok(kernel_back_to(m.kernel, &lived[i], &m.err), &m);
        (void)snprintf(args, sizeof args, "'vat%d','count'", i);
        ASSERT_CALL(&m, "call", args, "2");
    }
    machine_close(&m);
}

static void vat_admin__nobody_without_the_device_gets_the_service(void)
{
    struct machine m;

    machine_open(&m, "maker.json");
    (void)machine_call(&m, "vatAdmin", "createVatAdminService", "{}");
    CU_ASSERT_EQUAL(m.out.status, MESSAGE_REJECTED);
    CU_ASSERT_STRING_EQUAL(make(&m, "'one','child'"), "\"made one\"");
    machine_close(&m);
}

int main(int argc, char **argv)
{
    static const struct suite_case cases[] = {
        SUITE_CASE(vat_admin__vat_is_made_and_lives_on_every_way),
        SUITE_CASE(vat_admin__creation_that_fails_rejects_and_leaves_nothing),
        SUITE_CASE(vat_admin__memory_of_all_is_bounded),
        SUITE_CASE(vat_admin__end_is_told_to_who_made_it),
        SUITE_CASE(meter__is_spent_refilled_and_ends_its_vats),
        SUITE_CASE(meter__caller_who_is_stopped_pays_nobodys),
        SUITE_CASE(meter__that_a_query_stopped_at_is_nobodys),
        SUITE_CASE(meter__is_not_for_what_others_let_go_of),
        SUITE_CASE(meter__ends_with_its_last_vat),
        SUITE_CASE(meter__no_more_than_the_rules_allow),
        SUITE_CASE(options__interval_that_changes_leaves_the_work_done),
        SUITE_CASE(options__without_an_interval_leave_the_count),
        SUITE_CASE(options__interval_is_not_waited_for_near_the_limit),
        SUITE_CASE(options__memory_that_changes_bounds_the_growth),
        SUITE_CASE(options__memory_that_is_raised_hides_no_growth),
        SUITE_CASE(options__memory_that_is_lowered_reaps_no_vat_that_never_is),
        SUITE_CASE(vat_admin__undone_with_its_message),
        SUITE_CASE(vat_admin__what_was_given_up_takes_no_memory),
        SUITE_CASE(vat_admin__what_ended_takes_no_memory),
        SUITE_CASE(vat_admin__what_a_savepoint_keeps_is_bounded),
        SUITE_CASE(vat_admin__nobody_without_the_device_gets_the_service),
    };

    return MACHINE_MAIN("kernel_vat_admin", cases, argc, argv);
}
