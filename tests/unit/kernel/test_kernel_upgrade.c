/* Upgrade: another program in a vat's place, which goes on with what was kept for it. */
#include "tests/unit/kernel/machine.h"

#define ASSERT_CALL(m, method, args, expected)                                                     \
    CU_ASSERT_STRING_EQUAL(machine_call(m, "maker", method, args), expected)
#define ASSERT_SAYS(text, part) CU_ASSERT_PTR_NOT_NULL(strstr(text, part))

static void shop_open(struct machine *m)
{
    machine_open(m, "maker.json");
    ASSERT_CALL(m, "create", "'shop','shop'", "\"made shop\"");
}

static const char *upgrade(struct machine *m, const char *options)
{
    char args[256];

    (void)snprintf(args, sizeof args, "'shop','shop',%s", options);
    return machine_call(m, "maker", "upgrade", args);
}

static void upgrade_to_2(struct machine *m)
{
    CU_ASSERT_STRING_EQUAL(upgrade(m, "{'vatParameters':{'version':2}}"),
                           "{\"incarnationNumber\":1}");
}

static void upgrade__objects_live_on_under_their_references(void)
{
    struct machine m;

    shop_open(&m);
    (void)machine_call(&m, "maker", "hold", "'purse','shop','purse',10");
    ASSERT_CALL(&m, "use", "'purse','add',5", "\"1: 15\"");
    (void)machine_call(&m, "maker", "mine", "'friend','Ann'");
    (void)machine_call(&m, "maker", "use", "'purse','befriend','friend'");
    (void)machine_call(&m, "maker", "pass", "'shop','keep','own','purse'");
    upgrade_to_2(&m);
    ASSERT_CALL(&m, "call", "'shop','version'", "2"); /* the root, too */
    ASSERT_CALL(&m, "use", "'purse','add',1", "\"2: 16\"");
    ASSERT_CALL(&m, "use", "'purse','ask'", "\"Ann\"");
    ASSERT_CALL(&m, "call", "'shop','amount','own'", "16");
    ASSERT_CALL(&m, "call", "'shop','keys'", "[\"otherKind\",\"own\",\"purseKind\"]");
    for (int images = 0; images < 2; images++) {
        machine_ok(kernel_mark(m.kernel, &m.err), &m);
        machine_snapshot(&m);
        CU_ASSERT_EQUAL(machine_restart(&m, images == 1), HS_OK);
        ASSERT_CALL(&m, "use", "'purse','ask'", "\"Ann\"");
    }
    CU_ASSERT_STRING_EQUAL(upgrade(&m, "{'vatParameters':{'version':3}}"),
                           "{\"incarnationNumber\":2}");
    ASSERT_CALL(&m, "use", "'purse','add',1", "\"3: 17\"");
    CU_ASSERT_TRUE(machine_agrees_with_real(&m));
    machine_close(&m);
}

static void upgrade__what_is_not_durable_is_abandoned(void)
{
    struct machine m;
    uint64_t waiting;

    shop_open(&m);
    (void)machine_call(&m, "maker", "hold", "'thing','shop','transient'");
    ASSERT_CALL(&m, "use", "'thing','name'", "\"of 1\"");
    (void)machine_call(&m, "maker", "wait", "'shop'");
    CU_ASSERT_EQUAL(m.out.status, MESSAGE_PENDING);
    waiting = m.out.after.seqnum;
    (void)upgrade(&m, "{'vatParameters':{'version':2},'upgradeMessage':'new'}");
    CU_ASSERT_EQUAL_FATAL(m.out.settled.len, 1);
    CU_ASSERT_EQUAL(m.out.settled.items[0].seqnum, waiting);
    CU_ASSERT_STRING_EQUAL(buffer_text(&m.out.settled.items[0].value),
                           "{\"incarnationNumber\":0,\"kind\":\"vatUpgraded\",\"message\":null,"
                           "\"upgradeMessage\":\"new\"}");
    (void)machine_call(&m, "maker", "use", "'thing','name'");
    CU_ASSERT_EQUAL(m.out.status, MESSAGE_REJECTED);
    (void)machine_call(&m, "maker", "hold", "'thing','shop','transient'"); /* another one */
    ASSERT_CALL(&m, "use", "'thing','name'", "\"of 2\"");
    CU_ASSERT_EQUAL(machine_restart(&m, false), HS_OK);
    ASSERT_CALL(&m, "use", "'thing','name'", "\"of 2\"");
    CU_ASSERT_TRUE(machine_agrees_with_real(&m));
    machine_close(&m);
}

