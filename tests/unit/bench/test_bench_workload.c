/* The benchmarks' messages, past the end of the real ones: a ledger must take them all. */
#include "tests/unit/suite.h"

#include "kernel/state/kv_memory.h"
#include "tests/bench/bench_workload.h"

#include <jansson.h>

/* Ten are enough for a name to become another one, where only its first digits are replaced. */
enum { REAL = 2466, ROUNDS = 12 };

static struct workload_messages *ledger_open(void)
{
    const struct workload w = {.program = WORKLOAD_LEDGER};
    struct workload_messages *m = NULL;

    if (workload_messages_open(&w, &m, NULL) != HS_OK) abort();
    return m;
}

/* Outputs that are not spent, the transactions that were applied, and how many are not. */
struct ledger {
    struct kv_memory *unspent, *names;
    size_t unspent_len;
    size_t twice; /* transactions that came before */
};

static void ledger_take(struct ledger *l, const char *outpoint)
{
    bool held = false;

    if (kv_store_has(kv_memory_store(l->unspent), slice_text(outpoint), &held, NULL) != HS_OK ||
        kv_store_delete(kv_memory_store(l->unspent), slice_text(outpoint), NULL) != HS_OK) {
        abort();
    }
    l->unspent_len -= held;
}

static void ledger_give(struct ledger *l, const char *name, size_t index)
{
    char outpoint[128];

    (void)snprintf(outpoint, sizeof outpoint, "%s:%zu", name, index);
    if (kv_store_set(kv_memory_store(l->unspent), slice_text(outpoint), slice_text(""), NULL)) {
        abort();
    }
    l->unspent_len++;
}

static void ledger_apply(struct ledger *l, const struct buffer *message)
{
    json_t *root = json_loadb(message->data, message->len, 0, NULL);
    json_t *tx = json_array_get(json_object_get(root, "args"), 0);
    const char *name = json_string_value(json_object_get(tx, "txid"));
    bool held = false;
    size_t i;
    json_t *in;

    CU_ASSERT_PTR_NOT_NULL_FATAL(name);
    if (kv_store_has(kv_memory_store(l->names), slice_text(name), &held, NULL)) abort();
    if (kv_store_set(kv_memory_store(l->names), slice_text(name), slice_text(""), NULL)) abort();
    l->twice += held;
    json_array_foreach(json_object_get(tx, "in"), i, in) ledger_take(l, json_string_value(in));
    for (i = 0; i < json_array_size(json_object_get(tx, "out")); i++) {
        ledger_give(l, name, i);
    }
    json_decref(root);
}

static void ledger_rounds__no_transaction_comes_twice_and_no_ledger_grows(void)
{
    struct workload_messages *m = ledger_open();
    struct ledger l = {.unspent_len = 0};
    struct buffer message = {0};
    size_t first_len = 0;

    if (kv_memory_open(&l.unspent, NULL) || kv_memory_open(&l.names, NULL)) abort();
    for (uint64_t n = 0; n < REAL * ROUNDS; n++) {
        CU_ASSERT_EQUAL_FATAL(workload_message(m, n, &message, NULL), HS_OK);
        ledger_apply(&l, &message);
        if (n == REAL - 1) first_len = l.unspent_len;
        if (n % REAL == REAL - 1) CU_ASSERT_EQUAL(l.unspent_len, first_len);
    }
    CU_ASSERT_EQUAL(l.twice, 0);
    CU_ASSERT_EQUAL(first_len, 21700); /* the workload's expected.json */
    kv_memory_close(l.unspent);
    kv_memory_close(l.names);
    buffer_fini(&message);
    workload_messages_close(m);
}

static void ledger_rounds__message_depends_on_its_number_alone(void)
{
    static const uint64_t numbers[] = {0, 7, REAL - 1, REAL, 3 * REAL + 11, 1000000};
    struct workload_messages *forward = ledger_open(), *back = ledger_open();
    struct buffer a = {0}, b = {0};
    const size_t len = sizeof numbers / sizeof *numbers;

    for (size_t i = 0; i < len; i++) {
        CU_ASSERT_EQUAL(workload_message(back, numbers[len - 1 - i], &b, NULL), HS_OK);
    }
    for (size_t i = 0; i < len; i++) {
        CU_ASSERT_EQUAL(workload_message(forward, numbers[i], &a, NULL), HS_OK);
        CU_ASSERT_EQUAL(workload_message(back, numbers[i], &b, NULL), HS_OK);
        CU_ASSERT(slice_equal(buffer_slice(&a), buffer_slice(&b)));
    }
    buffer_fini(&a);
    buffer_fini(&b);
    workload_messages_close(forward);
    workload_messages_close(back);
}

int main(int argc, char **argv)
{
    static const struct suite_case cases[] = {
        SUITE_CASE(ledger_rounds__no_transaction_comes_twice_and_no_ledger_grows),
        SUITE_CASE(ledger_rounds__message_depends_on_its_number_alone),
    };

    return SUITE_RUN("bench_workload", cases, argc, argv);
}
