/* When a vat fails, when the store does: what is left. */
#include "tests/unit/kernel/machine.h"

#include "kernel/state/fault.h"

#define ASSERT_STATUS(machine, expected) CU_ASSERT_EQUAL((machine)->out.status, expected)

/* --- the end of a vat --- */

static void vat__that_exits_is_gone_and_answers(void)
{
    struct machine m;

    machine_open(&m, "pair.json");
    (void)machine_call(&m, "left", "ask", "'right','wait'");
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "right", "exit", "'done'"), "\"bye\"");
    CU_ASSERT_EQUAL(m.out.queued, 1);
    machine_work(&m, 0);
    CU_ASSERT_EQUAL(machine_count(&m, "v2."), 0);
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "vats.terminated"), "[]");
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "vat.names"), "[\"left\"]");
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "right", "echo", "1"),
                           "{\"error\":\"there is no vat named \\\"right\\\"\"}");
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "left", "ask", "'right','echo',1"),
                           "{\"error\":\"Error: the vat of the target was terminated\"}");
    CU_ASSERT_EQUAL(kernel_vats(m.kernel, NULL, 0), 1);
    CU_ASSERT_TRUE(machine_agrees_with_real(&m));
    machine_close(&m);
}

static void vat__that_fails_leaves_no_trace_of_its_crank(void)
{
    struct machine m;

    machine_open(&m, "pair.json");
    (void)machine_call(&m, "left", "setLong", "70000");
    ASSERT_STATUS(&m, MESSAGE_REJECTED);
    CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&m.out.value), "vat \\\"left\\\" was terminated"));
    CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&m.out.value), "illegal syscall vatstoreSet"));
    CU_ASSERT_EQUAL(m.out.outputs_len, 0);
    CU_ASSERT_EQUAL(m.out.queued, 1);
    machine_work(&m, 0);
    CU_ASSERT_EQUAL(machine_count(&m, "v1."), 0);
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "right", "echo", "1"), "1");
    CU_ASSERT_TRUE(machine_agrees_with_real(&m));
    machine_close(&m);
}

/* Of several ends in one crank the last one counts. */
static void vat__that_exits_then_fails_has_failed(void)
{
    struct machine m;

    machine_open(&m, "pair.json");
    (void)machine_call(&m, "left", "ask", "'right','exitThenFail','had enough'");
    CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&m.out.value), "had enough"));
    ASSERT_STATUS(&m, MESSAGE_REJECTED);
    machine_close(&m);
}

static void vat__that_fails_then_exits_has_exited(void)
{
    struct machine m;

    machine_open(&m, "pair.json");
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "right", "failThenExit", "'done'"), "\"bye\"");
    CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&m.out.events[0]), "it exited\""));
    machine_close(&m);
}

/* What the vat still owed goes first, then what it failed on, then what was sent behind that. */
static void vat__that_ends_fails_its_calls_in_their_order(void)
{
    static const char why[] = "vat \\\"right\\\" was terminated: it exited: Error: no more";
    char expected[512];
    struct machine m;

    (void)snprintf(expected, sizeof expected,
                   "[\"waits: %s\",\"piped: %s\",\"ends: %s\",\"late: %s\"]", why, why, why, why);
    machine_open(&m, "pair.json");
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "left", "watchEnd", "'right'"), expected);
    machine_close(&m);
}

/* A promise that the clean-up has not come to yet is sent to: nobody waits for that. */
static void vat__that_ended_is_not_waited_for(void)
{
    struct machine m;

    machine_open(&m, "pair.json");
    (void)machine_call(&m, "left", "outlive", "'right',1000");
    ASSERT_STATUS(&m, MESSAGE_PENDING);
    machine_work(&m, 0);
    CU_ASSERT_STRING_EQUAL(buffer_text(&m.out.settled.items[0].value),
                           "[\"sent: the vat has exited\",\"known: the vat has exited\"]");
    machine_close(&m);
}