static void upgrade__that_fails_leaves_the_vat_as_it_was(void)
{
    static const struct {
        const char *args, *why;
    } cases[] = {
        {"'shop','shop',{'vatParameters':{'fails':true}}", "it does not start"},
        {"'shop','shop',{'vatParameters':{'forgets':true}}", "purse"},
        {"'shop','broken'", "was not upgraded"},
        {"'shop','0000000000000000000000000000000000000000000000000000000000000000'", "bundle"},
    };
    struct machine m;

    shop_open(&m);
    (void)machine_call(&m, "maker", "hold", "'purse','shop','purse',10");
    (void)machine_call(&m, "maker", "hold", "'thing','shop','transient'");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ASSERT_SAYS(machine_call(&m, "maker", "upgrade", cases[i].args), cases[i].why);
        CU_ASSERT_EQUAL(m.out.events_len, 0);
        ASSERT_CALL(&m, "use", "'thing','name'", "\"of 1\"");
        if (i == 1) CU_ASSERT_EQUAL(machine_restart(&m, false), HS_OK);
    }
    ASSERT_CALL(&m, "use", "'purse','add',1", "\"1: 11\"");
    upgrade_to_2(&m);
    ASSERT_CALL(&m, "use", "'purse','add',1", "\"2: 12\"");
    CU_ASSERT_TRUE(machine_agrees_with_real(&m));
    machine_close(&m);
}

static void upgrade__undone_with_its_message(void)
{
    struct machine m;
    struct position before, between;

    shop_open(&m);
    (void)machine_call(&m, "maker", "hold", "'purse','shop','purse',10");
    machine_ok(kernel_mark(m.kernel, &m.err), &m);
    machine_snapshot(&m);
    kernel_keep_savepoints(m.kernel, true);
    ASSERT_CALL(&m, "use", "'purse','add',1", "\"1: 11\"");
    before = kernel_position(m.kernel);
    upgrade_to_2(&m);
    ASSERT_CALL(&m, "use", "'purse','add',1", "\"2: 12\"");
    between = kernel_position(m.kernel);
    (void)upgrade(&m, "{'vatParameters':{'version':3}}");
    ASSERT_CALL(&m, "use", "'purse','add',1", "\"3: 13\"");
    machine_ok(kernel_back_to(m.kernel, &between, &m.err), &m);
    ASSERT_CALL(&m, "use", "'purse','add',1", "\"2: 13\"");
    machine_ok(kernel_back_to(m.kernel, &before, &m.err), &m);
    ASSERT_CALL(&m, "use", "'purse','add',1", "\"1: 12\"");
    upgrade_to_2(&m);
    machine_ok(kernel_back_to_mark(m.kernel, &m.err), &m);
    ASSERT_CALL(&m, "use", "'purse','add',1", "\"1: 11\"");
    upgrade_to_2(&m);
    machine_ok(kernel_mark(m.kernel, &m.err), &m);
    machine_snapshot(&m); /* the old image is in the album */
    ASSERT_CALL(&m, "use", "'purse','add',1", "\"2: 12\"");
    machine_close(&m);
}

static void upgrade__image_of_the_old_incarnation_is_none_of_the_new(void)
{
    struct machine m;

    shop_open(&m);
    (void)machine_call(&m, "maker", "hold", "'purse','shop','purse',10");
    machine_ok(kernel_mark(m.kernel, &m.err), &m);
    machine_snapshot(&m);
    upgrade_to_2(&m);
    CU_ASSERT_EQUAL(machine_restart(&m, true), HS_OK); /* its tail, from the store */
    CU_ASSERT_EQUAL(m.report.vats_from_images, 2);
    ASSERT_CALL(&m, "use", "'purse','add',1", "\"2: 11\"");
    machine_ok(kernel_mark(m.kernel, &m.err), &m);
    machine_snapshot(&m);
    CU_ASSERT_EQUAL(machine_restart(&m, true), HS_OK);
    CU_ASSERT_EQUAL(m.report.vats_from_images, 3);
    ASSERT_CALL(&m, "use", "'purse','add',1", "\"2: 12\"");
    machine_close(&m);
}

