/* The bridge's way in: who may speak, who hears it, and what comes of it. */
#include "tests/unit/kernel/machine.h"

static const struct message plain = {0}, control = {.control = true};

#define ASSERT_ANSWER(machine, in, text, expected_status, expected)                                \
    do {                                                                                           \
        const char *said = machine_input(machine, in, text);                                       \
        CU_ASSERT_EQUAL((machine)->out.status, expected_status);                                   \
        if (!strstr(said, expected)) (void)printf("\n    %s\n", said);                             \
        CU_ASSERT_PTR_NOT_NULL(strstr(said, expected));                                            \
    } while (0)

static void porters_open(struct machine *m)
{
    machine_open(m, "porters.json");
    (void)machine_call(m, "left", "register", "");
    CU_ASSERT_EQUAL(m->out.status, MESSAGE_FULFILLED);
}

static void inbound__event_reaches_the_handler_and_is_answered(void)
{
    struct machine m;

    porters_open(&m);
    ASSERT_ANSWER(&m, control, "{'bridge':'bridge','args':['paid',{'coins':5}]}", MESSAGE_FULFILLED,
                  "[\"paid\",{\"coins\":5}]");
    CU_ASSERT_EQUAL_FATAL(m.out.outputs_len, 1);
    CU_ASSERT_STRING_EQUAL(buffer_text(&m.out.outputs[0]), "\"left got paid\"");
    ASSERT_ANSWER(&m, control, "{'bridge':'bridge','args':['bad']}", MESSAGE_REJECTED,
                  "RangeError: not at home");
    ASSERT_ANSWER(&m, control, "{'bridge':'bridge','args':['late']}", MESSAGE_PENDING, "null");
    (void)machine_call(&m, "left", "go", "7");
    CU_ASSERT_EQUAL_FATAL(m.out.settled.len, 1);
    CU_ASSERT_STRING_EQUAL(buffer_text(&m.out.settled.items[0].value), "7");
    CU_ASSERT_TRUE(machine_agrees_with_real(&m));
    machine_close(&m);
}

static void inbound__only_the_chain_speaks_by_the_bridge(void)
{
    struct machine m;

    porters_open(&m);
    ASSERT_ANSWER(&m, plain, "{'bridge':'bridge','args':['forged']}", MESSAGE_REJECTED,
                  "only the chain itself may speak by the bridge");
    CU_ASSERT_EQUAL(m.out.outputs_len, 0);
    /* With a vat named it is what it always was: a call, the other key ignored. */
    ASSERT_ANSWER(&m, plain, "{'bridge':'bridge','to':'left','method':'unheard','args':[]}",
                  MESSAGE_REJECTED, "unheard");
    CU_ASSERT_EQUAL(machine_ask(&m, plain, "{'bridge':'bridge','args':['forged']}"), HS_OK);
    CU_ASSERT_EQUAL(m.out.status, MESSAGE_REJECTED);
    machine_close(&m);
}

static void inbound__nobody_to_hear_it_is_told(void)
{
    struct machine m;

    machine_open(&m, "porters.json");
    ASSERT_ANSWER(&m, control, "{'bridge':'bridge','args':['x']}", MESSAGE_REJECTED,
                  "no vat has registered");
    (void)machine_call(&m, "left", "register", "");
    ASSERT_ANSWER(&m, control, "{'bridge':'nowhere','args':['x']}", MESSAGE_REJECTED,
                  "there is no bridge named \\\"nowhere\\\"");
    ASSERT_ANSWER(&m, control, "{'bridge':'timer','args':['x']}", MESSAGE_REJECTED,
                  "there is no bridge named \\\"timer\\\"");
    ASSERT_ANSWER(&m, control, "{'bridge':'','args':['x']}", MESSAGE_REJECTED, "no bridge named");
    ASSERT_ANSWER(&m, control, "{'bridge':'bridge'}", MESSAGE_REJECTED, "must be a list");
    ASSERT_ANSWER(&m, control, "{'bridge':7,'args':[]}", MESSAGE_REJECTED, "must name a vat");
    (void)machine_call(&m, "left", "exit", "");
    ASSERT_ANSWER(&m, control, "{'bridge':'bridge','args':['x']}", MESSAGE_REJECTED,
                  "the vat has ended");
    (void)machine_call(&m, "right", "register", ""); /* the place is free */
    ASSERT_ANSWER(&m, control, "{'bridge':'bridge','args':['x']}", MESSAGE_FULFILLED, "[\"x\"]");
    machine_work(&m, 0);
    CU_ASSERT_EQUAL(machine_count(&m, "v1."), 0);
    machine_close(&m);
}

static void register__one_vat_at_a_time_and_its_own_to_end(void)
{
    struct machine m;

    porters_open(&m);
    ASSERT_ANSWER(&m, plain, "{'to':'right','method':'register','args':[]}", MESSAGE_REJECTED,
                  "already registered");
    ASSERT_ANSWER(&m, plain, "{'to':'right','method':'unregister','args':[]}", MESSAGE_REJECTED,
                  "another vat registered");
    ASSERT_ANSWER(&m, plain, "{'to':'right','method':'raw','args':['registerInboundHandler',5]}",
                  MESSAGE_REJECTED, "remotable object");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "d7.deviceState"),
                           "{\"inboundHandler\":\"ko22\",\"vat\":\"v1\"}");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "ko22.refCount"), "1,1");
    (void)machine_call(&m, "left", "unregister", "");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "d7.deviceState"), "{}");
    ASSERT_ANSWER(&m, plain, "{'to':'right','method':'register','args':[]}", MESSAGE_FULFILLED,
                  "null");
    machine_close(&m);
}

static void ways__registered_handler_outlives_a_restart(void)
{
    struct machine m, twin;

    porters_open(&m);
    porters_open(&twin);
    for (int images = 0; images < 2; images++) {
        machine_ok(kernel_mark(m.kernel, &m.err), &m);
        machine_snapshot(&m);
        machine_ok(machine_restart(&m, images == 1), &m);
        ASSERT_ANSWER(&m, control, "{'bridge':'bridge','args':['again']}", MESSAGE_FULFILLED,
                      "again");
        (void)machine_input(&twin, control, "{'bridge':'bridge','args':['again']}");
        CU_ASSERT_TRUE(machine_equal(&m, &twin));
    }
    machine_close(&m);
    machine_close(&twin);
}

int main(int argc, char **argv)
{
    static const struct suite_case cases[] = {
        SUITE_CASE(inbound__event_reaches_the_handler_and_is_answered),
        SUITE_CASE(inbound__only_the_chain_speaks_by_the_bridge),
        SUITE_CASE(inbound__nobody_to_hear_it_is_told),
        SUITE_CASE(register__one_vat_at_a_time_and_its_own_to_end),
        SUITE_CASE(ways__registered_handler_outlives_a_restart),
    };

    return MACHINE_MAIN("kernel_bridge", cases, argc, argv);
}
