/* Queries give way: from threads, in every order. */
#include "tests/unit/suite.h"

#include "sidecar/steward/query_gate.h"

#include "kernel/vat/stop_switch.h"

#include <stdatomic.h>

static struct vat_engine *engine;

/* Would something that runs in the engine be stopped? */
static bool is_stopped(void)
{
    volatile uint64_t steps_max = 7;
    struct stop_entry entry;

    if (!stop_switch_enter(vat_engine_stop_switch(engine), &entry, &steps_max, 9)) return true;
    return stop_switch_leave(vat_engine_stop_switch(engine), &entry);
}

static void gate__opens_when_nothing_is_ahead(void)
{
    struct query_gate g;

    query_gate_init(&g, engine);
    query_gate_ahead(&g);
    query_gate_ahead(&g);
    query_gate_passed(&g);
    CU_ASSERT_FALSE(query_gate_enter(&g));
    query_gate_passed(&g);
    CU_ASSERT_TRUE(query_gate_enter(&g));
    CU_ASSERT_FALSE(is_stopped());
    query_gate_leave(&g);
    query_gate_fini(&g);
}

static void gate__who_comes_stops_what_runs_and_no_more(void)
{
    struct query_gate g;

    query_gate_init(&g, engine);
    CU_ASSERT_TRUE(query_gate_enter(&g));
    query_gate_ahead(&g);
    query_gate_ahead(&g);
    CU_ASSERT_TRUE(is_stopped());
    query_gate_leave(&g);
    CU_ASSERT_FALSE(is_stopped());
    query_gate_passed(&g);
    query_gate_ahead(&g); /* no query runs: the delivery before it goes on */
    CU_ASSERT_FALSE(is_stopped());
    query_gate_passed(&g);
    query_gate_passed(&g);
    CU_ASSERT_TRUE(query_gate_enter(&g));
    query_gate_leave(&g);
    query_gate_fini(&g);
}

static void gate__closed_stays_stopped(void)
{
    struct query_gate g;

    query_gate_init(&g, engine);
    CU_ASSERT_TRUE(query_gate_enter(&g));
    query_gate_ahead(&g);
    query_gate_close(&g);
    query_gate_leave(&g);
    CU_ASSERT_TRUE(is_stopped());
    query_gate_passed(&g);
    CU_ASSERT_FALSE(query_gate_enter(&g));
    vat_engine_resume(engine);
    query_gate_fini(&g);
}

enum { COMINGS = 20000 };

struct poster {
    struct query_gate *gate;
    atomic_uint posted, taken;
};

static void *poster_run(void *data)
{
    struct poster *p = data;

    for (int i = 0; i < COMINGS; i++) {
        query_gate_ahead(p->gate);
        (void)atomic_fetch_add(&p->posted, 1);
    }
    return NULL;
}

/* What is ahead never finds the engine stopped, however its coming and a query's end fall. */
static void gate__from_two_threads_a_delivery_is_never_stopped(void)
{
    struct query_gate g;
    struct poster p = {.gate = &g};
    pthread_t thread;

    query_gate_init(&g, engine);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, poster_run, &p), 0);
    while (atomic_load(&p.taken) < COMINGS) {
        if (atomic_load(&p.posted) > atomic_load(&p.taken)) {
            CU_ASSERT_FALSE(is_stopped());
            (void)atomic_fetch_add(&p.taken, 1);
            query_gate_passed(&g);
        } else if (query_gate_enter(&g)) {
            query_gate_leave(&g);
        }
    }
    (void)pthread_join(thread, NULL);
    CU_ASSERT_TRUE(query_gate_enter(&g));
    CU_ASSERT_FALSE(is_stopped());
    query_gate_leave(&g);
    query_gate_fini(&g);
}

static const struct suite_case cases[] = {
    SUITE_CASE(gate__opens_when_nothing_is_ahead),
    SUITE_CASE(gate__who_comes_stops_what_runs_and_no_more),
    SUITE_CASE(gate__closed_stays_stopped),
    SUITE_CASE(gate__from_two_threads_a_delivery_is_never_stopped),
};

int main(int argc, char **argv)
{
    struct hs_error err;
    int code;

    if (vat_engine_open(disk_system(), NULL, &engine, &err) != HS_OK) return 70;
    code = SUITE_RUN("query gate", cases, argc, argv);
    vat_engine_close(engine);
    return code;
}