static void durable__only_what_lasts_is_kept(void)
{
    struct machine m;

    shop_open(&m);
    ASSERT_SAYS(machine_call(&m, "maker", "call", "'shop','keepTransient'"), "not durable");
    ASSERT_SAYS(machine_call(&m, "maker", "call", "'shop','keepPromise'"), "not durable");
    ASSERT_SAYS(machine_call(&m, "maker", "call", "'shop','kept','nothing'"), "baggage has no");
    ASSERT_SAYS(machine_call(&m, "maker", "call", "'shop','store','.holds.o-50','1'"), "own");
    (void)machine_call(&m, "maker", "call", "'shop','store','!','1'");
    (void)machine_call(&m, "maker", "call", "'shop','store','mine','1'");
    ASSERT_CALL(&m, "call", "'shop','storeKeys'", "[\"!\",\"mine\"]");
    machine_close(&m);
}

/* Let the shop's collection run. */
static void reap(struct machine *m)
{
    for (int i = 0; i < 330; i++) {
        (void)machine_call(m, "maker", "call", "'shop','version'");
    }
    machine_work(m, 0);
}

static void durable__goes_when_nobody_has_it(void)
{
    struct machine m;

    shop_open(&m);
    (void)machine_call(&m, "maker", "mine", "'friend','Ann'");
    (void)machine_call(&m, "maker", "hold", "'purse','shop','purse',10");
    (void)machine_call(&m, "maker", "use", "'purse','befriend','friend'");
    (void)machine_call(&m, "maker", "pass", "'shop','keep','own','purse'");
    (void)machine_call(&m, "maker", "pass", "'shop','keep','pal','friend'");
    reap(&m); /* nothing here stands for it any more; it is where it was */
    ASSERT_CALL(&m, "use", "'purse','ask'", "\"Ann\"");
    (void)machine_call(&m, "maker", "pass", "'shop','see','purse'");
    reap(&m);
    ASSERT_CALL(&m, "pass", "'shop','saw','purse'", "\"seen\""); /* the same, to the vat */
    (void)machine_call(&m, "maker", "letGo", "'friend'");
    (void)machine_call(&m, "maker", "letGo", "'purse'");
    CU_ASSERT_EQUAL(machine_count(&m, "v3.vs..state."), 1);
    reap(&m);
    ASSERT_CALL(&m, "call", "'shop','amount','own'", "10"); /* the store has it */
    ASSERT_CALL(&m, "call", "'shop','name','pal'", "\"Ann\"");
    (void)machine_call(&m, "maker", "call", "'shop','unkeep','own'");
    (void)machine_call(&m, "maker", "call", "'shop','unkeep','pal'");
    reap(&m);
    reap(&m);
    CU_ASSERT_EQUAL(machine_count(&m, "v3.vs..state."), 0);
    CU_ASSERT_EQUAL(machine_count(&m, "v3.vs..holds.o-"), 0);
    CU_ASSERT_EQUAL(machine_restart(&m, false), HS_OK);
    upgrade_to_2(&m);
    CU_ASSERT_TRUE(machine_agrees_with_real(&m));
    machine_close(&m);
}

/* What a refused message named, the kernel does not have and will never let go of: nobody but the
 * vat may hold it. */