/* What is still to be cleaned up after it is not what a query works on; that it ended, is. */
static void vat__that_ended_answers_no_query(void)
{
    struct machine m;
    struct message ask = {.height = 1};

    machine_open(&m, "pair.json");
    (void)machine_call(&m, "left", "ask", "'right','exit','done'");
    CU_ASSERT_TRUE(m.out.queued > 0);
    CU_ASSERT_EQUAL(machine_ask(&m, ask, "{'to':'left','method':'ask','args':['right','echo',1]}"),
                    HS_OK);
    CU_ASSERT_STRING_EQUAL(buffer_text(&m.out.value), "{\"error\":\"Error: the vat has exited\"}");
    machine_close(&m);
}

static void vat__that_exits_with_failure_is_undone(void)
{
    struct machine m;

    machine_open(&m, "pair.json");
    (void)machine_call(&m, "left", "ask", "'right','exitFailing','had enough'");
    CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&m.out.value), "had enough"));
    CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&m.out.value), "vat \\\"right\\\" was terminated"));
    CU_ASSERT_EQUAL(m.out.queued, 1);
    machine_work(&m, 0);
    CU_ASSERT_EQUAL(machine_count(&m, "v2."), 0);
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "left", "echo", "1"), "1");
    machine_close(&m);
}

static void vat__that_never_ends_is_ended(void)
{
    struct machine m;

    machine_open(&m, "pair.json");
    (void)machine_call(&m, "left", "ask", "'right','wait'");
    (void)machine_call(&m, "right", "forever", "");
    ASSERT_STATUS(&m, MESSAGE_REJECTED);
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "left", "echo", "1"), "1");
    CU_ASSERT_EQUAL_FATAL(machine_restart(&m, false), HS_OK);
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "left", "echo", "2"), "2");
    machine_close(&m);
}

static void vats__that_call_each_other_for_ever_are_ended(void)
{
    struct machine m;

    machine_open(&m, "pair.json");
    (void)machine_call(&m, "left", "again", "");
    CU_ASSERT_EQUAL(kernel_vats(m.kernel, NULL, 0), 1);
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "vat.names"), "[\"right\"]");
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "right", "echo", "1"), "1");
    machine_close(&m);
}

/* Its crank may spend the run policy: the call is answered all the same. */
static void vat__that_ends_by_its_meter_answers_its_call(void)
{
    struct machine m;

    machine_open(&m, "lone.json");
    (void)machine_input(&m, (struct message){.control = true},
                        "{'kernel':'setRules','rules':{'policy':{'ticks':10}}}");
    (void)machine_call(&m, "lone", "forever", "");
    ASSERT_STATUS(&m, MESSAGE_REJECTED);
    CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&m.out.value), "meter spent"));
    machine_close(&m);
}

/* Who asks later is told by the store: the newest 16, with when and what it was about. */
static void vats__that_ended_are_listed(void)
{
    static const char expected[] =
        "[{\"vat\":\"right\",\"vatID\":\"v2\",\"seqnum\":2,\"reason\":\"it exited: Error: no "
        "more\","
        "\"delivery\":\"message exitFailing\"},{\"vat\":\"left\",\"vatID\":\"v1\",\"seqnum\":3,"
        "\"reason\":\"by the chain: enough\",\"delivery\":\"terminateVat\"}]";
    struct machine m;
    struct buffer list = {0};

    machine_open(&m, "pair.json");
    (void)machine_call(&m, "left", "echo", "1");
    machine_ok(kernel_vats_ended(m.kernel, &list, &m.err), &m);
    CU_ASSERT_STRING_EQUAL(buffer_text(&list), "[]");
    (void)machine_call(&m, "right", "exitFailing", "'no more'");
    (void)machine_input(&m, (struct message){.control = true},
                        "{'kernel':'terminateVat','vat':'left','reason':'enough'}");
    machine_ok(machine_restart(&m, false), &m);
    buffer_clear(&list);
    machine_ok(kernel_vats_ended(m.kernel, &list, &m.err), &m);
    CU_ASSERT_STRING_EQUAL(buffer_text(&list), expected);
    buffer_fini(&list);
    machine_close(&m);
}

