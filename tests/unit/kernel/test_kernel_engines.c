/* Engines: a chain goes over to another one at a height, in a program that holds two. */
#include "tests/unit/kernel/machine.h"

#include "kernel/config.h"
#include "kernel/state_vector.h"
#include "kernel/vat/engine.h"
#include "tests/unit/scratch.h"

enum { FIRST = VAT_ENGINE_FIRST, SECOND };

#define ASSERT_CALL(m, method, args, expected)                                                     \
    CU_ASSERT_STRING_EQUAL(machine_call(m, "maker", method, args), expected)
#define ASSERT_SAYS(text, part) CU_ASSERT_PTR_NOT_NULL(strstr(text, part))

/* A vat that counts, and tells which engine it is on (tests/vats/engine/second.js). */
#define PROBE                                                                                      \
    "{'source':'export const buildRootObject=()=>{let n=0;return Far(`probe`,"                     \
    "{on:()=>`${globalThis.secondEngine?2:1}: ${++n}`})}'}"

static const char unheard[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

static const struct message control = {.control = true};

static const char *id_of(size_t number)
{
    return vat_engine_id_at(machine_engine(), number);
}

static struct message use_engine(char text[160], const char *id)
{
    (void)snprintf(text, 160, "{\"kernel\":\"useEngine\",\"engine\":\"%s\"}", id);
    return (struct message){.control = true, .time = 1700000000, .text = slice_text(text)};
}

static enum hs_status change(struct machine *m, const char *id)
{
    char text[160];
    struct message message = use_engine(text, id);

    return machine_deliver_message(m, &message);
}

static void create(struct machine *m, const char *name)
{
    char args[400];

    (void)snprintf(args, sizeof args, "'%s'," PROBE, name);
    (void)machine_call(m, "maker", "create", args);
    CU_ASSERT_EQUAL_FATAL(m->out.status, MESSAGE_FULFILLED);
}

static void upgrade(struct machine *m, const char *name)
{
    char args[400];

    (void)snprintf(args, sizeof args, "'%s'," PROBE ",{}", name);
    (void)machine_call(m, "maker", "upgrade", args);
    CU_ASSERT_EQUAL_FATAL(m->out.status, MESSAGE_FULFILLED);
}

static void before_the_change(struct machine *m)
{
    machine_open(m, "maker.json");
    create(m, "old");
    ASSERT_CALL(m, "call", "'old','on'", "\"1: 1\"");
}

static void snapshot(struct machine *m)
{
    machine_ok(kernel_mark(m->kernel, &m->err), m);
    machine_snapshot(m);
}

static void engine__of_new_vats_at_once_of_old_ones_when_upgraded(void)
{
    struct machine m;

    CU_ASSERT_EQUAL_FATAL(vat_engine_count(), 2);
    before_the_change(&m);
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "kernel.engine"), id_of(FIRST));
    CU_ASSERT_EQUAL(change(&m, id_of(SECOND)), HS_OK);
    CU_ASSERT_EQUAL(m.out.status, MESSAGE_FULFILLED);
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "kernel.engine"), id_of(SECOND));
    create(&m, "new");
    ASSERT_CALL(&m, "call", "'old','on'", "\"1: 2\"");
    ASSERT_CALL(&m, "call", "'new','on'", "\"2: 1\"");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "v3.engine"), id_of(FIRST));
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "v4.engine"), id_of(SECOND));
    upgrade(&m, "old");
    ASSERT_CALL(&m, "call", "'old','on'", "\"2: 1\"");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "v3.engine"), id_of(SECOND));
    CU_ASSERT_EQUAL(change(&m, id_of(FIRST)), HS_OK); /* and back */
    upgrade(&m, "old");
    ASSERT_CALL(&m, "call", "'old','on'", "\"1: 1\"");
    CU_ASSERT_TRUE(machine_agrees_with_real(&m));
    machine_close(&m);
}

