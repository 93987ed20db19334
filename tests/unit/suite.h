/* One CUnit program a module: a table of cases, run, counted, exit code for ctest.
 *
 *     static const struct suite_case cases[] = {SUITE_CASE(replay_log__torn_tail_is_cut), …};
 *     int main(int argc, char **argv) { return SUITE_RUN("replay_log", cases, argc, argv); }
 *
 * An argument runs only the cases whose name contains it. Random tests take their seed from
 * suite_seed (HEADSTART_TEST_SEED, else a fixed one) and it is printed, so that a failure repeats.
 */
#ifndef HEADSTART_TESTS_UNIT_SUITE_H
#define HEADSTART_TESTS_UNIT_SUITE_H

#include <CUnit/Basic.h>
#include <CUnit/CUnit.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct suite_case {
    const char *name;
    void (*run)(void);
};

#define SUITE_CASE(function)                                                                       \
    {                                                                                              \
#function, function                                                                        \
    }
#define SUITE_RUN(title, cases, argc, argv)                                                        \
    suite_run(title, cases, sizeof(cases) / sizeof((cases)[0]), argc, argv)

static inline uint64_t suite_seed(void)
{
    const char *text = getenv("HEADSTART_TEST_SEED");
    uint64_t seed = text ? strtoull(text, NULL, 0) : UINT64_C(0x68656164);

    (void)printf("\n    seed: HEADSTART_TEST_SEED=%llu\n", (unsigned long long)seed);
    return seed;
}

/* splitmix64 (Steele, Lea, Flood 2014): small, and the same everywhere. */
static inline uint64_t suite_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static inline int suite_run(const char *title, const struct suite_case *cases, size_t count,
                            int argc, char **argv)
{
    CU_pSuite suite;
    unsigned failures;

    if (CU_initialize_registry() != CUE_SUCCESS) return 70;
    suite = CU_add_suite(title, NULL, NULL);
    for (size_t i = 0; suite && i < count; i++) {
        if (argc > 1 && !strstr(cases[i].name, argv[1])) continue;
        if (!CU_add_test(suite, cases[i].name, cases[i].run)) return 70;
    }
    CU_basic_set_mode(CU_BRM_VERBOSE);
    (void)CU_basic_run_tests();
    failures = CU_get_number_of_failures() + (CU_get_number_of_tests_run() == 0);
    CU_cleanup_registry();
    return failures ? 1 : 0;
}

#endif