/* --- a bootstrap that fails late --- */

static void late_refused(struct machine *m, struct message in, const char *text, const char *why)
{
    struct position before = kernel_position(m->kernel), after;
    char plain[256];
    size_t len = 0;

    for (; text[len] != '\0'; len++) {
        plain[len] = text[len] == '\'' ? '"' : text[len];
    }
    in.text = slice_make(plain, len);
    in.time = 1700000000;
    CU_ASSERT_EQUAL(machine_deliver_message(m, &in), HS_INVALID);
    CU_ASSERT_PTR_NOT_NULL(strstr(m->err.text, why));
    CU_ASSERT_EQUAL(kernel_back_to(m->kernel, &before, &m->err), HS_OK);
    after = kernel_position(m->kernel);
    CU_ASSERT_TRUE(position_equal(&before, &after));
    CU_ASSERT_TRUE(machine_agrees_with_real(m));
}

/* The message that rejects it fails, on a kernel that never stopped as on one that was started from
 * the store; passed over, the chain goes on. */
static void bootstrap__rejected_by_a_later_message_fails_that(void)
{
    static const char reject[] = "{'to':'late','method':'settle','args':['reject','no site']}";
    struct machine m;

    machine_open(&m, "late-bootstrap.json");
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "late", "count", ""), "1");
    for (int again = 0; again < 2; again++) {
        late_refused(&m, (struct message){0}, reject, "bootstrap was rejected: ");
        machine_ok(machine_restart(&m, false), &m);
    }
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "late", "count", ""), "2");
    (void)machine_input(&m, (struct message){.skipped = true}, reject);
    ASSERT_STATUS(&m, MESSAGE_REJECTED);
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "late", "count", ""), "3");
    machine_close(&m);
}

/* Left by the run policy: it fails in a run, and each run after it would fail likewise. */
static void bootstrap__rejected_in_a_run_is_given_up_with_that(void)
{
    struct machine m;

    machine_open(&m, "late-bootstrap.json");
    (void)machine_input(&m, (struct message){.control = true},
                        "{'kernel':'setRules','rules':{'policy':{'cranks':1}}}");
    (void)machine_call(&m, "late", "count", "");
    (void)machine_call(&m, "other", "tell", "'late','settle','reject','no site'");
    while (m.out.queued > 0 && machine_deliver(&m, 0, slice_text("")) == HS_OK) {
    }
    CU_ASSERT_EQUAL(m.err.status, HS_INVALID);
    CU_ASSERT_EQUAL_FATAL(machine_restart(&m, false), HS_OK);
    late_refused(&m, (struct message){0}, "", "no site");
    (void)machine_input(&m, (struct message){.skipped = true}, "");
    CU_ASSERT_EQUAL_FATAL(m.out.events_len, 2);
    CU_ASSERT_STRING_EQUAL(buffer_text(&m.out.events[1]), "{\"type\":\"bootstrap_given_up\"}");
    machine_work(&m, 0);
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "late", "count", ""), "2");
    machine_close(&m);
}

static void bootstrap__whose_vat_starts_late_and_fails_fails_that_run(void)
{
    struct machine m;

    machine_open(&m, "late-start.json");
    CU_ASSERT_EQUAL(machine_deliver(&m, 1, slice_text("any")), HS_OK);
    while (machine_deliver(&m, 1, slice_text("")) == HS_OK) {
        if (m.out.queued == 0) break;
    }
    CU_ASSERT_PTR_NOT_NULL(strstr(m.err.text, "the kettle is empty"));
    machine_close(&m);
}

/* --- when the store fails --- */

/* A store whose reads fail from the `left`-th on. */
struct failing_store {
    struct kv_store kv; /* first */
    struct kv_store *under;
    uint64_t left;
};