/* Also a vat of the configuration comes to the new one, with its program or another. */
static void engine__of_static_vats_when_the_chain_upgrades_them(void)
{
    struct machine m;
    char text[200];

    machine_open(&m, "crowd.json");
    (void)machine_call(&m, "left", "set", "'k','kept'");
    (void)machine_call(&m, "left", "note", "'lost'");
    CU_ASSERT_EQUAL(change(&m, id_of(SECOND)), HS_OK);
    snapshot(&m);
    (void)machine_input(&m, control, "{'kernel':'upgradeVat','vat':'left'}");
    CU_ASSERT_EQUAL(m.out.status, MESSAGE_FULFILLED);
    CU_ASSERT_TRUE(m.out.queued > 0);
    machine_ok(machine_deliver(&m, 0, slice_make("", 0)), &m);
    CU_ASSERT_EQUAL_FATAL(m.out.events_len, 1);
    ASSERT_SAYS(buffer_text(&m.out.events[0]), "{\"type\":\"vat_upgraded\",\"vat\":\"left\",");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "v1.engine"), id_of(SECOND));
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "v2.engine"), id_of(FIRST));
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "v1.incarnation"), "1");
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "left", "get", "'k'"), "\"kept\"");
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "left", "notes", ""), "[]");
    for (int images = 0; images < 2; images++) {
        machine_ok(machine_restart(&m, images), &m);
        CU_ASSERT_STRING_EQUAL(machine_call(&m, "left", "get", "'k'"), "\"kept\"");
        snapshot(&m);
    }
    ASSERT_SAYS(machine_input(&m, control, "{'kernel':'upgradeVat','vat':'nobody'}"), "no vat");
    (void)snprintf(text, sizeof text, "{'kernel':'upgradeVat','vat':'left','bundle':'%s'}",
                   unheard);
    ASSERT_SAYS(machine_input(&m, control, text), "no bundle");
    CU_ASSERT_EQUAL(m.out.status, MESSAGE_REJECTED);
    CU_ASSERT_TRUE(machine_agrees_with_real(&m));
    machine_close(&m);
}

/* What cannot be done is told, and leaves the vat as it was. */
static void engine__upgrade_that_fails_is_told(void)
{
    struct machine m;
    char text[200];

    machine_open(&m, "maker.json");
    (void)machine_call(&m, "maker", "mine", "'f','Ann'");
    (void)snprintf(text, sizeof text, "{'kernel':'upgradeVat','vat':'maker','bundle':'%s'}",
                   machine_get(&m, "bundle.name.broken"));
    (void)machine_input(&m, control, text);
    machine_ok(machine_deliver(&m, 0, slice_make("", 0)), &m);
    CU_ASSERT_EQUAL_FATAL(m.out.events_len, 1);
    ASSERT_SAYS(buffer_text(&m.out.events[0]), "{\"type\":\"vat_not_upgraded\",\"vat\":\"maker\",");
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "maker", "use", "'f','name'"), "\"Ann\"");
    (void)machine_input(&m, control, "{'kernel':'upgradeVat','vat':'maker'}");
    (void)machine_input(&m, control, "{'kernel':'terminateVat','vat':'maker','reason':'x'}");
    machine_ok(machine_deliver(&m, 0, slice_make("", 0)), &m);
    ASSERT_SAYS(buffer_text(&m.out.events[0]), "has ended");
    machine_work(&m, 0);
    CU_ASSERT_TRUE(machine_agrees_with_real(&m));
    machine_close(&m);
}

/* The kernel's own programs keep nothing over an upgrade: the service would be gone. */
static void engine__built_in_vats_are_not_upgraded(void)
{
    struct machine m;
    char text[200];

    machine_open(&m, "maker.json");
    create(&m, "a");
    ASSERT_SAYS(machine_input(&m, control, "{'kernel':'upgradeVat','vat':'vatAdmin'}"), "built in");
    CU_ASSERT_EQUAL(m.out.status, MESSAGE_REJECTED);
    CU_ASSERT_EQUAL(m.out.queued, 0);
    (void)snprintf(text, sizeof text, "{'kernel':'upgradeVat','vat':'vatAdmin','bundle':'%s'}",
                   machine_get(&m, "bundle.name.shop"));
    ASSERT_SAYS(machine_input(&m, control, text), "built in");
    machine_ok(machine_restart(&m, 0), &m); /* what says so is in the store */
    ASSERT_SAYS(machine_input(&m, control, "{'kernel':'upgradeVat','vat':'vatAdmin'}"), "built in");
    create(&m, "b");
    CU_ASSERT_TRUE(machine_agrees_with_real(&m));
    machine_close(&m);
}