static void refused__message_holds_nothing_of_what_it_named(void)
{
    struct machine m;

    machine_open(&m, "maker.json");
    ASSERT_CALL(&m, "create", "'shop','shop',{'memory':8388608,'reapInterval':2}", "\"made shop\"");
    (void)machine_call(&m, "maker", "mine", "'friend','Ann'");
    for (int i = 0; i < 20; i++) { /* 15 MB of objects and promises */
        ASSERT_CALL(&m, "pass", "'shop','overreach','friend',5", "5");
        machine_work(&m, 0);
    }
    CU_ASSERT_EQUAL(machine_count(&m, "v3.vs..export."), 0);
    for (int i = 0; i < 4; i++)
        reap(&m);
    CU_ASSERT_EQUAL(machine_count(&m, "v3.vs..state."), 1);
    machine_ok(machine_restart(&m, false), &m);
    (void)machine_call(&m, "maker", "hold", "'purse','shop','lastNamed'");
    ASSERT_CALL(&m, "use", "'purse','add',3", "\"1: 7\""); /* it is passed as any other */
    CU_ASSERT_EQUAL(machine_count(&m, "v3.vs..export."), 1);
    CU_ASSERT_TRUE(machine_agrees_with_real(&m));
    machine_close(&m);
}

/* However much hangs on what another vat lets go of, its owner lives. */
static void durable__long_row_goes_by_and_by(void)
{
    enum { LONG = 1200 };
    struct machine m;
    size_t holds;

    shop_open(&m);
    holds = machine_count(&m, "v3.vs..holds.");
    (void)machine_call(&m, "maker", "hold", "'head','shop','row',1200");
    reap(&m);
    CU_ASSERT_EQUAL(machine_count(&m, "v3.vs..state."), LONG);
    (void)machine_call(&m, "maker", "letGo", "'head'");
    for (int i = 0; i < 4; i++) {
        size_t before = machine_count(&m, "v3.vs..state.");

        reap(&m);
        CU_ASSERT(machine_count(&m, "v3.vs..state.") <= before);
        CU_ASSERT_STRING_EQUAL(machine_call(&m, "maker", "call", "'shop','version'"), "1");
    }
    CU_ASSERT_EQUAL(machine_count(&m, "v3.vs..state."), 0);
    CU_ASSERT_EQUAL(machine_count(&m, "v3.vs..holds."), holds);
    CU_ASSERT_TRUE(machine_agrees_with_real(&m));
    machine_close(&m);
}

/* Whether the object was collected must not show to who has its state. */
static void durable__state_keeps_its_object(void)
{
    struct machine m;

    shop_open(&m);
    (void)machine_call(&m, "maker", "hold", "'purse','shop','purse',10");
    (void)machine_call(&m, "maker", "use", "'purse','lend'");
    (void)machine_call(&m, "maker", "letGo", "'purse'");
    reap(&m);
    reap(&m);
    ASSERT_CALL(&m, "call", "'shop','lentAmount'", "10");
    (void)machine_call(&m, "maker", "call", "'shop','giveBack'");
    reap(&m);
    reap(&m);
    CU_ASSERT_EQUAL(machine_count(&m, "v3.vs..state."), 0);
    machine_close(&m);
}

/* Nor to who has a part of it: kept itself, or in a weak collection. */
static void durable__parts_are_the_same_later(void)
{
    static const char *const parts[] = {"self", "state", "context", "face", "method", "getter"};
    struct machine m;

    shop_open(&m);
    (void)machine_call(&m, "maker", "hold", "'purse','shop','purse',10");
    (void)machine_call(&m, "maker", "use", "'purse','mark'");
    reap(&m);
    ASSERT_CALL(&m, "use", "'purse','marks'",
                "[\"self\",\"state\",\"context\",\"face\",\"method\",\"getter\"]");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char args[64];

        (void)snprintf(args, sizeof args, "'keeper','shop','purse',1");
        (void)machine_call(&m, "maker", "hold", args);
        (void)snprintf(args, sizeof args, "'keeper','keepPart','%s'", parts[i]);
        (void)machine_call(&m, "maker", "use", args);
        reap(&m);
        (void)snprintf(args, sizeof args, "'keeper','isKept','%s'", parts[i]);
        ASSERT_CALL(&m, "use", args, "true");
    }
    CU_ASSERT_TRUE(machine_agrees_with_real(&m));
    machine_close(&m);
}

static void durable__methods_and_states_are_for_their_own(void)
{
    struct machine m;

    shop_open(&m);
    (void)machine_call(&m, "maker", "hold", "'purse','shop','purse',10");
    (void)machine_call(&m, "maker", "pass", "'shop','keep','own','purse'");
    ASSERT_CALL(&m, "use", "'purse','misuse'", "0");
    ASSERT_CALL(&m, "call", "'shop','amount','own'", "10");
    machine_close(&m);
}