static enum hs_status failing_count(struct kv_store *kv, struct hs_error *err)
{
    struct failing_store *f = (struct failing_store *)kv;

    if (f->left == 0) return hs_fail(err, HS_IO, "the disk is on fire");
    f->left--;
    return HS_OK;
}

static enum hs_status failing_get(struct kv_store *kv, struct slice key, struct buffer *value,
                                  struct hs_error *err)
{
    enum hs_status st = failing_count(kv, err);

    return st == HS_OK ? kv_store_get(((struct failing_store *)kv)->under, key, value, err) : st;
}

static enum hs_status failing_has(struct kv_store *kv, struct slice key, bool *found,
                                  struct hs_error *err)
{
    enum hs_status st = failing_count(kv, err);

    return st == HS_OK ? kv_store_has(((struct failing_store *)kv)->under, key, found, err) : st;
}

static enum hs_status failing_next(struct kv_store *kv, struct slice after, struct buffer *key,
                                   struct buffer *value, struct hs_error *err)
{
    enum hs_status st = failing_count(kv, err);

    return st == HS_OK ? kv_store_next(((struct failing_store *)kv)->under, after, key, value, err)
                       : st;
}

static const struct kv_store_ops failing_ops = {
    .get = failing_get, .has = failing_has, .next = failing_next};

/* At every read of a message: an error, nothing happened, and after going back the same message
 * gives what it always gives. */
static void store__failing_at_any_read_leaves_nothing_behind(void)
{
    struct machine m, twin;
    struct failing_store failing = {.kv = {.ops = &failing_ops}};
    struct kernel_options options = {.engine = machine_engine()};
    struct kernel *kernel = NULL;
    struct message message = {.height = 3, .time = 1700000003}; /* as machine_call_at */
    struct kernel_outcome out;
    struct position before, after;
    uint64_t reads = 0;
    enum hs_status st;

    machine_open(&m, "pair.json");
    machine_open(&twin, "pair.json");
    (void)machine_call_at(&m, 2, "left", "note", "'x'");
    (void)machine_call_at(&twin, 2, "left", "note", "'x'");
    failing.under = kv_memory_store(m.real);
    failing.left = UINT64_MAX;
    options.base = failing.under;
    CU_ASSERT_EQUAL_FATAL(kernel_start(&options, &kernel, NULL, &m.err), HS_OK);
    kernel_read_through(kernel, &failing.kv); /* a base is read once, and then from the cache */
    before = kernel_position(kernel);
    (void)machine_call_at(&twin, 3, "left", "ask", "'right','set','k','v'");
    message.text = buffer_slice(&twin.text);
    for (;; reads++) {
        failing.left = reads;
        st = kernel_deliver(kernel, &message, &out, &m.err);
        failing.left = UINT64_MAX;
        after = kernel_position(kernel);
        if (st == HS_OK) break;
        CU_ASSERT_EQUAL(st, HS_IO);
        CU_ASSERT_PTR_NOT_NULL(strstr(m.err.text, "on fire"));
        CU_ASSERT_TRUE(position_equal(&before, &after));
        CU_ASSERT_EQUAL(kernel_mark(kernel, &m.err), HS_INVALID);
        CU_ASSERT_EQUAL(kernel_deliver(kernel, &message, &out, &m.err), HS_INVALID);
        CU_ASSERT_EQUAL_FATAL(kernel_back_to_mark(kernel, &m.err), HS_OK);
    }
    CU_ASSERT_TRUE(reads > 10);
    CU_ASSERT_TRUE(position_equal(&after, &twin.out.after));
    kernel_outcome_fini(&out);
    kernel_close(kernel);
    machine_close(&m);
    machine_close(&twin);
}