/* A step of the row below. */
static void step(struct machine *m, unsigned number)
{
    switch (number) {
    case 0: create(m, "a"); break;
    case 2: CU_ASSERT_EQUAL_FATAL(change(m, id_of(SECOND)), HS_OK); break;
    case 4: create(m, "b"); break;
    case 6: upgrade(m, "a"); break;
    case 8: CU_ASSERT_EQUAL_FATAL(change(m, id_of(FIRST)), HS_OK); break;
    case 10: upgrade(m, "b"); break;
    default:
        (void)machine_call(m, "maker", "call", "'a','on'");
        if (number > 4) (void)machine_call(m, "maker", "call", "'b','on'");
    }
}

enum { STEPS = 13 };

enum way { ON, BACK_TO_SAVEPOINT, BACK_TO_MARK, BY_STORE, BY_IMAGES, WAYS };

/* Step `number`, and the last of two messages undone and done again, or the kernel started anew. */
static void step_by(struct machine *m, unsigned number, enum way way)
{
    struct position before;

    snapshot(m);
    kernel_keep_savepoints(m->kernel, way == BACK_TO_SAVEPOINT);
    (void)machine_call(m, "maker", "ends", "");
    before = kernel_position(m->kernel);
    step(m, number);
    if (way == BACK_TO_SAVEPOINT) {
        machine_ok(kernel_back_to(m->kernel, &before, &m->err), m);
        step(m, number);
    } else if (way == BACK_TO_MARK) {
        machine_ok(kernel_back_to_mark(m->kernel, &m->err), m);
        (void)machine_call(m, "maker", "ends", "");
        step(m, number);
    } else if (way != ON) {
        machine_ok(machine_restart(m, way == BY_IMAGES), m);
    }
}

/* Every way, at every place of a change and what follows it, comes to the same. */
static void engine__same_on_every_way(void)
{
    struct machine straight, m;

    machine_open(&straight, "maker.json");
    for (unsigned i = 0; i < STEPS; i++) {
        step_by(&straight, i, ON);
    }
    for (enum way way = ON + 1; way < WAYS; way++) {
        machine_open(&m, "maker.json");
        for (unsigned i = 0; i < STEPS; i++) {
            step_by(&m, i, way);
        }
        CU_ASSERT_TRUE(machine_equal(&straight, &m));
        CU_ASSERT_TRUE(machine_agrees_with_real(&m));
        snapshot(&m);
        machine_ok(machine_restart(&m, true), &m);
        CU_ASSERT_EQUAL(m.report.vats_from_images, 4);
        CU_ASSERT_EQUAL(m.report.transcript_entries_replayed, 0);
        CU_ASSERT_TRUE(machine_equal(&straight, &m));
        machine_close(&m);
    }
    machine_close(&straight);
}

/* What was recorded by one engine is no record of the other's. */
static void engine__steps_are_its_own(void)
{
    struct machine m;

    before_the_change(&m);
    machine_ok(kv_store_set(kv_memory_store(m.real), slice_text("v3.engine"),
                            slice_text(id_of(SECOND)), &m.err),
               &m);
    CU_ASSERT_EQUAL(machine_restart(&m, false), HS_DIVERGED);
    ASSERT_SAYS(m.err.text, "v3");
    machine_close(&m);
}