/* What only the heap of the incarnation before had: found and deleted in portions. */
static void upgrade__leaves_no_states_behind(void)
{
    enum { MANY = 1500 };
    struct machine m;
    size_t holds, imports;

    shop_open(&m);
    (void)machine_call(&m, "maker", "hold", "'purse','shop','purse',10");
    (void)machine_call(&m, "maker", "pass", "'shop','keep','own','purse'");
    (void)machine_call(&m, "maker", "letGo", "'purse'");
    reap(&m);
    holds = machine_count(&m, "v3.vs..holds.");
    imports = machine_count(&m, "v3.c.o-");
    (void)machine_call(&m, "maker", "mine", "'friend','Ann'");
    (void)machine_call(&m, "maker", "pass", "'shop','hoard',1500,'friend'");
    (void)machine_call(&m, "maker", "hold", "'held','shop','hoarded',7"); /* reachable */
    (void)machine_call(&m, "maker", "hold", "'dropped','shop','hoarded',9");
    (void)machine_call(&m, "maker", "letGo", "'dropped'");
    (void)machine_call(&m, "maker", "letGo", "'friend'");
    reap(&m); /* its heap has it still */
    CU_ASSERT_EQUAL(machine_count(&m, "v3.vs..state."), MANY + 1);
    upgrade_to_2(&m);
    CU_ASSERT_EQUAL(machine_count(&m, "v3.vs..state."), MANY + 1);
    for (int i = 0; i < 40 && machine_count(&m, "v3.vs..state.") > 3; i++) {
        size_t before = machine_count(&m, "v3.vs..state.");

        reap(&m);
        CU_ASSERT_TRUE(before - machine_count(&m, "v3.vs..state.") <= 1000);
        if (i % 10 == 0) CU_ASSERT_EQUAL(machine_restart(&m, false), HS_OK);
    }
    reap(&m);
    ASSERT_CALL(&m, "use", "'held','add',1", "\"2: 8\""); /* and its friend, the one before */
    CU_ASSERT_EQUAL(machine_count(&m, "v3.vs..state."), 3);
    ASSERT_CALL(&m, "call", "'shop','amount','own'", "10");
    (void)machine_call(&m, "maker", "letGo", "'held'");
    for (int i = 0; i < 40 && machine_count(&m, "v3.c.o-") > imports; i++) {
        reap(&m); /* maker's, then shop's: when depends on the steps that their calls take */
    }
    CU_ASSERT_EQUAL(machine_count(&m, "v3.vs..state."), 1);
    CU_ASSERT_EQUAL(machine_count(&m, "v3.vs..export."), 0);
    CU_ASSERT_EQUAL(machine_count(&m, "v3.vs..holds."), holds);
    CU_ASSERT_EQUAL(machine_count(&m, "v3.c.o-"), imports);
    CU_ASSERT_TRUE(machine_agrees_with_real(&m));
    machine_close(&m);
}

int main(int argc, char **argv)
{
    static const struct suite_case cases[] = {
        SUITE_CASE(upgrade__objects_live_on_under_their_references),
        SUITE_CASE(upgrade__what_is_not_durable_is_abandoned),
        SUITE_CASE(upgrade__that_fails_leaves_the_vat_as_it_was),
        SUITE_CASE(upgrade__undone_with_its_message),
        SUITE_CASE(upgrade__image_of_the_old_incarnation_is_none_of_the_new),
        SUITE_CASE(durable__only_what_lasts_is_kept),
        SUITE_CASE(durable__goes_when_nobody_has_it),
        SUITE_CASE(durable__long_row_goes_by_and_by),
        SUITE_CASE(durable__state_keeps_its_object),
        SUITE_CASE(upgrade__leaves_no_states_behind),
        SUITE_CASE(refused__message_holds_nothing_of_what_it_named),
        SUITE_CASE(durable__parts_are_the_same_later),
        SUITE_CASE(durable__methods_and_states_are_for_their_own),
    };

    return MACHINE_MAIN("kernel_upgrade", cases, argc, argv);
}