/* Everything else is refused until it goes back; then it is as if the message had never been. */
static void store__inconsistent_is_a_panic_that_is_left_by_the_mark(void)
{
    static const char panics[] = "{\"to\":\"left\",\"method\":\"echo\",\"args\":[1]}";
    struct machine m;
    struct position before, after;
    struct kernel_vat_info vats[2];

    machine_open(&m, "pair.json");
    (void)machine_call(&m, "left", "note", "'x'");
    CU_ASSERT_EQUAL(
        kv_store_set(kv_memory_store(m.real), slice_text("kp.nextID"), slice_text("40]"), NULL),
        HS_OK);
    CU_ASSERT_EQUAL_FATAL(machine_restart(&m, false), HS_OK);
    before = kernel_position(m.kernel);
    for (int i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(machine_deliver(&m, 0, slice_text(panics)), HS_KERNEL_FAILED);
        CU_ASSERT_PTR_NOT_NULL(strstr(m.err.text, "kernel store: \"kp.nextID\""));
        CU_ASSERT_EQUAL(kernel_mark(m.kernel, &m.err), HS_KERNEL_FAILED);
        CU_ASSERT_EQUAL(machine_deliver(&m, 0, slice_text("[]")), HS_KERNEL_FAILED);
        CU_ASSERT_EQUAL_FATAL(kernel_back_to_mark(m.kernel, &m.err), HS_OK);
        after = kernel_position(m.kernel);
        CU_ASSERT_TRUE(position_equal(&before, &after));
    }
    CU_ASSERT_EQUAL(machine_deliver(&m, 0, slice_text("[]")), HS_OK); /* it needs no promise */
    CU_ASSERT_EQUAL(kernel_vats(m.kernel, vats, 2), 2);
    CU_ASSERT_STRING_EQUAL(vats[1].name, "right");
    machine_close(&m);
}

/* Part of it has the new mark, part the old: there is no way back. */
static void mark__that_fails_leaves_a_kernel_to_close(void)
{
    struct machine m;

    machine_open(&m, "pair.json");
    (void)machine_call(&m, "left", "note", "'x'");
    fault_arm("kernel.mark:1:EIO");
    CU_ASSERT_EQUAL(kernel_mark(m.kernel, &m.err), HS_NOMEM);
    fault_arm(NULL);
    CU_ASSERT_EQUAL(kernel_mark(m.kernel, &m.err), HS_KERNEL_FAILED);
    CU_ASSERT_EQUAL(kernel_back_to_mark(m.kernel, &m.err), HS_KERNEL_FAILED);
    machine_close(&m);
}

int main(int argc, char **argv)
{
    static const struct suite_case cases[] = {
        SUITE_CASE(vat__that_exits_is_gone_and_answers),
        SUITE_CASE(vat__that_fails_leaves_no_trace_of_its_crank),
        SUITE_CASE(vat__that_exits_then_fails_has_failed),
        SUITE_CASE(vat__that_fails_then_exits_has_exited),
        SUITE_CASE(vat__that_ends_fails_its_calls_in_their_order),
        SUITE_CASE(vat__that_ended_is_not_waited_for),
        SUITE_CASE(vat__that_ended_answers_no_query),
        SUITE_CASE(vat__that_exits_with_failure_is_undone),
        SUITE_CASE(vat__that_never_ends_is_ended),
        SUITE_CASE(vats__that_call_each_other_for_ever_are_ended),
        SUITE_CASE(vat__that_ends_by_its_meter_answers_its_call),
        SUITE_CASE(vats__that_ended_are_listed),
        SUITE_CASE(bootstrap__rejected_by_a_later_message_fails_that),
        SUITE_CASE(bootstrap__rejected_in_a_run_is_given_up_with_that),
        SUITE_CASE(bootstrap__whose_vat_starts_late_and_fails_fails_that_run),
        SUITE_CASE(store__failing_at_any_read_leaves_nothing_behind),
        SUITE_CASE(store__inconsistent_is_a_panic_that_is_left_by_the_mark),
        SUITE_CASE(mark__that_fails_leaves_a_kernel_to_close),
    };

    return MACHINE_MAIN("kernel_failures", cases, argc, argv);
}