static void engine__not_held_stops_the_chain_with_words(void)
{
    struct machine m;
    char text[160];
    struct message message = use_engine(text, unheard);
    struct position before;

    before_the_change(&m);
    machine_ok(kernel_mark(m.kernel, &m.err), &m);
    before = kernel_position(m.kernel);
    CU_ASSERT_EQUAL(machine_deliver_message(&m, &message), HS_WRONG_EPOCH);
    ASSERT_SAYS(m.err.text, unheard);
    ASSERT_SAYS(m.err.text, id_of(FIRST));
    ASSERT_SAYS(m.err.text, id_of(SECOND));
    ASSERT_SAYS(m.err.text, "install a release of headstart that holds it");
    machine_ok(kernel_back_to_mark(m.kernel, &m.err), &m);
    CU_ASSERT_TRUE(kernel_position(m.kernel).seqnum == before.seqnum);
    message.skipped = true; /* as all operators agreed */
    machine_ok(machine_deliver_message(&m, &message), &m);
    CU_ASSERT_EQUAL(m.out.status, MESSAGE_REJECTED);
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "kernel.engine"), id_of(FIRST));
    ASSERT_CALL(&m, "call", "'old','on'", "\"1: 2\"");
    machine_ok(kv_store_set(kv_memory_store(m.real), slice_text("kernel.engine"),
                            slice_text(unheard), &m.err),
               &m);
    CU_ASSERT_EQUAL(machine_restart(&m, false), HS_WRONG_EPOCH);
    ASSERT_SAYS(m.err.text, "new vats are on the engine 0011");
    machine_close(&m);
}

static void engine__what_is_no_id_is_rejected(void)
{
    static const char *const texts[] = {
        "{'kernel':'useEngine'}",
        "{'kernel':'useEngine','engine':7}",
        "{'kernel':'useEngine','engine':'0011'}",
    };
    struct machine m;
    char text[160];
    struct message alien = use_engine(text, id_of(SECOND));

    before_the_change(&m);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        ASSERT_SAYS(machine_input(&m, (struct message){.control = true}, texts[i]), "64 hex");
        CU_ASSERT_EQUAL(m.out.status, MESSAGE_REJECTED);
    }
    alien.control = false; /* not the chain's own */
    machine_ok(machine_deliver_message(&m, &alien), &m);
    CU_ASSERT_EQUAL(m.out.status, MESSAGE_REJECTED);
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "kernel.engine"), id_of(FIRST));
    machine_close(&m);
}

/* A chain may begin on another than the program's first. */
static void engine__named_by_the_configuration(void)
{
    struct scratch_path dir = scratch_make();
    struct scratch_path file = scratch_join(dir.text, "kernel.json");
    const char *ids[] = {id_of(SECOND), unheard};
    struct kernel_config *config = NULL;
    struct kv_memory *store = NULL;
    struct buffer value = {0};
    struct hs_error err = {.status = HS_OK};

    for (size_t i = 0; i < 2; i++) {
        buffer_clear(&value);
        CU_ASSERT_EQUAL(buffer_printf(&value,
                                      "{\"engine\":\"%s\",\"vats\":{\"lone\":{\"source\":\"%s\"}}}",
                                      ids[i], machine_vat_path("worker.js")),
                        HS_OK);
        scratch_write(file.text, buffer_slice(&value));
        CU_ASSERT_EQUAL(kernel_config_load(disk_system(), file.text, &config, &err),
                        i == 0 ? HS_OK : HS_INVALID);
        if (i == 1) ASSERT_SAYS(err.text, unheard);
        if (i == 1) break;
        CU_ASSERT_EQUAL_FATAL(kv_memory_open(&store, &err), HS_OK);
        CU_ASSERT_EQUAL(state_vector_init(kv_memory_store(store), config, &err), HS_OK);
        CU_ASSERT_EQUAL(kv_store_get_text(kv_memory_store(store), "v1.engine", &value, &err),
                        HS_OK);
        CU_ASSERT_STRING_EQUAL(buffer_text(&value), id_of(SECOND));
        kernel_config_close(config);
        kv_memory_close(store);
    }
    buffer_fini(&value);
    scratch_remove(dir);
}

int main(int argc, char **argv)
{
    static const struct suite_case cases[] = {
        SUITE_CASE(engine__of_new_vats_at_once_of_old_ones_when_upgraded),
        SUITE_CASE(engine__of_static_vats_when_the_chain_upgrades_them),
        SUITE_CASE(engine__upgrade_that_fails_is_told),
        SUITE_CASE(engine__built_in_vats_are_not_upgraded),
        SUITE_CASE(engine__same_on_every_way),
        SUITE_CASE(engine__steps_are_its_own),
        SUITE_CASE(engine__not_held_stops_the_chain_with_words),
        SUITE_CASE(engine__what_is_no_id_is_rejected),
        SUITE_CASE(engine__named_by_the_configuration),
    };

    return MACHINE_MAIN("kernel_engines", cases, argc, argv);
}
