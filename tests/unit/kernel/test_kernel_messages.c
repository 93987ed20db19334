#include "tests/unit/kernel/machine.h"

#define ASSERT_VALUE(machine, expected)                                                            \
    CU_ASSERT_STRING_EQUAL(buffer_text(&(machine)->out.value), expected)
#define ASSERT_STATUS(machine, expected) CU_ASSERT_EQUAL((machine)->out.status, expected)

/* --- initialisation --- */

static void bootstrap__empty_store_initialises_inside_first_message(void)
{
    struct machine m;
    struct position origin;

    machine_open(&m, "pair.json");
    origin = kernel_position(m.kernel);
    CU_ASSERT_TRUE(position_is_origin(&origin));
    CU_ASSERT_EQUAL(machine_count(&m, ""), 0);
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "left", "notes", ""), "[\"bootstrap\"]");
    CU_ASSERT_EQUAL(m.out.after.seqnum, 1);
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "initialized"), "true");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "vat.names"), "[\"left\",\"right\"]");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "kernel.seqnum"), "1");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "kernel.hash"), m.out.after.hash);
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "pinnedObjects"), "ko20,ko21");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "kd30.owner"), "d7");
    CU_ASSERT_TRUE(machine_agrees_with_real(&m));
    machine_close(&m);
}

static void bootstrap__happens_once(void)
{
    struct machine m;

    machine_open(&m, "pair.json");
    (void)machine_call(&m, "left", "nothing", "");
    CU_ASSERT_EQUAL_FATAL(machine_restart(&m, false), HS_OK);
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "left", "notes", ""), "[\"bootstrap\"]");
    CU_ASSERT_EQUAL(m.out.after.seqnum, 2);
    machine_close(&m);
}

static void bootstrap__parameters_arrive_as_they_were_written(void)
{
    struct machine m;

    machine_open(&m, "pair.json");
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "left", "parameters", ""),
                           "{\"-odd\":\"!plain\",\"name\":\"left\"}");
    machine_close(&m);
}

static void bootstrap__that_fails_fails_the_first_message_and_says_why(void)
{
    static const char *const broken[][2] = {{"broken-program.json", "vat \"broken\""},
                                            {"broken-start.json", "the kettle is empty"},
                                            {"broken-bootstrap.json", "nobody is at home"}};
    struct machine m;

    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        machine_open(&m, broken[i][0]);
        for (int again = 0; again < 2; again++) {
            CU_ASSERT_EQUAL(machine_deliver(&m, 1, slice_text("any")), HS_INVALID);
            CU_ASSERT_PTR_NOT_NULL(strstr(m.err.text, "cannot be initialised"));
            CU_ASSERT_PTR_NOT_NULL(strstr(m.err.text, broken[i][1]));
            CU_ASSERT_EQUAL(machine_count(&m, ""), 0);
            CU_ASSERT_EQUAL(kernel_back_to_mark(m.kernel, &m.err), HS_OK);
        }
        machine_close(&m);
    }
}

/* What the first message would say is said without one, and nothing is written. */
static void rehearsal__says_what_the_first_message_would(void)
{
    static const char *const configs[][2] = {
        {"pair.json", NULL}, {"broken-start.json", "kettle"}, {"broken-program.json", "broken"}};
    struct machine m;
    struct buffer key = {0};

    for (size_t i = 0; i < sizeof configs / sizeof *configs; i++) {
        struct kernel_options options = {.engine = machine_engine()};
        enum hs_status st;

        machine_open(&m, configs[i][0]);
        options.base = kv_memory_store(m.base);
        options.config = m.config;
        st = kernel_rehearse(&options, &m.err);
        CU_ASSERT_EQUAL(st, configs[i][1] ? HS_INVALID : HS_OK);
        if (configs[i][1]) CU_ASSERT_PTR_NOT_NULL(strstr(m.err.text, configs[i][1]));
        CU_ASSERT_EQUAL(kv_store_next(options.base, slice_text(""), &key, NULL, &m.err),
                        HS_NOT_FOUND);
        if (!configs[i][1]) CU_ASSERT_STRING_EQUAL(machine_call(&m, "left", "echo", "1"), "1");
        machine_close(&m);
    }
}

static void start__empty_store_without_configuration_is_invalid(void)
{
    struct machine m;

    machine_open(&m, "pair.json");
    kernel_config_close(m.config);
    m.config = NULL;
    CU_ASSERT_EQUAL(machine_restart(&m, false), HS_INVALID);
    CU_ASSERT_PTR_NOT_NULL(strstr(m.err.text, "configuration"));
    machine_close(&m);
}

