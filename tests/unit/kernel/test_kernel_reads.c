/* Reads through another store: the node's own, in place of everything that the kernel keeps. */
#include "tests/unit/kernel/machine.h"

static void run_some(struct machine *m, unsigned from, unsigned to)
{
    char args[64];

    for (unsigned i = from; i < to; i++) {
        (void)snprintf(args, sizeof args, "'key%u','%u'", i % 7, i);
        (void)machine_call_at(m, 1 + i / 4, "right", "set", args);
        (void)machine_call_at(m, 1 + i / 4, "left", "ask", "'right','grow',40");
        (void)machine_call_at(m, 1 + i / 4, "left", "pipeline", "'right'");
    }
}

static void store_empty(struct kv_store *kv)
{
    struct buffer key = {0};

    while (kv_store_next(kv, slice_make(NULL, 0), &key, NULL, NULL) == HS_OK) {
        CU_ASSERT_EQUAL_FATAL(kv_store_delete(kv, buffer_slice(&key), NULL), HS_OK);
    }
    buffer_fini(&key);
}

static void read_through__nothing_but_the_given_store_is_read(void)
{
    struct machine straight, through;

    machine_open(&straight, "pair.json");
    machine_open(&through, "pair.json");
    run_some(&straight, 0, 8);
    run_some(&through, 0, 8);
    CU_ASSERT_EQUAL_FATAL(machine_restart(&through, false), HS_OK);
    kernel_read_through(through.kernel, kv_memory_store(through.real));
    store_empty(kv_memory_store(through.base));
    run_some(&straight, 8, 16);
    run_some(&through, 8, 16);
    CU_ASSERT_TRUE(machine_equal(&straight, &through));
    CU_ASSERT_TRUE(machine_agrees_with_real(&through));
    machine_close(&straight);
    machine_close(&through);
}

static void read_through__layers_hold_what_was_written_meanwhile(void)
{
    struct machine straight, through;

    machine_open(&straight, "pair.json");
    machine_open(&through, "pair.json");
    run_some(&straight, 0, 6);
    run_some(&through, 0, 3);
    kernel_read_through(through.kernel, kv_memory_store(through.real));
    run_some(&through, 3, 6);
    kernel_read_through(through.kernel, NULL);
    CU_ASSERT_TRUE(machine_equal(&straight, &through));
    CU_ASSERT_EQUAL(kernel_mark(through.kernel, NULL), HS_OK);
    kernel_read_through(through.kernel, kv_memory_store(through.real));
    run_some(&through, 6, 9); /* taken back, then again, reading our own */
    kernel_read_through(through.kernel, NULL);
    CU_ASSERT_EQUAL(kernel_back_to_mark(through.kernel, NULL), HS_OK);
    CU_ASSERT_TRUE(machine_equal(&straight, &through));
    run_some(&straight, 6, 9);
    run_some(&through, 6, 9);
    CU_ASSERT_TRUE(machine_equal(&straight, &through));
    CU_ASSERT_TRUE(machine_agrees_with_real(&through));
    machine_close(&straight);
    machine_close(&through);
}

static void read_through__a_snapshot_taken_afterwards_is_complete(void)
{
    struct machine m;
    uint64_t real = 0, kept = 0, real_len = 0, kept_len = 0;

    machine_open(&m, "pair.json");
    kernel_read_through(m.kernel, kv_memory_store(m.real));
    run_some(&m, 0, 6);
    kernel_read_through(m.kernel, NULL);
    CU_ASSERT_EQUAL(kernel_mark(m.kernel, NULL), HS_OK);
    machine_snapshot(&m);
    CU_ASSERT_EQUAL(kv_store_digest(kv_memory_store(m.real), &real, &real_len, NULL), HS_OK);
    CU_ASSERT_EQUAL(kv_store_digest(kv_memory_store(m.base), &kept, &kept_len, NULL), HS_OK);
    CU_ASSERT_EQUAL(kept, real);
    CU_ASSERT_EQUAL(kept_len, real_len);
    machine_close(&m);
}

static const struct suite_case cases[] = {
    SUITE_CASE(read_through__nothing_but_the_given_store_is_read),
    SUITE_CASE(read_through__layers_hold_what_was_written_meanwhile),
    SUITE_CASE(read_through__a_snapshot_taken_afterwards_is_complete),
};

int main(int argc, char **argv)
{
    return MACHINE_MAIN("kernel reads", cases, argc, argv);
}