static void start__foreign_store_is_corrupt(void)
{
    struct machine m;

    machine_open(&m, "pair.json");
    CU_ASSERT_EQUAL(kv_store_set(kv_memory_store(m.real), slice_text("x"), slice_text("y"), NULL),
                    HS_OK);
    CU_ASSERT_EQUAL(machine_restart(&m, false), HS_CORRUPT);
    machine_close(&m);
}

/* --- plain messages --- */

static void message__values_come_back_as_json(void)
{
    static const struct {
        const char *sent, *back;
    } values[] = {
        {"null", "null"},
        {"true", "true"},
        {"-1.5e3", "-1500"},
        {"1e400", "null"}, /* Infinity */
        {"''", "\"\""},
        {"'!x'", "\"!x\""},
        {"'\\u0021y'", "\"!y\""},
        {"'-5'", "\"-5\""},
        {"'#undefined'", "\"#undefined\""},
        {"'$0.Alleged'", "\"$0.Alleged\""},
        {"[ ]", "[]"},
        {"{'z':'+1','!b':['%c',{'#error':'no'}]}",
         "{\"!b\":[\"%c\",{\"#error\":\"no\"}],\"z\":\"+1\"}"},
        {"'\xe2\x9c\x93 \\u00e9 \\n'", "\"\xe2\x9c\x93 \xc3\xa9 \\n\""},
    };
    struct machine m;

    machine_open(&m, "lone.json");
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        CU_ASSERT_STRING_EQUAL(machine_call(&m, "lone", "echo", values[i].sent), values[i].back);
        ASSERT_STATUS(&m, MESSAGE_FULFILLED);
    }
    machine_close(&m);
}

static void message__what_json_cannot_say_has_a_form(void)
{
    struct machine m;

    machine_open(&m, "lone.json");
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "lone", "nothing", ""), "null");
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "lone", "big", ""),
                           "[\"1180591620717411303424\",\"-5\",null,null,\"!x\",\"-y\","
                           "{\"#odd\":{\"@ref\":\"Alleged: thing\"}}]");
    machine_close(&m);
}

static void message__throwing_is_rejected_with_the_reason(void)
{
    struct machine m;

    machine_open(&m, "lone.json");
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "lone", "fail", "'-5 is too low'"),
                           "{\"error\":\"RangeError: -5 is too low\"}");
    ASSERT_STATUS(&m, MESSAGE_REJECTED);
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "lone", "failWith", "'plain words'"),
                           "{\"error\":\"plain words\"}");
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "lone", "failWith", "{'code':7}"),
                           "{\"error\":\"{\\\"code\\\":7}\"}");
    CU_ASSERT_EQUAL(m.out.after.seqnum, 3);
    machine_close(&m);
}

static void message__unknown_vat_or_method_is_rejected(void)
{
    struct machine m;

    machine_open(&m, "lone.json");
    (void)machine_call(&m, "nobody", "echo", "1");
    ASSERT_STATUS(&m, MESSAGE_REJECTED);
    ASSERT_VALUE(&m, "{\"error\":\"there is no vat named \\\"nobody\\\"\"}");
    (void)machine_call(&m, "lone", "dance", "");
    ASSERT_STATUS(&m, MESSAGE_REJECTED);
    CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&m.out.value), "dance"));
    (void)machine_call(&m, "lone", "\\u0062ootstrap", "{},{}");
    ASSERT_STATUS(&m, MESSAGE_REJECTED);
    ASSERT_VALUE(&m, "{\"error\":\"\\\"bootstrap\\\" is for the kernel alone to call\"}");
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "lone", "echo", "1"), "1");
    CU_ASSERT_EQUAL(m.out.after.seqnum, 4);
    machine_close(&m);
}

static void message__malformed_counts_and_says_why(void)
{
    static const struct {
        const char *text, *words;
    } bad[] = {
        {" ", "unexpected end"},
        {"nonsense", "byte 0"},
        {"null", "must be an object"},
        {"[]", "must be an object"},
        {"{\"to\":\"lone\",\"method\":\"echo\",\"args\":[1]", "unexpected end"},
        {"{\"to\":\"lone\",\"method\":\"echo\",\"args\":[1]}}", "follows the end"},
        {"{\"method\":\"echo\",\"args\":[1]}", "\\\"to\\\""},
        {"{\"to\":7,\"method\":\"echo\",\"args\":[1]}", "\\\"to\\\""},
        {"{\"to\":\"lone\",\"method\":\"\",\"args\":[1]}", "\\\"method\\\""},
        {"{\"to\":\"lone\",\"method\":\"echo\"}", "\\\"args\\\""},
        {"{\"to\":\"lone\",\"method\":\"echo\",\"args\":{}}", "\\\"args\\\""},
        {"{\"to\":\"lone\",\"method\":\"echo\",\"args\":[\"\xff\"]}", "not UTF-8"},
        {"{\"to\":\"lone\",\"method\":\"echo\",\"args\":[01]}", "leading zero"},
    };
    struct machine m;

    machine_open(&m, "lone.json");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CU_ASSERT_EQUAL(machine_deliver(&m, 0, slice_text(bad[i].text)), HS_OK);
        ASSERT_STATUS(&m, MESSAGE_REJECTED);
        CU_ASSERT_EQUAL(m.out.after.seqnum, i + 1);
        CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&m.out.value), bad[i].words));
    }
    CU_ASSERT_TRUE(machine_agrees_with_real(&m));
    machine_close(&m);
}

static void message__of_a_key_that_comes_twice_the_last_counts(void)
{
    struct machine m;

    machine_open(&m, "lone.json");
    CU_ASSERT_EQUAL(machine_deliver(&m, 0,
                                    slice_text("{\"to\":7,\"method\":\"fail\",\"args\":[5],"
                                               "\"extra\":{},\"t\\u006f\":\"lone\","
                                               "\"method\":\"echo\",\"args\":[6]}")),
                    HS_OK);
    ASSERT_VALUE(&m, "6");
    machine_close(&m);
}

static void message__nested_too_deeply_is_rejected(void)
{
    struct machine m;
    struct buffer text = {0};
    enum hs_status st = buffer_append_text(&text, "{\"to\":\"lone\",\"method\":\"echo\",\"args\":");

    machine_open(&m, "lone.json");
    for (int i = 0; i < 200000 && st == HS_OK; i++)
        st = buffer_append_byte(&text, '[');
    CU_ASSERT_EQUAL(st, HS_OK);
    CU_ASSERT_EQUAL(machine_deliver(&m, 0, buffer_slice(&text)), HS_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&m.out.value), "nested too deeply"));
    buffer_fini(&text);
    machine_close(&m);
}

static void message__waiting_is_pending_and_goes_on_later(void)
{
    struct machine m;

    machine_open(&m, "pair.json");
    (void)machine_call(&m, "left", "ask", "'right','wait'");
    ASSERT_STATUS(&m, MESSAGE_PENDING);
    ASSERT_VALUE(&m, "null");
    (void)machine_call(&m, "right", "go", "5");
    ASSERT_STATUS(&m, MESSAGE_FULFILLED);
    /* Nobody holds either promise any more. */
    CU_ASSERT_EQUAL(machine_count(&m, "kp4"), 0);
    CU_ASSERT_EQUAL(machine_count(&m, "v1.c.kp"), 0);
    machine_close(&m);
}

/* --- between vats --- */

static void send__result_comes_back(void)
{
    struct machine m;

    machine_open(&m, "pair.json");
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "left", "ask", "'right','parameters'"),
                           "{\"name\":\"right\"}");
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "left", "askTwice", "'right','grow',3"), "[3,6]");
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "left", "ask", "'right','fail','far away'"),
                           "{\"error\":\"RangeError: far away\"}");
    CU_ASSERT_STRING_EQUAL(
        machine_call(&m, "left", "ask", "'right','ask','left','ask','right','echo',[1]"), "[1]");
    machine_close(&m);
}

static void send__without_result_still_arrives(void)
{
    struct machine m;

    machine_open(&m, "pair.json");
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "left", "tell", "'right','note','hello'"), "null");
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "right", "notes", ""), "[\"hello\"]");
    machine_close(&m);
}

static void notify__comes_in_the_order_of_resolution(void)
{
    struct machine m;

    machine_open(&m, "pair.json");
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "left", "askMany", "'right',['a','b','c']"),
                           "[\"bootstrap\",\"got a\",\"got b\",\"got c\"]");
    machine_close(&m);
}

static void notify__brings_settled_promises_that_the_value_speaks_of(void)
{
    struct machine m;

    machine_open(&m, "pair.json");
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "left", "nested", "'right'"), "[\"inner\",\"outer\"]");
    machine_close(&m);
}

static void send__to_an_unresolved_promise_waits_in_order(void)
{
    struct machine m;

    machine_open(&m, "pair.json");
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "left", "pipeline", "'right'"),
                           "[[\"a\"],[\"a\",\"b\"],[\"a\",\"b\",\"c\"]]");
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "left", "sendToData", "'right'"),
                           "{\"error\":\"Error: cannot send to data: the promise was fulfilled "
                           "with no object\"}");
    CU_ASSERT_TRUE(machine_agrees_with_real(&m));
    machine_close(&m);
}

/* --- the vat's store and the bridge --- */

static void vatstore__keeps_what_a_vat_puts_there(void)
{
    struct machine m;

    machine_open(&m, "pair.json");
    (void)machine_call(&m, "left", "set", "'b','2'");
    (void)machine_call(&m, "left", "set", "'a','1 \\u2713'");
    (void)machine_call(&m, "right", "set", "'c','3'");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "v1.vs.a"), "1 \xe2\x9c\x93");
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "left", "get", "'a'"), "\"1 \xe2\x9c\x93\"");
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "left", "get", "'c'"), "null");
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "left", "keys", ""), "[\"a\",\"b\"]");
    (void)machine_call(&m, "left", "remove", "'a'");
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "left", "keys", ""), "[\"b\"]");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "v1.vs.a"), "(none)");
    machine_close(&m);
}

static void bridge__outputs_are_in_order(void)
{
    struct machine m;

    machine_open(&m, "pair.json");
    (void)machine_call(&m, "left", "announce", "'one',{'two':[2,'!']},null");
    CU_ASSERT_EQUAL_FATAL(m.out.outputs_len, 3);
    CU_ASSERT_STRING_EQUAL(buffer_text(&m.out.outputs[0]), "\"one\"");
    CU_ASSERT_STRING_EQUAL(buffer_text(&m.out.outputs[1]), "{\"two\":[2,\"!\"]}");
    CU_ASSERT_STRING_EQUAL(buffer_text(&m.out.outputs[2]), "null");
    (void)machine_call(&m, "left", "ask", "'right','announceMany',1,2");
    CU_ASSERT_EQUAL_FATAL(m.out.outputs_len, 1);
    CU_ASSERT_STRING_EQUAL(buffer_text(&m.out.outputs[0]), "[1,2]");
    (void)machine_call(&m, "left", "callDevice", "'fly'");
    CU_ASSERT_EQUAL(m.out.outputs_len, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&m.out.value), "no method fly"));
    machine_close(&m);
}

int main(int argc, char **argv)
{
    static const struct suite_case cases[] = {
        SUITE_CASE(bootstrap__empty_store_initialises_inside_first_message),
        SUITE_CASE(bootstrap__happens_once),
        SUITE_CASE(bootstrap__parameters_arrive_as_they_were_written),
        SUITE_CASE(bootstrap__that_fails_fails_the_first_message_and_says_why),
        SUITE_CASE(rehearsal__says_what_the_first_message_would),
        SUITE_CASE(start__empty_store_without_configuration_is_invalid),
        SUITE_CASE(start__foreign_store_is_corrupt),
        SUITE_CASE(message__values_come_back_as_json),
        SUITE_CASE(message__what_json_cannot_say_has_a_form),
        SUITE_CASE(message__throwing_is_rejected_with_the_reason),
        SUITE_CASE(message__unknown_vat_or_method_is_rejected),
        SUITE_CASE(message__malformed_counts_and_says_why),
        SUITE_CASE(message__of_a_key_that_comes_twice_the_last_counts),
        SUITE_CASE(message__nested_too_deeply_is_rejected),
        SUITE_CASE(message__waiting_is_pending_and_goes_on_later),
        SUITE_CASE(send__result_comes_back),
        SUITE_CASE(send__without_result_still_arrives),
        SUITE_CASE(notify__comes_in_the_order_of_resolution),
        SUITE_CASE(notify__brings_settled_promises_that_the_value_speaks_of),
        SUITE_CASE(send__to_an_unresolved_promise_waits_in_order),
        SUITE_CASE(vatstore__keeps_what_a_vat_puts_there),
        SUITE_CASE(bridge__outputs_are_in_order),
    };

    return MACHINE_MAIN("kernel_messages", cases, argc, argv);
}
